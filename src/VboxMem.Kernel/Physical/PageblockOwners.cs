// Whose the frames of each pageblock are: what a map of memory draws.
//
// A block of 4 MiB that is free as a whole, or that boot kept and nobody ever touched, is told from the side tables alone, so that a
// large machine that uses little is looked through quickly.
//
// Units    pages.

namespace VboxMem.Kernel.Physical;

/// <summary>Goes through the pageblocks of a machine, ascending. Changes nothing.</summary>
public sealed class PageblockOwners
{
    /// <summary>Kinds of owners, <see cref="FrameOwner.None"/> among them: RAM that boot kept for itself.</summary>
    public static readonly int OwnerCount = Enum.GetValues<FrameOwner>().Length;

    private readonly Machine _machine;
    private readonly uint[] _pages = new uint[OwnerCount];
    private uint _next;

    public PageblockOwners(Machine machine) => _machine = machine;

    /// <summary>First frame of the pageblock at hand.</summary>
    public Pfn Block { get; private set; }

    /// <summary>Index of its zone: node times five plus type.</summary>
    public byte Zone { get; private set; }

    public MigrateType Type { get; private set; }

    /// <summary>Its frames that are no RAM.</summary>
    public uint HolePages { get; private set; }

    /// <summary>Its frames by owner.</summary>
    public ReadOnlySpan<uint> Pages => _pages;

    /// <summary>Goes to the next pageblock that has RAM and belongs to a zone.</summary>
    public bool MoveNext()
    {
        var frames = _machine.Frames;
        for (; _next < frames.Count; _next += PageGeometry.PageblockPages)
        {
            var block = new Pfn(_next);
            if (frames.ZoneOf(block) == PageFrames.NoZone || CountPages(block) == 0)
            {
                continue;
            }

            Block = block;
            Zone = frames.ZoneOf(block);
            Type = frames.PageblockType(block);
            _next += PageGeometry.PageblockPages;
            return true;
        }

        return false;
    }

    /// <summary>Counts a pageblock's frames.</summary>
    /// <returns>Those that are RAM.</returns>
    private uint CountPages(Pfn block)
    {
        Array.Clear(_pages);
        var largest = block.AlignDown(PageGeometry.MaxOrder);
        if (_machine.Frames.IsFreeLargestBlock(largest, out _))
        {
            HolePages = 0;
            return _pages[(int)FrameOwner.Free] = PageGeometry.PageblockPages;
        }

        var present = PresentPages(block, PageGeometry.PageblockPages);
        HolePages = PageGeometry.PageblockPages - present;
        if (present > 0)
        {
            CountOwners(block, largest, present);
        }

        return present;
    }

    private void CountOwners(Pfn block, Pfn largest, uint present)
    {
        var frames = _machine.Frames;
        if (!frames.IsTouched((int)(largest.Index >> PageGeometry.MaxOrder)))
        {
            _pages[(int)FrameOwner.None] = present;
            return;
        }

        var end = block.Plus(PageGeometry.PageblockPages);
        for (var pfn = block; pfn < end;)
        {
            var head = frames.BlockOf(pfn, out var owner, out var order);
            var next = head.Plus(1u << order);
            next = next < end ? next : end;
            var pages = next.Index - pfn.Index;
            _pages[(int)owner] += owner != FrameOwner.None ? pages : PresentPages(pfn, pages);
            pfn = next;
        }
    }

    private uint PresentPages(Pfn start, uint pages) => _machine.Layout.Memory.PresentPages(new PfnRange(start, start.Plus(pages)));
}
