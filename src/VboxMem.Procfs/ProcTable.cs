// The one list of the box's files. Listing, reading, exporting and testing all walk it.

using VboxMem.Kernel;
using VboxMem.Procfs.Debug;
using VboxMem.Procfs.Dev;
using VboxMem.Procfs.Proc;
using VboxMem.Procfs.Sys;

namespace VboxMem.Procfs;

/// <summary>Path, mode and renderer of every file.</summary>
public static class ProcTable
{
    /// <summary>Symbolic links of a machine, and where they point.</summary>
    public static IEnumerable<(string Path, string Target)> LinksOf(Machine machine) =>
    [
        ("/proc/mounts", "self/mounts"),
        .. BlockFiles.Links(machine),
        .. CpuFiles.Links(machine),
        .. SlabFiles.Links(),
    ];

    /// <summary>Directories of so many files that copies of the tree go without them.</summary>
    public static IReadOnlyList<string> BulkyDirectories { get; } = [MemoryBlockFiles.Root, SlabFiles.Root];

    /// <summary>
    /// Links that on Linux lead to whoever reads them. Here no reader is a process of the box: they lead to init.
    /// </summary>
    public static IReadOnlyList<(string Path, string Target)> ReaderLinks { get; } = [("/proc/self", "1"), ("/proc/thread-self", "1/task/1")];

    /// <summary>The files of a machine that are always there. Which these are depends on its nodes and disks alone.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="passwd">Makes what /etc/passwd has; null: root alone.</param>
    public static IEnumerable<ProcFile> FilesOf(Machine machine, Func<byte[]>? passwd) =>
    [
        Readable("/proc/buddyinfo", Buddyinfo.Render),
        Readable("/proc/cmdline", SystemFiles.RenderCmdline),
        Readable("/proc/cpuinfo", Cpuinfo.Render),
        Readable("/proc/devices", SystemFiles.RenderDevices),
        Readable("/proc/diskstats", Disks.RenderDiskstats),
        Readable("/proc/filesystems", SystemFiles.RenderFilesystems),
        Readable("/proc/interrupts", Interrupts.Render),
        .. KernelPages.Files(),
        Readable("/proc/loadavg", Loadavg.Render),
        Readable("/proc/meminfo", Meminfo.Render),
        .. NetFiles.Files(),
        RootOnly("/proc/pagetypeinfo", Pagetypeinfo.Render),
        Readable("/proc/partitions", Disks.RenderPartitions),
        .. Pressure.Files(),
        Readable("/proc/schedstat", Schedstat.Render),
        RootOnly("/proc/slabinfo", Slabinfo.Render),
        Readable("/proc/softirqs", Interrupts.RenderSoftirqs),
        Readable("/proc/stat", Stat.Render),
        Readable("/proc/swaps", Swaps.Render),
        new ProcFile("/proc/sysrq-trigger", FileModes.WriteOwner, static (_, _) => { }, SystemFiles.TriggerSysRq),
        Readable("/proc/uptime", Uptime.Render),
        Readable("/proc/version", SystemFiles.RenderVersion),
        RootOnly("/proc/vmallocinfo", Vmallocinfo.Render),
        Readable("/proc/vmstat", Vmstat.Render),
        Readable("/proc/zoneinfo", Zoneinfo.Render),
        .. SysFs.Files(),
        .. SysKernel.Files(),
        .. SysVm.Files(),
        .. BlockFiles.Files(machine),
        .. CpuFiles.Files(machine.Cpus.Count),
        .. MemoryBlockFiles.Files(machine),
        .. NodeFiles.Files(machine.Nodes.Length),
        .. HugePageFiles.Files(),
        .. TransparentHugePageFiles.Files(),
        .. MmSettingFiles.Files(machine.Nodes.Length),
        .. KsmFiles.Files(),
        .. SlabFiles.Files(machine),
        .. ExtfragFiles.Files(),
        Readable("/sys/kernel/debug/vbox/badness", Badness.Render),
        Readable("/sys/kernel/debug/vbox/files", Residency.RenderFiles),
        Readable("/sys/kernel/debug/vbox/kswapd", KswapdFile.Render),
        Readable("/sys/kernel/debug/vbox/lowmem_reserve", WatermarkFiles.RenderReserves),
        Readable("/sys/kernel/debug/vbox/lru", LruFile.Render),
        Readable("/sys/kernel/debug/vbox/oom", OomCandidates.Render),
        Readable("/sys/kernel/debug/vbox/pageblocks", Pageblocks.Render),
        Readable("/sys/kernel/debug/vbox/resident", Residency.RenderResident),
        Readable("/sys/kernel/debug/vbox/services", Services.Render),
        Readable("/sys/kernel/debug/vbox/stalls", Stalls.Render),
        Readable("/sys/kernel/debug/vbox/tunables", Tunables.Render),
        Readable("/sys/kernel/debug/vbox/watermarks", WatermarkFiles.RenderMarks),
        new ProcFile("/dev/kmsg", FileModes.ReadAllWriteOwner, Kmsg.Render, Kmsg.Write),
        Readable("/etc/hostname", SystemFiles.RenderHostname),
        Readable("/etc/passwd", (_, text) => text.Literal(passwd is null ? SystemFiles.RootAlone : passwd())),
    ];

    private static ProcFile Readable(string path, FileRenderer render) => new(path, FileModes.ReadAll, render);

    private static ProcFile RootOnly(string path, FileRenderer render) => new(path, FileModes.ReadOwner, render);
}
