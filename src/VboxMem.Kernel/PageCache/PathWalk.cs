// From a path to a name and its file, component by component: names in memory first, then the directory's blocks and the inode table.
//
// Models   Linux 6.12 fs/namei.c: walk_component, lookup_slow; fs/ext4/namei.c: ext4_lookup; fs/libfs.c: simple_lookup
//          (facts: reclaim, 8).
// Departs  an absent directory that a path goes through is there from the first walk on, as if it had always been.

using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Sched;

namespace VboxMem.Kernel.PageCache;

/// <summary>Where a walk ended.</summary>
/// <param name="Mount">File system.</param>
/// <param name="Directory">Inode of the last directory.</param>
/// <param name="Name">The last name; 0: nothing is kept of it (tmpfs keeps no negative names).</param>
/// <param name="Inode">The file; 0: there is none.</param>
/// <param name="LastStart">Where in the path the last component begins.</param>
internal readonly record struct PathEnd(int Mount, int Directory, int Name, int Inode, int LastStart);

internal sealed class PathWalk(Machine machine, FileSystems files)
{
    /// <summary>Walks a path. The names on it are in memory then, and stay there as long as nothing waits or allocates.</summary>
    /// <param name="task">Who walks; null: nobody can wait, and disks count as read.</param>
    /// <param name="path">Absolute.</param>
    /// <param name="end">The end, when the result is Done without an error.</param>
    /// <param name="error">NoMemory, or NoEntry where a file is taken for a directory.</param>
    public StepResult Step(Process? task, string path, out PathEnd end, out SystemCallError error)
    {
        var mount = files.MountOf(path, out var at);
        var directory = files.Mounts[mount].RootInode;
        error = SystemCallError.None;
        end = new PathEnd(mount, directory, 0, directory, at);
        while (TryNextComponent(path, ref at, out var start, out var length))
        {
            var isLast = IsAtEnd(path, at);
            if (end.Inode == 0 || !files.Inodes[end.Inode].IsDirectory)
            {
                error = SystemCallError.NoEntry;
                return StepResult.Done;
            }

            directory = end.Inode;
            var text = path.AsSpan(start, length);
            var name = files.Names.Find(directory, text);
            if (name == 0 || !files.Names[name].IsCached)
            {
                var result = StepLookUp(task, mount, directory, text, isLast, ref name, out error);
                if (result != StepResult.Done || error != SystemCallError.None)
                {
                    return result;
                }
            }

            end = new PathEnd(mount, directory, name, name == 0 ? 0 : files.Names[name].Inode, start);
        }

        return StepResult.Done;
    }

    /// <summary>A new file under a name, in core and named. The name must be in memory and lead nowhere, or be 0 (tmpfs).</summary>
    /// <returns>0: no memory; nothing has changed.</returns>
    public int TryCreate(in PathEnd at, string path, InodeKind kind, bool isOnDisk)
    {
        var name = at.Name;
        if (name == 0)
        {
            name = files.Names.Make(at.Directory, LastOf(path, at), at.Mount);
        }

        var inode = files.Inodes.Make(new Inode { Kind = kind, Mount = at.Mount, Links = 1, Name = name });
        if (!files.Release.TryLoad(inode) || (!files.Names[name].IsCached && !TryCacheFor(name, inode)))
        {
            Undo(at, name, inode);
            return 0;
        }

        ref var entry = ref files.Names[name];
        if (at.Name != 0)
        {
            files.Names.NegativeCount--;
        }

        (entry.Inode, entry.IsOnDisk) = (inode, isOnDisk);
        if (!entry.IsHashed)
        {
            files.Names.AddToHash(name);
        }

        if (isOnDisk)
        {
            files.Inodes[inode].Number = files.Mounts[at.Mount].TakeInodeNumber();
        }

        return inode;
    }

    public static string LastOf(string path, in PathEnd at) => path[at.LastStart..].TrimEnd('/');

    private bool TryCacheFor(int name, int inode)
    {
        files.Names[name].Inode = inode;
        if (files.Release.TryCache(name))
        {
            return true;
        }

        files.Names[name].Inode = 0;
        return false;
    }

