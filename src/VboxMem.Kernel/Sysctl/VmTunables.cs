namespace VboxMem.Kernel.Sysctl;

/// <summary>
/// The values of /proc/sys/vm that the kernel keeps, under their sysctl names; defaults are Linux 6.12's
/// (facts: physical memory, 2.8). What a write recomputes is in VmSysctls.
/// </summary>
public sealed class VmTunables
{
    /// <summary>kB kept free for requests that cannot wait; computed at boot.</summary>
    public ulong MinFreeKilobytes { get; set; }

    /// <summary>The value root wrote, or -1: the kernel's own raise never goes below it.</summary>
    public long UserMinFreeKilobytes { get; set; } = -1;

    /// <summary>How far a boost may raise the high mark, in 1/10000; 0 switches boosting off.</summary>
    public uint WatermarkBoostFactor { get; set; } = 15000;

    /// <summary>Distance between the marks, in 1/10000 of the zone.</summary>
    public uint WatermarkScaleFactor { get; set; } = 10;

    /// <summary>A zone keeps 1/ratio of the zones above it from requests that could use those.</summary>
    public int[] LowmemReserveRatio { get; private set; } = [256, 256, 32, 0, 0];

    /// <summary>Fixed share of a zone that per-CPU lists may hold; 0 lets the limits float.</summary>
    public uint PercpuPagelistHighFraction { get; set; }

    public uint OvercommitMemory { get; set; }

    /// <summary>Per cent of RAM that counts towards CommitLimit.</summary>
    public long OvercommitRatio { get; set; } = 50;

    public ulong OvercommitKilobytes { get; set; }

    public ulong UserReserveKilobytes { get; set; }

    public ulong AdminReserveKilobytes { get; set; }

    public int DirtyRatio { get; set; } = 20;

    public ulong DirtyBytes { get; set; }

    public int DirtyBackgroundRatio { get; set; } = 10;

    public ulong DirtyBackgroundBytes { get; set; }

    /// <summary>Seconds between two folds of a CPU's counters.</summary>
    public long StatIntervalSeconds { get; set; } = 1;

    /// <summary>False stops the numa_* counts.</summary>
    public bool NumaStat { get; set; } = true;

    public VmTunables Clone()
    {
        var copy = (VmTunables)MemberwiseClone();
        copy.LowmemReserveRatio = (int[])LowmemReserveRatio.Clone();
        return copy;
    }

    public void HashInto(StateHash hash)
    {
        hash.Add(MinFreeKilobytes);
        hash.Add(UserMinFreeKilobytes);
        hash.Add((ulong)WatermarkBoostFactor);
        hash.Add((ulong)WatermarkScaleFactor);
        hash.Add<int>(LowmemReserveRatio);
        hash.Add((ulong)PercpuPagelistHighFraction);
        hash.Add((ulong)OvercommitMemory);
        hash.Add(OvercommitRatio);
        hash.Add(OvercommitKilobytes);
        hash.Add(UserReserveKilobytes);
        hash.Add(AdminReserveKilobytes);
        hash.Add((long)DirtyRatio);
        hash.Add(DirtyBytes);
        hash.Add((long)DirtyBackgroundRatio);
        hash.Add(DirtyBackgroundBytes);
        hash.Add(StatIntervalSeconds);
        hash.Add(NumaStat);
    }
}
