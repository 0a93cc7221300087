using VboxMem.Kernel;
using VboxMem.Kernel.Block;
using VboxMem.Procfs.Proc;

namespace VboxMem.Procfs.Sys;

/// <summary>The files of <c>/sys/block/DISK</c>: one directory for each disk.</summary>
/// <remarks>
/// block/genhd.c, block/blk-sysfs.c. Departs: directories, where Linux has links into /sys/devices; all files are read-only, and of
/// the queue's settings there is none but what the memory management reads.
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

    private static IEnumerable<ProcFile> FilesOf(int disk, DiskConfiguration configuration)
    {
        var directory = $"/sys/block/{configuration.Name}/";
        ProcFile File(string name, FileRenderer render) => new(directory + name, FileModes.ReadAll, render);

        yield return File("dev", (_, text) => text.Number((long)Disk.Major).Literal(":"u8).Number((long)disk * Disk.MinorsPerDisk).NewLine());
        yield return File("queue/rotational", (_, text) => text.Literal(configuration.IsRotational ? "1\n"u8 : "0\n"u8));
        yield return File("size", (_, text) => text.Number(configuration.Bytes / SectorBytes).NewLine());
        yield return File("stat", (machine, text) => Disks.RenderStat(machine, disk, text));
    }
}
