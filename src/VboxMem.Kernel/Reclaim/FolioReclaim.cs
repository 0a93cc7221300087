// What becomes of isolated folios: each is freed, begins its way to its device, or stays.
//
//   locked? unevictable? mapped and may not be? --> keep
//   under writeback --> active until it is written          used --> keep or activate
//   anonymous --swap slot--> in swap cache                  mapped --unmap--> dirty --> write, keep
//   clean, unmapped, no other holder --> out of its cache, leaving a shadow; freed
//
// Folios are isolated and dealt with in one step: no other CPU ever sees them off their lists.
//
// On Linux writes complete meanwhile, and a folio whose write completes while it is isolated cannot be rotated to the end of its list
// (folio_rotate_reclaim): it goes back to the front. So it is with the first half of a huge folio that is split and written here, which
// is one request to the disk; the rest is always under way when the folios go back (SwapPlug). The completions come later in our order
// of events; the mark that would rotate a folio whose write is complete already is taken away.
//
// Units    pages.
// Models   Linux 6.12 mm/vmscan.c: shrink_folio_list, folio_check_references, pageout, __remove_mapping (facts: reclaim, 1.8).
// Departs  no demotion to slower memory; file systems never fail to let go of a page's private data. A page of a split folio that
//          nothing maps is freed at once.

using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Swap;
using VboxMem.Kernel.Time;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Kernel.Reclaim;

/// <summary>What one call has met, in pages (struct reclaim_stat).</summary>
internal struct ReclaimTally
{
    public ulong DirtyPages;
    public ulong UnqueuedDirtyPages;
    public ulong CongestedPages;
    public ulong WritebackPages;
    public ulong ImmediatePages;
    public ulong ActivatedPages;

    /// <summary>Sent to their device.</summary>
    public ulong PagedOutPages;
}

internal sealed class FolioReclaim
{
    private enum Fate : byte
    {
        /// <summary>Someone else holds its lock: left as it is.</summary>
        Leave,
        Keep,
        Activate,
        Freed,
    }

    private readonly Machine _machine;
    private readonly PageFrames _frames;
    private readonly LruCache _lru;
    private readonly CpuContext _cpus;
    private readonly Costs _costs;
    private readonly ReachedPaths _paths;
    private readonly FolioEviction _eviction;
    private readonly CleanCache _cleanCache;

    /// <summary>Folios whose writing has begun in this run, in the order of the requests to the disk.</summary>
    private readonly List<Pfn> _writing = new(1024);
    private ReclaimTally _tally;
    private uint _freedPages;

    public FolioReclaim(Machine machine)
    {
        _machine = machine;
        _frames = machine.Frames;
        _lru = machine.Lru;
        _cpus = machine.Cpus;
        _costs = machine.Costs;
        _paths = machine.Paths;
        _eviction = new FolioEviction(machine);
        _cleanCache = new CleanCache(machine);
    }

    /// <summary>Isolated folios, the one to look at first in front. After <see cref="Run"/>: those that stay.</summary>
    public List<Pfn> Isolated { get; } = new(1024);

    /// <summary>Deals with <see cref="Isolated"/>; what stays is left there, still isolated.</summary>
    /// <param name="control">The run; scanned pages are added.</param>
    /// <param name="node">The folios' node.</param>
    /// <param name="ignoresUse">Takes pages that are in use too (MADV_PAGEOUT).</param>
    /// <param name="tally">What was met.</param>
    /// <returns>Pages freed.</returns>
    public ulong Run(ref ScanControl control, int node, bool ignoresUse, out ReclaimTally tally)
    {
        _tally = default;
        _writing.Clear();
        _machine.Swap.Plug.Begin();
        var pressure = _lru.PressureOf(node);
        var vector = _lru.Vectors[node];
        var (freed, kept) = (0UL, 0);
        for (var i = 0; i < Isolated.Count; i++)   // splitting a huge folio adds its pages
        {
            var folio = Isolated[i];
            if (_cleanCache.TryFree(folio, ref _frames[folio], vector))
            {
                control.ScannedPages++;
                freed++;
                continue;
            }

            var fate = Decide(folio, ref control, pressure, ignoresUse);
            if (fate == Fate.Freed)
            {
                freed += _freedPages;
                continue;
            }

            Spend(_costs.ScanPage);
            if (fate == Fate.Activate)
            {
                Activate(folio);
            }

            if (fate != Fate.Leave)
            {
                _frames[folio].Clear(PageFlags.Locked);
            }

            Isolated[kept++] = folio;
        }

        Isolated.RemoveRange(kept, Isolated.Count - kept);
        _machine.ReverseMap.Stale.TellAll();
        SendWrites();
        _machine.Events.Count(VmEvent.PgActivate, _tally.ActivatedPages);
        tally = _tally;
        return freed;
    }

