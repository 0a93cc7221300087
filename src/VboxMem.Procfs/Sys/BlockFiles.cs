using VboxMem.Kernel;
using VboxMem.Kernel.Block;
using VboxMem.Procfs.Proc;

namespace VboxMem.Procfs.Sys;

/// <summary>The files of <c>/sys/block/DISK</c>: one directory for each disk.</summary>
/// <remarks>
/// block/genhd.c, block/blk-sysfs.c. Departs: directories, where Linux has links into /sys/devices; all files are read-only, and of
/// the queue's settings there are none but what the memory management reads and the sizes of sectors.
/// </remarks>
internal static class BlockFiles
{
    private const ulong SectorBytes = 512;

    public static IEnumerable<ProcFile> Files(Machine machine)
    {
        for (var index = 0; index < machine.Disks.Disks.Length; index++)
        {
            foreach (var file in FilesOf(index, machine.Disks.Disks[index].Configuration))
            {
                yield return file;
            }
        }
    }

    /// <summary>From a disk's numbers to its directory.</summary>
    public static IEnumerable<(string Path, string Target)> Links(Machine machine)
    {
        for (var index = 0; index < machine.Disks.Disks.Length; index++)
        {
            yield return ($"/sys/dev/block/{Disk.Major}:{index * Disk.MinorsPerDisk}", $"../../block/{machine.Disks.Disks[index].Configuration.Name}");
        }
    }

    private static IEnumerable<ProcFile> FilesOf(int disk, DiskConfiguration configuration)
    {
        var directory = $"/sys/block/{configuration.Name}/";
        ProcFile File(string name, FileRenderer render) => new(directory + name, FileModes.ReadAll, render);

        yield return File("alignment_offset", static (_, text) => text.Literal("0\n"u8));
        yield return File("capability", static (_, text) => text.Literal("0\n"u8));
        yield return File("dev", (_, text) => text.Number((long)Disk.Major).Literal(":"u8).Number((long)disk * Disk.MinorsPerDisk).NewLine());
        yield return File("device/device", static (_, text) => text.Literal("0x0002\n"u8));   // virtio's number for a block device
        yield return File("device/modalias", static (_, text) => text.Literal("virtio:d00000002v00001AF4\n"u8));
        yield return File("device/status", static (_, text) => text.Literal("0x0000000f\n"u8));
        yield return File("device/vendor", static (_, text) => text.Literal("0x1af4\n"u8));
        yield return File("discard_alignment", static (_, text) => text.Literal("0\n"u8));
        yield return File("ext_range", static (_, text) => text.Literal("256\n"u8));
        yield return File("hidden", static (_, text) => text.Literal("0\n"u8));
        yield return File("inflight", (machine, text) => Disks.RenderInFlight(machine, disk, text));
        yield return File("queue/hw_sector_size", static (_, text) => text.Literal("512\n"u8));
        yield return File("queue/logical_block_size", static (_, text) => text.Literal("512\n"u8));
        yield return File("queue/physical_block_size", static (_, text) => text.Literal("512\n"u8));
        yield return File("queue/rotational", (_, text) => text.Literal(configuration.IsRotational ? "1\n"u8 : "0\n"u8));
        yield return File("range", static (_, text) => text.Number((long)Disk.MinorsPerDisk).NewLine());
        yield return File("removable", static (_, text) => text.Literal("0\n"u8));
        yield return File("ro", static (_, text) => text.Literal("0\n"u8));
        yield return File("size", (_, text) => text.Number(configuration.Bytes / SectorBytes).NewLine());
        yield return File("stat", (machine, text) => Disks.RenderStat(machine, disk, text));
    }
}
