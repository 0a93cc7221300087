// mmap: finds a place, clears it if it is fixed, maps, and faults the pages in if asked to.
//
//   Progress: Phase as below; Extra the first page once a place is found; Position within the range.
//
// Models   Linux 6.12 mm/mmap.c: do_mmap, mmap_region, accountable_mapping (facts: virtual memory, 1.3, 1.4, 4).
// Departs  files are taken to be open for reading and writing; a fixed mapping's promise is asked for before and made after what
//          it replaces has gone.

using VboxMem.Kernel.Sched;

namespace VboxMem.Kernel.Virtual;

internal sealed class Mmap(Machine machine, Unmapping unmapping, Populate populate)
{
    private const int Place = 0;
    private const int Clear = 1;
    private const int Map = 2;
    internal const int FaultIn = 3;

    public StepResult Step(Process task, out long answer)
    {
        answer = 0;
        var mm = machine.Memory[task.MemoryId];
        var error = SystemCallError.None;
        ref var progress = ref task.Progress;
        if (progress.Phase == Place && !TryPlace(task, mm, ref progress, out error))
        {
            answer = SystemCalls.Answer(error);
            return StepResult.Done;
        }

        var start = progress.Extra;
        var end = start + UserSpace.PagesFor(task.Request.A);
        if (progress.Phase == Clear)
        {
            if (!unmapping.Zap(mm, ref progress.Position, end))
            {
                return StepResult.Continue;
            }

            unmapping.Finish(mm, start, end);
            progress.Phase = Map;
        }

        if (progress.Phase == Map)
        {
            if (!TryMap(task, mm, start, end, out error))
            {
                answer = SystemCalls.Answer(error);
                return StepResult.Done;
            }

            progress.Phase = FaultIn;
            progress.Position = start;
            task.Allocation.Reset(machine.Allocator);
        }

        answer = (long)UserSpace.AddressOf(start);
        return MustPopulate(task, mm, start)
            ? populate.Step(task, mm, ref progress.Position, end, PopulateKind.Willing, out _)
            : StepResult.Done;
    }

    private static MapFlags FlagsOf(Process task) => (MapFlags)task.Request.B & MapFlags.All;

    private static bool MustPopulate(Process task, MemoryDescriptor mm, ulong start) =>
        (FlagsOf(task) & MapFlags.Populate) != 0 || mm.Find(start) is { } area && area.Has(VmaFlags.Locked);

    private bool TryPlace(Process task, MemoryDescriptor mm, ref RequestProgress progress, out SystemCallError error)
    {
        error = Check(task, mm, out var inode);
        if (error != SystemCallError.None)
        {
            return false;
        }

        var flags = FlagsOf(task);
        var pages = UserSpace.PagesFor(task.Request.A);
        var wanted = task.Request.B >> UserSpace.PageShift;
        error = SystemCallError.NoMemory;
        if ((flags & (MapFlags.Fixed | MapFlags.FixedNoReplace)) == 0)
        {
            wanted = wanted == 0 ? 0 : Math.Max(wanted, UserSpace.PagesFor(machine.Tunables.MmapMinAddress));
            if (!AddressSearch.TryFind(mm, pages, wanted, FileIndexOf(task, inode), IsAligned(task, inode, pages), out progress.Extra))
            {
                return false;
            }
        }
        else if (wanted + pages > mm.EndPage)
        {
            return false;
        }
        else
        {
            progress.Extra = wanted;
        }

        if (task.Uid != 0 && progress.Extra << UserSpace.PageShift < machine.Tunables.MmapMinAddress)
        {
            error = SystemCallError.NotPermitted;
            return false;
        }

        if ((flags & MapFlags.Locked) != 0 && !task.Group.Limits.AllowsLocking(task.Uid))
        {
            error = SystemCallError.NotPermitted;
            return false;
        }

        if (!task.Group.Limits.AllowsLocking(task.Uid, mm, FlagsFor(task, mm), pages))
        {
            error = SystemCallError.Again;
            return false;
        }

        if (!task.Group.Limits.AllowsMapping(mm, pages)
            && !task.Group.Limits.AllowsMapping(mm, pages - PagesWithin(mm, progress.Extra, progress.Extra + pages)))
        {
            error = SystemCallError.NoMemory;
            return false;
        }

        return TryMakeRoom(task, mm, ref progress, pages, out error);
    }

    private bool TryMakeRoom(Process task, MemoryDescriptor mm, ref RequestProgress progress, ulong pages, out SystemCallError error)
    {
        var (start, end) = (progress.Extra, progress.Extra + pages);
        error = SystemCallError.None;
        progress.Phase = Map;
        if (mm.FindAtOrAbove(start) is not { } first || first.StartPage >= end)
        {
            return true;
        }

        if ((FlagsOf(task) & MapFlags.FixedNoReplace) != 0)
        {
            error = SystemCallError.Exists;
        }
        else if (!unmapping.TryPrepare(mm, start, end) || !CouldCommit(task, mm, start, end))
        {
            error = SystemCallError.NoMemory;
        }

        progress.Phase = error == SystemCallError.None ? Clear : Place;
        progress.Position = start;
        return error == SystemCallError.None;
    }