    private Fate Decide(Pfn folio, ref ScanControl control, NodePressure pressure, bool ignoresUse)
    {
        ref var frame = ref _frames[folio];
        var pages = frame.Pages;
        if (frame.Has(PageFlags.Locked))
        {
            Reached(ReachedPath.FateKeepLocked);
            return Fate.Leave;
        }

        frame.Set(PageFlags.Locked);
        control.ScannedPages += pages;
        if (!_lru.IsEvictable(folio))
        {
            Reached(ReachedPath.FateCull);
            return Fate.Activate;
        }

        if (!control.Has(ScanFlags.MayUnmap) && _lru.IsMapped(folio, frame))
        {
            return Fate.Keep;
        }

        CountDirty(frame, pages);
        if (frame.Has(PageFlags.Writeback))
        {
            return MeetWriteback(ref frame, pages, control, pressure);
        }

        var fate = ignoresUse ? PageFate.Reclaim : FateByUse(folio, ref frame);
        if (fate is PageFate.Activate or PageFate.Keep or PageFate.KeepAndReference)
        {
            Reached(fate == PageFate.Activate ? ReachedPath.FateActivateReferenced : ReachedPath.FateKeepReferenced);
            return fate == PageFate.Activate ? Fate.Activate : Fate.Keep;
        }

        return Take(folio, ref frame, ref control, pressure, fate == PageFate.ReclaimClean);
    }

    /// <summary>No one uses it: gives it a place to go to, unmaps it, writes it, frees it, as far as that goes now.</summary>
    private Fate Take(Pfn folio, ref PageFrame frame, ref ScanControl control, NodePressure pressure, bool onlyIfClean)
    {
        if (frame.IsAnonymous && frame.Has(PageFlags.SwapBacked) && !frame.Has(PageFlags.SwapCache)
            && !TryGiveSlot(folio, ref frame, ref control, out var refusal))
        {
            return refusal;
        }

        var isMapped = _lru.IsMapped(folio, frame);
        if (isMapped)
        {
            Spend(_costs.ReclaimMappedPage - _costs.ReclaimCleanPage);
            if (_machine.ReverseMap.TryUnmap(folio) != UnmapResult.Unmapped)
            {
                Reached(ReachedPath.FateStillMapped);
                return Fate.Activate;
            }
        }

        if (HasLeftItsFile(frame))
        {
            Reached(ReachedPath.FateKeepLeftItsFile);
            return Fate.Keep;
        }

        if (frame.Has(PageFlags.Dirty))
        {
            var fate = Write(folio, ref frame, control, pressure, onlyIfClean);
            if (fate != Fate.Freed)
            {
                return fate;
            }
        }

        if (!_eviction.TryEvict(folio, ref frame))
        {
            Reached(ReachedPath.FateKeepReferencesHeld);
            return Fate.Keep;
        }

        return Free(folio, ref frame);
    }

    /// <summary>Its file, or its swap entry, has gone meanwhile: who still holds it will free it.</summary>
    private static bool HasLeftItsFile(in PageFrame frame) =>
        !frame.IsAnonymous && !frame.Has(PageFlags.SwapCache) && frame.OwnerId == 0;

