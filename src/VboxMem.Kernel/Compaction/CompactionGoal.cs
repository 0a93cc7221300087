using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Physical;

namespace VboxMem.Kernel.Compaction;

/// <summary>Whether a run has got what it is for, or can get no further (compact_finished).</summary>
internal static class CompactionGoal
{
    public static CompactionResult Judge(Machine machine, Zone zone, CompactionWork work)
    {
        if (work.HaveScannersMet)
        {
            var hints = machine.CompactionHints[zone.Extent.Index];
            hints.ResetPositions(zone);
            hints.MustFlush |= work.Control.IsDirect;
            machine.Paths.Count(ReachedPath.CompactionMet);
            return work.Control.IsWholeZone ? CompactionResult.Complete : CompactionResult.PartialSkipped;
        }

        var result = work.Control.IsProactive ? JudgeProactive(machine, zone) : JudgeOrder(zone, work);
        return work.IsContended ? CompactionResult.Contended : result;
    }

    private static CompactionResult JudgeProactive(Machine machine, Zone zone)
    {
        if (!machine.Kswapds[zone.Node].IsAsleep)
        {
            return CompactionResult.PartialSkipped;
        }

        return FragmentationScore.Of(zone) > FragmentationScore.Low(machine.Tunables) ? CompactionResult.Continue : CompactionResult.Success;
    }

    /// <summary>Between pageblocks: there is a block of the type wanted, or one that it may claim.</summary>
    private static CompactionResult JudgeOrder(Zone zone, CompactionWork work)
    {
        ref var control = ref work.Control;
        if (control.Order == CompactionControl.NoOrder || !work.MigratePosition.IsAlignedTo(PageGeometry.PageblockOrder))
        {
            return CompactionResult.Continue;
        }

        for (var order = control.Order; order <= PageGeometry.MaxOrder; order++)
        {
            if (!zone.Buddy.IsEmpty(order, control.Type) || PageblockFallback.CanClaim(zone, order, control.Type))
            {
                return CompactionResult.Success;
            }
        }

        return CompactionResult.Continue;
    }
}
