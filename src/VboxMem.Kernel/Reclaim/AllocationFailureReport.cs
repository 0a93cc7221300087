// What the log says of an allocation that failed: the request, the way to it, and the state of memory.
//
// Models   Linux 6.12 mm/page_alloc.c: warn_alloc, warn_alloc_show_mem (facts: physical memory, 4.5).

using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Log;
using VboxMem.Kernel.Physical;

namespace VboxMem.Kernel.Reclaim;

/// <summary>A request that could not be met.</summary>
public sealed record AllocationFailureFacts
{
    public required GfpFlags Gfp { get; init; }

    public required int Order { get; init; }

    public required RunningTask Task { get; init; }

    public required AllocationOrigin Origin { get; init; }

    /// <summary>The nodes of the request's memory policy; null without one.</summary>
    public IReadOnlyList<int>? NodeMask { get; init; }

    public string Cpuset { get; init; } = "/";

    /// <summary>The nodes the task may use.</summary>
    public required IReadOnlyList<int> AllowedNodes { get; init; }

    /// <summary>The task may go beyond its nodes: it is dying, an OOM victim, or reclaims memory itself.</summary>
    public bool IgnoresNodes { get; init; }

    public required MemoryReportFacts Memory { get; init; }
}

/// <summary>Writes the report.</summary>
public static class AllocationFailureReport
{
    /// <summary>Writes it, unless the request asked for silence or one was written within the last ten seconds.</summary>
    public static void Print(KernelLog log, LogClock clock, ref RateLimit limit, AllocationFailureFacts facts)
    {
        if ((facts.Gfp & GfpFlags.NoWarn) != 0 || !limit.Allows(log, clock, "warn_alloc")) return;

        log.Print(
            clock.Next(), LogLevel.Warning,
            $"{facts.Task.Comm}: page allocation failure: order:{facts.Order}, mode:{GfpText.Describe(facts.Gfp)}, nodemask={NodeList.Format(facts.NodeMask)},cpuset={facts.Cpuset},mems_allowed={NodeList.Format(facts.AllowedNodes)}");
        StackDump.Print(log, clock, facts.Task, TraceEnd.AllocationFailure, facts.Origin);
        MemoryReport.Print(log, clock, facts.Memory, new MemoryReportScope(facts.Gfp.HighestZone(), ListedNodes(facts)));
    }

    // Who may use reserves, or cannot wait, is not bound to the nodes of its cpuset: then all are shown.
    private static IReadOnlyList<int>? ListedNodes(AllocationFailureFacts facts)
    {
        var canWait = (facts.Gfp & GfpFlags.DirectReclaim) != 0;
        var mayIgnore = facts.IgnoresNodes && (facts.Gfp & GfpFlags.NoMemAlloc) == 0;
        return mayIgnore || !canWait ? null : facts.NodeMask ?? facts.AllowedNodes;
    }
}
