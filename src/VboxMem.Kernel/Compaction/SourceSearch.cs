using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Physical;

namespace VboxMem.Kernel.Compaction;

/// <summary>
/// Looks into the free lists for a pageblock of which much is free already: to empty it, little need be moved. For blocks above order 3.
/// </summary>
/// <remarks>mm/compaction.c: fast_find_migrateblock, reinit_migrate_pfn, freelist_scan_limit.</remarks>
internal static class SourceSearch
{
    /// <summary>Entries of a free list that a search looks at: fewer each time it was in vain.</summary>
    public static uint Limit(CompactionWork work) => ((uint)CompactionWork.Cluster >> Math.Min(31, work.SearchFailures)) + 1;

    /// <summary>Where the migrate scanner is to go on.</summary>
    public static Pfn Find(Machine machine, Zone zone, CompactionWork work)
    {
        var position = work.MigratePosition;
        ref var control = ref work.Control;
        if (control.IgnoresHints || work.FinishesBlock || control.Order <= PageGeometry.CostlyOrder
            || (position != zone.Extent.Start && !position.IsAlignedTo(PageGeometry.PageblockOrder))
            || (control.IsDirect && control.Type != MigrateType.Movable))
        {
            return position;
        }

        if (TryFind(machine, zone, work, out var found))
        {
            machine.Paths.Count(ReachedPath.CompactionFindsSource);
            work.SearchStart = work.SearchStart switch
            {
                uint.MaxValue => uint.MaxValue,
                0 => found.Index,
                var first => Math.Min(first, found.Index),
            };
            work.SearchFailures = 0;
            var block = found.AlignDown(PageGeometry.PageblockOrder);
            return block < zone.Extent.Start ? zone.Extent.Start : block;
        }

        work.SearchFailures++;
        if (work.SearchStart is not (0 or uint.MaxValue))
        {
            work.MigratePosition = new Pfn(work.SearchStart);
            work.SearchStart = uint.MaxValue;
        }

        return work.MigratePosition;
    }

    /// <summary>In the first half of what lies between the scanners when the run begins, in the first eighth later.</summary>
    private static bool TryFind(Machine machine, Zone zone, CompactionWork work, out Pfn found)
    {
        var position = work.MigratePosition;
        var distance = (work.FreePosition - position.Index) >> (position == zone.Extent.Start ? 1 : 3);
        var end = new Pfn((uint)(position.Index + distance)).AlignDown(PageGeometry.PageblockOrder);
        var hints = machine.CompactionHints[zone.Extent.Index];
        var (limit, scanned) = (Limit(work), 0u);
        found = Pfn.None;
        for (var order = work.Control.Order - 1; order >= PageGeometry.CostlyOrder && found == Pfn.None && scanned < limit; order--)
        {
            for (var block = zone.Buddy.First(order, MigrateType.Movable); block != Pfn.None; block = zone.Buddy.Following(block, order))
            {
                if (scanned++ >= limit)
                {
                    zone.Buddy.MakeLast(block, order, MigrateType.Movable);
                    break;
                }

                if (block < end && !hints.IsSkipped(block))
                {
                    found = block;
                    zone.Buddy.MakeLast(block, order, MigrateType.Movable);
                    break;
                }
            }
        }

        work.MigrateScanned += scanned;
        work.Looks += scanned;
        return found != Pfn.None;
    }
}
