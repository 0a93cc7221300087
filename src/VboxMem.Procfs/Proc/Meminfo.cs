using VboxMem.Kernel;
using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Physical;

namespace VboxMem.Procfs.Proc;

/// <summary>Renders <c>/proc/meminfo</c>: pages in, kB out, values right-aligned in 8 columns.</summary>
/// <remarks>fs/proc/meminfo.c: meminfo_proc_show (facts: physical memory, 9.3). Labels carry their own padding, so the code reads like the file.</remarks>
public static class Meminfo
{
    /// <summary>The vmalloc area: 32 TiB, with five-level page tables 12800 TiB.</summary>
    private const long VmallocBytes = 32L << 40;
    private const long FiveLevelVmallocBytes = 12800L << 40;

    public static void Render(Machine machine, ProcText text)
    {
        var memory = MemoryInfo.Of(machine);
        RenderUse(machine, memory, text);
        RenderKernel(machine, memory, text);
        RenderHuge(machine, memory, text);
    }

    private static void RenderUse(Machine machine, in MemoryInfo memory, ProcText text)
    {
        text.Kilobytes("MemTotal:       "u8, memory.TotalPages);
        text.Kilobytes("MemFree:        "u8, memory.FreePages);
        text.Kilobytes("MemAvailable:   "u8, memory.AvailablePages);
        text.Kilobytes("Buffers:        "u8, (long)machine.PageCache.BufferPages);
        text.Kilobytes("Cached:         "u8, memory.CachePages - (long)machine.PageCache.BufferPages);
        text.Kilobytes("SwapCached:     "u8, memory[NodeStatItem.Swapcached]);
        text.Kilobytes("Active:         "u8, memory[NodeStatItem.ActiveAnon] + memory[NodeStatItem.ActiveFile]);
        text.Kilobytes("Inactive:       "u8, memory[NodeStatItem.InactiveAnon] + memory[NodeStatItem.InactiveFile]);
        text.Kilobytes("Active(anon):   "u8, memory[NodeStatItem.ActiveAnon]);
        text.Kilobytes("Inactive(anon): "u8, memory[NodeStatItem.InactiveAnon]);
        text.Kilobytes("Active(file):   "u8, memory[NodeStatItem.ActiveFile]);
        text.Kilobytes("Inactive(file): "u8, memory[NodeStatItem.InactiveFile]);
        text.Kilobytes("Unevictable:    "u8, memory[NodeStatItem.Unevictable]);
        text.Kilobytes("Mlocked:        "u8, memory[ZoneStatItem.Mlock]);
        text.Kilobytes("SwapTotal:      "u8, machine.Swap.ShownTotalPages);
        text.Kilobytes("SwapFree:       "u8, machine.Swap.ShownFreePages);
        text.Kilobytes("Dirty:          "u8, memory[NodeStatItem.Dirty]);
        text.Kilobytes("Writeback:      "u8, memory[NodeStatItem.Writeback]);
        text.Kilobytes("AnonPages:      "u8, memory[NodeStatItem.AnonPages]);
        text.Kilobytes("Mapped:         "u8, memory[NodeStatItem.Mapped]);
        text.Kilobytes("Shmem:          "u8, memory[NodeStatItem.Shmem]);
    }

    private static void RenderKernel(Machine machine, in MemoryInfo memory, ProcText text)
    {
        text.Kilobytes("KReclaimable:   "u8, memory.ReclaimableKernelPages);
        text.Kilobytes("Slab:           "u8, memory[NodeStatItem.SlabReclaimable] + memory[NodeStatItem.SlabUnreclaimable]);
        text.Kilobytes("SReclaimable:   "u8, memory[NodeStatItem.SlabReclaimable]);
        text.Kilobytes("SUnreclaim:     "u8, memory[NodeStatItem.SlabUnreclaimable]);
        text.Literal("KernelStack:    "u8).Number(memory[NodeStatItem.KernelStack], 8).Literal(" kB\n"u8);   // counted in KiB
        text.Kilobytes("PageTables:     "u8, memory[NodeStatItem.PageTablePages]);
        text.Kilobytes("SecPageTables:  "u8, memory[NodeStatItem.SecPageTablePages]);
        text.Kilobytes("NFS_Unstable:   "u8, 0);   // 0 on every kernel since 5.8
        text.Kilobytes("Bounce:         "u8, memory[ZoneStatItem.Bounce]);
        text.Kilobytes("WritebackTmp:   "u8, memory[NodeStatItem.WritebackTemp]);
        text.Kilobytes("CommitLimit:    "u8, memory.CommitLimitPages);
        text.Kilobytes("Committed_AS:   "u8, memory.CommittedPages);
        text.Literal("VmallocTotal:   "u8).Number(VmallocTotalKilobytes(machine), 8).Literal(" kB\n"u8);
        text.Kilobytes("VmallocUsed:    "u8, (long)machine.Vmalloc.UsedPages);
        text.Kilobytes("VmallocChunk:   "u8, 0);   // 0 on every kernel since 4.4
        text.Kilobytes("Percpu:         "u8, memory.PerCpuAllocatorPages);
        text.Literal("HardwareCorrupted: "u8).Number(0L, 5).Literal(" kB\n"u8);   // the modelled RAM has no defects
    }

    /// <summary>The area less one byte, in whole kB.</summary>
    private static long VmallocTotalKilobytes(Machine machine) =>
        ((machine.Configuration.PageTableLevels == 5 ? FiveLevelVmallocBytes : VmallocBytes) - 1) >> 10;

    private static void RenderHuge(Machine machine, in MemoryInfo memory, ProcText text)
    {
        text.Kilobytes("AnonHugePages:  "u8, memory[NodeStatItem.AnonTransparentHugepages]);
        text.Kilobytes("ShmemHugePages: "u8, memory[NodeStatItem.ShmemHugepages]);
        text.Kilobytes("ShmemPmdMapped: "u8, memory[NodeStatItem.ShmemPmdmapped]);
        text.Kilobytes("FileHugePages:  "u8, memory[NodeStatItem.FileHugepages]);
        text.Kilobytes("FilePmdMapped:  "u8, memory[NodeStatItem.FilePmdmapped]);
        text.Kilobytes("Unaccepted:     "u8, memory[ZoneStatItem.Unaccepted]);
        text.Literal("HugePages_Total:   "u8).Number(memory.HugeTlbCount, 5).NewLine();
        text.Literal("HugePages_Free:    "u8).Number(memory.HugeTlbCount, 5).NewLine();
        text.Literal("HugePages_Rsvd:    "u8).Number(0L, 5).NewLine();   // nothing maps huge pages yet
        text.Literal("HugePages_Surp:    "u8).Number(0L, 5).NewLine();
        text.Kilobytes("Hugepagesize:   "u8, HugePages.PagesPerHugePage);
        text.Kilobytes("Hugetlb:        "u8, memory.HugeTlbPages);
        var map = DirectMap.AtBoot(machine.Layout.Memory);
        text.Kilobytes("DirectMap4k:    "u8, (long)map.SmallPages);
        text.Kilobytes("DirectMap2M:    "u8, (long)map.LargePages);
    }
}
