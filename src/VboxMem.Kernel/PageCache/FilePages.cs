// What others than system calls need of files: pages for faults, the ends of reads, places on disks, inodes of mapped areas.

using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Sched;

namespace VboxMem.Kernel.PageCache;

internal sealed class FilePages(Machine machine)
{
    private readonly FileFault _fault = new(machine);
    private readonly FileOpening _opening = new(machine);

    /// <summary>
    /// The up-to-date folio of a page for a fault (filemap_fault, shmem_fault): reads ahead or around, waits for I/O.
    /// Wait: the task sleeps or allocates; call again. Done with None: beyond the end of the file, or an error (SIGBUS).
    /// A returned folio has one more reference, the caller's.
    /// </summary>
    /// <param name="task">The faulting task.</param>
    /// <param name="inode">The file.</param>
    /// <param name="index">The page.</param>
    /// <param name="advice">RandomRead and SequentialRead of the area.</param>
    /// <param name="folio">The folio, when the result is Done.</param>
    /// <param name="isMajor">It had to be read, in this call or the one before it was waited for. pgmajfault is counted here.</param>
    public StepResult Fault(Process task, int inode, ulong index, Virtual.VmaFlags advice, out Pfn folio, out bool isMajor) =>
        _fault.Step(task, inode, index, advice, out folio, out isMajor);

    /// <summary>Size of a file in pages, rounded up: pages at or above it are beyond its end.</summary>
    public ulong SizePages(int inode) => machine.FileSystems.Inodes[inode].SizePages;

    /// <summary>Makes the inode of shared anonymous memory (or memfd): in tmpfs, unlinked, promised whole unless told otherwise. 0: no memory.</summary>
    /// <param name="bytes">Its size.</param>
    /// <param name="isReserved">False (MAP_NORESERVE): pages are promised one by one as they are made.</param>
    public int CreateShmem(ulong bytes, bool isReserved = true)
    {
        var files = machine.FileSystems;
        var pages = (long)((bytes + PageGeometry.PageBytes - 1) / PageGeometry.PageBytes);
        if (isReserved && !machine.Memory.TryCommit(machine.Scheduler.CurrentTask, pages))
        {
            return 0;
        }

        var inode = files.Inodes.Make(new Inode { Kind = InodeKind.Shmem, Mount = -1, Size = bytes, IsCommittedWhole = isReserved });
        if (files.Release.TryLoad(inode))
        {
            return inode;
        }

        files.Inodes.Free(inode);
        if (isReserved)
        {
            machine.Memory.Uncommit(pages);
        }

        return 0;
    }

    /// <summary>Holds and lets go of an inode: each area that maps it holds it once.</summary>
    public void Hold(int inode) => machine.FileSystems.Release.Hold(inode);

    public void LetGo(int inode) => machine.FileSystems.Release.LetGo(inode);

    /// <summary>The inode of the task's descriptor; 0: not open.</summary>
    public int InodeOf(Process task, int descriptor)
    {
        var file = FileCalls.FileOf(task, descriptor);
        return file == 0 ? 0 : machine.FileSystems.Open[file].Inode;
    }

    /// <summary>The inode of a path, made with this size if it is not there (exec images). 0: no memory. It is held by nothing yet.</summary>
    public int Resolve(string path, ulong bytes)
    {
        var walk = machine.FileSystems.Walk.Step(null, path, out var end, out var error);
        Invariant.Holds(walk == StepResult.Done);
        if (error != SystemCallError.None)
        {
            return 0;
        }

        return end.Inode != 0 ? end.Inode : _opening.TryPlace(end, path, bytes);
    }

    public bool IsShmem(int inode) => machine.FileSystems.Inodes[inode].Kind == InodeKind.Shmem;

    /// <summary>A read of the disk is done: its pages are up to date and unlocked.</summary>
    public void ReadDone(in Block.DiskRequest request)
    {
        for (var index = request.Index; index < request.Index + request.Pages; index++)
        {
            var folio = machine.PageCache.Find(request.Id, index);
            Invariant.Holds(folio != Pfn.None);
            machine.Frames[folio].Set(PageFlags.UpToDate);
            machine.Lru.UnlockPage(folio);
            IoDone(folio);
            machine.Lru.Put(folio);
        }
    }

    /// <summary>To be called at the end of each page's I/O, before the I/O's reference goes: a removed file's page goes now.</summary>
    public void IoDone(Pfn folio)
    {
        if (machine.Frames[folio].Has(PageFlags.Orphaned))
        {
            machine.FileSystems.Release.FinishOrphan(folio);
        }
    }

    /// <summary>The disk a file is on; -1: on none (tmpfs).</summary>
    public int DiskOf(int inode)
    {
        ref var file = ref machine.FileSystems.Inodes[inode];
        return file.Kind == InodeKind.None ? -1 : machine.FileSystems.DiskOf(file);
    }

    /// <summary>Where a page of a file lies on its disk, in bytes.</summary>
    public ulong PlaceOf(int inode, ulong index) =>
        FilePlacement.PlaceOf(machine.FileSystems, machine.FileSystems.Inodes[inode], index, out _);
}
