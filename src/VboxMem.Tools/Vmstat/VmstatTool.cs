// vmstat: processes, memory, swap, disk and CPU, line by line; and tables of counters, slabs and disks.
//
// Reads   /proc/vmstat, stat, meminfo (4.0.4 also uptime; 4.0.2 wants cpuinfo to exist); -m slabinfo;
//         -d, -D, -p diskstats and the names in /sys/block.
// Models  procps-ng 4.0.2 and 4.0.4; facts: virtual memory and tools, 7.2.
// Departs a malformed number is an error, where procps shows 0.

using VboxMem.Tools.Formatting;
using VboxMem.Tools.Parsing;

namespace VboxMem.Tools.Vmstat;

public static class VmstatTool
{
    public const string Name = "vmstat";

    /// <summary>Runs vmstat. See <see cref="ToolEntry"/>.</summary>
    public static int Run(IReadOnlyList<string> arguments, ToolContext context) =>
        ToolSession.Run(Name, context, () => Run(VmstatOptions.Parse(arguments, context.Version), context));

    private static int Run(VmstatOptions options, ToolContext context) => options.Immediate switch
    {
        'h' => ToolSession.PrintUsage(context, VmstatOptions.Usage),
        'V' => ToolSession.PrintVersion(Name, context),
        'f' => PrintForks(options, context),
        _ => options.Modes switch
        {
            VmstatModes.Lines => PrintLines(options, context),
            VmstatModes.Summary => PrintSummary(options, context),
            VmstatModes.Slabs => PrintSlabs(options, context),
            _ => VmstatDisks.Print(options, context),
        },
    };

    private static int PrintForks(VmstatOptions options, ToolContext context)
    {
        var forks = VmstatReading.ReadStat(context).Forks;
        if (options.Json) JsonText.WriteLine(context.Out, forks, VmstatJson.WriteForks);
        else VmstatText.WriteForks(context.Out, forks);
        return ToolSession.Success;
    }

    private static int PrintSummary(VmstatOptions options, ToolContext context)
    {
        var reading = VmstatReading.Read(context);
        if (options.Json) JsonText.WriteLine(context.Out, reading, VmstatJson.WriteSummary);
        else VmstatText.WriteSummary(context.Out, reading, options.Unit);
        return ToolSession.Success;
    }

    private static int PrintSlabs(VmstatOptions options, ToolContext context)
    {
        var ticker = options.Count is null or > 1 ? ToolSession.Ticker(context) : null;
        if (options.OneHeader && !options.Json) VmstatText.WriteSlabHeader(context.Out);
        for (ulong i = 0; options.Count is null || i < options.Count; i++)
        {
            if (i > 0 && !TryWait(ticker!, options, context)) break;
            var slabInfo = ToolSession.Load<SlabInfo>(context, SlabInfo.Path, SlabInfo.Parse, _ => "Unable to create slabinfo structure");
            PrintSlabsOnce(slabInfo, options, context);
        }

        return ToolSession.Success;
    }

    private static void PrintSlabsOnce(SlabInfo slabInfo, VmstatOptions options, ToolContext context)
    {
        var caches = new List<SlabCache>(slabInfo.Caches);
        caches.Sort((left, right) => string.CompareOrdinal(left.Name, right.Name));
        if (options.Json)
        {
            JsonText.WriteLine(context.Out, caches, SlabJson.WriteCaches);
            return;
        }

        var every = RowsBetweenHeaders(context);
        for (var i = 0; i < caches.Count; i++)
        {
            if (!options.OneHeader && i % every == 0) VmstatText.WriteSlabHeader(context.Out);
            VmstatText.WriteSlab(context.Out, caches[i]);
        }
    }

    internal static bool TryWait(ITicker ticker, VmstatOptions options, ToolContext context)
    {
        context.Out.Flush();
        return ticker.TryAdvance(TimeSpan.FromSeconds(options.Delay));
    }

    private static int PrintLines(VmstatOptions options, ToolContext context)
    {
        var clock = options.TimeStamps ? ToolSession.Clock(context) : null;
        var ticker = options.SkipFirst || options.Count is null or > 1 ? ToolSession.Ticker(context) : null;
        var unit = options.Json ? VmstatUnit.Kibibytes(context.Version) : options.Unit;
        var every = (ulong)RowsBetweenHeaders(context);

        var first = VmstatReading.Read(context);
        if (!options.Json) VmstatText.WriteHeader(context.Out, options, clock);
        if (!options.SkipFirst) Print(VmstatLine.SinceBoot(first, unit), options, clock, context);

        var count = options.SkipFirst ? options.Count + 1 : options.Count;
        var before = first;
        var idleDebt = 0L;
        for (ulong i = 1; ticker is not null && (count is null || i < count); i++)
        {
            if (!TryWait(ticker, options, context)) break;
            if (!options.Json && !options.OneHeader && i % every == 0) VmstatText.WriteHeader(context.Out, options, clock);

            var now = VmstatReading.Read(context);
            var memory = context.Version == ProcpsVersion.V4_0_2 ? first : now;
            Print(VmstatLine.Interval(VmstatCounters.Of(before), now, memory, options.Delay, ref idleDebt, unit), options, clock, context);
            before = now;
        }

        return ToolSession.Success;
    }

    private static void Print(in VmstatLine line, VmstatOptions options, IWallClock? clock, ToolContext context)
    {
        if (options.Json) JsonText.WriteLine(context.Out, line, VmstatJson.WriteLine);
        else VmstatText.WriteLine(context.Out, line, options, clock);
    }

    /// <summary>procps leaves three rows of the screen to the header and the prompt.</summary>
    internal static int RowsBetweenHeaders(ToolContext context) => Math.Max(context.ScreenRows - 3, 1);
}
