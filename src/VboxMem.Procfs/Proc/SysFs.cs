using VboxMem.Kernel;
using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Slab;

namespace VboxMem.Procfs.Proc;

/// <summary>The files of <c>/proc/sys/fs</c> that count names, inodes and open files: what the box made since boot on top of what boot made.</summary>
/// <remarks>
/// fs/dcache.c: proc_nr_dentry; fs/inode.c: proc_nr_inodes; fs/file_table.c: proc_nr_files, files_maxfiles_init. Departs: what boot
/// made is in use for good, so none of it is unused; file-nr lags as if one CPU opened and closed all files; file-max is read-only.
/// </remarks>
internal static class SysFs
{
    private const string Directory = "/proc/sys/fs/";

    /// <summary>Seconds, a constant that nothing has read since 2.6.</summary>
    private const long AgeLimit = 45;

    /// <summary>
    /// Pages that are in use when the table of open files is sized, times 1.5. Fitted: file-max of the captured machines of 1 GiB is
    /// 97610 with 245506 pages managed at that moment.
    /// </summary>
    private const long ReservedForBootPages = 1480;

    private const long KilobytesPerPage = 4;
    private const long LeastMaxFiles = 8192;

    /// <summary>A CPU's private part of a counter (percpu_counter_batch).</summary>
    private const ulong LeastBatch = 32;

    private static readonly string[] _inodeCaches =
    [
        "bdev_cache", "ext4_inode_cache", "hugetlbfs_inode_cache", "inode_cache", "mqueue_inode_cache", "proc_inode_cache",
        "shmem_inode_cache", "sock_inode_cache", "tracefs_inode_cache",
    ];

    public static IEnumerable<ProcFile> Files()
    {
        yield return File("dentry-state", static (machine, text) =>
        {
            var figures = machine.FileSystems.Figures;
            text.Number(AtBoot(machine, "dentry") + figures.Dentries).Literal("\t"u8).Number(figures.UnusedDentries);
            text.Literal("\t"u8).Number(AgeLimit).Literal("\t0\t"u8).Number(figures.NegativeDentries).Literal("\t0"u8);
        });
        yield return File("file-max", static (machine, text) => text.Number(MaxFiles(machine)));
        yield return File("file-nr", static (machine, text) =>
        {
            var batch = Math.Max(LeastBatch, 2 * (ulong)machine.Cpus.Count);
            text.Number(machine.FileSystems.Figures.OpenFiles / batch * batch).Literal("\t0\t"u8).Number(MaxFiles(machine));
        });
        yield return File("inode-nr", static (machine, text) => RenderInodes(machine, text));
        yield return File("inode-state", static (machine, text) =>
        {
            RenderInodes(machine, text);
            text.Literal("\t0\t0\t0\t0\t0"u8);
        });
    }

    private static ProcFile File(string name, FileRenderer value) =>
        new(Directory + name, FileModes.ReadAll, (machine, text) =>
        {
            value(machine, text);
            text.NewLine();
        });

    private static void RenderInodes(Machine machine, ProcText text)
    {
        var figures = machine.FileSystems.Figures;
        var inodes = figures.Inodes;
        foreach (var cache in _inodeCaches)
        {
            inodes += AtBoot(machine, cache);
        }

        text.Number(inodes).Literal("\t"u8).Number(figures.UnusedInodes);
    }

    private static ulong AtBoot(Machine machine, string cache) =>
        (ulong)machine.Slabs[cache].Description.Population.AtBoot(machine.Cpus.Count, machine.Nodes.Length, memoryBlocks: 0);

    /// <summary>A tenth of the memory of boot, at a KiB a file.</summary>
    private static long MaxFiles(Machine machine)
    {
        var pages = MemoryInfo.Of(machine).TotalPages - machine.Layout.Memory.LateFreedPages - ReservedForBootPages;
        return Math.Max(pages * KilobytesPerPage / 10, LeastMaxFiles);
    }
}
