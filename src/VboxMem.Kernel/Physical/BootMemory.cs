// What firmware and boot made of physical memory: which frames are RAM, and which of these the kernel took before the buddy
// allocator existed. The tables stand for descriptors that nobody ever writes.
//
// Models   Linux 6.12 mm/memblock.c (facts: physical memory, 1.1 and 1.3).

namespace VboxMem.Kernel.Physical;

/// <summary>What boot took a range of memory for.</summary>
public enum BootPurpose
{
    /// <summary>Real-mode code, BIOS data: everything below 1 MiB.</summary>
    LowMegabyte,

    /// <summary>Kernel code and data that stay.</summary>
    KernelImage,

    /// <summary>Kernel code and data needed only at boot: freed late.</summary>
    KernelInit,

    /// <summary>The initial RAM disk: freed late.</summary>
    Initrd,

    /// <summary>Bounce buffers for devices that cannot reach memory above 4 GiB.</summary>
    Swiotlb,

    /// <summary>struct page of every section.</summary>
    PageDescriptors,

    /// <summary>Dentry and inode hash tables of a one-node box.</summary>
    HashTables,

    /// <summary>First chunk of the per-CPU allocator.</summary>
    PerCpuFirstChunk,

    /// <summary>Per-node data, early page tables and what else boot keeps.</summary>
    EarlyKernel,

    /// <summary>Reserved without the recipe saying for what: a zone given by explicit figures.</summary>
    Unspecified,

    /// <summary>Of a zone given by explicit figures: freed late.</summary>
    UnspecifiedLate,
}

/// <summary>A range of frames, the end not included.</summary>
public readonly record struct PfnRange(Pfn Start, Pfn End)
{
    public uint Pages => End.Index - Start.Index;

    public bool Contains(Pfn pfn) => pfn >= Start && pfn < End;
}

/// <summary>RAM of one node.</summary>
public readonly record struct MemoryRange(PfnRange Frames, int Node);

/// <summary>RAM that boot took.</summary>
public readonly record struct ReservedRange(PfnRange Frames, BootPurpose Purpose)
{
    /// <summary>Given to the buddy allocator at the end of boot, after the watermarks were computed.</summary>
    public bool IsFreedLate => Purpose is BootPurpose.KernelInit or BootPurpose.Initrd or BootPurpose.UnspecifiedLate;
}

/// <summary>All RAM and all of it that boot took, ascending. Never changed after the layout is made.</summary>
public sealed class BootMemory(IReadOnlyList<MemoryRange> memory, IReadOnlyList<ReservedRange> reserved)
{
    public IReadOnlyList<MemoryRange> Memory { get; } = memory;

    public IReadOnlyList<ReservedRange> Reserved { get; } = reserved;

    /// <summary>RAM within a span that boot did not take, ascending.</summary>
    public IEnumerable<PfnRange> FreeRanges(PfnRange span)
    {
        foreach (var memory in Memory)
        {
            var start = Max(memory.Frames.Start, span.Start);
            var end = Min(memory.Frames.End, span.End);
            foreach (var taken in Reserved)
            {
                if (taken.Frames.End <= start || taken.Frames.Start >= end)
                {
                    continue;
                }

                if (taken.Frames.Start > start)
                {
                    yield return new PfnRange(start, taken.Frames.Start);
                }

                start = taken.Frames.End;
            }

            if (start < end)
            {
                yield return new PfnRange(start, end);
            }
        }
    }

    public uint PagesFor(BootPurpose purpose)
    {
        var pages = 0u;
        foreach (var range in Reserved)
        {
            pages += range.Purpose == purpose ? range.Frames.Pages : 0;
        }

        return pages;
    }

    /// <summary>Pages that boot took and gave to the buddy allocator at its end.</summary>
    public uint LateFreedPages
    {
        get
        {
            var pages = 0u;
            foreach (var range in Reserved)
            {
                pages += range.IsFreedLate ? range.Frames.Pages : 0;
            }

            return pages;
        }
    }

    /// <summary>RAM in a span, reserved or not.</summary>
    public uint PresentPages(PfnRange span)
    {
        var pages = 0u;
        foreach (var range in Memory)
        {
            var start = Max(range.Frames.Start, span.Start);
            var end = Min(range.Frames.End, span.End);
            pages += start < end ? end.Index - start.Index : 0;
        }

        return pages;
    }

    private static Pfn Max(Pfn left, Pfn right) => left > right ? left : right;

    private static Pfn Min(Pfn left, Pfn right) => left < right ? left : right;
}
