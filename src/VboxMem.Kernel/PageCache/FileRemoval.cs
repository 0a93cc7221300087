// unlink(2): a file loses its name; without users it goes at once, else when the last one lets go of it (an orphan).
//
// Models   Linux 6.12 fs/namei.c: vfs_unlink; fs/dcache.c: d_delete; fs/ext4/namei.c: ext4_unlink.

using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Sched;

namespace VboxMem.Kernel.PageCache;

internal sealed class FileRemoval(Machine machine)
{
    private readonly FileSystems _files = machine.FileSystems;
    private readonly Truncation _truncation = new(machine);

    public StepResult Step(Process task, string path, out long answer)
    {
        answer = 0;
        var result = _files.Walk.Step(task, path, out var end, out var error);
        if (result != StepResult.Done)
        {
            return result;
        }

        if (error == SystemCallError.None)
        {
            error = end.Inode == 0 ? SystemCallError.NoEntry
                : _files.Inodes[end.Inode].IsDirectory ? SystemCallError.IsDirectory
                : SystemCallError.None;
        }

        if (error == SystemCallError.None)
        {
            result = StepRemove(task, end, out error);
        }

        answer = SystemCalls.Answer(error);
        return result;
    }

    private StepResult StepRemove(Process task, in PathEnd end, out SystemCallError error)
    {
        error = SystemCallError.None;
        ref var file = ref _files.Inodes[end.Inode];
        if (file.Kind == InodeKind.File)
        {
            var result = StepMetadata(task, end, out error);
            if (result != StepResult.Done || error != SystemCallError.None)
            {
                return result;
            }
        }

        if (file.Holds == 0 && _truncation.StepCut(task, end.Inode, 0) is var cut and not StepResult.Done)
        {
            return cut;   // a large file goes bit by bit; no one can open it in its end
        }

        machine.Cpus.SpendInKernel(machine.Costs.NameLookup);
        RemoveName(end.Name, end.Inode);
        return StepResult.Done;
    }

    private StepResult StepMetadata(Process task, in PathEnd end, out SystemCallError error)
    {
        error = SystemCallError.None;
        ref var name = ref _files.Names[end.Name];
        var result = _files.Metadata.NeedInode(task, end.Mount, _files.Inodes[end.Inode].Number, isNew: false, out var table);
        if (result != StepResult.Done || table == Pfn.None)
        {
            error = result == StepResult.Done ? SystemCallError.NoMemory : SystemCallError.None;
            return result;
        }

        result = _files.Metadata.NeedDirectory(task, end.Directory, name.Hash, out var entries);
        if (result == StepResult.Done && entries != Pfn.None)
        {
            _ = machine.Dirty.MarkDirty(table);
            _ = machine.Dirty.MarkDirty(entries);
        }
        else if (result == StepResult.Done)
        {
            error = SystemCallError.NoMemory;
        }

        return result;
    }

    private void RemoveName(int name, int inode)
    {
        ref var removed = ref _files.Names[name];
        ref var file = ref _files.Inodes[inode];
        if (removed.IsOnDisk)
        {
            _files.Inodes[removed.Parent].Size -= Metadata.EntryBytes(removed.Text!);
        }

        removed.IsOnDisk = false;
        file.Links = 0;
        if (file.Holds > 0)
        {
            // The dentry stays with the file, out of everyone's sight.
            _files.Names.RemoveFromHash(name);
            if (_files.Names.Unused.Holds(name))
            {
                _files.Names.Unused.Remove(name);
            }

            return;
        }

        // The dentry stays and says that there is no such file; tmpfs keeps none.
        var isTmpfs = file.IsTmpfs;
        removed.Inode = 0;
        _files.Names.NegativeCount++;
        file.Name = 0;
        _files.Release.Destroy(inode);
        if (isTmpfs)
        {
            _ = _files.Release.KillName(name);
        }
        else
        {
            _files.Release.PutName(name);
        }
    }
}
