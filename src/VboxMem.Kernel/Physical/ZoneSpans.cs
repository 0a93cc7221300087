namespace VboxMem.Kernel.Physical;

/// <summary>Cuts each node's memory into zones (facts: physical memory, 1.2).</summary>
internal static class ZoneSpans
{
    /// <summary>First frame each of DMA, DMA32 and Normal may have, and one past the last of Normal.</summary>
    private static readonly uint[] _limits = [0, PageGeometry.DmaEndPfn, PageGeometry.Dma32EndPfn, uint.MaxValue];

    /// <summary>All zones of all nodes, five a node, in index order.</summary>
    /// <exception cref="MachineLayoutException">Movable memory leaves the kernel nothing.</exception>
    public static List<ZoneExtent> Make(Memblock memblock, int nodes, ulong movableBytes)
    {
        var zones = new List<ZoneExtent>();
        var movableStarts = MovableStarts(memblock, nodes, movableBytes);
        for (var node = 0; node < nodes; node++)
        {
            var span = memblock.SpanOf(node);
            var movableStart = movableStarts[node];
            for (var type = ZoneType.Dma; type <= ZoneType.Device; type++)
            {
                var (start, end) = type switch
                {
                    ZoneType.Movable => (movableStart.Index, span.End.Index),
                    ZoneType.Device => (0u, 0u),
                    _ => (Math.Max(_limits[(int)type], span.Start.Index), Math.Min(_limits[(int)type + 1], movableStart.Index)),
                };
                zones.Add(MakeZone(memblock, node, type, start, end));
            }
        }

        return zones;
    }

    private static ZoneExtent MakeZone(Memblock memblock, int node, ZoneType type, uint start, uint end)
    {
        var index = (byte)((node * Zone.TypesPerNode) + (int)type);
        if (start >= end)
        {
            return new ZoneExtent(index, node, type, Pfn.None, 0, 0);
        }

        var present = 0u;
        foreach (var range in memblock.Memory)
        {
            if (range.Node == node && range.Frames.Start.Index < end && range.Frames.End.Index > start)
            {
                present += Math.Min(range.Frames.End.Index, end) - Math.Max(range.Frames.Start.Index, start);
            }
        }

        return new ZoneExtent(index, node, type, new Pfn(start), end - start, present);
    }

    /// <summary>
    /// Where each node's Movable zone starts; the node's end where it has none. movablecore= says how much; all else is for the
    /// kernel, spread over the nodes as evenly as it goes, from the bottom of each. Memory below the highest zone is the
    /// kernel's in any case (find_zone_movable_pfns_for_nodes).
    /// </summary>
    private static Pfn[] MovableStarts(Memblock memblock, int nodes, ulong movableBytes)
    {
        var ends = new Pfn[nodes];
        for (var node = 0; node < nodes; node++)
        {
            ends[node] = memblock.SpanOf(node).End;
        }

        var movable = (movableBytes / PageGeometry.PageBytes) + PageGeometry.LargestBlockPages - 1;
        movable &= ~(ulong)(PageGeometry.LargestBlockPages - 1);
        if (movable == 0)
        {
            return ends;
        }

        var total = memblock.PresentPages;
        if (movable >= total)
        {
            throw new MachineLayoutException("movable memory leaves the kernel nothing");
        }

        var starts = new Pfn[nodes];
        var left = total - (uint)movable;
        var usable = nodes;
        do
        {
            left = GiveKernelItsShare(memblock, starts, left, left / (uint)usable);
            usable--;
        }
        while (usable > 0 && left > usable);

        for (var node = 0; node < nodes; node++)
        {
            var start = starts[node].AlignUp(PageGeometry.MaxOrder);
            starts[node] = start < ends[node] ? start : ends[node];
        }

        return starts;
    }

    /// <summary>One round: each node gives the kernel the same share of what is left, from its bottom up.</summary>
    /// <returns>Pages for which no node had room.</returns>
    private static uint GiveKernelItsShare(Memblock memblock, Pfn[] starts, uint left, uint share)
    {
        var lowestMovable = memblock.End.Index > PageGeometry.Dma32EndPfn ? PageGeometry.Dma32EndPfn : PageGeometry.DmaEndPfn;
        for (var node = 0; node < starts.Length; node++)
        {
            var wanted = Math.Min(share, left);
            foreach (var range in memblock.Memory)
            {
                var (start, end) = (Math.Max(range.Frames.Start.Index, starts[node].Index), range.Frames.End.Index);
                if (range.Node != node || start >= end)
                {
                    continue;
                }

                // Low memory is the kernel's even where that is more than its share.
                var low = start < lowestMovable ? Math.Min(end, lowestMovable) - start : 0;
                left -= Math.Min(low, left);
                wanted -= Math.Min(low, wanted);
                start += low;

                var part = Math.Min(end - start, wanted);
                left -= Math.Min(part, left);
                wanted -= part;
                starts[node] = new Pfn(start + part);
                if (end > lowestMovable && wanted == 0)
                {
                    break;
                }
            }
        }

        return left;
    }
}
