// Swap as the rest of the kernel sees it: entries that name slots, and folios that have one.
//
//   folio --TryAdd: slots, cache--> in swap cache --Write--> on disk --RemoveFromCache--> gone; page tables hold entries
//   entry --SwapIn--> in swap cache --mapped again, entry freed--> slot kept for a cheap second eviction, or freed with TryFreeSlot
//
// Invariants
//   W1  A slot's entries are the page-table entries and tmpfs tree entries that name it.
//   W2  A slot that is used is named by an entry, or has a folio in the cache, or is in a CPU's stock.
//
// Units    pages, which are slots.
// Models   Linux 6.12 mm/swapfile.c, mm/swap_state.c, mm/page_io.c, mm/swap_slots.c (facts: reclaim, 6).
// Departs  zswap does not exist.

using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Block;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Time;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Kernel.Swap;

/// <summary>What became of a page that was to be written (pageout).</summary>
internal enum PageOutResult : byte
{
    /// <summary>Not now: keep it.</summary>
    Keep,
    Activate,

    /// <summary>The write has begun (Writeback is set).</summary>
    Started,

    /// <summary>Written already, or needed no writing: it is clean.</summary>
    Clean,
}

/// <summary>All swap areas, the swap cache, and the way of a page out and in again.</summary>
public sealed class SwapSpace
{
    private const GfpFlags TreeGfp = GfpFlags.High | GfpFlags.NoMemAlloc | GfpFlags.NoWarn;

    private readonly Machine _machine;
    private readonly SwapSlots _slots;
    private readonly SwapCache _cache;
    private readonly SwapOut _out;
    private readonly SwapIn _in;
    private readonly SwapOn _on;
    private readonly SwapOff _off;

    internal SwapSpace(Machine machine)
    {
        _machine = machine;
        _slots = new SwapSlots(this, machine.Cpus, machine.Nodes.Length);
        _cache = new SwapCache(machine);
        _in = new SwapIn(machine, _slots, _cache);
        _on = new SwapOn(machine, _slots, _cache);
        _out = new SwapOut(machine, _slots, _cache);
        _off = new SwapOff(machine, _slots, _cache, _in, _on);
    }

    private SwapSpace(SwapSpace other, Machine machine)
    {
        _machine = machine;
        _slots = other._slots.Clone(this, machine.Cpus);
        _cache = other._cache.Clone(machine);
        _in = other._in.Clone(machine, _slots, _cache);
        _on = other._on.Clone(machine, _slots, _cache);
        _out = new SwapOut(machine, _slots, _cache);
        _off = new SwapOff(machine, _slots, _cache, _in, _on);
    }

    internal SwapSpace Clone(Machine machine) => new(this, machine);

    internal void HashInto(StateHash hash)
    {
        _slots.HashInto(hash);
        _cache.HashInto(hash);
        _in.HashInto(hash);
        _on.HashInto(hash);
    }

    /// <summary>Areas by number, null where there is none.</summary>
    public ReadOnlySpan<SwapArea?> Areas => _slots.Areas;

    /// <summary>Slots of all areas in use (total_swap_pages).</summary>
    public long TotalPages => _slots.TotalPages;

    /// <summary>Slots not handed out (get_nr_swap_pages). Never below zero, though swapoff may leave a deficit.</summary>
    public long FreePages => Math.Max(0, _slots.FreePages);

    /// <summary>SwapTotal: what a swapoff has yet to read back counts.</summary>
    public long ShownTotalPages => TotalPages + PagesBeingReadBack;

    /// <summary>SwapFree: as if what a swapoff has yet to read back were free.</summary>
    public long ShownFreePages => _slots.FreePages + PagesBeingReadBack;

    /// <summary>vm_swap_full: more than half is used.</summary>
    public bool IsFull => _slots.FreePages * 2 < _slots.TotalPages;

    internal SwapSlots Slots => _slots;

    internal SwapCache Cache => _cache;

    internal SwapOn Activation => _on;

    private long PagesBeingReadBack
    {
        get
        {
            var pages = 0L;
            foreach (var area in _slots.Areas)
            {
                pages += area is { IsWritable: false } ? area.UsedSlots : 0;
            }

            return pages;
        }
    }

