// vmstat's tables of disks: -d a line for each, -D their totals, -p one of them.
//
// A device is a disk if /sys/block has its name, else a partition; without /sys/block everything is a disk. (The kernel
// writes a "/" in a name as "!" there; procps does not, and takes such a disk for a partition.) Totals are of disks alone.
//
// Units   sectors of 512 bytes; "cur" is requests in flight / 1000 and "sec" busy milliseconds / 1000, as procps has it.
// Models  facts: virtual memory and tools, 7.2.

using VboxMem.FileTree;
using VboxMem.Tools.Formatting;
using VboxMem.Tools.Parsing;

namespace VboxMem.Tools.Vmstat;

internal static class DiskTables
{
    private const string SysBlock = "/sys/block";

    private static readonly int[] Narrow = [6, 6, 7, 7, 6, 6, 7, 7, 6, 6];
    private static readonly int[] Wide = [9, 9, 11, 11, 9, 9, 11, 11, 7, 7];
    private static readonly string[] Names = ["total", "merged", "sectors", "ms", "total", "merged", "sectors", "ms", "cur", "sec"];

    internal static bool IsDisk(IFileTree tree, string name) =>
        tree.TryStat(SysBlock, out _) != Errno.None
        || tree.TryStat($"{SysBlock}/{name}", out _) == Errno.None;

    internal static void WriteHeader(TextWriter writer, bool wide, IWallClock? clock)
    {
        writer.Write(wide
            ? "disk- -------------------reads------------------- -------------------writes------------------ ------IO-------"
            : "disk- ------------reads------------ ------------writes----------- -----IO------");
        if (clock is not null) writer.Write(" -----timestamp-----");
        writer.Write('\n');

        writer.Write("     ");
        var widths = wide ? Wide : Narrow;
        for (var i = 0; i < widths.Length; i++)
        {
            writer.Write(' ');
            writer.Right(Names[i], widths[i]);
        }

        VmstatText.WriteZone(writer, clock);
        writer.Write('\n');
    }

    internal static void WriteDisk(TextWriter writer, DiskCounters disk, bool wide, IWallClock? clock)
    {
        ReadOnlySpan<ulong> values =
        [
            disk.Reads, disk.ReadMerges, disk.ReadSectors, disk.ReadMilliseconds,
            disk.Writes, disk.WriteMerges, disk.WriteSectors, disk.WriteMilliseconds,
            disk.InFlight / 1000, disk.BusyMilliseconds / 1000,
        ];
        writer.Left(disk.Name, 5);
        var widths = wide ? Wide : Narrow;
        for (var i = 0; i < values.Length; i++)
        {
            writer.Write(' ');
            writer.Right(values[i], widths[i]);
        }

        VmstatText.WriteTime(writer, clock);
        writer.Write('\n');
    }

    internal static void WriteTotals(TextWriter writer, DiskStats stats, IFileTree tree)
    {
        ulong disks = 0, partitions = 0;
        var sums = new ulong[11];
        foreach (var device in stats.Disks)
        {
            if (!IsDisk(tree, device.Name))
            {
                partitions++;
                continue;
            }

            disks++;
            ReadOnlySpan<ulong> values =
            [
                device.Reads, device.ReadMerges, device.ReadSectors, device.ReadMilliseconds,
                device.Writes, device.WriteMerges, device.WriteSectors, device.WriteMilliseconds,
                device.InFlight / 1000, device.BusyMilliseconds / 1000, device.WeightedMilliseconds / 1000,
            ];
            for (var i = 0; i < sums.Length; i++) unchecked { sums[i] += values[i]; }
        }

        VmstatText.Counted(writer, disks, "disks");
        VmstatText.Counted(writer, partitions, "partitions");
        for (var i = 0; i < sums.Length; i++) VmstatText.Counted(writer, sums[i], TotalNames[i]);
    }

    private static readonly string[] TotalNames =
    [
        "total reads", "merged reads", "read sectors", "milli reading",
        "writes", "merged writes", "written sectors", "milli writing",
        "inprogress IO", "milli spent IO", "milli weighted IO",
    ];

    internal static void WritePartitionHeader(TextWriter writer, string name)
    {
        writer.Left(name, 10);
        writer.Write("      reads      read sectors      writes  requested writes\n");
    }

    internal static void WritePartition(TextWriter writer, DiskCounters device)
    {
        writer.Right(device.Reads, 21);
        writer.Write("  ");
        writer.Right(device.ReadSectors, 16);
        writer.Write("  ");
        writer.Right(device.Writes, 10);
        writer.Write("  ");
        writer.Right(device.WriteSectors, 16);
        writer.Write('\n');
    }
}
