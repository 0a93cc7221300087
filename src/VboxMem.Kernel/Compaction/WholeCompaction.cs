using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Physical;

namespace VboxMem.Kernel.Compaction;

/// <summary>What a write to compact_memory does: goes through every zone of every node, patiently and from end to end.</summary>
/// <remarks>
/// mm/compaction.c: compact_nodes. Departs: it takes no time, since tunables are written between two moments, and so never waits for a
/// page under I/O; nothing is isolated afterwards.
/// </remarks>
internal static class WholeCompaction
{
    public static void Run(Machine machine)
    {
        machine.Lru.DrainAll();
        var run = new CompactionRun();
        foreach (var node in machine.Nodes)
        {
            foreach (var zone in node.Zones)
            {
                if (zone.IsPopulated)
                {
                    Run(machine, run, zone);
                }
            }
        }
    }

    private static void Run(Machine machine, CompactionRun run, Zone zone)
    {
        run.Begin(machine, zone, new CompactionControl
        {
            Order = CompactionControl.NoOrder,
            Gfp = GfpFlags.Kernel,
            Mode = CompactionMode.Sync,
            IsWholeZone = true,
            IgnoresHints = true,
            TakesNoTime = true,
        });
        while (run.Step(machine, task: null) != Sched.StepResult.Done)
        {
        }
    }
}
