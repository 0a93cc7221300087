// The keys of what happens to the box when.

using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Time;
using VboxMem.Profiles.Rules;
using VboxMem.Workloads;

namespace VboxMem.Profiles;

internal static class TimelineKeys
{
    private const int MaxEvents = 4096;

    internal static readonly ListKey Timeline = new(MaxEvents)
    {
        Path = "timeline", DefaultNote = "empty: nothing happens", Meaning = "What happens to the box when. Of one moment, in the order given.",
    };

    internal static readonly ScalarKey<SimTime?> At = new(new DurationRule())
    {
        Path = "timeline:#:at", Default = "0s", Meaning = "When, from the end of boot or of the group after. Required where when is not given.",
    };

    internal static readonly ScalarKey<string> EventAfter = new(TextRule.Ascii(0, 31))
    {
        Path = "timeline:#:after", Default = "", Meaning = "A group: at counts from when the last of its processes has ended.",
    };

    internal static readonly ScalarKey<string> When = new(new PredicateRule())
    {
        Path = "timeline:#:when", Default = "",
        Meaning = "Instead of at and after: once, when this first holds. Looked at every 100 ms, as in meminfo.MemAvailable < 200MiB and alive(sshd).",
    };

    internal static readonly ScalarKey<TimelineAction> Action = new(new ChoiceRule<TimelineAction>(
        ("start", TimelineAction.Start), ("stop", TimelineAction.Stop), ("signal", TimelineAction.Signal), ("write", TimelineAction.Write),
        ("swapon", TimelineAction.SwapOn), ("swapoff", TimelineAction.SwapOff), ("drop_caches", TimelineAction.DropCaches), ("say", TimelineAction.Say)))
    {
        Path = "timeline:#:do",
        Meaning = "start, stop: starts a group, or asks it to end. signal: sends a signal to its processes. write: writes to a file of the tree. "
            + "swapon, swapoff: runs that program on the box. drop_caches: writes to that file. say: a message to the user.",
    };

    internal static readonly ScalarKey<string> Target = new(TextRule.Ascii(0, 1000))
    {
        Path = "timeline:#:to", Default = "", Meaning = "start, stop, signal: the group. write: the path of the file. swapon, swapoff: the disk, as /dev/vdb.",
    };

    internal static readonly ScalarKey<string> Text = new(TextRule.Line(0, 1000))
    {
        Path = "timeline:#:text", Default = "",
        Meaning = "write: what is written. say: what is said. drop_caches: 1, 2 or 3; 3 where it is empty. swapon: the priority, 0 to 32767; empty: the kernel's choice.",
    };

    /// <summary>What a signal event may send.</summary>
    internal const string SignalNames = "HUP, INT, KILL, USR1, USR2, TERM";

    internal static readonly ScalarKey<Signal> Signal = new(new ChoiceRule<Signal>(
        ("none", Kernel.Sched.Signal.None), ("HUP", Kernel.Sched.Signal.Hangup), ("INT", Kernel.Sched.Signal.Interrupt),
        ("KILL", Kernel.Sched.Signal.Kill), ("USR1", Kernel.Sched.Signal.User1), ("USR2", Kernel.Sched.Signal.User2),
        ("TERM", Kernel.Sched.Signal.Terminate)))
    {
        Path = "timeline:#:signal", Default = "none", Meaning = "signal: which.",
    };

    /// <summary>All of them, in the order of the reference.</summary>
    internal static IReadOnlyList<ProfileKey> All { get; } = [Timeline, At, EventAfter, When, Action, Target, Text, Signal];
}
