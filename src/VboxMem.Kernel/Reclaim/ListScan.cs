// Taking folios off the tail of a list, up to 32 pages a time, and putting back those that stay.
//
// Units    pages.
// Models   Linux 6.12 mm/vmscan.c: isolate_lru_folios, move_folios_to_lru, shrink_inactive_list, shrink_active_list (facts:
//          reclaim, 1.6, 1.7).

using System.Runtime.CompilerServices;
using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Kernel.Reclaim;

internal sealed class ListScan
{
    /// <summary>Folios of zones too high that one batch passes over (SWAP_CLUSTER_MAX_SKIPPED).</summary>
    private const int MostSkipped = 32 << 10;

    private readonly Machine _machine;
    private readonly PageFrames _frames;
    private readonly PageAllocator _allocator;
    private readonly LruCache _lru;
    private readonly FolioReclaim _folios;

    /// <summary>Of an active list: folios that stay active, and that do not.</summary>
    private readonly List<Pfn> _active = new(64);
    private readonly List<Pfn> _inactive = new(64);

    public ListScan(Machine machine, FolioReclaim folios)
    {
        _machine = machine;
        _frames = machine.Frames;
        _allocator = machine.Allocator;
        _lru = machine.Lru;
        _folios = folios;
    }

    /// <summary>Looks at up to 32 pages of an inactive list and frees what it can.</summary>
    /// <returns>Pages freed.</returns>
    public ulong ShrinkInactive(Lruvec vector, LruList list, ulong pages, ref ScanControl control)
    {
        _lru.Drain();
        var taken = Isolate(vector, list, pages, control, out var scanned);
        var isFile = list.IsFile();
        var kind = isFile ? 1 : 0;
        CountByReclaimer(VmEvent.PgScanKswapd, control, scanned);
        _machine.Events.Count(VmEvent.PgScanAnon + kind, scanned);
        vector.CountFor(isFile).Scanned += scanned;
        if (taken == 0)
        {
            return 0;
        }

        var stats = _machine.Nodes[vector.Node].Stats;
        stats.Add((int)NodeStatItem.IsolatedAnon + kind, (long)taken);
        var freed = _folios.Run(ref control, vector.Node, ignoresUse: false, out var tally);
        PutBack(_folios.Isolated, vector);
        stats.Add((int)NodeStatItem.IsolatedAnon + kind, -(long)taken);
        CountByReclaimer(VmEvent.PgStealKswapd, control, freed);
        _machine.Events.Count(VmEvent.PgStealAnon + kind, freed);
        vector.CountFor(isFile).Reclaimed += freed;
        vector.NoteCost(isFile, tally.PagedOutPages, scanned - Math.Min(scanned, freed));
        if (tally.UnqueuedDirtyPages == taken)
        {
            foreach (var flusher in _machine.Flushers)
            {
                flusher.Wake(Writeback.FlushReason.All);
            }
        }

        control.DirtyPages += tally.DirtyPages;
        control.CongestedPages += tally.CongestedPages;
        control.UnqueuedDirtyPages += tally.UnqueuedDirtyPages;
        control.WritebackPages += tally.WritebackPages;
        control.ImmediatePages += tally.ImmediatePages;
        control.TakenPages += taken;
        control.TakenFilePages += isFile ? taken : 0;
        return freed;
    }

    /// <summary>Moves up to 32 pages of an active list to the inactive one; code in use goes round once more.</summary>
    public void ShrinkActive(Lruvec vector, LruList list, ulong pages, in ScanControl control)
    {
        _lru.Drain();
        var taken = Isolate(vector, list, pages, control, out var scanned);
        var kind = list.IsFile() ? 1 : 0;
        _machine.Events.Count(VmEvent.PgRefill, scanned);
        if (taken == 0)
        {
            return;
        }

        var stats = _machine.Nodes[vector.Node].Stats;
        stats.Add((int)NodeStatItem.IsolatedAnon + kind, (long)taken);
        var rotated = Sort();
        PutBack(_active, vector);
        var deactivated = PutBack(_inactive, vector);
        _machine.Events.Count(VmEvent.PgDeactivate, deactivated);
        vector.CountFor(list.IsFile()).Deactivated += deactivated;
        stats.Add((int)NodeStatItem.IsolatedAnon + kind, -(long)taken);
        if (rotated > 0)
        {
            vector.NoteCost(list.IsFile(), ioPages: 0, rotated);
        }
    }

