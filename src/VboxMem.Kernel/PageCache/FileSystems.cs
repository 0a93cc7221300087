// Everything about files but their pages: mounts, inodes, names, places on disks, open files.
//
// The longest mount path that a path begins with is its file system; what mounts need in slabs is part of the boot population.
//
// Departs  no hard links, no symbolic links, no permissions; directories that a path goes through exist as if they had always been
//          there (on a disk, they must be read all the same).

using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Physical;

namespace VboxMem.Kernel.PageCache;

/// <summary>/proc/sys/fs/dentry-state, inode-nr and file-nr.</summary>
/// <param name="Dentries">Dentries the machine has.</param>
/// <param name="UnusedDentries">On the lists that shrinkers walk.</param>
/// <param name="NegativeDentries">Of names that do not exist.</param>
/// <param name="Inodes">Inodes in memory.</param>
/// <param name="UnusedInodes">On the lists that shrinkers walk.</param>
/// <param name="OpenFiles">Open files.</param>
public readonly record struct FileFigures(
    ulong Dentries, ulong UnusedDentries, ulong NegativeDentries, ulong Inodes, ulong UnusedInodes, ulong OpenFiles);

public sealed class FileSystems
{
    private readonly Machine _machine;
    private readonly FileSystem[] _mounts;
    private readonly SuperBlockShrinker[] _shrinkers;
    private readonly List<int> _devices = [];

    internal FileSystems(Machine machine)
    {
        _machine = machine;
        Inodes = new InodeTable();
        Names = new NameTable();
        Extents = new Extents();
        Open = new OpenFiles();
        MajorFaults = new MajorFaults();
        _mounts = MakeMounts(machine);
        Release = new InodeRelease(machine, this);
        Metadata = new Metadata(machine, this);
        Walk = new PathWalk(machine, this);
        _shrinkers = new SuperBlockShrinker[_mounts.Length];
        for (var mount = 0; mount < _mounts.Length; mount++)
        {
            _shrinkers[mount] = new SuperBlockShrinker(machine, this, mount);
        }
    }

    private FileSystems(Machine machine, FileSystems other)
    {
        _machine = machine;
        Inodes = other.Inodes.Clone();
        Names = other.Names.Clone();
        Extents = other.Extents.Clone();
        Open = other.Open.Clone();
        MajorFaults = other.MajorFaults.Clone();
        DropsSilently = other.DropsSilently;
        _mounts = [.. other._mounts.Select(mount => mount.Clone())];
        _devices.AddRange(other._devices);
        Release = new InodeRelease(machine, this);
        Metadata = new Metadata(machine, this);
        Walk = new PathWalk(machine, this);
        _shrinkers = [.. other._shrinkers.Select(shrinker => shrinker.Clone(machine, this))];
    }

    internal InodeTable Inodes { get; }

    internal NameTable Names { get; }

    internal Extents Extents { get; }

    internal OpenFiles Open { get; }

    internal InodeRelease Release { get; }

    internal Metadata Metadata { get; }

    internal PathWalk Walk { get; }

    internal MajorFaults MajorFaults { get; }

    /// <summary>drop_caches was told to say nothing any more (4).</summary>
    internal bool DropsSilently { get; set; }

    /// <summary>What gives back unused names and inodes: one for each mount.</summary>
    internal ReadOnlySpan<SuperBlockShrinker> Shrinkers => _shrinkers;

    internal void AddShrinkers(Reclaim.ShrinkerTable table)
    {
        foreach (var shrinker in _shrinkers)
        {
            table.Add(shrinker);
        }
    }

    internal ReadOnlySpan<FileSystem> Mounts => _mounts;

    internal ulong BufferPages
    {
        get
        {
            var pages = 0UL;
            foreach (var device in _devices)
            {
                pages += Inodes[device].Pages;
            }

            return pages;
        }
    }

    /// <summary>Counts of what came into being since boot; what boot makes is in its slab population.</summary>
    public FileFigures Figures => new(
        Names.CachedCount, Names.Unused.Total, Names.NegativeCount, Inodes.InCoreCount, Inodes.Unused.Total, Open.Count);