    private void Undo(in PathEnd at, int name, int inode)
    {
        files.Inodes[inode].Name = 0;
        if (files.Inodes[inode].InCore)
        {
            files.Release.Evict(inode);
        }

        files.Inodes.Free(inode);
        if (at.Name == 0)
        {
            files.Names.Free(name);
        }
    }

    private static bool TryNextComponent(string path, ref int at, out int start, out int length)
    {
        while (at < path.Length && path[at] == '/')
        {
            at++;
        }

        start = at;
        while (at < path.Length && path[at] != '/')
        {
            at++;
        }

        length = at - start;
        return length > 0;
    }

    private static bool IsAtEnd(string path, int at) => path.AsSpan(at).TrimStart('/').IsEmpty;

    /// <summary>A name that is not in memory: finds out, and gives it a dentry (of a tmpfs, only if it exists).</summary>
    private StepResult StepLookUp(
        Process? task, int mount, int directory, ReadOnlySpan<char> text, bool isLast, ref int name, out SystemCallError error)
    {
        error = SystemCallError.None;
        if (files.Mounts[mount].IsTmpfs)
        {
            if (!isLast)
            {
                name = TryMakeDirectory(mount, directory, text);
                error = name == 0 ? SystemCallError.NoMemory : SystemCallError.None;
            }

            return StepResult.Done;
        }

        if (name == 0 && !isLast)
        {
            name = PlaceOnDisk(directory, text, mount, InodeKind.Directory, size: 0);
        }

        if (task is not null)
        {
            var result = Read(task, mount, directory, text, name, out error);
            if (result != StepResult.Done || error != SystemCallError.None)
            {
                return result;
            }
        }

        machine.Cpus.SpendInKernel(machine.Costs.NameLookup);
        error = TryCacheFound(directory, text, mount, ref name) ? SystemCallError.None : SystemCallError.NoMemory;
        return StepResult.Done;
    }

    private StepResult Read(Process task, int mount, int directory, ReadOnlySpan<char> text, int name, out SystemCallError error)
    {
        error = SystemCallError.None;
        var isEmpty = files.Inodes[directory].PlacedPages == 0;
        var result = files.Metadata.NeedDirectory(task, directory, NameTable.HashOf(directory, text), out var block);
        if (result == StepResult.Done && (block != Pfn.None || isEmpty))
        {
            if (name == 0 || files.Inodes[files.Names[name].Inode].InCore)
            {
                return StepResult.Done;
            }

            result = files.Metadata.NeedInode(task, mount, files.Inodes[files.Names[name].Inode].Number, isNew: false, out block);
        }

        error = result == StepResult.Done && block == Pfn.None ? SystemCallError.NoMemory : SystemCallError.None;
        return result;
    }

    private bool TryCacheFound(int directory, ReadOnlySpan<char> text, int mount, ref int name)
    {
        if (name != 0)
        {
            return files.Release.TryLoad(files.Names[name].Inode) && files.Release.TryCache(name);
        }

        var negative = files.Names.Make(directory, new string(text), mount);
        if (!files.Release.TryCache(negative))
        {
            files.Names.Free(negative);
            return false;
        }

        files.Names.AddToHash(negative);
        name = negative;
        return true;
    }

    /// <summary>Puts a file on a disk as if it had always been there: a name and an inode, neither of them in memory.</summary>
    private int PlaceOnDisk(int directory, ReadOnlySpan<char> text, int mount, InodeKind kind, ulong size)
    {
        var name = files.Names.Make(directory, new string(text), mount);
        var number = files.Mounts[mount].TakeInodeNumber();
        var inode = files.Inodes.Make(new Inode { Kind = kind, Mount = mount, Number = number, Links = 1, Name = name, Size = size });
        (files.Names[name].Inode, files.Names[name].IsOnDisk) = (inode, true);
        files.Names.AddToHash(name);
        files.Metadata.PlaceOnDisk(directory, files.Names[name].Text!);
        return name;
    }

    private int TryMakeDirectory(int mount, int directory, ReadOnlySpan<char> text)
    {
        var path = new string(text);
        var inode = TryCreate(new PathEnd(mount, directory, 0, 0, 0), path, InodeKind.ShmemDirectory, isOnDisk: false);
        return inode == 0 ? 0 : files.Inodes[inode].Name;
    }
}
