// Physical memory as firmware and early boot lay it out: nodes, zones, holes, and what is reserved.
//
// Two ways lead to a layout: the recipe (LayoutRecipe), from RAM size and machine kind alone, and explicit figures per zone
// (ExplicitLayout). A layout never changes once it is made.

namespace VboxMem.Kernel.Physical;

/// <summary>The machine cannot be laid out as described: the user's mistake, in words.</summary>
public sealed class MachineLayoutException(string message) : Exception(message);

public sealed class MachineLayout
{
    /// <summary>Pages of each CPU's part of the first per-CPU chunk (the log: "percpu: Embedded 66 pages/cpu").</summary>
    public const uint PerCpuFirstChunkPages = 66;

    private const int LocalDistance = 10;
    private const int RemoteDistance = 20;

    private MachineLayout(MachineConfiguration configuration, Memblock memblock, List<ZoneExtent> zones, Pfn imageStart)
    {
        Configuration = configuration;
        NodeOfCpu = AssignCpus(configuration);
        Zones = zones;
        ImageStart = imageStart;
        Memory = memblock.ToBootMemory();
        End = memblock.End;
        foreach (var zone in zones)
        {
            End = zone.End > End ? zone.End : End;   // a zone given by figures may end in a hole
        }

        HashTables = HashTableSizes.For(memblock);
        for (var node = 0; node < NodeCount; node++)
        {
            PresentSections += memblock.SectionsOf(node);
        }
    }

    public MachineConfiguration Configuration { get; }

    public int NodeCount => Math.Max(1, Configuration.Nodes.Count);

    /// <summary>Node of each CPU, in CPU order.</summary>
    public IReadOnlyList<byte> NodeOfCpu { get; }

    /// <summary>All zones of all nodes, five a node, in index order.</summary>
    public IReadOnlyList<ZoneExtent> Zones { get; }

    public BootMemory Memory { get; }

    public HashTableSizes HashTables { get; }

    /// <summary>First frame of the kernel image; none where zones were given by explicit figures.</summary>
    public Pfn ImageStart { get; }

    /// <summary>One past the last frame of any zone.</summary>
    public Pfn End { get; }

    /// <summary>Present sections of 128 MiB.</summary>
    public uint PresentSections { get; }

    /// <summary>Lays a machine out.</summary>
    /// <exception cref="MachineLayoutException">The description contradicts itself or leaves no room to boot.</exception>
    public static MachineLayout Create(MachineConfiguration configuration)
    {
        LayoutChecks.Check(configuration);
        var memblock = new Memblock();
        var nodes = Math.Max(1, configuration.Nodes.Count);
        if (configuration.Zones.Count > 0)
        {
            return new MachineLayout(configuration, memblock, ExplicitLayout.Follow(configuration, nodes, memblock), Pfn.None);
        }

        var imageStart = LayoutRecipe.Follow(configuration, AssignCpus(configuration), memblock);
        return new MachineLayout(configuration, memblock, ZoneSpans.Make(memblock, nodes, configuration.MovableBytes), imageStart);
    }

    /// <summary>Distance from a node to every node, in order: 10 to itself, 20 to others unless the description says else.</summary>
    public IReadOnlyList<int> DistancesFrom(int node)
    {
        if (Configuration.Nodes.Count > 0 && Configuration.Nodes[node].Distances.Count > 0)
        {
            return Configuration.Nodes[node].Distances;
        }

        var distances = new int[NodeCount];
        for (var other = 0; other < distances.Length; other++)
        {
            distances[other] = other == node ? LocalDistance : RemoteDistance;
        }

        return distances;
    }

    private static byte[] AssignCpus(MachineConfiguration configuration)
    {
        if (configuration.Nodes.Count == 0)
        {
            return new byte[configuration.Cpus];
        }

        var nodeOfCpu = new List<byte>();
        for (var node = 0; node < configuration.Nodes.Count; node++)
        {
            for (var cpu = 0; cpu < configuration.Nodes[node].Cpus; cpu++)
            {
                nodeOfCpu.Add((byte)node);
            }
        }

        return [.. nodeOfCpu];
    }
}
