// Finds what to move away: goes up through a zone, pageblock by pageblock, and takes folios off their lists, up to 32 pages or, when it
// comes back to a pageblock, all of the rest of it.
//
// Impatient runs look at pageblocks of the request's own kind alone, and leave an aligned block of the size wanted as soon as a page in
// it cannot be moved: no such block can come of it.
//
// Units    pages.
// Models   Linux 6.12 mm/compaction.c: isolate_migratepages, isolate_migratepages_block, suitable_migration_source,
//          update_cached_migrate, test_and_set_skip (facts: physical memory, 5).
// Departs  folios are single pages or huge ones, so only single pages are taken. No lock is contended.

using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Reclaim;

namespace VboxMem.Kernel.Compaction;

/// <summary>What became of a look for pages to move.</summary>
internal enum IsolateOutcome : byte
{
    /// <summary>The turn is over before anything was found.</summary>
    GoOn,
    None,
    Some,

    /// <summary>Others have so much isolated that this run waits, or ends if it is impatient.</summary>
    TooMany,
}

internal static class MigrateScanner
{
    /// <summary>A pageblock that is part of one huge page or larger block in use: nothing in it will ever be moved.</summary>
    public static bool IsHugeBlock(PageFrames frames, Pfn pfn)
    {
        var head = frames.BlockOf(pfn, out var owner, out var order);
        return order >= PageGeometry.PageblockOrder && owner != FrameOwner.Free && CompoundPages.Behind(frames, head) > 0;
    }

    /// <summary>Goes on until something is isolated in a pageblock, or one has been looked through in vain.</summary>
    public static IsolateOutcome Isolate(Machine machine, Zone zone, CompactionWork work)
    {
        if (!work.IsRoundBegun)
        {
            work.IsRoundBegun = true;
            var before = work.MigratePosition;
            work.MigratePosition = SourceSearch.Find(machine, zone, work);
            work.WasFound = work.MigratePosition != before && work.SearchFailures == 0;
        }

        for (; EndOfBlock(work.MigratePosition).Index <= work.FreePosition; Leave(work))
        {
            if (!work.Control.TakesNoTime && machine.Cpus.IsTurnOver)
            {
                return IsolateOutcome.GoOn;
            }

            work.Looks++;
            if (!IsWorthALook(machine, zone, work))
            {
                continue;
            }

            if (TooManyIsolated(machine.Nodes[zone.Node]))
            {
                return IsolateOutcome.TooMany;
            }

            IsolateInBlock(machine, zone, work);
            work.IsRoundBegun = false;
            return work.IsolatedCount > 0 ? IsolateOutcome.Some : IsolateOutcome.None;
        }

        work.IsRoundBegun = false;
        return IsolateOutcome.None;
    }

    private static Pfn EndOfBlock(Pfn pfn) => pfn.AlignDown(PageGeometry.PageblockOrder).Plus(PageGeometry.PageblockPages);

    private static void Leave(CompactionWork work)
    {
        work.MigratePosition = EndOfBlock(work.MigratePosition);
        work.WasFound = false;
    }

    private static bool IsWorthALook(Machine machine, Zone zone, CompactionWork work)
    {
        var pfn = work.MigratePosition;
        if (machine.Frames.ZoneOf(pfn) != zone.Extent.Index)
        {
            return false;
        }

        var isAtStart = pfn.IsAlignedTo(PageGeometry.PageblockOrder) || pfn == zone.Extent.Start;
        var hints = machine.CompactionHints[zone.Extent.Index];
        if (isAtStart && !work.WasFound && !work.Control.IgnoresHints && hints.IsSkipped(pfn))
        {
            return false;
        }

        var isSource = !IsHugeBlock(machine.Frames, pfn.AlignDown(PageGeometry.PageblockOrder))
            && (!work.Control.SkipsOnFailure || machine.Frames.PageblockType(pfn) == work.Control.Type);
        if (!isSource)
        {
            MoveHint(hints, work, EndOfBlock(pfn));
        }

        return isSource;
    }