    /// <summary>Decides what of the isolated folios stays active.</summary>
    /// <returns>Pages that do.</returns>
    private ulong Sort()
    {
        var rotated = 0UL;
        foreach (var folio in _folios.Isolated)
        {
            ref var frame = ref _frames[folio];
            var isMapped = _lru.IsMapped(folio, frame);
            _machine.Cpus.SpendInKernel(isMapped ? _machine.Costs.ScanPage : _machine.Costs.DeactivatePage);
            if (!_lru.IsEvictable(folio))
            {
                _lru.PutBack(folio);
                continue;
            }

            var seen = VmaFlags.None;
            var isUsed = isMapped && _machine.ReverseMap.CountReferences(folio, out seen) != 0;
            if (isUsed && (seen & VmaFlags.Execute) != 0 && frame.IsFileLru)
            {
                rotated += frame.Pages;
                _active.Add(folio);
                continue;
            }

            frame.Clear(PageFlags.Active);
            frame.Set(PageFlags.Workingset);
            _inactive.Add(folio);
        }

        _folios.Isolated.Clear();
        return rotated;
    }

    /// <summary>Takes folios off a list's tail into FolioReclaim.Isolated.</summary>
    /// <returns>Pages taken; <paramref name="scanned"/> counts those passed over too.</returns>
    private ulong Isolate(Lruvec vector, LruList list, ulong wanted, in ScanControl control, out ulong scanned)
    {
        Invariant.Holds(_folios.Isolated.Count == 0);
        scanned = 0;
        var (looked, taken, skipped) = (0UL, 0UL, 0);
        var mayUnmap = control.Has(ScanFlags.MayUnmap);
        ref readonly var ends = ref vector.ListOf(list);
        var left = ends.Count;
        var alike = default(Alike);   // folios taken and not counted yet
        while (looked < wanted && left-- > 0)
        {
            var folio = ends.Tail;
            ref var frame = ref _frames[folio];
            _frames.Prefetch(frame.Previous);   // the next to be looked at, and rarely in the host's cache
            var pages = frame.Pages;
            var zone = _allocator.ZoneOf(folio);
            scanned += pages;
            if (zone.Type > control.HighestZone && skipped < MostSkipped)
            {
                skipped++;
                vector.MoveToHead(folio, list);
                _machine.Events.CountByZone(VmEvent.PgSkipDma, zone.Type, pages);
                continue;
            }

            looked += pages;
            if (!mayUnmap && _lru.IsMapped(folio, frame))
            {
                vector.MoveToHead(folio, list);
                continue;
            }

            if (!alike.TryAdd(zone, pages))
            {
                alike.CountIn(vector, list);
                alike = new Alike(zone, pages);
            }

            frame.ReferenceCount++;
            vector.UnlinkTail(list);
            frame.Clear(PageFlags.Lru);
            _folios.Isolated.Add(folio);
            taken += pages;
        }

        alike.CountIn(vector, list);
        _machine.Cpus.CountPages((int)scanned);
        return taken;
    }

    /// <summary>Puts isolated folios back to the heads of the lists their flags name, dropping the references (move_folios_to_lru).</summary>
    /// <returns>Pages put back.</returns>
    private ulong PutBack(List<Pfn> folios, Lruvec vector)
    {
        var moved = 0UL;
        foreach (var folio in folios)
        {
            ref var frame = ref _frames[folio];
            if (!_lru.IsEvictable(folio))
            {
                _lru.PutBack(folio);
                continue;
            }

            if (frame.ReferenceCount == 1)
            {
                frame.Clear(PageFlags.Active);
                _lru.Put(folio);
                continue;
            }

            frame.ReferenceCount--;
            vector.Add(folio, _allocator.ZoneOf(folio));
            frame.Set(PageFlags.Lru);
            moved += frame.Pages;
            if (frame.Has(PageFlags.Active))
            {
                vector.Age(frame.Pages);
            }
        }

        folios.Clear();
        return moved;
    }

    private void CountByReclaimer(VmEvent ofKswapd, in ScanControl control, ulong pages) =>
        _machine.Events.Count(control.IsKswapd ? ofKswapd : ofKswapd + 1, pages);

    /// <summary>Folios of one size and zone that leave a list one after the other: their counters are moved together.</summary>
    private struct Alike(Zone zone, uint pages)
    {
        private readonly Zone? _zone = zone;
        private readonly uint _pages = pages;
        private int _folios = 1;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public bool TryAdd(Zone zone, uint pages)
        {
            if (zone != _zone || pages != _pages)
            {
                return false;
            }

            _folios++;
            return true;
        }

        public readonly void CountIn(Lruvec vector, LruList list)
        {
            if (_zone is { } zone)
            {
                vector.CountRemoved(list, zone, _pages, _folios);
            }
        }
    }
}
