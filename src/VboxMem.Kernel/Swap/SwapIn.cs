// A swapped-out page's way back: into the swap cache with its neighbours, then to whoever faulted.
//
//   look in the cache --there--------------------------------------------+
//        | not there                                                     v
//        plan what to read along --> read it, page by page --> the page itself --> wait until it is unlocked --> done
//
// Each page read along may need the allocator's slow path: the task's SwapInProgress says where to go on.
//
// Invariants
//   I1  A folio being read is Locked, in the cache, and one reference is the read's; nothing takes it out of the cache.
//
// Models   Linux 6.12 swap_cache_get_folio, swapin_readahead, __read_swap_cache_async, swap_read_folio, end_swap_bio_read
//          (facts: reclaim, 6.3).
// Departs  neighbouring slots of one window go to the disk as one request, as its plug would merge them. No device is synchronous.

using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Block;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Kernel.Swap;

internal sealed class SwapIn(Machine machine, SwapSlots slots, SwapCache cache)
{
    private const GfpFlags PageGfp = GfpFlags.HighUserMovable | GfpFlags.Compound;

    /// <summary>What of a page's request holds for the tree's nodes (GFP_RECLAIM_MASK).</summary>
    private const GfpFlags NodeGfp = GfpFlags.Kernel;

    private ClusterSwapReadahead _window = ClusterSwapReadahead.AtBoot;
    private SwapEntry _runStart;
    private uint _runPages;

    public SwapIn Clone(Machine other, SwapSlots otherSlots, SwapCache otherCache)
    {
        Invariant.Holds(_runPages == 0);
        return new SwapIn(other, otherSlots, otherCache) { _window = _window };
    }

    public void HashInto(StateHash hash) => _window.HashInto(hash);

    /// <summary>See <see cref="SwapSpace.SwapIn"/>.</summary>
    /// <param name="isFault">A fault, counted as one; false for swapoff.</param>
    public StepResult Step(
        Process task, SwapEntry entry, MemoryDescriptor? mm, Vma? area, ulong page, bool isFault, out Pfn folio, out bool isMajor)
    {
        ref var progress = ref task.SwapIn;
        if (!progress.IsFor(entry, mm?.Id ?? 0, page))
        {
            progress = new SwapInProgress { Entry = entry, MemoryId = mm?.Id ?? 0, Page = page };
        }

        folio = Pfn.None;
        isMajor = progress.IsMajor;
        var found = progress.IsReading ? Pfn.None : Look(entry, area, page);
        if (found != Pfn.None)
        {
            machine.Paths.Count(ReachedPath.SwapInFromCache);
        }
        else
        {
            Plan(ref progress, entry, mm, area, page);
            var isComplete = TryReadAlong(task, mm) && TryBringIn(task, entry, out found, out _);
            Flush(task);
            if (!isComplete)
            {
                return task.Allocation.IsPending ? StepResult.Wait : GiveUp(ref progress);
            }

            progress.IsReading = false;
            progress.IsMajor = isMajor = true;
            machine.Events.Count(VmEvent.PgMajfault, isFault ? 1u : 0);
            machine.Cpus.SpendInKernel(machine.Costs.SwapIn);
            machine.Lru.Put(found);
        }

        return Finish(task, found, isFault, out folio, ref isMajor);
    }

    /// <summary>The disk has read slots: their pages are there.</summary>
    public void ReadDone(in DiskRequest request)
    {
        for (var i = 0u; i < request.Pages; i++)
        {
            var folio = cache.Find(new SwapEntry(request.Id, (uint)request.Index + i));
            Invariant.Holds(folio != Pfn.None && machine.Frames[folio].Has(PageFlags.Locked));
            machine.Frames[folio].Set(PageFlags.UpToDate);
            machine.Lru.UnlockPage(folio);
            machine.Lru.Put(folio);
        }
    }

    /// <summary>Whoever faulted does so again, which takes its time.</summary>
    private StepResult GiveUp(ref SwapInProgress progress)
    {
        progress = default;
        machine.Cpus.SpendInKernel(machine.Costs.MinorFault);
        return StepResult.Done;
    }

