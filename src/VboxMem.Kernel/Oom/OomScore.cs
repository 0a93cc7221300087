// How much would be won by killing a process: its badness, and the two older scales of it that /proc shows.
//
// badness = resident pages + swap entries + pages of page tables + oom_score_adj x (total pages / 1000). It may be negative,
// and the process may still be chosen when all others are more negative.
//
// Invariants
//   S1  oom_score_adj lies in -1000..1000; -1000 excludes a process altogether.
//
// Units    pages of 4 KiB.
// Models   Linux 6.12 mm/oom_kill.c: oom_badness, oom_unkillable_task; fs/proc/base.c: proc_oom_score, oom_adj_read,
//          oom_adj_write (facts: reclaim, 9.2).

namespace VboxMem.Kernel.Oom;

/// <summary>What scoring looks at in one process.</summary>
public readonly record struct OomCandidate
{
    /// <summary>Anonymous, file and shared pages together.</summary>
    public required ulong ResidentPages { get; init; }

    public required ulong SwapEntries { get; init; }

    public required ulong PageTableBytes { get; init; }

    public required short OomScoreAdj { get; init; }

    /// <summary>Init of the box, or a kernel thread.</summary>
    public bool IsUnkillable { get; init; }

    /// <summary>MMF_OOM_SKIP: its memory was reaped already, or is gone.</summary>
    public bool IsReaped { get; init; }

    /// <summary>It borrows its parent's memory until it calls execve.</summary>
    public bool IsInVfork { get; init; }

    /// <summary>Whether the OOM killer considers it at all.</summary>
    public bool IsEligible => !IsUnkillable && !IsReaped && !IsInVfork && OomScoreAdj != OomScore.MinAdj;
}

/// <summary>The arithmetic of OOM scores.</summary>
public static class OomScore
{
    /// <summary>Never killed.</summary>
    public const short MinAdj = -1000;

    public const short MaxAdj = 1000;

    private const int LegacyMin = -17;
    private const int LegacyMax = 15;
    private const ulong PageBytes = 4096;

    /// <summary>The points of a process.</summary>
    /// <param name="candidate">The process.</param>
    /// <param name="totalPages">Memory and swap that the shortage is about.</param>
    /// <param name="points">Its badness; may be negative.</param>
    /// <returns>False when it may not be killed.</returns>
    public static bool TryBadness(in OomCandidate candidate, ulong totalPages, out long points)
    {
        Invariant.Holds(candidate.OomScoreAdj is >= MinAdj and <= MaxAdj);
        points = 0;
        if (!candidate.IsEligible) return false;

        points = (long)(candidate.ResidentPages + candidate.SwapEntries + candidate.PageTableBytes / PageBytes)
            + candidate.OomScoreAdj * (long)(totalPages / 1000);
        return true;
    }

    /// <summary>The number in <c>/proc/PID/oom_score</c>: 0..2000, 666 for an idle process, 0 for one that may not be killed.</summary>
    /// <param name="candidate">The process.</param>
    /// <param name="totalPages">Memory and swap of the whole machine.</param>
    public static long ProcScore(in OomCandidate candidate, ulong totalPages) =>
        TryBadness(candidate, totalPages, out var points) ? (1000 + points * 1000 / (long)totalPages) * 2 / 3 : 0;

    /// <summary>What <c>/proc/PID/oom_adj</c> reads, -17..15.</summary>
    public static int ToLegacyAdj(short oomScoreAdj) =>
        oomScoreAdj == MaxAdj ? LegacyMax : Math.Min(oomScoreAdj * -LegacyMin / MaxAdj, LegacyMax);

    /// <summary>What a write to <c>/proc/PID/oom_adj</c> sets.</summary>
    /// <returns>False outside -17..15 (EINVAL).</returns>
    public static bool TryFromLegacyAdj(int legacy, out short oomScoreAdj)
    {
        oomScoreAdj = legacy == LegacyMax ? MaxAdj : (short)Math.Clamp(legacy * MaxAdj / -LegacyMin, MinAdj, MaxAdj);
        return legacy is >= LegacyMin and <= LegacyMax;
    }
}
