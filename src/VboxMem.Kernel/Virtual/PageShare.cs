namespace VboxMem.Kernel.Virtual;

/// <summary>Bytes of memory divided among those who map it: fixed point with 12 fractional bits, as smaps adds them up (PSS_SHIFT).</summary>
/// <param name="Fixed">Bytes times 4096.</param>
public readonly record struct PageShare(ulong Fixed)
{
    private const int FractionBits = 12;
    private const int KilobyteShift = FractionBits + 10;

    public ulong Bytes => Fixed >> FractionBits;

    /// <summary>As smaps prints it: rounded down, after adding up.</summary>
    public ulong Kilobytes => Fixed >> KilobyteShift;

    private const ulong WholePage = (ulong)Physical.PageGeometry.PageBytes << FractionBits;

    /// <summary>What each of so many mappings has of one page; 0 counts as 1. Rounded down.</summary>
    /// <remarks>Both fit in 32 bits, in which a division takes half the time.</remarks>
    public static PageShare OfPage(uint mappings) => new(mappings < 2 ? WholePage : (uint)WholePage / mappings);

    public static PageShare operator +(PageShare left, PageShare right) => new(left.Fixed + right.Fixed);

    public static PageShare Add(PageShare left, PageShare right) => left + right;
}
