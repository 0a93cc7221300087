using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Sched;

namespace VboxMem.Kernel.Physical;

/// <summary>One NUMA node (pg_data): five zones, the node's counters, and the order in which its requests fall back.</summary>
public sealed class Node
{
    private readonly Zone[] _zones;
    private readonly int[] _fallbackNodes;

    public Node(int id, Zone[] zones, int[] fallbackNodes, CpuContext cpus)
    {
        Id = id;
        _zones = zones;
        _fallbackNodes = fallbackNodes;
        Stats = new PerCpuCounters(NodeStatNames.All.Length, cpus);
    }

    private Node(Node other, PageFrames frames, CpuContext cpus, ReachedPaths paths)
    {
        Id = other.Id;
        _fallbackNodes = other._fallbackNodes;
        Stats = other.Stats.Clone(cpus);
        TotalReservePages = other.TotalReservePages;
        _zones = new Zone[other._zones.Length];
        for (var i = 0; i < _zones.Length; i++)
        {
            _zones[i] = other._zones[i].Clone(frames, cpus, paths);
        }
    }

    public int Id { get; }

    /// <summary>All five zones, by <see cref="ZoneType"/>.</summary>
    public ReadOnlySpan<Zone> Zones => _zones;

    /// <summary>This node first, then the others from near to far. Never changed after boot.</summary>
    public ReadOnlySpan<int> FallbackNodes => _fallbackNodes;

    public PerCpuCounters Stats { get; }

    /// <summary>The node's part of totalreserve_pages: what the zones keep from ordinary requests.</summary>
    public ulong TotalReservePages { get; set; }

    public ulong PresentPages
    {
        get
        {
            var pages = 0UL;
            foreach (var zone in _zones)
            {
                pages += zone.Extent.PresentPages;
            }

            return pages;
        }
    }

    public ulong ManagedPages
    {
        get
        {
            var pages = 0UL;
            foreach (var zone in _zones)
            {
                pages += zone.ManagedPages;
            }

            return pages;
        }
    }

    public Zone this[ZoneType type] => _zones[(int)type];

    public long Read(NodeStatItem item) => Stats.Read((int)item);

    public Node Clone(PageFrames frames, CpuContext cpus, ReachedPaths paths) => new(this, frames, cpus, paths);

    public void HashInto(StateHash hash)
    {
        hash.Add(TotalReservePages);
        Stats.HashInto(hash);
        foreach (var zone in _zones)
        {
            zone.HashInto(hash);
        }
    }

    /// <summary>All nodes of a machine, with their zones; the frames learn which zone they are in.</summary>
    internal static Node[] MakeAll(MachineLayout layout, PageFrames frames, CpuContext cpus, ReachedPaths paths)
    {
        var distances = new List<IReadOnlyList<int>>();
        var hasCpus = new List<bool>();
        for (var node = 0; node < layout.NodeCount; node++)
        {
            distances.Add(layout.DistancesFrom(node));
            hasCpus.Add(layout.NodeOfCpu.Contains((byte)node));
        }

        var orders = Zonelist.NodeOrders(distances, hasCpus);
        var nodes = new Node[layout.NodeCount];
        for (var node = 0; node < nodes.Length; node++)
        {
            var zones = new Zone[Zone.TypesPerNode];
            for (var type = 0; type < zones.Length; type++)
            {
                var extent = layout.Zones[(node * Zone.TypesPerNode) + type];
                if (extent.IsPopulated)
                {
                    frames.AssignZone(extent.Start, extent.End, extent.Index);
                    if (!extent.Start.IsAlignedTo(PageGeometry.PageblockOrder))
                    {
                        // Boot types pageblocks from their first frame on; one that begins before its zone is never typed.
                        frames.SetPageblockType(extent.Start, MigrateType.Unmovable);
                    }
                }

                zones[type] = new Zone(extent, frames, cpus, paths);
            }

            nodes[node] = new Node(node, zones, orders[node], cpus);
        }

        return nodes;
    }
}
