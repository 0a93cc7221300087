// Emptying a swap area: every page it holds is read back and takes the place of the entries that name it.
//
//   check, no more slots handed out --> files of tmpfs --> page tables --> what only the cache has --+--> gone
//                                   ^                                                                |
//                                   +---------------- slots are still used --------------------------+
//
// While it runs, the caller is the OOM killer's first choice. If it is killed, or there is no memory, the area is put into use again.
//
// Units    of the task's progress: Phase; Position is the file or descriptor, Done the page in it, or the slot, to go on at.
// Models   Linux 6.12 mm/swapfile.c: swapoff, try_to_unuse, unuse_pte_range, unuse_pte; mm/shmem.c: shmem_unuse (facts: reclaim, 6.5).
// Departs  files and descriptors are looked through by number, not in the order in which they first swapped.

using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.PageCache;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Kernel.Swap;

internal sealed class SwapOff(Machine machine, SwapSlots slots, SwapCache cache, SwapIn swapIn, SwapOn on)
{
    private const int Begin = 0;
    private const int FilesPhase = 1;
    private const int PageTablesPhase = 2;
    private const int CachePhase = 3;

    /// <summary>Does some of a task's swapoff. The request's Path is the disk's file, or null and A is the area, which it is from the first step on.</summary>
    public StepResult Step(Process task, out long answer)
    {
        if (task.Progress.Phase == Begin)
        {
            answer = SystemCalls.Answer(TryBegin(task));
            return answer == 0 ? StepResult.Continue : StepResult.Done;
        }

        answer = 0;
        var area = slots.Areas[(int)task.Request.A]!;
        if (area.UsedSlots == 0)
        {
            task.Group.IsOomOrigin = false;
            machine.Paths.Count(ReachedPath.SwapOffEmptied);
            on.Remove(area);
            return StepResult.Done;
        }

        if (SignalDelivery.HasHandled(task))
        {
            return Fail(task, SystemCallError.Interrupted, out answer);
        }

        var result = task.Progress.Phase switch
        {
            FilesPhase => WalkFiles(task, area),
            PageTablesPhase => WalkPageTables(task, area),
            _ => SweepCache(task, area),
        };
        return result == StepResult.Done ? Fail(task, SystemCallError.NoMemory, out answer) : result;
    }

    /// <summary>The caller was killed: puts the area into use again.</summary>
    public void Cancel(Process task)
    {
        if (task.Progress.Phase != Begin)
        {
            machine.Paths.Count(ReachedPath.SwapOffCancelled);
            PutBack(task);
        }
    }

    private void PutBack(Process task)
    {
        task.Group.IsOomOrigin = false;
        var area = slots.Areas[(int)task.Request.A]!;
        slots.Enable(area, area.Priority);
    }

    private SystemCallError TryBegin(Process task)
    {
        if (task.Request.Path is { } path)
        {
            var disk = on.DiskOf(path);
            if (disk < 0 || on.AreaOn(disk) is not { } there)
            {
                return disk < 0 ? SystemCallError.NoEntry : SystemCallError.Invalid;
            }

            task.Request = task.Request with { A = (ulong)there.Index };
        }

        if (task.Request.A >= SwapSlots.MostAreas || slots.Areas[(int)task.Request.A] is not { IsWritable: true } area)
        {
            return SystemCallError.Invalid;
        }

        if (!machine.Memory.TryCommit(task, area.UsablePages))
        {
            return SystemCallError.NoMemory;
        }

        machine.Memory.Uncommit(area.UsablePages);
        slots.Disable(area);
        task.Group.IsOomOrigin = true;
        task.Progress = new RequestProgress { Phase = FilesPhase };
        return SystemCallError.None;
    }

    private StepResult Fail(Process task, SystemCallError error, out long answer)
    {
        machine.Paths.Count(ReachedPath.SwapOffFailed);
        PutBack(task);
        answer = SystemCalls.Answer(error);
        return StepResult.Done;
    }