    /// <summary>Puts a whole disk into use as a swap area (swapon), as root does from outside. Logs it.</summary>
    /// <param name="disk">Index of the disk.</param>
    /// <param name="priority">0..32767; below 0: the next lower one that the kernel gives.</param>
    /// <returns>False: there is no such disk, it is swap already or mounted, it is too small, there are too many areas, or no memory.</returns>
    public bool TrySwapOn(int disk, int priority = -1) =>
        (uint)disk < (uint)_machine.Disks.Disks.Length && _on.Enable(disk, priority) == SystemCallError.None;

    /// <summary>Gives an anonymous or shmem folio a slot (512 in a row for a huge one) and puts it into the swap cache, dirty (add_to_swap).</summary>
    /// <returns>False: no slot, or no memory for the tree.</returns>
    internal bool TryAdd(Pfn folio)
    {
        var pages = _machine.Frames[folio].Pages;
        if (!(pages > 1 ? _slots.TryTakeHuge(out var entry) : _slots.TryTake(out entry)))
        {
            _machine.Paths.Count(ReachedPath.SwapSlotsExhausted);
            return false;
        }

        if (!_cache.TryInsert(folio, entry, TreeGfp, out _))
        {
            LeaveSlots(entry, pages, intoStock: true);
            return false;
        }

        _machine.Lru.Get(folio);
        _machine.Frames[folio].Set(PageFlags.Dirty);
        return true;
    }

    /// <summary>Begins writing a swap-cache folio to its slots (swap_writepage). The caller counts nr_vmscan_write.</summary>
    internal PageOutResult Write(Pfn folio) => TryFreeSlot(folio) ? PageOutResult.Keep : _out.Write(folio);

    /// <summary>What has been written so far and is not on its way to the disk yet.</summary>
    internal SwapPlug Plug => _out.Plug;

    /// <summary>One more page-table (or shmem) entry for a slot (swap_duplicate).</summary>
    internal void Duplicate(SwapEntry entry) => _slots.AreaOf(entry).AddEntry(entry.Offset);

    /// <summary>
    /// One entry less, for good (free_swap_and_cache): without entries the slot is freed, and its unmapped, unlocked cache page
    /// dropped. A fault that maps the page uses <see cref="FreeKeepingCache"/>.
    /// </summary>
    internal void Free(SwapEntry entry)
    {
        FreeKeepingCache(entry);
        var area = _slots.AreaOf(entry);
        if (area.IsCacheOnly(entry.Offset) && _cache.Find(entry) is var folio && folio != Pfn.None && (!_machine.Lru.IsMapped(folio) || IsFull))
        {
            TryDrop(folio, intoStock: true);
        }
    }

    /// <summary>One entry less because its page is mapped instead (swap_free): the cache page stays, and with it the slot.</summary>
    internal void FreeKeepingCache(SwapEntry entry)
    {
        var area = _slots.AreaOf(entry);
        area.RemoveEntry(entry.Offset);
        if (area.IsFree(entry.Offset))
        {
            area.Park(entry.Offset);
            _slots.Return(entry);
        }
    }

    /// <summary>Entries of a slot, its cache page not counted.</summary>
    internal int CountOf(SwapEntry entry) => _slots.AreaOf(entry).EntriesOf(entry.Offset);

    /// <summary>The cached folio of a slot, or None. Of a huge folio the slot's page lies as far behind the head as its slot behind the folio's first.</summary>
    internal Pfn FindInCache(SwapEntry entry) => _cache.Find(entry);

    /// <summary>
    /// Drops a folio's slots if nothing but the cache holds them (folio_free_swap), and the cache's reference. The folio is dirty
    /// and leaves the cache then. False: it is not in the cache, is being written, or has entries.
    /// </summary>
    internal bool TryFreeSlot(Pfn folio) => TryFreeSlot(folio, intoStock: true);

    private bool TryFreeSlot(Pfn folio, bool intoStock)
    {
        ref var frame = ref _machine.Frames[folio];
        if (!frame.Has(PageFlags.SwapCache) || frame.Has(PageFlags.Writeback))
        {
            return false;
        }

        var entry = SwapEntry.Unpack(frame.Private);
        if (HasEntries(entry, frame.Pages))
        {
            return false;
        }

        Leave(folio, shadow: 0, intoStock);
        frame.Set(PageFlags.Dirty);
        _machine.Lru.Put(folio);
        return true;
    }

