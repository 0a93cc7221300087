// The allocator of early boot: RAM as firmware gave it, and what is taken from it, top-down, before the buddy allocator works.
//
// Models   Linux 6.12 mm/memblock.c (facts: physical memory, 1.3).

namespace VboxMem.Kernel.Physical;

/// <summary>RAM and reservations while a machine is laid out. Both lists are ascending.</summary>
internal sealed class Memblock
{
    private readonly List<MemoryRange> _memory = [];
    private readonly List<ReservedRange> _reserved = [];

    public IReadOnlyList<MemoryRange> Memory => _memory;

    /// <summary>One past the last frame of RAM.</summary>
    public Pfn End => _memory[^1].Frames.End;

    /// <summary>One past the last frame of RAM below 4 GiB.</summary>
    public Pfn LowEnd
    {
        get
        {
            var end = _memory[0].Frames.End;
            foreach (var range in _memory)
            {
                end = range.Frames.End.Index <= PageGeometry.Dma32EndPfn ? range.Frames.End : end;
            }

            return end;
        }
    }

    public uint PresentPages
    {
        get
        {
            var pages = 0u;
            foreach (var range in _memory)
            {
                pages += range.Frames.Pages;
            }

            return pages;
        }
    }

    public void AddMemory(PfnRange frames, int node)
    {
        _memory.Add(new MemoryRange(frames, node));
        _memory.Sort(static (left, right) => left.Frames.Start.CompareTo(right.Frames.Start));
    }

    public void Reserve(PfnRange frames, BootPurpose purpose)
    {
        _reserved.Add(new ReservedRange(frames, purpose));
        _reserved.Sort(static (left, right) => left.Frames.Start.CompareTo(right.Frames.Start));
    }

    /// <summary>Reserves pages in one piece, as high as possible below a limit, in one node's RAM (or any, with node -1).</summary>
    /// <exception cref="MachineLayoutException">There is no such piece.</exception>
    public void TakeFromTop(uint pages, Pfn limit, int node, BootPurpose purpose)
    {
        if (pages == 0)
        {
            return;
        }

        var found = default(PfnRange);
        foreach (var free in FreeRanges(node))
        {
            var end = free.End < limit ? free.End : limit;
            if (free.Start.Index + pages <= end.Index)
            {
                found = new PfnRange(new Pfn(end.Index - pages), end);
            }
        }

        if (found.Pages == 0)
        {
            throw new MachineLayoutException(
                $"RAM is too small: boot finds no {pages} pages in one piece for {purpose}" + (node > 0 ? $" on node {node}" : string.Empty));
        }

        Reserve(found, purpose);
    }

    /// <summary>RAM of a node (or of all, with node -1) that is not yet reserved, ascending.</summary>
    public List<PfnRange> FreeRanges(int node = -1)
    {
        var memory = node < 0 ? _memory : _memory.FindAll(range => range.Node == node);
        return [.. new BootMemory(memory, _reserved).FreeRanges(new PfnRange(Pfn.None, End))];
    }

    /// <summary>Reserved pages that serve one of the given purposes.</summary>
    public uint ReservedFor(params ReadOnlySpan<BootPurpose> purposes)
    {
        var pages = 0u;
        foreach (var range in _reserved)
        {
            pages += purposes.Contains(range.Purpose) ? range.Frames.Pages : 0;
        }

        return pages;
    }

    /// <summary>Sections of 128 MiB whose first RAM belongs to a node.</summary>
    public uint SectionsOf(int node)
    {
        var (sections, next) = (0u, 0u);
        foreach (var range in _memory)
        {
            var first = Math.Max(range.Frames.Start.Index / PageGeometry.SectionPages, next);
            var end = (range.Frames.End.Index + PageGeometry.SectionPages - 1) / PageGeometry.SectionPages;
            if (end > first)
            {
                sections += range.Node == node ? end - first : 0;
                next = end;
            }
        }

        return sections;
    }

    /// <summary>The span of a node, holes included.</summary>
    public PfnRange SpanOf(int node)
    {
        var ranges = _memory.FindAll(range => range.Node == node);
        return new PfnRange(ranges[0].Frames.Start, ranges[^1].Frames.End);
    }

    /// <summary>The finished tables.</summary>
    public BootMemory ToBootMemory() => new([.. _memory], [.. _reserved]);
}