    private Fate Free(Pfn folio, ref PageFrame frame)
    {
        Spend(_costs.ReclaimCleanPage);
        Reached(ReachedPath.FateReclaimed);
        _freedPages = frame.Pages;
        frame.Clear(PageFlags.Locked);
        _lru.Put(folio);
        return Fate.Freed;
    }

    private void CountDirty(in PageFrame frame, uint pages)
    {
        if (!frame.IsFileLru || frame.IsAnonymous)
        {
            return;   // no flusher could do anything about it
        }

        var (dirty, writeback) = (frame.Has(PageFlags.Dirty), frame.Has(PageFlags.Writeback));
        _tally.DirtyPages += dirty || writeback ? pages : 0;
        _tally.UnqueuedDirtyPages += dirty && !writeback ? pages : 0;
        _tally.CongestedPages += writeback && frame.Has(PageFlags.Reclaim) ? pages : 0;
    }

    private Fate MeetWriteback(ref PageFrame frame, uint pages, in ScanControl control, NodePressure pressure)
    {
        if (control.IsKswapd && frame.Has(PageFlags.Reclaim) && pressure.HasManyWriteback)
        {
            Reached(ReachedPath.FateWritebackImmediate);
            _tally.ImmediatePages += pages;
        }
        else
        {
            Reached(ReachedPath.FateWritebackMarked);
            frame.Set(PageFlags.Reclaim);
            _tally.WritebackPages += pages;
        }

        return Fate.Activate;
    }

    private PageFate FateByUse(Pfn folio, ref PageFrame frame)
    {
        var seen = VmaFlags.None;
        var young = _lru.IsMapped(folio, frame) ? _machine.ReverseMap.CountReferences(folio, out seen) : 0;
        var use = new PageUse(
            young, frame.TestClear(PageFlags.Referenced), frame.IsFileLru, (seen & VmaFlags.Execute) != 0, (seen & VmaFlags.Locked) != 0,
            IsUnknown: young < 0);
        if (use.LeavesReferenced)
        {
            frame.Set(PageFlags.Referenced);
        }

        return use.Fate;
    }

    /// <summary>Puts an anonymous folio into the swap cache; a huge one whole, or split.</summary>
    private bool TryGiveSlot(Pfn folio, ref PageFrame frame, ref ScanControl control, out Fate refusal)
    {
        refusal = Fate.Activate;
        if ((control.Gfp & GfpFlags.Io) == 0)
        {
            refusal = Fate.Keep;
            return false;
        }

        if (frame.ReferenceCount == 1 && !_lru.IsMapped(folio, frame))
        {
            // What is left of a huge folio that was mapped in part: no one has it.
            refusal = Free(folio, ref frame);
            return false;
        }

        var wasHuge = frame.Order != 0;
        if (wasHuge && frame.Has(PageFlags.PartiallyMapped) && !TrySplit(folio, ref control))
        {
            return false;
        }

        if (_machine.Swap.TryAdd(folio))
        {
            return true;
        }

        if (frame.Order != 0)
        {
            if (!TrySplit(folio, ref control))
            {
                return false;
            }

            _machine.Events.Count(VmEvent.ThpSwpoutFallback);
            if (_machine.Swap.TryAdd(folio))
            {
                return true;
            }
        }

        Reached(ReachedPath.FateSwapFailed);
        return false;
    }

    /// <summary>Makes single pages of a huge folio; those behind the first are looked at later in this run.</summary>
    private bool TrySplit(Pfn folio, ref ScanControl control)
    {
        var pages = _frames[folio].Pages;
        if (!_machine.HugeFolios.TrySplit(folio, Isolated))
        {
            return false;
        }

        var since = _cpus.Now;
        Spend(_costs.SplitPage * (ulong)pages);
        _machine.ReverseMap.NoteLocked(folio, since);
        Reached(ReachedPath.HugeSplitAtReclaim);
        control.ScannedPages -= pages - 1;
        return true;
    }