    /// <summary>Hands out the cached folio once it is up to date.</summary>
    private StepResult Finish(Process task, Pfn found, bool isFault, out Pfn folio, ref bool isMajor)
    {
        ref var frame = ref machine.Frames[found];
        if (frame.Has(PageFlags.Locked))
        {
            // The fault is dropped for the wait and done again, which makes it a major one.
            task.SwapIn.IsMajor = isMajor = true;
            var isStall = frame.Has(PageFlags.Workingset) && !frame.Has(PageFlags.UpToDate) && !task.Has(ProcessFlags.MemoryStall);
            frame.Set(PageFlags.Waiters);
            var depth = isFault ? SleepDepth.Killable : SleepDepth.Uninterruptible;
            machine.Scheduler.Sleep(task, Wait.ForUnlock(found, depth) with { IsMemoryStall = isStall });
            folio = Pfn.None;
            return StepResult.Wait;
        }

        if (frame.Order == 0 && frame.MapCount == 0)
        {
            // Read along, no one knew whose it was.
            frame.ChangeHead(task.SwapIn.MemoryId == 0 ? FrameOwner.Shmem : FrameOwner.Anonymous, 0);
        }

        machine.Lru.Get(found);
        folio = found;
        task.SwapIn = default;
        return StepResult.Done;
    }

    /// <summary>The cached folio of a slot, with what its being there says about the windows of readahead (swap_cache_get_folio).</summary>
    private Pfn Look(SwapEntry entry, Vma? area, ulong page)
    {
        var folio = cache.Find(entry);
        if (folio == Pfn.None || machine.Frames[folio].Order != 0)
        {
            return folio;
        }

        ref var frame = ref machine.Frames[folio];
        // Linux does not ask either whether the bit means Readahead or, while the page is written, Reclaim.
        var wasReadAhead = frame.TestClear(PageFlags.Readahead);
        if (area is not null && ReadsByArea)
        {
            var window = new VmaSwapReadahead(area.SwapReadahead);
            window.NoteCacheHit(page, wasReadAhead);
            area.SwapReadahead = window.Packed;
        }
        else if (wasReadAhead)
        {
            _window.NoteReadaheadHit();
        }

        machine.Events.Count(VmEvent.SwapRaHit, wasReadAhead ? 1u : 0);
        return folio;
    }

    /// <summary>Neighbours are looked for in the area while no device seeks.</summary>
    private bool ReadsByArea => machine.MmSettings.SwapReadaheadByArea && slots.RotationalAreas == 0;

    private void Plan(ref SwapInProgress progress, SwapEntry entry, MemoryDescriptor? mm, Vma? area, ulong page)
    {
        if (progress.IsReading)
        {
            return;
        }

        progress.IsReading = true;
        progress.IsByArea = mm is not null && area is not null && ReadsByArea;
        if (progress.IsByArea)
        {
            var window = new VmaSwapReadahead(area!.SwapReadahead);
            var range = window.PlanFault(page, machine.Tunables.PageCluster, area.StartPage, area.EndPage);
            area.SwapReadahead = window.Packed;
            (progress.Next, progress.End) = (range.FirstPage, range.EndPage);
        }
        else
        {
            var range = _window.PlanFault(entry.Offset, machine.Tunables.PageCluster, slots.AreaOf(entry).Slots);
            (progress.Next, progress.End) = (range.FirstSlot, range.EndSlot);
        }

        if (progress.End - progress.Next == 1)
        {
            progress.Next = progress.End;   // the page alone: nothing is read along
        }
    }

    /// <summary>Reads what was planned, the page itself in its place.</summary>
    /// <returns>False: the task must go through the slow path first.</returns>
    private bool TryReadAlong(Process task, MemoryDescriptor? mm)
    {
        ref var progress = ref task.SwapIn;
        if (progress.Next == progress.End)
        {
            return true;
        }

        for (; progress.Next < progress.End; progress.Next++)
        {
            var neighbour = progress.IsByArea ? EntryAt(mm!, progress.Next) : new SwapEntry(progress.Entry.Area, (uint)progress.Next);
            if (neighbour.IsNone)
            {
                continue;
            }

            if (!TryBringIn(task, neighbour, out var folio, out var isNew))
            {
                if (task.Allocation.IsPending)
                {
                    return false;
                }

                continue;
            }

            var isTarget = progress.Next == (progress.IsByArea ? progress.Page : progress.Entry.Offset);
            if (isNew && !isTarget)
            {
                machine.Frames[folio].Set(PageFlags.Readahead);
                machine.Events.Count(VmEvent.SwapRa);
            }

            machine.Lru.Put(folio);
        }

        machine.Lru.Drain();
        return true;
    }

