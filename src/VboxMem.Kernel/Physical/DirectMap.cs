// The kernel's own mapping of all RAM, by the size of its pages.
//
// RAM is mapped in 2 MiB pages as far as alignment allows: everything from address 0 to the end of low RAM (the hole below
// 1 MiB included), and every range above 4 GiB. In 4 KiB pages are the first 2 MiB (the border of the legacy hole has memory
// types of its own), what is left over at the unaligned end of a range, and the 2 MiB pages that boot splits when it
// changes permissions of a part of them.
//
// Units    pages of 4 KiB; a large page is 512 of them.
// Models   Linux 6.12 arch/x86/mm/init.c (init_memory_mapping), pat/set_memory.c: direct_pages_count. The CPU has no 1 GiB pages.
// Departs  how many large pages boot splits is measured, not computed: nine on captured machines of 512 MiB to 8 GiB with one
//          node and up to two CPUs; others had eight (128 and 256 MiB), ten (8 CPUs; two nodes of 4 GiB) or eleven (two nodes
//          of 1 GiB). Which ones hang together with where boot's vmalloc areas of code happen to lie.

namespace VboxMem.Kernel.Physical;

/// <summary>How much of the direct map is in pages of 4 KiB and how much in pages of 2 MiB.</summary>
/// <param name="SmallPages">Pages mapped by 4 KiB entries.</param>
/// <param name="LargePages">Pages mapped by 2 MiB entries; a multiple of 512.</param>
public readonly record struct DirectMap(ulong SmallPages, ulong LargePages)
{
    private const ulong PagesPerLargePage = PageGeometry.PageblockPages;
    private const ulong SplitAtBoot = 9;
    private const ulong SmallStart = 1;

    /// <summary>The map of a machine that has just booted.</summary>
    public static DirectMap AtBoot(BootMemory memory)
    {
        ulong small = 0, large = 0;
        foreach (var range in MappedRanges(memory))
        {
            var firstAligned = Math.Min((range.Start.Index + PagesPerLargePage - 1) & ~(PagesPerLargePage - 1), range.End.Index);
            var endAligned = Math.Max(range.End.Index & ~(PagesPerLargePage - 1), firstAligned);
            large += endAligned - firstAligned;
            small += range.Pages - (endAligned - firstAligned);
        }

        var split = Math.Min((SmallStart + SplitAtBoot) * PagesPerLargePage, large);
        return new DirectMap(small + split, large - split);
    }

    /// <summary>Low memory as one range from address 0, then the ranges above 4 GiB; neighbours of different nodes are one.</summary>
    private static List<PfnRange> MappedRanges(BootMemory memory)
    {
        var low = new PfnRange(new Pfn(0), new Pfn(0));
        var ranges = new List<PfnRange> { low };
        foreach (var (frames, _) in memory.Memory)
        {
            if (frames.Start.Index < PageGeometry.Dma32EndPfn || ranges[^1].End == frames.Start)
            {
                ranges[^1] = new PfnRange(ranges[^1].Start, frames.End);
            }
            else
            {
                ranges.Add(frames);
            }
        }

        return ranges;
    }
}
