using VboxMem.Kernel.Physical;

namespace VboxMem.Kernel.Virtual;

/// <summary>Which pages hold nothing but zeros: known from how programs write to them, not by reading.</summary>
internal static class ZeroContent
{
    /// <summary>Something else than zeros is written through a PTE.</summary>
    /// <returns>The entry as it is to be then.</returns>
    public static PageTableEntry Written(PageFrames frames, PageTableEntry entry)
    {
        if (!entry.Has(EntryBits.MayHoldZeros))
        {
            return entry;
        }

        var page = entry.Pfn;
        if (frames[page].Owner == FrameOwner.None || frames[page].Order != 0)
        {
            var head = FolioMapping.HeadOf(frames, page);
            HugeCounts.ClearZero(frames, head, page.Index - head.Index, 1);
        }
        else
        {
            frames[page].Clear(PageFlags.ZeroFilled);
        }

        return entry.Without(EntryBits.MayHoldZeros);
    }

    /// <summary>The mark of an entry that maps a page as it is now.</summary>
    public static EntryBits MarkOf(in PageFrame page) => page.HasAny(PageFlags.ZeroFilled | PageFlags.ZeroPart) ? EntryBits.MayHoldZeros : 0;
}
