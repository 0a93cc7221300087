using VboxMem.Kernel;
using VboxMem.Kernel.Block;

namespace VboxMem.Procfs.Proc;

/// <summary>Renders <c>/proc/diskstats</c>, <c>/proc/partitions</c> and the figures of <c>/sys/block/DISK/stat</c>.</summary>
/// <remarks>
/// block/genhd.c: diskstats_show, show_partition, part_stat_show (facts: virtual memory and tools, 6.6). Departs: no request is merged,
/// no disk is told to discard or flush; the busy time is exact, Linux's goes in ticks of 4 ms.
/// </remarks>
internal static class Disks
{
    private const ulong NanosecondsPerMillisecond = 1_000_000;
    private const int StatWidth = 8;

    public static void RenderDiskstats(Machine machine, ProcText text)
    {
        foreach (var disk in machine.Disks.Disks)
        {
            text.Number((long)Disk.Major, 4).Literal(" "u8).Number((long)disk.Index * Disk.MinorsPerDisk, 7);
            text.Literal(" "u8).Text(disk.Configuration.Name);
            foreach (var figure in FiguresOf(disk, machine))
            {
                text.Literal(" "u8).Number(figure);
            }

            text.NewLine();
        }
    }

    public static void RenderPartitions(Machine machine, ProcText text)
    {
        text.Literal(machine.Disks.Disks.IsEmpty ? default : "major minor  #blocks  name\n\n"u8);
        foreach (var disk in machine.Disks.Disks)
        {
            text.Number((long)Disk.Major, 4).Literal("  "u8).Number((long)disk.Index * Disk.MinorsPerDisk, 7);
            text.Literal(" "u8).Number(disk.Configuration.Bytes >> 10, 10).Literal(" "u8).Text(disk.Configuration.Name).NewLine();
        }
    }

    /// <summary>The same figures as in diskstats, in columns.</summary>
    public static void RenderStat(Machine machine, int disk, ProcText text)
    {
        var isFirst = true;
        foreach (var figure in FiguresOf(machine.Disks.Disks[disk], machine))
        {
            text.Literal(isFirst ? default : " "u8).Number(figure, StatWidth);
            isFirst = false;
        }

        text.NewLine();
    }

    /// <summary>Requests that are under way: reads, then writes.</summary>
    public static void RenderInFlight(Machine machine, int disk, ProcText text)
    {
        var writes = machine.Disks.WritesInFlight(disk);
        var all = machine.Disks.Disks[disk].Counters.InFlight;
        text.Number(all - writes, StatWidth).Literal(" "u8).Number(writes, StatWidth).NewLine();
    }

    /// <summary>reads merged sectors ms, writes merged sectors ms, in flight, ms busy, ms of all requests; discards likewise; flushes ms.</summary>
    private static ulong[] FiguresOf(Disk disk, Machine machine)
    {
        var counters = disk.Counters;
        return
        [
            counters.Reads, 0, counters.ReadSectors, counters.ReadNanoseconds / NanosecondsPerMillisecond,
            counters.Writes, 0, counters.WrittenSectors, counters.WriteNanoseconds / NanosecondsPerMillisecond,
            counters.InFlight, disk.BusyNanosecondsUntil(machine.Now) / NanosecondsPerMillisecond,
            counters.WeightedNanoseconds / NanosecondsPerMillisecond,
            0, 0, 0, 0,
            0, 0,
        ];
    }
}
