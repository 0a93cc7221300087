// Reading and writing /proc/sys/vm: the text of a file, and what a write makes the kernel do.
//
// Which numbers a file takes is in SysctlTable; what they mean to the zones in Physical/ZoneLimits. A value that no mechanism
// of the simulated kernel reads is kept and read back like the others; SysctlTable says of which that is so.
//
// Models   Linux 6.12's handlers of the vm tables (facts: physical memory, 2; virtual memory and tools, 4 and 6.7).
// Departs  reading changes nothing; on Linux reading stat_refresh folds the counters, and reading lowmem_reserve_ratio works the
//          reserves out anew. Who writes drop_caches from outside is logged as PID 1.

using System.Globalization;
using System.Text;
using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Physical;

namespace VboxMem.Kernel.Sysctl;

/// <summary>How a write to a tunable ended.</summary>
public enum SysctlResult
{
    Done,

    /// <summary>EINVAL: the value stays as it was.</summary>
    Invalid,

    /// <summary>ENOENT: no such file.</summary>
    Missing,
}

public sealed class VmSysctls(VmTunables tunables, ZoneLimits limits, Node[] nodes, VmstatUpkeep vmstat, HugePages hugePages)
{
    /// <summary>The machine that a write to drop_caches or compact_memory acts on, and whose flushers a new interval wakes.</summary>
    internal Machine? ActsOn { get; set; }

    /// <summary>The files that exist, in directory order.</summary>
    public static IEnumerable<SysctlFile> Files => SysctlTable.Files;

    /// <summary>What a file reads, newline included; null when there is no such file or it cannot be read.</summary>
    public byte[]? Read(string name)
    {
        if (!TryFind(name, out var index) || !SysctlTable.Files[index].IsReadable)
        {
            return null;
        }

        var file = SysctlTable.Files[index];
        var text = file.Kind switch
        {
            SysctlKind.ZoneVector => string.Join('\t', tunables.LowmemReserveRatio.ToArray()),
            SysctlKind.ZonelistOrder => "Node",
            SysctlKind.AnyText => null,
            SysctlKind.Unsigned64 => ((ulong)CurrentValue(name, index)).ToString(CultureInfo.InvariantCulture),
            _ => CurrentValue(name, index).ToString(CultureInfo.InvariantCulture),
        };
        return text is null ? [] : Encoding.ASCII.GetBytes(text + "\n");
    }

    /// <summary>One write(2) to a file, by root.</summary>
    public SysctlResult Write(string name, ReadOnlySpan<byte> text)
    {
        if (!TryFind(name, out var index))
        {
            return SysctlResult.Missing;
        }

        if (!SysctlTable.Files[index].TryParse(text, out var write))
        {
            return SysctlResult.Invalid;
        }

        var before = tunables[index];
        for (var zone = 0; SysctlTable.Files[index].Kind == SysctlKind.ZoneVector && zone < write.Count; zone++)
        {
            tunables.SetLowmemReserveRatio(zone, write.Field(zone));
        }

        if (name is "nr_hugepages" or "nr_hugepages_mempolicy")
        {
            hugePages.Resize(write.Count > 0 ? (ulong)write.Number : (ulong)hugePages.Total);
            return SysctlResult.Done;
        }

        if (write.Count > 0)
        {
            tunables[index] = unchecked((long)(UInt128)write.Number);
        }

        TakeEffect(name, before, tunables[index]);
        return SysctlResult.Done;
    }

    private static bool TryFind(string name, out int index)
    {
        for (index = 0; index < SysctlTable.Files.Count; index++)
        {
            if (SysctlTable.Files[index].Name == name)
            {
                return true;
            }
        }

        return false;
    }

    private long CurrentValue(string name, int index) =>
        name is "nr_hugepages" or "nr_hugepages_mempolicy" ? hugePages.Total : tunables[index];

    private void TakeEffect(string name, long before, long after)
    {
        switch (name)
        {
            case "min_free_kbytes":
                tunables.UserMinFreeKilobytes = after;
                limits.SetWatermarks();
                break;
            case "watermark_scale_factor":
                limits.SetWatermarks();
                break;
            case "lowmem_reserve_ratio":
                limits.SetLowmemReserves();
                break;
            case "percpu_pagelist_high_fraction" when after != before:
                limits.SetPerCpuLimits();
                break;
            case "numa_stat" when after == 0 && before != 0:
                ClearNumaEvents();
                break;
            case "stat_refresh":
                vmstat.RefreshAll();
                break;
            case "compact_memory" when ActsOn is { } machine:
                Compaction.WholeCompaction.Run(machine);
                break;
            case "compaction_proactiveness" when after != 0 && ActsOn is { } running:
                foreach (var kcompactd in running.Kcompactds)
                {
                    kcompactd.Trigger(running);
                }

                break;
            case "drop_caches" when ActsOn is { } machine:
                var writer = machine.Scheduler.CurrentTask ?? machine.Processes[Sched.Scheduler.InitPid];
                PageCache.DropCaches.Run(machine, (int)after, writer.Name, writer.Pid);
                break;
            case "dirty_writeback_centisecs" when after != before && ActsOn is { } box:
                foreach (var flusher in box.Flushers)
                {
                    flusher.Wake(Writeback.FlushReason.All);
                }

                break;
            default:
                ClearAlternative(name, before, after);
                break;
        }
    }

    /// <summary>Some limits are given either as a share or as an amount: setting one clears the other.</summary>
    private void ClearAlternative(string name, long before, long after)
    {
        var alternative = name switch
        {
            "overcommit_ratio" => "overcommit_kbytes",
            "overcommit_kbytes" => "overcommit_ratio",
            "dirty_ratio" when after != before => "dirty_bytes",
            "dirty_bytes" when after != before => "dirty_ratio",
            "dirty_background_ratio" => "dirty_background_bytes",
            "dirty_background_bytes" => "dirty_background_ratio",
            _ => null,
        };
        if (alternative is not null)
        {
            tunables[VmTunables.IndexOf(alternative)] = 0;
        }
    }

    private void ClearNumaEvents()
    {
        foreach (var node in nodes)
        {
            foreach (var zone in node.Zones)
            {
                zone.ClearNumaEvents();
            }
        }
    }
}
