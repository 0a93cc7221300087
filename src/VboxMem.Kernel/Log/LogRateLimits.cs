// The rate limits of the messages that memory management may write over and over.
//
// Models   Linux 6.12: oom_kill_process, warn_alloc, __vm_enough_memory, and the one limit of printk_ratelimit(), which
//          segfaults share with everything else that uses it.

namespace VboxMem.Kernel.Log;

/// <summary>All rate limits of the log. State of the machine.</summary>
public sealed class LogRateLimits
{
    private RateLimit _oomReport = new(RateLimit.DefaultIntervalSeconds, RateLimit.DefaultBurst);
    private RateLimit _allocationFailure = new(10, 1);
    private RateLimit _notEnoughMemory = new(RateLimit.DefaultIntervalSeconds, RateLimit.DefaultBurst);
    private RateLimit _shared = new(RateLimit.DefaultIntervalSeconds, RateLimit.DefaultBurst);

    public LogRateLimits()
    {
    }

    private LogRateLimits(LogRateLimits other)
    {
        _oomReport = other._oomReport;
        _allocationFailure = other._allocationFailure;
        _notEnoughMemory = other._notEnoughMemory;
        _shared = other._shared;
    }

    /// <summary>The report of an OOM kill, down to its <c>oom-kill:</c> line: 10 in 5 s. <c>Killed process</c> has no limit.</summary>
    public ref RateLimit OomReport => ref _oomReport;

    /// <summary>The report of a failed allocation: 1 in 10 s.</summary>
    public ref RateLimit AllocationFailure => ref _allocationFailure;

    /// <summary>A mapping refused by overcommit accounting: 10 in 5 s.</summary>
    public ref RateLimit NotEnoughMemory => ref _notEnoughMemory;

    /// <summary>What <c>printk_ratelimit()</c> guards, segfaults among it: 10 in 5 s.</summary>
    public ref RateLimit Shared => ref _shared;

    public LogRateLimits Clone() => new(this);

    public void HashInto(StateHash hash)
    {
        _oomReport.HashInto(hash);
        _allocationFailure.HashInto(hash);
        _notEnoughMemory.HashInto(hash);
        _shared.HashInto(hash);
    }
}
