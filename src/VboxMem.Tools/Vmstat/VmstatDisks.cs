using VboxMem.Tools.Formatting;
using VboxMem.Tools.Parsing;

namespace VboxMem.Tools.Vmstat;

/// <summary>vmstat's -d, -D and -p: reads diskstats, again and again where a delay is given, and prints its tables.</summary>
internal static class VmstatDisks
{
    internal static int Print(VmstatOptions options, ToolContext context)
    {
        if (options.Modes == VmstatModes.DiskSummary)
        {
            var stats = Read(context);
            if (options.Json) PrintJson(stats, context);
            else DiskTables.WriteTotals(context.Out, stats, context.Tree);
            return ToolSession.Success;
        }

        var clock = options.TimeStamps && options.Modes == VmstatModes.Disks ? ToolSession.Clock(context) : null;
        var ticker = options.Count is null or > 1 ? ToolSession.Ticker(context) : null;
        for (ulong i = 0; options.Count is null || i < options.Count; i++)
        {
            if (i > 0 && !VmstatTool.TryWait(ticker!, options, context)) break;
            PrintOnce(Read(context), options, first: i == 0, clock, context);
        }

        return ToolSession.Success;
    }

    private static DiskStats Read(ToolContext context)
    {
        const string failure = "Unable to create diskstat structure";
        var errno = context.Tree.TryRead(DiskStats.Path, out var content);
        if (errno == FileTree.Errno.None && content.IsEmpty) return new DiskStats([]);   // a box without disks
        return ToolSession.Load<DiskStats>(context, DiskStats.Path, DiskStats.Parse, _ => failure);
    }

    private static void PrintOnce(DiskStats stats, VmstatOptions options, bool first, IWallClock? clock, ToolContext context)
    {
        if (options.Modes == VmstatModes.Partition)
        {
            var device = Find(stats, options.Partition);
            if (options.Json)
            {
                PrintJson(new DiskStats([device]), context);
                return;
            }

            if (first) DiskTables.WritePartitionHeader(context.Out, options.Partition);
            DiskTables.WritePartition(context.Out, device);
            return;
        }

        if (options.Json) PrintJson(stats, context);
        else PrintTable(stats, options, first, clock, context);
    }

    private static DiskCounters Find(DiskStats stats, string name)
    {
        foreach (var device in stats.Disks)
        {
            if (device.Name == name) return device;
        }

        throw new ToolException($"Disk/Partition {name} not found");
    }

    /// <summary>The header comes before every 21st device of the file, if that device is a disk: procps's own rule.</summary>
    private static void PrintTable(DiskStats stats, VmstatOptions options, bool first, IWallClock? clock, ToolContext context)
    {
        var every = VmstatTool.RowsBetweenHeaders(context);
        if (options.OneHeader && first) DiskTables.WriteHeader(context.Out, options.Wide, clock);
        for (var i = 0; i < stats.Disks.Count; i++)
        {
            if (!DiskTables.IsDisk(context.Tree, stats.Disks[i].Name)) continue;
            if (!options.OneHeader && i % every == 0) DiskTables.WriteHeader(context.Out, options.Wide, clock);
            DiskTables.WriteDisk(context.Out, stats.Disks[i], options.Wide, clock);
        }
    }

    private static void PrintJson(DiskStats stats, ToolContext context)
    {
        var disks = new List<KeyValuePair<DiskCounters, bool>>();
        foreach (var device in stats.Disks) disks.Add(new(device, DiskTables.IsDisk(context.Tree, device.Name)));
        JsonText.WriteLine(context.Out, (IReadOnlyList<KeyValuePair<DiskCounters, bool>>)disks, VmstatJson.WriteDisks);
    }
}
