using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Sched;

namespace VboxMem.Kernel.Oom;

/// <summary>Why the OOM killer would not take a process.</summary>
public enum OomProtection
{
    /// <summary>It would.</summary>
    None,
    IsInit,

    /// <summary>oom_score_adj is -1000.</summary>
    Adjusted,

    /// <summary>Its memory has been reaped already.</summary>
    Reaped,

    /// <summary>It was chosen, and is still dying: nobody else is killed meanwhile.</summary>
    Dying,
}

/// <summary>The badness of a process, term by term, as the OOM killer would add it up now. Units: pages.</summary>
public readonly record struct BadnessTerms
{
    public required ulong ResidentPages { get; init; }

    public required ulong SwapEntries { get; init; }

    public required ulong PageTablePages { get; init; }

    public required short OomScoreAdj { get; init; }

    /// <summary>Memory and swap of the whole machine.</summary>
    public required ulong TotalPages { get; init; }

    public required OomProtection Protection { get; init; }

    /// <summary>What the adjustment is worth: so many thousandths of all memory.</summary>
    public long AdjustmentPages => OomScoreAdj * (long)(TotalPages / 1000);

    /// <summary>The badness: who has most is killed.</summary>
    public long Points => (long)(ResidentPages + SwapEntries + PageTablePages) + AdjustmentPages;

    /// <summary>The terms of a process. False: it has no memory, or is a kernel thread.</summary>
    public static bool TryGet(Machine machine, Process leader, out BadnessTerms terms)
    {
        terms = default;
        if (leader.IsKernelThread || leader.Has(ProcessFlags.New) || leader.Group.FindTaskWithMemory() is not { } owner)
        {
            return false;
        }

        var mm = machine.Memory[owner.MemoryId];
        terms = new BadnessTerms
        {
            ResidentPages = mm.RssPages,
            SwapEntries = mm.SwapEntryPages,
            PageTablePages = mm.PageTableBytes / Physical.PageGeometry.PageBytes,
            OomScoreAdj = leader.OomScoreAdj,
            TotalPages = (ulong)(MemoryInfo.Of(machine).TotalPages + machine.Swap.TotalPages),
            Protection = leader.ThreadGroupId == Scheduler.InitPid ? OomProtection.IsInit
                : mm.IsOomSkipped ? OomProtection.Reaped
                : leader.Group.IsOomVictim ? OomProtection.Dying
                : leader.OomScoreAdj == OomScore.MinAdj ? OomProtection.Adjusted
                : OomProtection.None,
        };
        return true;
    }
}
