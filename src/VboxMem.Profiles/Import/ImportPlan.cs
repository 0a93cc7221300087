namespace VboxMem.Profiles.Import;

/// <summary>A swap area: its size, and its priority, -1 where the kernel has given it.</summary>
internal readonly record struct PlannedSwap(ulong Mebibytes, int Priority);

/// <summary>A user that the box has by name.</summary>
internal readonly record struct PlannedUser(string Name, uint Uid, uint Gid);

/// <summary>All that a profile is written from.</summary>
internal sealed record ImportPlan
{
    public required ImportedMachine Machine { get; init; }

    /// <summary>RAM, where zones do not say it.</summary>
    public ulong RamBytes { get; init; }

    public IReadOnlyList<ImportedZone> Zones { get; init; } = [];

    /// <summary>Late-freed pages of each zone.</summary>
    public ulong[] LateFreed { get; init; } = [];

    public string CommandLine { get; init; } = "";

    public IReadOnlyList<PlannedSwap> Swaps { get; init; } = [];

    /// <summary>Tunables in the order in which they are written.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Tunables { get; init; } = [];

    public IReadOnlyList<PlannedUser> Users { get; init; } = [];

    public IReadOnlyList<ImportedGroup> Groups { get; init; } = [];

    /// <summary>The first group is pid 1.</summary>
    public bool HasInit { get; init; }

    public IReadOnlyList<Total> Totals { get; init; } = [];
}