    private SystemCallError Check(Process task, MemoryDescriptor mm, out int inode)
    {
        var flags = FlagsOf(task);
        inode = 0;
        if (task.Request.A == 0 || ((flags & MapFlags.GrowsDown) != 0 && (flags & (MapFlags.Shared | MapFlags.Anonymous)) != MapFlags.Anonymous))
        {
            return SystemCallError.Invalid;
        }

        if (task.Request.A > mm.End || mm.Areas.Count > machine.Tunables.MaxMapCount)
        {
            return SystemCallError.NoMemory;
        }

        if ((flags & MapFlags.Anonymous) != 0)
        {
            return SystemCallError.None;
        }

        inode = machine.FilePages.InodeOf(task, (int)task.Request.C);
        if (inode == 0)
        {
            return SystemCallError.BadDescriptor;
        }

        return UserSpace.IsPageAligned(task.Request.D) ? SystemCallError.None : SystemCallError.Invalid;
    }

    private static ulong FileIndexOf(Process task, int inode) => inode == 0 ? 0 : UserSpace.PageOf(task.Request.D);

    /// <summary>Private anonymous memory of whole 2 MiB, and files on disks as large, are placed so that huge pages fit.</summary>
    private bool IsAligned(Process task, int inode, ulong pages)
    {
        var flags = FlagsOf(task);
        if ((flags & MapFlags.Anonymous) != 0)
        {
            return (flags & MapFlags.Shared) == 0 && pages % PageTables.PagesPerPteTable == 0;
        }

        return !machine.FilePages.IsShmem(inode);
    }

    private VmaFlags FlagsFor(Process task, MemoryDescriptor mm)
    {
        var flags = FlagsOf(task);
        var area = AreaRights.Of(flags) | AreaRights.May | VmaFlags.SoftDirty | mm.DefaultFlags;
        area |= (flags & MapFlags.Shared) != 0 ? VmaFlags.Shared | VmaFlags.MayShare : 0;
        area |= (flags & MapFlags.GrowsDown) != 0 ? VmaFlags.GrowsDown : 0;
        area |= (flags & MapFlags.Locked) != 0 ? VmaFlags.Locked : 0;
        area |= (flags & MapFlags.Stack) != 0 ? VmaFlags.NoHugePage : 0;
        if ((flags & MapFlags.NoReserve) != 0 && machine.Tunables.OvercommitMemory != (int)OvercommitMode.Never)
        {
            area |= VmaFlags.NoReserve;
        }

        return AreaRights.MustAccount(area) ? area | VmaFlags.Account : area;
    }

    /// <summary>Pages of a range that are mapped already, which a fixed mapping replaces (count_vma_pages_range).</summary>
    private static ulong PagesWithin(MemoryDescriptor mm, ulong start, ulong end)
    {
        var pages = 0UL;
        for (var at = mm.IndexAtOrAbove(start); at < mm.Areas.Count && mm.Areas[at].StartPage < end; at++)
        {
            pages += Math.Min(end, mm.Areas[at].EndPage) - Math.Max(start, mm.Areas[at].StartPage);
        }

        return pages;
    }

    /// <summary>Would the promise be made, less what the replaced areas have been promised?</summary>
    private bool CouldCommit(Process task, MemoryDescriptor mm, ulong start, ulong end)
    {
        if ((FlagsFor(task, mm) & VmaFlags.Account) == 0)
        {
            return true;
        }

        var more = (long)(end - start);
        for (var at = mm.IndexAtOrAbove(start); at < mm.Areas.Count && mm.Areas[at].StartPage < end; at++)
        {
            more -= mm.Areas[at].IsAccounted ? (long)mm.Areas[at].Pages : 0;
        }

        if (!machine.Memory.TryCommit(task, more))
        {
            return false;
        }

        machine.Memory.Commit(-more);
        return true;
    }

    private bool TryMap(Process task, MemoryDescriptor mm, ulong start, ulong end, out SystemCallError error)
    {
        var flags = FlagsFor(task, mm);
        var promised = (flags & VmaFlags.Account) != 0 ? (long)(end - start) : 0;
        error = SystemCallError.NoMemory;
        if (promised > 0 && !machine.Memory.TryCommit(task, promised))
        {
            return false;
        }

        if (!TryFindInode(task, flags, out var inode))
        {
            machine.Memory.Uncommit(promised);
            return false;
        }

        var index = (FlagsOf(task) & MapFlags.Anonymous) == 0 ? FileIndexOf(task, inode) : inode == 0 ? start : 0;
        var isMapped = machine.Memory.Areas.TryMap(mm, new AreaDescription(start, end, flags, inode, index), out _);
        if (inode != 0)
        {
            machine.FilePages.LetGo(inode);
        }

        if (!isMapped)
        {
            machine.Memory.Uncommit(promised);
            return false;
        }

        error = SystemCallError.None;
        return true;
    }

    /// <summary>The inode to map, held once; a new one for shared anonymous memory, none for private.</summary>
    private bool TryFindInode(Process task, VmaFlags flags, out int inode)
    {
        inode = 0;
        if ((FlagsOf(task) & MapFlags.Anonymous) == 0)
        {
            inode = machine.FilePages.InodeOf(task, (int)task.Request.C);
            machine.FilePages.Hold(inode);
        }
        else if ((flags & VmaFlags.Shared) != 0)
        {
            var isReserved = (flags & VmaFlags.NoReserve) == 0;
            inode = machine.FilePages.CreateShmem(UserSpace.AddressOf(UserSpace.PagesFor(task.Request.A)), isReserved);
            if (inode == 0)
            {
                return false;
            }

            machine.FilePages.Hold(inode);
        }

        return true;
    }
}
