using System.Numerics;
using VboxMem.Kernel.Time;

namespace VboxMem.Workloads;

/// <summary>What a building block does, as a profile says it. Each program reads the parameters it knows; see ProgramCatalog.</summary>
/// <param name="SizeBytes">Memory to touch, leak or lock; size of the file.</param>
/// <param name="PartBytes">What each forked child writes of it.</param>
/// <param name="ChunkBytes">What one call, or one mapping, is about.</param>
/// <param name="BytesPerSecond">Speed; 0: as fast as it goes.</param>
/// <param name="Passes">How often; 0: for ever.</param>
/// <param name="Pause">Between two passes.</param>
/// <param name="Hold">After the work, before it exits; null: for ever.</param>
/// <param name="Path">File or directory.</param>
/// <param name="Count">Files to make or look up; children to fork; threads to make.</param>
/// <param name="IsWrite">Writes what it could also just read; makes what it could also just look up.</param>
/// <param name="IsShared">Maps shared, not private.</param>
/// <param name="IsSynced">Ends with fsync.</param>
/// <param name="IsZero">Writes nothing but zeros.</param>
/// <param name="IsBuiltFirst">Brings its memory in as fast as it goes, before the first pass.</param>
/// <param name="RequestsPerSecond">Requests, queries or commands that clients send, on average.</param>
/// <param name="Workers">Worker processes, backends, threads.</param>
/// <param name="Connections">Connections that clients keep open to each worker.</param>
/// <param name="WorkingSetBytes">The part of the data that most accesses go to; the live part of a heap.</param>
/// <param name="JitterPercent">How far a speed strays from its average, in percent of it.</param>
/// <param name="Every">Between two jobs, logins, checkpoints or saves.</param>
/// <param name="IsDroppedBehind">Tells the kernel of each file that it will not need it again (POSIX_FADV_DONTNEED).</param>
public sealed record ProgramParameters(
    ulong SizeBytes = 0, ulong PartBytes = 0, ulong ChunkBytes = 0, ulong BytesPerSecond = 0, ulong Passes = 1,
    SimTime Pause = default, SimTime? Hold = null, string Path = "", ulong Count = 0, bool IsWrite = false, bool IsShared = false,
    bool IsSynced = false, bool IsZero = false, bool IsBuiltFirst = false, ulong RequestsPerSecond = 0, int Workers = 0, int Connections = 0,
    ulong WorkingSetBytes = 0, uint JitterPercent = 0, SimTime? Every = null, bool IsDroppedBehind = false)
{
    /// <summary>What the programs process and totals have besides.</summary>
    public ReplicaParameters Replica { get; init; } = new();
}

/// <summary>What a process, or a whole box, is to have of memory of each kind, beyond <see cref="ProgramParameters"/>.</summary>
public sealed record ReplicaParameters
{
    /// <summary>What the process is called; empty: as its group.</summary>
    public string Comm { get; init; } = "";

    /// <summary>Its arguments, each as <see cref="ArgumentText"/> writes it and ended by a newline.</summary>
    public string Arguments { get; init; } = "";

    /// <summary>Of its anonymous memory, what it shares with the parent that forked it.</summary>
    public ulong InheritedBytes { get; init; }

    /// <summary>Memory in swap; of a box, all that is in use.</summary>
    public ulong SwappedBytes { get; init; }

    /// <summary>Resident file pages.</summary>
    public ulong FileBytes { get; init; }

    /// <summary>Of these, what it has in common with processes of other programs.</summary>
    public ulong SharedFileBytes { get; init; }

    /// <summary>Resident shared memory; of a box, all there is, tmpfs included.</summary>
    public ulong ShmemBytes { get; init; }

    /// <summary>Of this, what it has in common with processes of other programs.</summary>
    public ulong SharedShmemBytes { get; init; }

    /// <summary>Cached of /proc/meminfo.</summary>
    public ulong CachedBytes { get; init; }

    /// <summary>Buffers of /proc/meminfo.</summary>
    public ulong BuffersBytes { get; init; }

    /// <summary>Dirty of /proc/meminfo.</summary>
    public ulong DirtyBytes { get; init; }

    /// <summary>SReclaimable of /proc/meminfo.</summary>
    public ulong ReclaimableBytes { get; init; }

