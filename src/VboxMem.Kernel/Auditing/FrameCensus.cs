using VboxMem.Kernel.Physical;

namespace VboxMem.Kernel.Auditing;

/// <summary>
/// Who owns what, found by walking all of RAM block by block: the source of truth that the audit holds every counter against.
/// Slow (it visits every block), never part of a run.
/// </summary>
public sealed class FrameCensus
{
    private static readonly int _owners = Enum.GetValues<FrameOwner>().Length;
    private readonly ulong[] _pages;

    private FrameCensus(int zones) => _pages = new ulong[zones * _owners];

    /// <summary>All blocks that belong to someone, ascending.</summary>
    public List<(Pfn Block, FrameOwner Owner, int Order, byte Zone)> Blocks { get; } = [];

    public static FrameCensus Take(Machine machine)
    {
        var census = new FrameCensus(machine.Nodes.Length * Zone.TypesPerNode);
        foreach (var node in machine.Nodes)
        {
            foreach (var zone in node.Zones)
            {
                if (zone.IsPopulated)
                {
                    census.Visit(machine, zone);
                }
            }
        }

        return census;
    }

    /// <summary>Pages of a zone that an owner has.</summary>
    public ulong PagesOf(byte zone, FrameOwner owner) => _pages[(zone * _owners) + (int)owner];

    /// <summary>Pages of the machine that an owner has.</summary>
    public ulong PagesOf(FrameOwner owner)
    {
        var pages = 0UL;
        for (var i = (int)owner; i < _pages.Length; i += _owners)
        {
            pages += _pages[i];
        }

        return pages;
    }

    /// <summary>Pages of a zone that the allocator owns, whoever has them now.</summary>
    public ulong ManagedPagesOf(byte zone)
    {
        var pages = 0UL;
        for (var owner = 0; owner < _owners; owner++)
        {
            pages += _pages[(zone * _owners) + owner];
        }

        return pages;
    }

    private void Visit(Machine machine, Zone zone)
    {
        var memory = machine.Layout.Memory;
        var span = new PfnRange(zone.Extent.Start, zone.Extent.End);

        // What boot reserved and never freed is nobody's block; what it freed late is in the allocator by now.
        var kept = new BootMemory(memory.Memory, [.. memory.Reserved.Where(range => !range.IsFreedLate)]);
        foreach (var range in kept.FreeRanges(span))
        {
            for (var pfn = range.Start; pfn < range.End;)
            {
                var block = machine.Frames.BlockOf(pfn, out var owner, out var order);
                Audit.Require(block == pfn && owner != FrameOwner.None, $"{pfn} of zone {zone.Extent.Name} belongs to no block");
                Audit.Require(pfn.IsAlignedTo(order) && pfn.Plus(1u << order) <= range.End, $"block of order {order} at {pfn} sticks out");
                RequireBareTails(machine.Frames, pfn, owner, order);
                Blocks.Add((pfn, owner, order, zone.Extent.Index));
                _pages[(zone.Extent.Index * _owners) + (int)owner] += 1UL << order;
                pfn = pfn.Plus(1u << order);
            }
        }
    }

    /// <summary>P3: within a block only the first frame carries a tag.</summary>
    private static void RequireBareTails(PageFrames frames, Pfn head, FrameOwner owner, int order)
    {
        var first = owner == FrameOwner.Free && order == PageGeometry.MaxOrder ? 0u : 1u;
        if (!frames.IsTouched((int)(head.Index >> PageGeometry.MaxOrder)))
        {
            return;
        }

        for (var i = first; i < 1u << order; i++)
        {
            Audit.Require(frames[head.Plus(i)].Owner == FrameOwner.None, $"{head.Plus(i)} is tagged inside the block at {head}");
        }
    }
}
