namespace VboxMem.Kernel.Virtual;

/// <summary>
/// Whether a page was written since its owner's marks were cleared (clear_refs 4). From then on the area lacks <see cref="VmaFlags.SoftDirty"/>,
/// and its pages may be written to only by way of a fault, which sets the mark in the entry.
/// </summary>
/// <remarks>Models Linux 6.12 mm/internal.h: vma_soft_dirty_enabled, pte_needs_soft_dirty_wp; mm/mremap.c: move_soft_dirty_pte.</remarks>
internal static class SoftDirty
{
    /// <summary>The mark of an entry that names a slot of swap: its bit 1.</summary>
    public const EntryBits OfSwapEntry = EntryBits.Writable;

    /// <summary>An entry with these marks must not be made writable without a fault.</summary>
    public static bool NeedsFault(Vma area, bool isMarked) => !isMarked && !area.Has(VmaFlags.SoftDirty);

    /// <summary>An entry that has moved to another address: there it is new.</summary>
    public static PageTableEntry Moved(PageTableEntry entry) => entry.With(entry.IsSwap ? OfSwapEntry : EntryBits.SoftDirty);
}
