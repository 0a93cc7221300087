// The keys of what runs on the box.

using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Time;
using VboxMem.Profiles.Rules;
using VboxMem.Workloads;

namespace VboxMem.Profiles;

internal static class WorkloadKeys
{
    private const ulong MaxBytes = 64UL << 40;
    private const int MaxGroups = 256;

    internal static readonly ListKey Groups = new(MaxGroups)
    {
        Path = "groups", DefaultNote = "empty: nothing runs", Meaning = "Groups of like processes.",
    };

    internal static readonly ScalarKey<string> Name = new(TextRule.HostName(1, 31))
    {
        Path = "groups:#:name", Meaning = "What the timeline and systemd name it by, and what the processes of the building blocks are called (comm, 15 characters of it).",
    };

    internal static readonly ScalarKey<string> Program = new(TextRule.Ascii(1, 32))
    {
        Path = "groups:#:program", Meaning = "The program they run: " + string.Join(", ", ProgramCatalog.Names) + ".",
    };

    internal static readonly ScalarKey<ulong> Processes = new(new WholeNumberRule(1, 10_000))
    {
        Path = "groups:#:count", Default = "1", Meaning = "How many processes.",
    };

    internal static readonly ScalarKey<UserNumber> User = new(new UserRule())
    {
        Path = "groups:#:user", Default = "root", Meaning = "Their user: people have numbers from 1000.",
    };

    internal static readonly ScalarKey<int> Nice = new(new SignedNumberRule(-20, 19))
    {
        Path = "groups:#:nice", Default = "0", Meaning = "Their nice value.",
    };

    internal static readonly ScalarKey<int> OomScoreAdj = new(new SignedNumberRule(-1000, 1000))
    {
        Path = "groups:#:oom_score_adj", Default = "0", Meaning = "Their oom_score_adj; -1000: never killed for want of memory.",
    };

    internal static readonly ScalarKey<SimTime?> StartsAt = new(new DurationRule(takesForever: true))
    {
        Path = "groups:#:starts_at", Default = "0s", Meaning = "When they start, from the end of boot or of the group after; forever: when the timeline says so.",
    };

    internal static readonly ScalarKey<string> After = new(TextRule.Ascii(0, 31))
    {
        Path = "groups:#:after", Default = "", Meaning = "A group: starts_at counts from when the last of its processes has ended.",
    };

    internal static readonly ScalarKey<ulong> Size = new(new SizeRule(0, MaxBytes))
    {
        Path = "groups:#:size", Default = "0", Meaning = "Memory to touch, reserve, leak (0: without end) or lock, of each thread; size of the file.",
    };

    internal static readonly ScalarKey<ulong> Part = new(new SizeRule(0, MaxBytes))
    {
        Path = "groups:#:part", Default = "0", Meaning = "fork: what each child writes.",
    };

    internal static readonly ScalarKey<ulong> Chunk = new(new SizeRule(0, 1UL << 30))
    {
        Path = "groups:#:chunk", Default = "0", Meaning = "What one call or one mapping is about; 0: 1MiB of memory (reserve: all of it; threads: 64KiB), 128KiB of a file.",
    };

    internal static readonly ScalarKey<ulong> Rate = new(new SizeRule(0, 1UL << 40))
    {
        Path = "groups:#:per_second", Default = "0", Meaning = "Bytes worked on in a second; 0: as fast as it goes.",
    };

    internal static readonly ScalarKey<ulong> Passes = new(new WholeNumberRule(0, ulong.MaxValue))
    {
        Path = "groups:#:passes", Default = "1", Meaning = "How often; 0: for ever.",
    };

    internal static readonly ScalarKey<SimTime?> Pause = new(new DurationRule())
    {
        Path = "groups:#:pause", Default = "0s", Meaning = "Between two passes.",
    };

    internal static readonly ScalarKey<SimTime?> Hold = new(new DurationRule(takesForever: true))
    {
        Path = "groups:#:hold", Default = "forever", Meaning = "How long they keep what they have after the work, before they exit.",
    };

    internal static readonly ScalarKey<string> FilePath = new(TextRule.Ascii(0, 1000))
    {
        Path = "groups:#:path", Default = "", Meaning = "File (read, write, map) or directory (files).",
    };

    internal static readonly ScalarKey<ulong> Number = new(new WholeNumberRule(0, 100_000_000))
    {
        Path = "groups:#:number", Default = "0", Meaning = "Files to make or look up; children to fork; threads to make.",
    };

    internal static readonly ScalarKey<ulong> Writes = new(new WholeNumberRule(0, 1))
    {
        Path = "groups:#:writes", Default = "0", Meaning = "map: writes instead of reading. files: makes files instead of looking names up.",
    };

    internal static readonly ScalarKey<ulong> Shared = new(new WholeNumberRule(0, 1))
    {
        Path = "groups:#:shared", Default = "0", Meaning = "map: a shared mapping.",
    };

    internal static readonly ScalarKey<ulong> Synced = new(new WholeNumberRule(0, 1))
    {
        Path = "groups:#:sync", Default = "0", Meaning = "write: ends with fsync. files: ends with sync.",
    };

