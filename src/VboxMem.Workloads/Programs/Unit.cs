using VboxMem.Kernel;
using VboxMem.Kernel.Time;

namespace VboxMem.Workloads.Programs;

/// <summary>What a unit is (ActiveState, and why).</summary>
public enum UnitState : byte
{
    /// <summary>Not started, or ended as it should.</summary>
    Inactive,

    /// <summary>To be started as soon as systemd comes to it.</summary>
    Queued,
    Active,

    /// <summary>To be told to stop as soon as systemd comes to it.</summary>
    StopQueued,

    /// <summary>It was told to stop and has not ended yet.</summary>
    Stopping,

    /// <summary>It has ended and will be started again (auto-restart).</summary>
    Restarting,

    /// <summary>It has ended as it should not, and stays down.</summary>
    Failed,
}

/// <summary>One service of systemd's: one process of a group and what descends from it. A value, copied with its manager.</summary>
public struct Unit
{
    public UnitState State;

    /// <summary>Pid of its main process; 0: none.</summary>
    public int MainPid;

    /// <summary>How often it was started.</summary>
    public int Starts;

    /// <summary>Restarts in a row (NRestarts): none since it was last started by order.</summary>
    public int Restarts;

    /// <summary>Starts counted against the limit, and since when.</summary>
    public int BurstStarts;
    public SimTime BurstSince;

    /// <summary>When it is started again, or killed for not stopping; zero: never.</summary>
    public SimTime Due;

    /// <summary>It was told to stop and then to start.</summary>
    public bool StartsAfterStop;

    public readonly void HashInto(StateHash hash)
    {
        hash.Add(((ulong)State << 32) | (uint)MainPid);
        hash.Add(((ulong)(uint)Starts << 32) | (uint)Restarts);
        hash.Add((long)BurstStarts);
        hash.Add(BurstSince.Nanoseconds);
        hash.Add(Due.Nanoseconds);
        hash.Add(StartsAfterStop);
    }
}
