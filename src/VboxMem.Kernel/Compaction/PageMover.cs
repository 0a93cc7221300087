// Moves what the migrate scanner has isolated to what the free scanner finds, and puts all of it back on lists.
//
// Units    pages.
// Models   Linux 6.12 mm/migrate.c: migrate_pages, migrate_folio_unmap, migrate_folio_done; putback_movable_pages.
// Departs  a page that is locked or being written is passed over by every run, also by compact_memory, which on Linux waits for it;
//          it is tried once, not three or ten times.

using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Physical;

namespace VboxMem.Kernel.Compaction;

internal static class PageMover
{
    /// <summary>Goes on moving until the turn is over.</summary>
    /// <returns>True: all are back on lists; the run's HasFailed and IsOutOfTargets say how it went.</returns>
    public static bool Move(Machine machine, Zone zone, CompactionWork work)
    {
        while (!work.Isolated.IsEmpty)
        {
            if (!work.Control.TakesNoTime && machine.Cpus.IsTurnOver)
            {
                return false;
            }

            if (work.IsOutOfTargets)
            {
                PutBackAll(machine, zone, work);
            }
            else
            {
                MoveNext(machine, zone, work);
            }
        }

        work.ClearIsolated();
        return true;
    }

    /// <summary>Puts everything back that has not been moved.</summary>
    public static void PutBackAll(Machine machine, Zone zone, CompactionWork work)
    {
        while (!work.Isolated.IsEmpty)
        {
            PutBack(machine, zone, work, work.Isolated[0]);
        }

        work.ClearIsolated();
    }

    private static void MoveNext(Machine machine, Zone zone, CompactionWork work)
    {
        var folio = work.Isolated[0];
        ref var frame = ref machine.Frames[folio];
        if (frame.ReferenceCount == 1)
        {
            // Freed by its owner meanwhile.
            frame.Clear(PageFlags.Active | PageFlags.Unevictable);
            machine.Nodes[zone.Node].Stats.Add(MigrateScanner.ItemOf(frame), -1);
            work.NextToMove++;
            machine.Lru.Put(folio);
            machine.Events.Count(VmEvent.PgMigrateSuccess);
            machine.Paths.Count(ReachedPath.CompactionFindsPageFreed);
            return;
        }

        if (!FreeScanner.TryTake(machine, zone, work, out var target))
        {
            work.IsOutOfTargets = work.HasFailed = true;
            machine.Events.Count(VmEvent.PgMigrateFail);
            PutBack(machine, zone, work, folio);
        }
        else if (machine.Migration.TryMove(folio, target))
        {
            machine.Events.Count(VmEvent.PgMigrateSuccess);
            PutBack(machine, zone, work, target);
            if (!work.Control.TakesNoTime)
            {
                machine.Cpus.SpendInKernel(machine.Costs.MigratePage);
                machine.Cpus.CountPages(1);
            }
        }
        else
        {
            work.HasFailed = true;
            machine.Events.Count(VmEvent.PgMigrateFail);
            FreeScanner.Return(machine, work, target);
            PutBack(machine, zone, work, folio);
        }
    }

    /// <summary>The next isolated page is back on a list, be it in another frame.</summary>
    private static void PutBack(Machine machine, Zone zone, CompactionWork work, Pfn folio)
    {
        machine.Nodes[zone.Node].Stats.Add(MigrateScanner.ItemOf(machine.Frames[folio]), -1);
        work.NextToMove++;
        machine.Lru.PutBack(folio);
    }
}
