using VboxMem.Tools.Parsing;

namespace VboxMem.Profiles.Import;

/// <summary>A node: its number on the machine, its CPUs, and its distance to every node in order (empty: not known).</summary>
internal sealed record ImportedNode(int Id, int Cpus, IReadOnlyList<int> Distances);

/// <summary>What a tree says of a machine besides its processes. What it does not say is null or empty.</summary>
internal sealed record ImportedMachine
{
    public required Meminfo? Meminfo { get; init; }

    public string? HostName { get; init; }

    public string? CommandLine { get; init; }

    public long? BootTime { get; init; }

    public string? CpuModel { get; init; }

    public string? CpuMegahertz { get; init; }

    public bool HasLa57 { get; init; }

    public required int Cpus { get; init; }

    /// <summary>Nodes in order; one where the tree says nothing of nodes.</summary>
    public required IReadOnlyList<ImportedNode> Nodes { get; init; }

    /// <summary>Populated zones, node by node; empty: not known.</summary>
    public IReadOnlyList<ImportedZone> Zones { get; init; } = [];

    /// <summary>Pages that the kernel's log says were freed late.</summary>
    public ulong? LateFreedLogged { get; init; }

    /// <summary>always, madvise or never.</summary>
    public string? HugePages { get; init; }

    /// <summary>Files of /proc/sys/vm by name.</summary>
    public required SortedDictionary<string, string> Tunables { get; init; }

    public IReadOnlyList<SwapArea> Swaps { get; init; } = [];

    /// <summary>Dirty pages from which on the kernel writes in the background; null: not known.</summary>
    public ulong? DirtyBackgroundPages { get; init; }

    public uint Scale => Tunables.TryGetValue("watermark_scale_factor", out var text) && uint.TryParse(text, out var scale) ? scale : 10;

    public ulong? MinFreeKilobytes => Tunables.TryGetValue("min_free_kbytes", out var text) && ulong.TryParse(text, out var value) ? value : null;

    /// <summary>A size of meminfo in bytes; 0 where it is not known.</summary>
    public ulong Bytes(ReadOnlySpan<byte> name) => Math.Min(Meminfo?.Fields[name] ?? 0, ulong.MaxValue >> 14) << 10;
}