    /// <summary>Writes a dirty folio, if this reclaimer may.</summary>
    /// <returns>Freed: it is clean, go on and free it.</returns>
    private Fate Write(Pfn folio, ref PageFrame frame, in ScanControl control, NodePressure pressure, bool onlyIfClean)
    {
        if (frame.IsFileLru && !(control.IsKswapd && frame.Has(PageFlags.Reclaim) && pressure.HasManyDirty))
        {
            Reached(ReachedPath.FateDirtyFileMarked);
            CountNode(folio, NodeStatItem.VmscanImmediateReclaim, frame.Pages);
            frame.Set(PageFlags.Reclaim);
            return Fate.Activate;
        }

        var mayEnterFileSystem = (control.Gfp & GfpFlags.Fs) != 0
            || (frame.Has(PageFlags.SwapCache) && (control.Gfp & GfpFlags.Io) != 0);
        if (onlyIfClean || !mayEnterFileSystem || !control.Has(ScanFlags.MayWrite) || frame.ReferenceCount != FolioEviction.CachedReferences)
        {
            return Fate.Keep;
        }

        // ext4 writes whole ranges only, so a file's page is left to the flusher.
        return frame.Has(PageFlags.SwapBacked) ? WriteToSwap(folio, ref frame) : Fate.Activate;
    }

    private Fate WriteToSwap(Pfn folio, ref PageFrame frame)
    {
        if (!frame.Has(PageFlags.SwapCache) && !_machine.PageCache.TryMoveToSwap(folio))
        {
            Reached(ReachedPath.FateSwapFailed);
            return Fate.Activate;
        }

        _machine.ReverseMap.Stale.TellBeforeWrite();
        var pages = frame.Pages;
        frame.Set(PageFlags.Reclaim);
        Spend(_costs.SwapOut * pages);
        var result = _machine.Swap.Write(folio);
        if (result == PageOutResult.Activate)
        {
            frame.Clear(PageFlags.Reclaim);
            return Fate.Activate;
        }

        CountNode(folio, NodeStatItem.VmscanWrite, pages);
        _tally.PagedOutPages += pages;
        if (result == PageOutResult.Started)
        {
            Reached(ReachedPath.FateSwapWritten);
            _writing.Add(folio);
            return Fate.Keep;
        }

        frame.Clear(PageFlags.Reclaim);
        Reached(ReachedPath.FateSwapCleanAtOnce);
        return result == PageOutResult.Clean && !frame.Has(PageFlags.Dirty) ? Fate.Freed : Fate.Keep;
    }

    /// <summary>The rest goes to the disk. Those whose write is complete by now are not rotated: they were isolated when it completed.</summary>
    private void SendWrites()
    {
        _machine.Swap.Plug.Flush();
        var first = 0;
        foreach (var (folios, due) in _machine.Swap.Plug.Sent)
        {
            for (var i = 0; i < folios && due <= _cpus.Now; i++)
            {
                _frames[_writing[first + i]].Clear(PageFlags.Reclaim);
            }

            first += (int)folios;
        }
    }

    /// <summary>Stays, as an active page; where swap is short it gives its slot back.</summary>
    private void Activate(Pfn folio)
    {
        ref var frame = ref _frames[folio];
        if (frame.Has(PageFlags.SwapCache) && (_machine.Swap.IsFull || frame.Has(PageFlags.Mlocked)) && _machine.Swap.TryFreeSlot(folio))
        {
            Reached(ReachedPath.FateSwapFullSlotFreed);
        }

        if (!frame.Has(PageFlags.Mlocked))
        {
            frame.Set(PageFlags.Active);
            _tally.ActivatedPages += frame.Pages;
            _machine.Lru.VectorOf(folio).CountFor(frame).Activated += frame.Pages;
        }
    }

    private void CountNode(Pfn folio, NodeStatItem item, uint pages) =>
        _machine.Nodes[_lru.VectorOf(folio).Node].Stats.Add((int)item, pages);

    private void Spend(ulong nanoseconds) => _cpus.SpendInKernel(nanoseconds);

    private void Reached(ReachedPath path) => _paths.Count(path);
}
