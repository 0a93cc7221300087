namespace VboxMem.Kernel.Physical;

/// <summary>Cuts each node's memory into zones (facts: physical memory, 1.2).</summary>
internal static class ZoneSpans
{
    /// <summary>First frame each of DMA, DMA32 and Normal may have, and one past the last of Normal.</summary>
    private static readonly uint[] _limits = [0, PageGeometry.DmaEndPfn, PageGeometry.Dma32EndPfn, uint.MaxValue];

    /// <summary>All zones of all nodes, five a node, in index order.</summary>
    /// <exception cref="MachineLayoutException">Movable memory leaves a node nothing else.</exception>
    public static List<ZoneExtent> Make(Memblock memblock, int nodes, ulong movableBytes)
    {
        var zones = new List<ZoneExtent>();
        for (var node = 0; node < nodes; node++)
        {
            var span = memblock.SpanOf(node);
            var movableStart = MovableStart(memblock, node, nodes, span, movableBytes);
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

    /// <summary>movablecore= spread evenly over the nodes and taken from the top of each; the node's end when there is none.</summary>
    private static Pfn MovableStart(Memblock memblock, int node, int nodes, PfnRange span, ulong movableBytes)
    {
        var total = (movableBytes / PageGeometry.PageBytes) + PageGeometry.LargestBlockPages - 1;
        var wanted = (total & ~(ulong)(PageGeometry.LargestBlockPages - 1)) / (ulong)nodes;
        for (var i = memblock.Memory.Count - 1; i >= 0 && wanted > 0; i--)
        {
            var range = memblock.Memory[i];
            if (range.Node != node)
            {
                continue;
            }

            if (range.Frames.Pages >= wanted)
            {
                return new Pfn(range.Frames.End.Index - (uint)wanted).AlignUp(PageGeometry.MaxOrder);
            }

            wanted -= range.Frames.Pages;
        }

        return wanted == 0 ? span.End : throw new MachineLayoutException($"movable memory leaves node {node} nothing else");
    }
}
