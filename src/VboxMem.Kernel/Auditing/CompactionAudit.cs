using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Compaction;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Sched;

namespace VboxMem.Kernel.Auditing;

/// <summary>What runs of compaction hold between two steps: free blocks, blocks captured, pages off their lists (R1, F1).</summary>
internal static class CompactionAudit
{
    /// <summary>All runs of the machine.</summary>
    public static IEnumerable<CompactionRun> RunsOf(Machine machine)
    {
        foreach (var kcompactd in machine.Kcompactds)
        {
            yield return kcompactd.Run;
        }

        foreach (var task in machine.Processes.Tasks)
        {
            if (task.SlowPath?.Compaction is { } direct)
            {
                yield return direct.Run;
            }
        }
    }

    public static void AddClaims(Machine machine, OwnerClaims claims)
    {
        foreach (var run in RunsOf(machine))
        {
            if (run.Captured != Pfn.None)
            {
                claims.Claim(run.Captured, FrameOwner.Kernel);
            }

            for (var order = 0; order < PageGeometry.OrderCount; order++)
            {
                ClaimList(machine, run.Targets[order], order, claims);
            }
        }
    }

    /// <summary>nr_isolated_* are what the runs hold: reclaim holds nothing between two steps.</summary>
    public static void Check(Machine machine)
    {
        var isolated = new ulong[machine.Nodes.Length, 2];
        foreach (var run in RunsOf(machine))
        {
            foreach (var folio in run.Isolated)
            {
                ref var frame = ref machine.Frames[folio];
                Audit.Require(!frame.Has(PageFlags.Lru) && frame.ReferenceCount > 0, $"{folio} is isolated and on a list, or held by nobody");
                isolated[machine.Allocator.ZoneOf(folio).Node, frame.IsFileLru ? 1 : 0]++;
            }
        }

        foreach (var node in machine.Nodes)
        {
            for (var kind = 0; kind < 2; kind++)
            {
                var kept = (ulong)node.Stats.ReadExact((int)NodeStatItem.IsolatedAnon + kind);
                Audit.Same($"isolated pages of kind {kind} on node {node.Id}", kept, isolated[node.Id, kind]);
            }
        }
    }

    private static void ClaimList(Machine machine, PageList list, int order, OwnerClaims claims)
    {
        var blocks = 0U;
        for (var block = list.Head; block != Pfn.None; block = machine.Frames[block].Next)
        {
            Audit.Require(machine.Frames[block].Order == order, $"{block} is kept as a target of order {order}");
            claims.Claim(block, FrameOwner.Kernel);
            blocks++;
        }

        Audit.Same($"targets of order {order}", list.Count, blocks);
    }
}
