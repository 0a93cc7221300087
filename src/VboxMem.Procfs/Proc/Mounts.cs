using VboxMem.Kernel;
using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Block;

namespace VboxMem.Procfs.Proc;

/// <summary>Renders <c>/proc/PID/mounts</c>, the same for every process: the root, the file systems of the kernel's own files, then the machine's others in their order.</summary>
/// <remarks>
/// fs/proc_namespace.c: show_vfsmnt; mm/shmem.c: shmem_show_options, which gives a tmpfs's size where it is not half of RAM: that of
/// those made before the last memory was freed to the allocator, the root's and devtmpfs's.
/// </remarks>
internal static class Mounts
{
    private const long KilobytesPerPage = 4;

    public static void Render(Machine machine, ProcText text)
    {
        RenderRoot(machine, text);
        text.Literal("proc /proc proc rw,relatime 0 0\n"u8);
        text.Literal("sysfs /sys sysfs rw,relatime 0 0\n"u8);
        text.Literal("devtmpfs /dev devtmpfs rw,relatime"u8);
        RenderEarlySize(machine, text);
        text.Literal(",mode=755,inode64 0 0\n"u8);
        foreach (var mount in machine.Configuration.Mounts)
        {
            if (mount.Path == "/")
            {
                continue;
            }

            if (mount.Disk < 0)
            {
                text.Literal("tmpfs "u8).Text(mount.Path).Literal(" tmpfs rw,relatime,inode64 0 0\n"u8);
            }
            else
            {
                RenderDisk(machine.Configuration.Disks[mount.Disk], mount.Path, text);
            }
        }
    }

    private static void RenderRoot(Machine machine, ProcText text)
    {
        foreach (var mount in machine.Configuration.Mounts)
        {
            if (mount.Path == "/" && mount.Disk >= 0)
            {
                RenderDisk(machine.Configuration.Disks[mount.Disk], "/", text);
                return;
            }
        }

        text.Literal("rootfs / rootfs rw"u8);
        RenderEarlySize(machine, text);
        text.Literal(",inode64 0 0\n"u8);
    }

    private static void RenderDisk(DiskConfiguration disk, string path, ProcText text) =>
        text.Literal("/dev/"u8).Text(disk.Name).Literal(" "u8).Text(path).Literal(" ext4 rw,relatime 0 0\n"u8);

    private static void RenderEarlySize(Machine machine, ProcText text)
    {
        var pages = (MemoryInfo.Of(machine).TotalPages - machine.Layout.Memory.LateFreedPages) / 2;
        text.Literal(",size="u8).Number(pages * KilobytesPerPage).Literal("k,nr_inodes="u8).Number(pages);
    }
}
