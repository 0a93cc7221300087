// Compaction: moves the used pages of a zone to its end, so that what is free at its beginning grows together.
//
//   zone start [ migrate scanner -->  isolates used pages that can be moved ............ finds free ones  <-- free scanner ] zone end
//
// It is over when the scanners meet, or when there is no page to move to before that.
//
// Units    pages.
// Models   Linux 6.12 mm/compaction.c: compact_nodes, compact_zone, isolate_migratepages, isolate_migratepages_block; mm/migrate.c:
//          migrate_pages (facts: physical memory, 5).
// Departs  only the run over everything that compact_memory asks for is there: no direct compaction, no kcompactd. It takes no time,
//          and so never waits for a page under I/O: that stays where it is. Pages are off their lists for that moment alone and are
//          not seen in nr_isolated_*.

using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Kernel.Reclaim;

internal sealed class Compaction
{
    /// <summary>Pages moved at once (COMPACT_CLUSTER_MAX).</summary>
    private const int Cluster = 32;

    private readonly Machine _machine;
    private readonly PageFrames _frames;
    private readonly Zone _zone;
    private readonly FreePageScanner _free;
    private readonly FolioMigration _migration;
    private readonly List<Pfn> _isolated = new(Cluster);
    private Pfn _position;
    private ulong _scannedPages;

    private Compaction(Machine machine, Zone zone)
    {
        _machine = machine;
        _frames = machine.Frames;
        _zone = zone;
        _free = new FreePageScanner(machine.Allocator, zone);
        _migration = new FolioMigration(machine);
        _position = zone.Extent.Start;
    }

    /// <summary>Compacts every zone of every node (compact_nodes).</summary>
    public static void RunAll(Machine machine)
    {
        machine.Lru.DrainAll();
        foreach (var node in machine.Nodes)
        {
            foreach (var zone in node.Zones)
            {
                if (zone.IsPopulated)
                {
                    new Compaction(machine, zone).Run();
                }
            }
        }
    }

    private bool HaveScannersMet =>
        _free.Position >> PageGeometry.PageblockOrder <= _position.Index >> PageGeometry.PageblockOrder;

    private void Run()
    {
        var lastMoved = Pfn.None;
        var isolatedPages = 0UL;
        var goesOn = true;
        while (goesOn && !HaveScannersMet)
        {
            // Coming back to a pageblock, it takes all of the rest of it.
            var wholeBlock = lastMoved != Pfn.None && lastMoved == _position.AlignDown(PageGeometry.PageblockOrder);
            Isolate(wholeBlock);
            if (_isolated.Count == 0)
            {
                continue;
            }

            lastMoved = new Pfn(_position.Index - 1).AlignDown(PageGeometry.PageblockOrder);
            isolatedPages += (ulong)_isolated.Count;
            goesOn = Migrate();
        }

        _free.Release();
        _machine.Paths.Count(goesOn ? ReachedPath.CompactionMet : ReachedPath.CompactionOutOfTargets);
        _machine.Events.Count(VmEvent.CompactMigrateScanned, _scannedPages);
        _machine.Events.Count(VmEvent.CompactFreeScanned, _free.ScannedPages);
        _machine.Events.Count(VmEvent.CompactIsolated, isolatedPages + _free.IsolatedPages);
    }

    /// <summary>Takes pages that may be moved off their lists, from one pageblock.</summary>
    private void Isolate(bool wholeBlock)
    {
        var blockEnd = _position.AlignDown(PageGeometry.PageblockOrder).Plus(PageGeometry.PageblockPages);
        while (blockEnd.Index <= _free.Position)
        {
            if (_frames.ZoneOf(_position) == _zone.Extent.Index)
            {
                IsolateIn(blockEnd, wholeBlock);
                return;
            }

            _position = blockEnd;
            blockEnd = blockEnd.Plus(PageGeometry.PageblockPages);
        }

        _position = blockEnd;
    }

    private void IsolateIn(Pfn end, bool wholeBlock)
    {
        var pfn = _position;
        for (; pfn < end; pfn = pfn.Plus(1))
        {
            _scannedPages++;
            ref var frame = ref _frames[pfn];
            var rest = frame.Owner == FrameOwner.Free ? frame.Pages - 1
                : pfn.IsAlignedTo(PageGeometry.MaxOrder) && _frames.IsFreeLargestBlock(pfn, out _) ? PageGeometry.LargestBlockPages - 1
                : CompoundPages.Behind(_frames, pfn);
            if (rest > 0)
            {
                _scannedPages += rest;
                pfn = pfn.Plus(rest);
                continue;
            }

            if (!MayMove(frame) || !_machine.Lru.TryIsolate(pfn))
            {
                continue;
            }

            _isolated.Add(pfn);
            if (_isolated.Count >= Cluster && !wholeBlock)
            {
                pfn = pfn.Plus(1);
                break;
            }
        }

        _position = pfn < end ? pfn : end;
    }

    private bool MayMove(in PageFrame frame)
    {
        if (!frame.Has(PageFlags.Lru) || (frame.Has(PageFlags.Unevictable) && !_machine.Tunables.CompactUnevictableAllowed))
        {
            return false;
        }

        // Anonymous, in no cache, and held by more than its mappings: someone works on it.
        var isInCache = frame.Has(PageFlags.SwapCache) || (!frame.IsAnonymous && frame.OwnerId != 0);
        return isInCache || frame.ReferenceCount <= frame.MapCount;
    }

    /// <returns>False: there was no page to move to, long before the scanners met.</returns>
    private bool Migrate()
    {
        var (moved, failed) = (0UL, 0UL);
        var hasTarget = true;
        for (var i = 0; i < _isolated.Count; i++)
        {
            var folio = _isolated[i];
            if (hasTarget)
            {
                hasTarget = _free.TryTake((uint)(_isolated.Count - i), _position, out var target);
                if (hasTarget && _migration.TryMove(folio, target))
                {
                    folio = target;
                    moved++;
                }
                else
                {
                    failed++;
                    ReturnTarget(target);
                }
            }

            _machine.Lru.PutBack(folio);
        }

        _isolated.Clear();
        _machine.Events.Count(VmEvent.PgMigrateSuccess, moved);
        _machine.Events.Count(VmEvent.PgMigrateFail, failed);
        return hasTarget || HaveScannersMet;
    }

    private void ReturnTarget(Pfn target)
    {
        if (target != Pfn.None)
        {
            _free.Return(target);
        }
    }
}
