// open(2): finds or makes a file, and gives the task a descriptor.
//
// A file made with a size lies on its disk from then on as if it had always done so: none of it is in memory. One made without is new:
// its place in the inode table and its directory entry are written.
//
// Models   Linux 6.12 fs/namei.c: do_open, lookup_open; fs/ext4/namei.c: ext4_create; fs/ext4/file.c: ext4_file_open.

using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Sched;

namespace VboxMem.Kernel.PageCache;

internal sealed class FileOpening(Machine machine)
{
    /// <summary>Largest number of descriptors of a process (fs.nr_open).</summary>
    private const int MostDescriptors = 1 << 20;

    private readonly FileSystems _files = machine.FileSystems;
    private readonly Truncation _truncation = new(machine);

    public StepResult Step(Process task, string path, OpenFlags flags, ulong bytes, out long answer)
    {
        answer = 0;
        var result = StepFind(task, path, flags, bytes, out var end, out var error);
        if (result != StepResult.Done)
        {
            return result;
        }

        if (error == SystemCallError.None && (flags & OpenFlags.Truncate) != 0 && _files.Inodes[end.Inode].Size > 0)
        {
            result = _truncation.Step(task, end.Inode, 0, out error);
            if (result != StepResult.Done)
            {
                return result;
            }
        }

        var descriptor = 0;
        if (error == SystemCallError.None)
        {
            error = TryOpen(task, end.Inode, flags, out descriptor);
        }

        answer = error == SystemCallError.None ? descriptor : SystemCalls.Answer(error);
        return StepResult.Done;
    }

    /// <summary>Makes a file that lies on its disk, or in a tmpfs, with this size. 0: no memory, or no space.</summary>
    public int TryPlace(in PathEnd end, string path, ulong bytes)
    {
        var isOnDisk = !_files.Mounts[end.Mount].IsTmpfs;
        var inode = _files.Walk.TryCreate(end, path, isOnDisk ? InodeKind.File : InodeKind.Shmem, isOnDisk);
        if (inode == 0)
        {
            return 0;
        }

        ref var file = ref _files.Inodes[inode];
        if (isOnDisk)
        {
            _files.Metadata.PlaceOnDisk(end.Directory, PathWalk.LastOf(path, end));
            var pages = (bytes + PageGeometry.PageBytes - 1) / PageGeometry.PageBytes;
            if (!FilePlacement.TryPlace(_files, ref file, pages, grows: false))
            {
                bytes = 0;   // the disk is full: an empty file
            }
        }

        file.Size = bytes;
        return inode;
    }

    /// <summary>Gives a task the lowest descriptor that is free for an open file.</summary>
    public static int GiveDescriptor(Process task, int file)
    {
        var descriptor = task.Files.IndexOf(0);
        if (descriptor >= 0)
        {
            task.Files[descriptor] = file;
            return descriptor;
        }

        task.Files.Add(file);
        return task.Files.Count - 1;
    }

    private StepResult StepFind(
        Process task, string path, OpenFlags flags, ulong bytes, out PathEnd end, out SystemCallError error)
    {
        var result = _files.Walk.Step(task, path, out end, out error);
        if (result != StepResult.Done || error != SystemCallError.None)
        {
            return result;
        }

        machine.Cpus.SpendInKernel(machine.Costs.NameLookup);
        if (end.Inode != 0)
        {
            var isWrong = _files.Inodes[end.Inode].IsDirectory && (flags & (OpenFlags.Write | OpenFlags.Truncate)) != 0;
            error = isWrong ? SystemCallError.IsDirectory : SystemCallError.None;
            return StepResult.Done;
        }

        if ((flags & OpenFlags.Create) == 0)
        {
            error = SystemCallError.NoEntry;
            if (end.Name != 0)
            {
                _files.Release.PutName(end.Name);
            }

            return StepResult.Done;
        }

        return StepCreate(task, path, bytes, ref end, out error);
    }

    private StepResult StepCreate(Process task, string path, ulong bytes, ref PathEnd end, out SystemCallError error)
    {
        error = SystemCallError.None;
        var system = _files.Mounts[end.Mount];
        var (table, entries) = (Pfn.None, Pfn.None);
        var name = PathWalk.LastOf(path, end);
        if (!system.IsTmpfs)
        {
            var result = StepMetadata(task, end, name, isNew: bytes == 0, out table, out entries, out error);
            if (result != StepResult.Done || error != SystemCallError.None)
            {
                return result;
            }
        }

        var inode = bytes > 0
            ? TryPlace(end, path, bytes)
            : _files.Walk.TryCreate(end, path, system.IsTmpfs ? InodeKind.Shmem : InodeKind.File, isOnDisk: !system.IsTmpfs);
        if (inode == 0)
        {
            error = SystemCallError.NoMemory;
            return StepResult.Done;
        }

        end = end with { Inode = inode, Name = _files.Inodes[inode].Name };
        if (bytes == 0)
        {
            machine.Cpus.SpendInKernel(machine.Costs.FileCreate);
            if (!system.IsTmpfs)
            {
                _files.Inodes[end.Directory].Size += Metadata.EntryBytes(name);
                _ = machine.Dirty.MarkDirty(table);
                _ = machine.Dirty.MarkDirty(entries);
            }
        }

        return StepResult.Done;
    }

    /// <summary>Brings what making a file changes on the disk into memory: the block of its inode, and that of its directory entry.</summary>
    private StepResult StepMetadata(
        Process task, in PathEnd end, string name, bool isNew, out Pfn table, out Pfn entries, out SystemCallError error)
    {
        entries = Pfn.None;
        error = SystemCallError.None;
        var result = _files.Metadata.NeedInode(task, end.Mount, _files.Mounts[end.Mount].NextInodeNumber, isNew, out table);
        if (result == StepResult.Done && table != Pfn.None && isNew)
        {
            result = _files.Metadata.GrowDirectory(task, end.Directory, Metadata.EntryBytes(name), out error);
            if (result == StepResult.Done && error == SystemCallError.None)
            {
                result = _files.Metadata.NeedDirectory(task, end.Directory, NameTable.HashOf(end.Directory, name), out entries);
            }
        }

        if (result == StepResult.Done && error == SystemCallError.None && (table == Pfn.None || (isNew && entries == Pfn.None)))
        {
            error = SystemCallError.NoMemory;
        }

        return result;
    }

    private SystemCallError TryOpen(Process task, int inode, OpenFlags flags, out int descriptor)
    {
        descriptor = 0;
        if (!task.Files.Contains(0) && task.Files.Count >= MostDescriptors)
        {
            return SystemCallError.TooManyFiles;
        }

        var isWritable = (flags & OpenFlags.Write) != 0;
        if ((isWritable && !_files.Release.TryAttachJournal(inode)) || !machine.Slabs["filp"].TryAllocate(GfpFlags.KernelAccount, out var memory))
        {
            return SystemCallError.NoMemory;
        }

        _files.Release.Hold(inode);
        var file = _files.Open.Make(new OpenFile
        {
            Inode = inode,
            References = 1,
            Flags = flags,
            Readahead = ReadaheadState.Fresh,
            Object = memory.Slab,
        });
        descriptor = GiveDescriptor(task, file);

        return SystemCallError.None;
    }
}
