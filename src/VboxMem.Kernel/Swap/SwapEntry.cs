namespace VboxMem.Kernel.Swap;

/// <summary>A place in swap (swp_entry_t). Slot 0 of an area is its header, so that a default entry is none.</summary>
/// <param name="Area">Index of the area, 0..26.</param>
/// <param name="Offset">Slot within the area, in pages.</param>
public readonly record struct SwapEntry(int Area, uint Offset)
{
    public static SwapEntry None => default;

    private const int AreaShift = 27;

    public bool IsNone => Offset == 0;

    /// <summary>As it stands in PageFrame.Private: 32 areas of up to 512 GiB.</summary>
    public uint Packed => ((uint)Area << AreaShift) | Offset;

    public static SwapEntry Unpack(uint packed) => new((int)(packed >> AreaShift), packed & ((1u << AreaShift) - 1));

    public SwapEntry Plus(uint slots) => new(Area, Offset + slots);
}