    /// <summary>Takes a folio out of the swap cache (__delete_from_swap_cache), leaving a shadow (0: none); slots without entries are freed. The cache's reference stays with the caller.</summary>
    internal void RemoveFromCache(Pfn folio, ulong shadow) => Leave(folio, shadow, intoStock: true);

    private void Leave(Pfn folio, ulong shadow, bool intoStock)
    {
        var (entry, pages) = (SwapEntry.Unpack(_machine.Frames[folio].Private), _machine.Frames[folio].Pages);
        _cache.Remove(folio, shadow);
        LeaveSlots(entry, pages, intoStock);
    }

    /// <summary>A huge folio of the cache has just been split into single folios: each gets its own slot of it.</summary>
    internal void SplitInCache(Pfn head, uint pages) => _cache.Split(head, pages);

    /// <summary>
    /// The up-to-date cache folio of a slot for a fault (swapin_readahead): reads it and its neighbours, waits. Wait: call again;
    /// the fault is a major one from then on. A returned folio has one more reference, the caller's. Done with None: the entry is
    /// stale or there is no memory; fault again. What was read has OwnerId 0 until it is mapped, or moved to its file.
    /// </summary>
    /// <param name="task">The running task.</param>
    /// <param name="entry">The slot.</param>
    /// <param name="mm">Whose fault; null for shmem.</param>
    /// <param name="area">Where, for readahead by area; null for shmem.</param>
    /// <param name="page">The faulting page.</param>
    /// <param name="folio">The folio; of a huge one the head.</param>
    /// <param name="isMajor">It had to be read, or waited for.</param>
    internal StepResult SwapIn(Process task, SwapEntry entry, MemoryDescriptor? mm, Vma? area, ulong page, out Pfn folio, out bool isMajor) =>
        _in.Step(task, entry, mm, area, page, isFault: task.Request.Kind != RequestKind.SwapOff, out folio, out isMajor);

    /// <summary>Does a task's swapon.</summary>
    internal SystemCallError SwapOn(Process task) => _on.Enable(task);

    internal StepResult StepSwapOff(Process task, out long answer) => _off.Step(task, out answer);

    internal void CancelSwapOff(Process task) => _off.Cancel(task);

    internal void ReadDone(in DiskRequest request) => _in.ReadDone(request);

    internal void WriteDone(in DiskRequest request) => _out.WriteDone(request);

    /// <summary>
    /// When swap is full: frees a slot that nothing but the cache has, with its folio's place in the cache. It is free at once, past
    /// the CPU's stock, for whoever is looking for one (__try_to_reclaim_swap, TTRS_DIRECT).
    /// </summary>
    internal bool TryReclaimSlot(SwapEntry entry) =>
        _cache.Find(entry) is var folio && folio != Pfn.None && TryDrop(folio, intoStock: false);

    internal void ForgetShadows(SwapEntry first, uint count) => _cache.Forget(first, count);

    private bool TryDrop(Pfn folio, bool intoStock)
    {
        if (_machine.Frames[folio].Has(PageFlags.Locked))
        {
            return false;
        }

        // The folio may be the caller's last hold on itself: keep it until it is done with.
        _machine.Lru.Get(folio);
        var isFreed = TryFreeSlot(folio, intoStock);
        _machine.Lru.Put(folio);
        return isFreed;
    }

    private bool HasEntries(SwapEntry first, uint pages)
    {
        var area = _slots.AreaOf(first);
        for (var slot = first.Offset; slot < first.Offset + pages; slot++)
        {
            if (area.EntriesOf(slot) > 0)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The cache lets go of slots (put_swap_folio): those of a huge folio are freed together if none has an entry.</summary>
    private void LeaveSlots(SwapEntry first, uint pages, bool intoStock)
    {
        var area = _slots.AreaOf(first);
        if (pages > 1 && area.AreCacheOnly(first.Offset, pages))
        {
            _slots.Release(first, pages);
            return;
        }

        for (var i = 0u; i < pages; i++)
        {
            if (!area.LeaveCache(first.Offset + i))
            {
                continue;
            }

            if (intoStock)
            {
                _slots.Return(first.Plus(i));
            }
            else
            {
                _machine.Paths.Count(ReachedPath.SwapSlotFreedForAnother);
                _slots.Release(first.Plus(i), 1);
            }
        }
    }
}
