using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Time;

namespace VboxMem.Workloads;

/// <summary>What a timeline does.</summary>
public enum TimelineAction
{
    /// <summary>Starts a group.</summary>
    Start,

    /// <summary>Asks a group to end.</summary>
    Stop,

    /// <summary>Sends a signal to a group's processes.</summary>
    Signal,

    /// <summary>Writes text to a file of the box's tree.</summary>
    Write,

    /// <summary>Puts a disk into use as swap: runs swapon on the box.</summary>
    SwapOn,

    /// <summary>Takes it out of use: runs swapoff on the box.</summary>
    SwapOff,

    /// <summary>Drops clean caches.</summary>
    DropCaches,

    /// <summary>Tells the user something.</summary>
    Say,
}

/// <summary>Something that happens to the box at a moment.</summary>
/// <param name="At">When, counted from the end of boot or of the group After.</param>
/// <param name="Action">What.</param>
/// <param name="Target">The group, the path of the file, or the disk's path.</param>
/// <param name="Text">What is written or said; which caches are dropped (1..3), swapon's priority, or empty for the usual.</param>
/// <param name="Signal">The signal sent.</param>
/// <param name="After">The group whose end At counts from; empty: it counts from the end of boot.</param>
/// <param name="When">A predicate over the box's tree: the event happens when it first holds. Empty: at its moment.</param>
public sealed record TimelineEvent(
    SimTime At, TimelineAction Action, string Target, string Text = "", Signal Signal = Signal.None, string After = "", string When = "");

/// <summary>What pid 1 is.</summary>
public enum Init
{
    /// <summary>Something that only reaps. Groups are its children without having been its doing.</summary>
    None,

    /// <summary>A service manager: starts the groups, and starts them again.</summary>
    Systemd,

    /// <summary>The one process of the first group.</summary>
    First,
}

/// <summary>A user of the box besides those that every box has, or instead of one.</summary>
public sealed record UserConfiguration(string Name, uint Uid, uint Gid);

/// <summary>Everything that runs on a box and happens to it.</summary>
/// <param name="Groups">Groups of processes.</param>
/// <param name="Timeline">Events, in any order; those of one moment happen in the order given.</param>
/// <param name="Init">What pid 1 is.</param>
public sealed record WorkloadConfiguration(
    IReadOnlyList<GroupConfiguration> Groups, IReadOnlyList<TimelineEvent> Timeline, Init Init = Init.None)
{
    public static readonly WorkloadConfiguration Empty = new([], []);

    /// <summary>Users besides those that every box has.</summary>
    public IReadOnlyList<UserConfiguration> Users { get; init; } = [];
}
