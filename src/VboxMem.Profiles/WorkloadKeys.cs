// The keys of what runs on the box.

using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Time;
using VboxMem.Profiles.Rules;
using VboxMem.Workloads;

namespace VboxMem.Profiles;

internal static class WorkloadKeys
{
    private const ulong MaxBytes = 64UL << 40;
    private const int MaxGroups = 4096;
    private const ulong PageBytes = 4096;

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
        Path = "groups:#:size", Default = "0", Meaning = "Memory to touch, reserve, leak (0: without end) or lock, of each thread; resident anonymous memory (process); size of the file.",
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
        Path = "groups:#:path", Default = "", Meaning = "File (read, write, map), directory (files) or executable (process).",
    };

    internal static readonly ScalarKey<ulong> Number = new(new WholeNumberRule(0, 100_000_000))
    {
        Path = "groups:#:number", Default = "0", Meaning = "Files to make or look up; children to fork; threads to make, or (process) to have.",
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

    internal static readonly ScalarKey<ulong> Gid = new(new WholeNumberRule(0, uint.MaxValue))
    {
        Path = "groups:#:gid", Default = "4294967295", Meaning = "Their group; 4294967295: that of the user.",
    };

    internal static readonly ScalarKey<string> Parent = new(TextRule.Ascii(0, 31))
    {
        Path = "groups:#:parent", Default = "", Meaning = "process: a group before this one, whose first process is the parent; empty: init is.",
    };

    internal static readonly ScalarKey<string> Comm = new(TextRule.Ascii(0, 15))
    {
        Path = "groups:#:comm", Default = "", Meaning = "process: what they are called (comm), where that is not the group's name.",
    };

    internal static readonly ListKey Arguments = new(4096)
    {
        Path = "groups:#:arguments", DefaultNote = "empty: none", Meaning = "process: their arguments, the first the program's own name.",
    };

    internal static readonly ScalarKey<string> Argument = new(TextRule.Line(0, 200_000))
    {
        Path = "groups:#:arguments:#", DefaultNote = "none", Meaning = "An argument; \\n, \\t, \\\\ and \\uXXXX stand for control characters.",
    };

    internal static readonly ScalarKey<ulong> Inherited = new(new SizeRule(0, MaxBytes, PageBytes))
    {
        Path = "groups:#:inherited", Default = "0", Meaning = "process: of size, what they share with the parent that forked them (copy-on-write).",
    };

    internal static readonly ScalarKey<ulong> Files = new(new SizeRule(0, MaxBytes, PageBytes))
    {
        Path = "groups:#:file", Default = "0", Meaning = "process: resident file pages.",
    };

    internal static readonly ScalarKey<ulong> SharedFiles = new(new SizeRule(0, MaxBytes, PageBytes))
    {
        Path = "groups:#:shared_file", Default = "0", Meaning = "process: of file, what they have in common with processes of other executables; the rest those of one executable share.",
    };

    internal static readonly ScalarKey<ulong> Shmem = new(new SizeRule(0, MaxBytes, PageBytes))
    {
        Path = "groups:#:shmem", Default = "0", Meaning = "process: resident shared memory. totals: all shared memory and tmpfs.",
    };

    internal static readonly ScalarKey<ulong> SharedShmem = new(new SizeRule(0, MaxBytes, PageBytes))
    {
        Path = "groups:#:shared_shmem", Default = "0", Meaning = "process: of shmem, what they have in common with processes of other executables.",
    };

    internal static readonly ScalarKey<ulong> Swapped = new(new SizeRule(0, MaxBytes, PageBytes))
    {
        Path = "groups:#:swapped", Default = "0", Meaning = "process: memory in swap. totals: swap in use.",
    };

    internal static readonly ScalarKey<ulong> Cached = new(new SizeRule(0, MaxBytes, PageBytes))
    {
        Path = "groups:#:cached", Default = "0", Meaning = "totals: Cached of meminfo.",
    };

    internal static readonly ScalarKey<ulong> Buffers = new(new SizeRule(0, MaxBytes, PageBytes))
    {
        Path = "groups:#:buffers", Default = "0", Meaning = "totals: Buffers of meminfo.",
    };

    internal static readonly ScalarKey<ulong> Dirty = new(new SizeRule(0, MaxBytes, PageBytes))
    {
        Path = "groups:#:dirty", Default = "0", Meaning = "totals: Dirty of meminfo, kept up.",
    };

    internal static readonly ScalarKey<ulong> Reclaimable = new(new SizeRule(0, MaxBytes, PageBytes))
    {
        Path = "groups:#:reclaimable", Default = "0", Meaning = "totals: SReclaimable of meminfo.",
    };

    internal static readonly ScalarKey<ulong> Unreclaimable = new(new SizeRule(0, MaxBytes, PageBytes))
    {
        Path = "groups:#:unreclaimable", Default = "0", Meaning = "totals: SUnreclaim of meminfo.",
    };

    internal static readonly ListKey Users = new(4096)
    {
        Path = "users", DefaultNote = "empty: Debian's own and a few people", Meaning = "More users, in the place of those with the same name or number.",
    };

    internal static readonly ScalarKey<string> UserName = new(TextRule.UserName(1, 32))
    {
        Path = "users:#:name", Meaning = "The user's name.",
    };

    internal static readonly ScalarKey<ulong> UserUid = new(new WholeNumberRule(0, uint.MaxValue - 1))
    {
        Path = "users:#:uid", Meaning = "Their number.",
    };

    internal static readonly ScalarKey<ulong> UserGid = new(new WholeNumberRule(0, uint.MaxValue - 1))
    {
        Path = "users:#:gid", Meaning = "The number of their group.",
    };

    internal static readonly ScalarKey<Init> FirstProgram = new(new ChoiceRule<Init>(("none", Workloads.Init.None), ("systemd", Workloads.Init.Systemd), ("first", Workloads.Init.First)))
    {
        Path = "init", Default = "none",
        Meaning = "Pid 1. none: only reaps, and groups are started by nobody in particular. systemd: starts the groups as services and starts them again. first: the process of the first group.",
    };

    /// <summary>All of them, in the order of the reference.</summary>
    internal static IReadOnlyList<ProfileKey> All { get; } =
    [
        FirstProgram, Users, UserName, UserUid, UserGid, Groups, Name, Program, Processes, User, Nice, OomScoreAdj, StartsAt, After, Size, Part, Chunk, Rate, Passes, Pause, Hold, FilePath,
        Number, Writes, Shared, Synced, Zeros, Built, Requests, Workers, Connections, WorkingSet, Jitter, Every, DropsBehind,
        Gid, Parent, Comm, Arguments, Argument, Inherited, Files, SharedFiles, Shmem, SharedShmem, Swapped,
        Cached, Buffers, Dirty, Reclaimable, Unreclaimable,
        Restart, RestartAfter, RestartMaxDelay, RestartSteps, StartBurst, StartInterval,
        .. TimelineKeys.All,
    ];
}