    /// <summary>SUnreclaim of /proc/meminfo.</summary>
    public ulong UnreclaimableBytes { get; init; }
}

/// <summary>When init starts a process again that has ended (Restart= of systemd.service).</summary>
public enum RestartPolicy
{
    No,

    /// <summary>Unless it ended by itself with exit code 0, or by a signal that asks it to end (HUP, INT, PIPE, TERM).</summary>
    OnFailure,
    Always,
}

/// <summary>How init starts a process again.</summary>
/// <param name="Policy">When.</param>
/// <param name="After">After how long (RestartSec).</param>
/// <param name="MaxDelay">How long it grows to (RestartMaxDelaySec); zero: it does not grow.</param>
/// <param name="Steps">In how many restarts it grows to that (RestartSteps).</param>
/// <param name="Burst">How many starts within <paramref name="BurstInterval"/> are allowed: after that it stays down (StartLimitBurst).</param>
/// <param name="BurstInterval">StartLimitIntervalSec; zero: no limit.</param>
public sealed record Restarting(RestartPolicy Policy, SimTime After, SimTime MaxDelay, int Steps, int Burst, SimTime BurstInterval)
{
    private const ulong NanosecondsPerMicrosecond = 1000;

    /// <summary>What a service has that says nothing of it: systemd's defaults.</summary>
    public static readonly Restarting Never = new(
        RestartPolicy.No, SimTime.FromMilliseconds(100), SimTime.Zero, 0, 5, SimTime.FromSeconds(10));

    /// <summary>How long to wait before a restart, that being the nth in a row: it grows from After to MaxDelay by equal factors.</summary>
    /// <remarks>systemd 254 and later (RestartSteps of systemd.service): after * (most / after)^(nth / steps), in microseconds, here
    /// rounded down.</remarks>
    public SimTime DelayBefore(int nth)
    {
        if (Steps == 0 || MaxDelay <= After || After.Nanoseconds < NanosecondsPerMicrosecond || nth == 0)
        {
            return After;
        }

        if (nth >= Steps)
        {
            return MaxDelay;
        }

        var (low, high) = (After.Nanoseconds / NanosecondsPerMicrosecond, MaxDelay.Nanoseconds / NanosecondsPerMicrosecond);
        var wanted = BigInteger.Pow(low, Steps - nth) * BigInteger.Pow(high, nth);
        while (high - low > 1)
        {
            var middle = low + ((high - low) / 2);
            (low, high) = BigInteger.Pow(middle, Steps) <= wanted ? (middle, high) : (low, middle);
        }

        return new SimTime(low * NanosecondsPerMicrosecond);
    }
}

/// <summary>A number of like processes.</summary>
/// <param name="Name">What the processes are called (comm) and what a timeline names them by.</param>
/// <param name="Program">Which program they run.</param>
/// <param name="Processes">How many.</param>
/// <param name="Uid">Their user.</param>
/// <param name="Nice">-20..19.</param>
/// <param name="OomScoreAdj">-1000..1000.</param>
/// <param name="StartsAt">When they start, counted from the end of boot or of the group After; null: when a timeline event says so.</param>
/// <param name="Parameters">What they do.</param>
/// <param name="After">The group whose end StartsAt counts from; empty: it counts from the end of boot.</param>
/// <param name="Gid">Their group; null: the number of the user.</param>
/// <param name="Restarting">How systemd starts them again; null: never.</param>
/// <param name="Parent">The group whose first process is their parent; empty: init is.</param>
public sealed record GroupConfiguration(
    string Name, string Program, int Processes, uint Uid, int Nice, short OomScoreAdj, SimTime? StartsAt, ProgramParameters Parameters,
    string After = "", uint? Gid = null, Restarting? Restarting = null, string Parent = "")
{
    /// <summary>The control group of its processes, as systemd lays them out: /system.slice/NAME.service, or one for each of several.</summary>
    /// <param name="instance">Which of its processes, from 0.</param>
    public string CgroupOf(int instance) => Processes == 1
        ? $"/system.slice/{Name}.service"
        : $"/system.slice/system-{Name}.slice/{Name}@{instance + 1}.service";
}