    private SwapEntry EntryAt(MemoryDescriptor mm, ulong page)
    {
        var table = machine.Memory.Tables.FindPteTable(mm, page);
        if (table == Pfn.None)
        {
            return SwapEntry.None;
        }

        var entry = machine.Memory.Tables.Entries(table)[PageTables.IndexOf(page, PageTables.PteShift)];
        return entry.IsSwap ? entry.Swap : SwapEntry.None;
    }

    /// <summary>The folio of a slot, with a reference: the cached one, or a new one that is being read (__read_swap_cache_async).</summary>
    /// <returns>False: no entry names the slot any more, or there is no memory.</returns>
    private bool TryBringIn(Process task, SwapEntry entry, out Pfn folio, out bool isNew)
    {
        isNew = false;
        folio = cache.Find(entry);
        if (folio != Pfn.None)
        {
            machine.Lru.Get(folio);
            return true;
        }

        var area = slots.AreaOf(entry);
        if (area.EntriesOf(entry.Offset) == 0 || !machine.Allocator.TryAllocate(PageGfp, 0, FrameOwner.Anonymous, out folio))
        {
            return false;
        }

        area.EnterCache(entry.Offset);
        machine.Frames[folio].Set(PageFlags.Locked | PageFlags.SwapBacked);
        if (!cache.TryInsert(folio, entry, NodeGfp, out var shadow))
        {
            area.LeaveCache(entry.Offset);
            machine.Frames[folio].Clear(PageFlags.Locked);
            machine.Lru.Put(folio);
            return false;
        }

        machine.Lru.Get(folio);   // the cache's; the first one is the caller's
        task.Allocation.Reset(machine.Allocator);
        if (shadow != 0)
        {
            machine.Workingset.Refault(folio, shadow);
        }

        machine.Lru.Add(folio);
        machine.Cpus.SpendInKernel(machine.Costs.CacheInsert);
        machine.Cpus.CountPages(1);
        isNew = true;
        Read(task, folio, entry, area);
        return true;
    }

    /// <summary>Fills a new folio: at once with zeros, or from the disk.</summary>
    private void Read(Process task, Pfn folio, SwapEntry entry, SwapArea area)
    {
        ref var frame = ref machine.Frames[folio];
        if (area.IsZero(entry.Offset))
        {
            frame.Set(PageFlags.ZeroFilled | PageFlags.UpToDate);
            frame.Clear(PageFlags.Locked);
            machine.Events.Count(VmEvent.SwpinZero);
            machine.Paths.Count(ReachedPath.SwapInOfZeros);
            return;
        }

        machine.Events.Count(VmEvent.PSwpIn);
        machine.Paths.Count(ReachedPath.SwapInFromDevice);
        machine.Lru.Get(folio);   // the read's
        if (_runPages > 0 && entry != _runStart.Plus(_runPages))
        {
            Flush(task);
        }

        _runStart = _runPages == 0 ? entry : _runStart;
        _runPages++;
    }

    /// <summary>Sends the run of slots gathered to the disk.</summary>
    private void Flush(Process task)
    {
        if (_runPages == 0)
        {
            return;
        }

        var bytes = _runPages * (ulong)PageGeometry.PageBytes;
        var start = _runStart.Offset * (ulong)PageGeometry.PageBytes;
        machine.Disks.Submit(DiskRequestKind.SwapRead, slots.AreaOf(_runStart).Disk, start, _runStart.Area, _runStart.Offset, _runPages);
        task.ReadBytes += bytes;
        _runPages = 0;
    }
}