    internal FileSystems Clone(Machine machine) => new(machine, this);

    internal void HashInto(StateHash hash)
    {
        Inodes.HashInto(hash);
        Names.HashInto(hash);
        Extents.HashInto(hash);
        Open.HashInto(hash);
        MajorFaults.HashInto(hash);
        hash.Add(DropsSilently);
        foreach (var mount in _mounts)
        {
            mount.HashInto(hash);
        }

        foreach (var shrinker in _shrinkers)
        {
            hash.Add<ulong>(shrinker.Deferred);
        }

        foreach (var device in _devices)
        {
            hash.Add((long)device);
        }
    }

    /// <summary>Whether a file system lies on a disk.</summary>
    internal bool IsMounted(int disk)
    {
        foreach (var mount in _mounts)
        {
            if (mount.Disk == disk)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The disk of an inode; -1: none.</summary>
    internal int DiskOf(in Inode inode) => inode.Mount < 0 ? -1 : _mounts[inode.Mount].Disk;

    /// <summary>The mount a path is in, and where in the path its own part begins.</summary>
    internal int MountOf(string path, out int start)
    {
        var (best, length) = (-1, -1);
        for (var mount = 0; mount < _mounts.Length; mount++)
        {
            var prefix = _mounts[mount].Path.AsSpan().TrimEnd('/');
            if (prefix.Length > length && path.AsSpan().StartsWith(prefix) && (path.Length == prefix.Length || path[prefix.Length] == '/'))
            {
                (best, length) = (mount, prefix.Length);
            }
        }

        start = Math.Max(length, 0);
        return Math.Max(best, 0);
    }

    private FileSystem[] MakeMounts(Machine machine)
    {
        var mounts = new List<FileSystem>();
        var limit = TmpfsLimit(machine);
        foreach (var mount in machine.Configuration.Mounts)
        {
            var pages = mount.Disk < 0 ? limit : machine.Configuration.Disks[mount.Disk].Bytes / PageGeometry.PageBytes;
            mounts.Add(new FileSystem(mount.Path, mount.Disk, pages));
        }

        if (!mounts.Exists(mount => mount.Path == "/"))
        {
            mounts.Insert(0, new FileSystem("/", disk: -1, limit));
        }

        for (var mount = 0; mount < mounts.Count; mount++)
        {
            mounts[mount].RootInode = MakeRoot(machine, mount, mounts[mount]);
            if (!mounts[mount].IsTmpfs)
            {
                mounts[mount].DeviceInode = MakeDevice(machine, mount, mounts[mount]);
            }
        }

        return [.. mounts];
    }

    /// <summary>Half of all RAM, as the kernel counts it when it mounts its first tmpfs.</summary>
    private static ulong TmpfsLimit(Machine machine)
    {
        var pages = 0UL;
        foreach (var node in machine.Nodes)
        {
            pages += node.PresentPages;
        }

        return pages / 2;
    }

    private int MakeRoot(Machine machine, int mount, FileSystem system)
    {
        var root = Inodes.Make(new Inode
        {
            Kind = system.IsTmpfs ? InodeKind.ShmemDirectory : InodeKind.Directory,
            InCore = true,
            Mount = mount,
            Number = 2,
            Links = 1,
            Holds = 1,
        });
        Inodes[root].Tree = machine.PageCache.Trees.Make(root, keepsShadows: !system.IsTmpfs);
        return root;
    }

    private int MakeDevice(Machine machine, int mount, FileSystem system)
    {
        var device = Inodes.Make(new Inode
        {
            Kind = InodeKind.BlockDevice,
            InCore = true,
            Mount = mount,
            Links = 1,
            Holds = 1,
            Size = system.Pages * PageGeometry.PageBytes,
        });
        Inodes[device].Tree = machine.PageCache.Trees.Make(device, keepsShadows: true);
        Extents.Append(ref Inodes[device], block: 0, system.Pages);
        _devices.Add(device);
        return device;
    }
}