    /// <summary>Reads back what files of tmpfs have in the area, one page at a time.</summary>
    /// <returns>Done: there is no memory.</returns>
    private StepResult WalkFiles(Process task, SwapArea area)
    {
        ref var progress = ref task.Progress;
        machine.Cpus.CountPages(1);
        var inode = FindFile(progress.Position);
        if (inode == 0)
        {
            progress = new RequestProgress { Phase = PageTablesPhase };
            return StepResult.Continue;
        }

        if ((ulong)inode != progress.Position)
        {
            (progress.Position, progress.Done) = ((ulong)inode, 0);
        }

        var tree = machine.FileSystems.Inodes[inode].Tree;
        while (machine.PageCache.Trees.TryNext(tree, progress.Done, ulong.MaxValue, out var index, out var entry))
        {
            progress.Done = index;
            if (!entry.IsValue || entry.SwapEntry.Area != area.Index)
            {
                progress.Done++;
                continue;
            }

            var result = machine.FilePages.Fault(task, inode, index, VmaFlags.None, out var folio, out _);
            if (result != StepResult.Done)
            {
                return result;
            }

            if (folio == Pfn.None)
            {
                return task.Allocation.IsPending ? StepResult.Continue : StepResult.Done;
            }

            machine.Lru.Put(folio);
            progress.Done++;
            return StepResult.Continue;
        }

        (progress.Position, progress.Done) = (progress.Position + 1, 0);
        return StepResult.Continue;
    }

    /// <summary>The first tmpfs file from a number on that has something in swap; 0: none.</summary>
    private int FindFile(ulong from)
    {
        var inodes = machine.FileSystems.Inodes;
        for (var inode = (int)Math.Max(from, 1); inode < inodes.End; inode++)
        {
            if (inodes[inode] is { Kind: InodeKind.Shmem, InCore: true, SwappedPages: > 0 })
            {
                return inode;
            }
        }

        return 0;
    }

    /// <summary>Reads back what page tables name, one table at a time.</summary>
    /// <returns>Done: there is no memory.</returns>
    private StepResult WalkPageTables(Process task, SwapArea area)
    {
        ref var progress = ref task.Progress;
        machine.Cpus.CountPages(1);
        if (FindMemory(progress.Position) is not { } mm)
        {
            progress = new RequestProgress { Phase = CachePhase, Done = 1 };
            return StepResult.Continue;
        }

        if ((ulong)mm.Id != progress.Position)
        {
            (progress.Position, progress.Done) = ((ulong)mm.Id, 0);
        }

        if (mm.FindAtOrAbove(progress.Done) is not { } vma)
        {
            (progress.Position, progress.Done) = (progress.Position + 1, 0);
            return StepResult.Continue;
        }

        var page = Math.Max(progress.Done, vma.StartPage);
        var end = Math.Min(vma.EndPage, (page | (PageTables.PagesPerPteTable - 1)) + 1);
        var table = vma.AnonVmas.Count > 0 ? machine.Memory.Tables.FindPteTable(mm, page) : Pfn.None;
        for (; table != Pfn.None && page < end; page++)
        {
            ref var entry = ref machine.Memory.Tables.Entries(table)[PageTables.IndexOf(page, PageTables.PteShift)];
            if (!entry.IsSwap || entry.Swap.Area != area.Index)
            {
                continue;
            }

            progress.Done = page;
            var result = ReadBack(task, mm, vma, page, ref entry);
            if (result != StepResult.Continue)
            {
                return result;
            }

            if (machine.Cpus.IsTurnOver)
            {
                end = page + 1;
            }
        }

        progress.Done = end;
        return StepResult.Continue;
    }

    /// <summary>The first descriptor from a number on that has something in swap.</summary>
    private MemoryDescriptor? FindMemory(ulong from)
    {
        foreach (var mm in machine.Memory.All)
        {
            if ((ulong)mm.Id >= from && mm.SwapEntryPages > 0)
            {
                return mm;
            }
        }

        return null;
    }