    private static void IsolateInBlock(Machine machine, Zone zone, CompactionWork work)
    {
        var (pfn, end) = (work.MigratePosition, EndOfBlock(work.MigratePosition));
        var hints = machine.CompactionHints[zone.Extent.Index];
        var skipsOnFailure = work.Control.SkipsOnFailure;
        var giveUpAt = skipsOnFailure ? EndOfWanted(pfn, work) : Pfn.None;
        var mayMark = pfn.IsAlignedTo(PageGeometry.PageblockOrder) || pfn == zone.Extent.Start;
        for (; pfn < end; pfn = pfn.Plus(1))
        {
            if (skipsOnFailure && pfn >= giveUpAt)
            {
                if (work.IsolatedCount > 0)
                {
                    break;
                }

                giveUpAt = EndOfWanted(pfn, work);
            }

            work.MigrateScanned++;
            work.Looks++;
            var rest = FreeOrCompoundRest(machine.Frames, pfn, out var isFree);
            work.MigrateScanned += rest;
            pfn = pfn.Plus(rest);
            if (isFree)
            {
                continue;
            }

            if (rest == 0 && MayMove(machine, work.Control, machine.Frames[pfn]) && machine.Lru.TryIsolate(pfn))
            {
                machine.Nodes[zone.Node].Stats.Add(ItemOf(machine.Frames[pfn]), 1);
                work.Add(pfn);
                if (mayMark)
                {
                    mayMark = false;
                    MarkTaken(hints, work, pfn);
                }

                if (work.IsolatedCount >= CompactionWork.Cluster && !work.FinishesBlock)
                {
                    pfn = pfn.Plus(1);
                    break;
                }
            }
            else if (skipsOnFailure)
            {
                pfn = GiveUp(machine, zone, work, pfn, ref giveUpAt);
            }
        }

        EndBlock(machine, hints, work, pfn < end ? pfn : end, end, mayMark);
    }

    /// <summary>A page stays: so does the whole block wanted, and what was taken of it goes back.</summary>
    private static Pfn GiveUp(Machine machine, Zone zone, CompactionWork work, Pfn pfn, ref Pfn giveUpAt)
    {
        if (work.IsolatedCount > 0)
        {
            machine.Paths.Count(ReachedPath.CompactionGivesBlockUp);
            PageMover.PutBackAll(machine, zone, work);
        }

        if (pfn < giveUpAt)
        {
            pfn = new Pfn(giveUpAt.Index - 1);
            giveUpAt = giveUpAt.Plus(1u << work.Control.Order);
        }

        return pfn;
    }

    private static void EndBlock(Machine machine, ZoneHints hints, CompactionWork work, Pfn position, Pfn end, bool mayMark)
    {
        if (position == end && (work.IsolatedCount == 0 || work.FinishesBlock))
        {
            if (mayMark)
            {
                hints.Skip(new Pfn(end.Index - 1));
            }

            MoveHint(hints, work, end);
        }

        machine.Events.Count(VmEvent.CompactIsolated, (ulong)work.IsolatedCount);
        work.WantedTargets = (uint)work.IsolatedCount;
        work.MigratePosition = position;
    }

    /// <summary>The first page taken of a pageblock that is looked at from its start marks it: no other run need come here.</summary>
    private static void MarkTaken(ZoneHints hints, CompactionWork work, Pfn taken)
    {
        if (!work.Control.IgnoresHints)
        {
            hints.Skip(taken);
        }
    }

    private static void MoveHint(ZoneHints hints, CompactionWork work, Pfn end)
    {
        var next = EndOfBlock(end).Index;
        hints.AsyncMigrate = Math.Max(hints.AsyncMigrate, next);
        if (work.Control.Mode != CompactionMode.Async)
        {
            hints.SyncMigrate = Math.Max(hints.SyncMigrate, next);
        }
    }

    private static Pfn EndOfWanted(Pfn pfn, CompactionWork work) => pfn.Plus(1).AlignUp(work.Control.Order);

    /// <summary>Pages behind this one that are free with it, or belong to the same compound page.</summary>
    private static uint FreeOrCompoundRest(PageFrames frames, Pfn pfn, out bool isFree)
    {
        isFree = FreeScanner.IsFreeBlock(frames, pfn, out var order);
        return isFree ? (1u << order) - 1 : CompoundPages.Behind(frames, pfn);
    }

    private static bool MayMove(Machine machine, in CompactionControl control, in PageFrame frame)
    {
        if (!frame.Has(PageFlags.Lru) || (frame.Has(PageFlags.Unevictable) && !machine.Tunables.CompactUnevictableAllowed)
            || (control.Mode != CompactionMode.Sync && frame.Has(PageFlags.Writeback)))
        {
            return false;
        }

        // Anonymous, in no cache, and held by more than its mappings: someone works on it.
        var isInCache = frame.Has(PageFlags.SwapCache) || (!frame.IsAnonymous && frame.OwnerId != 0);
        return isInCache ? (control.Gfp & GfpFlags.Fs) != 0 : frame.ReferenceCount <= frame.MapCount;
    }

    /// <summary>The counter of isolated pages that a folio belongs to.</summary>
    internal static int ItemOf(in PageFrame frame) => (int)(frame.IsFileLru ? NodeStatItem.IsolatedFile : NodeStatItem.IsolatedAnon);

    private static bool TooManyIsolated(Node node)
    {
        var listed = node.Read(NodeStatItem.InactiveAnon) + node.Read(NodeStatItem.ActiveAnon)
            + node.Read(NodeStatItem.InactiveFile) + node.Read(NodeStatItem.ActiveFile);
        return node.Read(NodeStatItem.IsolatedAnon) + node.Read(NodeStatItem.IsolatedFile) > listed / 2;
    }
}