    internal static readonly ScalarKey<ulong> Zeros = new(new WholeNumberRule(0, 1))
    {
        Path = "groups:#:zeros", Default = "0", Meaning = "touch: writes nothing but zeros, which swap keeps without a disk.",
    };

    internal static readonly ScalarKey<ulong> Built = new(new WholeNumberRule(0, 1))
    {
        Path = "groups:#:built", Default = "0", Meaning = "touch: brings the memory in at full speed, before the first pass.",
    };

    internal static readonly ScalarKey<ulong> Requests = new(new WholeNumberRule(0, 1_000_000))
    {
        Path = "groups:#:requests", Default = "0", Meaning = "Requests, queries or commands that clients send in a second, on average, to all processes together.",
    };

    internal static readonly ScalarKey<ulong> Workers = new(new WholeNumberRule(0, 10_000))
    {
        Path = "groups:#:workers", Default = "0", Meaning = "nginx: worker processes. postgres: backends. 0: what the program makes of it.",
    };

    internal static readonly ScalarKey<ulong> Connections = new(new WholeNumberRule(0, 100_000))
    {
        Path = "groups:#:connections", Default = "0", Meaning = "nginx: connections that clients keep open to each worker.",
    };

    internal static readonly ScalarKey<ulong> WorkingSet = new(new SizeRule(0, MaxBytes))
    {
        Path = "groups:#:working_set", Default = "0", Meaning = "postgres: data that queries are about. redis: values in frequent use. jvm: objects that live.",
    };

    internal static readonly ScalarKey<ulong> Jitter = new(new WholeNumberRule(0, 100, "percent"))
    {
        Path = "groups:#:jitter", Default = "0", Meaning = "How far a speed strays from its average.",
    };

    internal static readonly ScalarKey<SimTime?> Every = new(new DurationRule())
    {
        Path = "groups:#:every", Default = "0s", Meaning = "Between two jobs (cron), logins (sshd), checkpoints (postgres) or saves (redis).",
    };

    internal static readonly ScalarKey<ulong> DropsBehind = new(new WholeNumberRule(0, 1))
    {
        Path = "groups:#:drop_behind", Default = "0", Meaning = "backup: drops from the page cache what it has read (POSIX_FADV_DONTNEED).",
    };

    internal static readonly ScalarKey<RestartPolicy> Restart = new(new ChoiceRule<RestartPolicy>(
        ("no", RestartPolicy.No), ("on-failure", RestartPolicy.OnFailure), ("always", RestartPolicy.Always)))
    {
        Path = "groups:#:restart", Default = "no", Meaning = "When systemd starts them again after they have ended (Restart=).",
    };

    internal static readonly ScalarKey<SimTime?> RestartAfter = new(new DurationRule())
    {
        Path = "groups:#:restart_sec", Default = "100ms", Meaning = "After how long it does (RestartSec=).",
    };

    internal static readonly ScalarKey<SimTime?> RestartMaxDelay = new(new DurationRule())
    {
        Path = "groups:#:restart_max_delay", Default = "0s", Meaning = "What restart_sec grows to in restart_steps steps (RestartMaxDelaySec=); 0s: it does not grow.",
    };

    internal static readonly ScalarKey<ulong> RestartSteps = new(new WholeNumberRule(0, 100))
    {
        Path = "groups:#:restart_steps", Default = "0", Meaning = "In how many restarts it grows to that (RestartSteps=).",
    };

    internal static readonly ScalarKey<ulong> StartBurst = new(new WholeNumberRule(0, 1000))
    {
        Path = "groups:#:start_limit_burst", Default = "5", Meaning = "That many starts within start_limit_interval, and they stay down (StartLimitBurst=).",
    };

    internal static readonly ScalarKey<SimTime?> StartInterval = new(new DurationRule())
    {
        Path = "groups:#:start_limit_interval", Default = "10s", Meaning = "See start_limit_burst (StartLimitIntervalSec=); 0s: no limit.",
    };

    internal static readonly ScalarKey<Init> FirstProgram = new(new ChoiceRule<Init>(("none", Workloads.Init.None), ("systemd", Workloads.Init.Systemd)))
    {
        Path = "init", Default = "none",
        Meaning = "Pid 1. none: only reaps, and groups are started by nobody in particular. systemd: starts the groups as services and starts them again.",
    };

    /// <summary>All of them, in the order of the reference.</summary>
    internal static IReadOnlyList<ProfileKey> All { get; } =
    [
        FirstProgram, Groups, Name, Program, Processes, User, Nice, OomScoreAdj, StartsAt, After, Size, Part, Chunk, Rate, Passes, Pause, Hold, FilePath,
        Number, Writes, Shared, Synced, Zeros, Built, Requests, Workers, Connections, WorkingSet, Jitter, Every, DropsBehind,
        Restart, RestartAfter, RestartMaxDelay, RestartSteps, StartBurst, StartInterval,
        .. TimelineKeys.All,
    ];
}