    /// <summary>Maps the page of a swap entry in its place, not accessed and not writable.</summary>
    /// <returns>Wait: not yet; Done: there is no memory.</returns>
    private StepResult ReadBack(Process task, MemoryDescriptor mm, Vma vma, ulong page, ref PageTableEntry entry)
    {
        var slot = entry.Swap;
        var result = swapIn.Step(task, slot, mm, vma, page, isFault: false, out var folio, out _);
        if (result != StepResult.Done || folio == Pfn.None)
        {
            return result;
        }

        if (WaitsForWriteback(task, folio))
        {
            machine.Lru.Put(folio);
            return StepResult.Wait;
        }

        var frameOfPage = folio.Plus(slot.Offset - SwapEntry.Unpack(machine.Frames[folio].Private).Offset);
        var isExclusive = entry.Has(EntryBits.WriteThrough);
        ref var frame = ref machine.Frames[folio];
        if (frame.OwnerId == 0)
        {
            FolioMapping.SetAnon(ref frame, vma, page);
            if (!isExclusive)
            {
                // The oldest anon_vma reaches all who may map it.
                frame.OwnerId = (uint)machine.ReverseMap.Anons[vma.AnonVmas[^1]].Root;
            }
        }

        machine.Frames[frameOfPage].Set(isExclusive ? PageFlags.AnonExclusive : 0);
        FolioMapping.Add(machine, frameOfPage, vma);   // its reference is the one that SwapIn took
        mm.SwapEntryPages--;
        mm.RssAnonPages++;
        var bits = AreaProtection.Of(vma, isWritable: false) & ~EntryBits.Accessed;
        bits |= ZeroContent.MarkOf(machine.Frames[frameOfPage]);
        entry = PageTableEntry.Of(frameOfPage, bits | (entry.Has(EntryBits.Writable) ? EntryBits.SoftDirty : 0));
        machine.Swap.FreeKeepingCache(slot);
        machine.Swap.TryFreeSlot(folio);
        machine.Cpus.CountPages(1);
        return StepResult.Continue;
    }

    /// <summary>Drops what nothing but the swap cache has. Then, if slots are still used, all begins again.</summary>
    private StepResult SweepCache(Process task, SwapArea area)
    {
        ref var progress = ref task.Progress;
        var slot = progress.Done < area.Slots ? area.NextUsed((uint)progress.Done) : 0;
        if (slot == 0)
        {
            // Entries that are left belong to a task that is exiting, or came into being behind the walk.
            progress = new RequestProgress { Phase = FilesPhase };
            machine.Cpus.CountPages(CpuContext.MostPagesInTurn);
            return StepResult.Continue;
        }

        machine.Cpus.CountPages(1);
        progress.Done = slot;
        var folio = cache.Find(new SwapEntry(area.Index, slot));
        if (folio != Pfn.None)
        {
            if (WaitsForLock(task, folio) || WaitsForWriteback(task, folio))
            {
                return StepResult.Wait;
            }

            machine.Lru.Get(folio);
            machine.Swap.TryFreeSlot(folio);
            machine.Lru.Put(folio);
        }

        progress.Done = slot + 1;
        return StepResult.Continue;
    }

    private bool WaitsForLock(Process task, Pfn folio) =>
        Waits(task, folio, PageFlags.Locked, Wait.ForUnlock(folio, SleepDepth.Uninterruptible));

    private bool WaitsForWriteback(Process task, Pfn folio) =>
        Waits(task, folio, PageFlags.Writeback, Wait.ForWriteback(folio, SleepDepth.Uninterruptible));

    private bool Waits(Process task, Pfn folio, PageFlags flag, in Wait wait)
    {
        ref var frame = ref machine.Frames[folio];
        if (!frame.Has(flag))
        {
            return false;
        }

        frame.Set(PageFlags.Waiters);
        machine.Scheduler.Sleep(task, wait);
        return true;
    }
}
