// The mounted file systems as a process sees them: the root, those of the kernel's own files, then the machine's others in their order.
//
// Models   Linux 6.12 fs/proc_namespace.c: show_vfsmnt, show_mountinfo; mm/shmem.c: shmem_show_options, which gives a tmpfs's size
//          where it is not half of RAM: that of those made before the last memory was freed to the allocator, the root's and devtmpfs's.
// Departs  numbers of mounts and of devices that are no disks depend on Linux on all that was ever mounted: here mounts count from 22 on
//          in the order of the table, but a root in memory, which the kernel mounts first, is 1; sockets and shared anonymous memory lie
//          in mounts of the kernel's own, 8 and 7.

using VboxMem.Kernel;
using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Block;
using VboxMem.Kernel.PageCache;

namespace VboxMem.Procfs.Proc;

/// <summary>One mount.</summary>
/// <param name="Path">Where.</param>
/// <param name="Type">Of the file system.</param>
/// <param name="Source">What is mounted.</param>
/// <param name="Flags">Of the mount.</param>
/// <param name="Options">Of the file system, each after a comma.</param>
/// <param name="Major">Of its device.</param>
/// <param name="Minor">Of its device.</param>
internal readonly record struct Mount(string Path, string Type, string Source, string Flags, string Options, uint Major, uint Minor);

internal static class MountTable
{
    private const long KilobytesPerPage = 4;
    private const int FirstId = 22;
    private const int RootInMemoryId = 1;
    private const int SharedMemoryId = 7;
    private const int SocketsId = 8;
    private const string Relative = "rw,relatime";

    public static IReadOnlyList<Mount> Of(Machine machine)
    {
        var mounts = new List<Mount>
        {
            RootOf(machine),
            new("/proc", "proc", "proc", Relative, "", 0, 21),
            new("/sys", "sysfs", "sysfs", Relative, "", 0, 22),
            new("/dev", "devtmpfs", "devtmpfs", Relative, EarlySize(machine) + ",mode=755,inode64", 0, 6),
        };
        var tmpfsMinor = FileIdentity.FirstTmpfsMinor;
        foreach (var mount in machine.Configuration.Mounts)
        {
            if (mount.Path != "/")
            {
                mounts.Add(mount.Disk < 0
                    ? new Mount(mount.Path, "tmpfs", "tmpfs", Relative, ",inode64", 0, tmpfsMinor++)
                    : OfDisk(machine, mount.Path, mount.Disk));
            }
        }

        return mounts;
    }

    /// <summary>The number of the n-th mount of the table.</summary>
    public static int IdOf(IReadOnlyList<Mount> mounts, int index) =>
        index == 0 && mounts[0].Type == "rootfs" ? RootInMemoryId : FirstId + index;

    /// <summary>The mount that an open file lies in.</summary>
    public static int IdOf(Machine machine, in OpenDescriptor open)
    {
        if (open.File is null)
        {
            return SocketsId;
        }

        var mounts = Of(machine);
        for (var i = 0; i < mounts.Count; i++)
        {
            if (mounts[i].Path == open.MountPath)
            {
                return IdOf(mounts, i);
            }
        }

        return SharedMemoryId;
    }

    /// <summary>The mount that another one lies in: the longest path that leads there; the root lies in the kernel's first.</summary>
    public static int ParentIdOf(IReadOnlyList<Mount> mounts, int index)
    {
        if (index == 0)
        {
            return RootInMemoryId;
        }

        var parent = 0;
        for (var i = 1; i < mounts.Count; i++)
        {
            var isAbove = i != index && mounts[index].Path.StartsWith(mounts[i].Path + "/", StringComparison.Ordinal);
            parent = isAbove && mounts[i].Path.Length > mounts[parent].Path.Length ? i : parent;
        }

        return IdOf(mounts, parent);
    }

    private static Mount RootOf(Machine machine)
    {
        foreach (var mount in machine.Configuration.Mounts)
        {
            if (mount.Path == "/" && mount.Disk >= 0)
            {
                return OfDisk(machine, "/", mount.Disk);
            }
        }

        return new Mount("/", "rootfs", "rootfs", "rw", EarlySize(machine) + ",inode64", 0, FileIdentity.RootTmpfsMinor);
    }

    private static Mount OfDisk(Machine machine, string path, int disk) =>
        new(path, "ext4", "/dev/" + machine.Configuration.Disks[disk].Name, Relative, "", Disk.Major, (uint)(disk * Disk.MinorsPerDisk));

    private static string EarlySize(Machine machine)
    {
        var pages = (MemoryInfo.Of(machine).TotalPages - machine.Layout.Memory.LateFreedPages) / 2;
        return FormattableString.Invariant($",size={pages * KilobytesPerPage}k,nr_inodes={pages}");
    }
}
