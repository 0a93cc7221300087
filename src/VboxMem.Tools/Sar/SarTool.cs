// sar: how CPUs, memory, swap and queues did over intervals, and on average.
//
// The reports -u, -r, -S, -B, -W and -q (with -P), between readings that are interval seconds apart, or since boot (interval 0).
// Rates are over the elapsed time that /proc/uptime shows, not over the interval that was asked for.
//
// Reads   /proc/stat and uptime; vmstat, meminfo, loadavg and pressure/* as far as a report needs them;
//         /proc/sys/kernel/{ostype,osrelease,hostname} for the first line.
// Models  sysstat 12.6.1, as it prints to something that is no terminal: one heading a report, no colours.
// Departs a file that is missing or malformed is an error, where sar takes it for zeros; there are no daily files (-f, -o, -s, -e, -i),
//         and reports other than those above are refused by name; the machine is always x86_64; a clock that the caller does not
//         provide is boot time + uptime, in UTC; a CPU that appears later, with a number above all others, is not shown.

using VboxMem.FileTree;
using VboxMem.Tools.Formatting;

namespace VboxMem.Tools.Sar;

public static class SarTool
{
    public const string Name = "sar";

    /// <summary>sysstat's code for a daily file that cannot be opened.</summary>
    private const int NoDailyFile = 2;

    /// <summary>sysstat's code for reports that this machine cannot give.</summary>
    private const int NotAvailable = 3;

    /// <summary>Runs sar. See <see cref="ToolEntry"/>.</summary>
    public static int Run(IReadOnlyList<string> arguments, ToolContext context) =>
        ToolSession.Run(Name, context, () => Run(SarOptions.Parse(arguments), context), static (tool, wrong) =>
            (wrong.Message.Length > 0 ? $"{tool}: {wrong.Message}\n" : "") + wrong.Usage);

    private static int Run(SarOptions options, ToolContext context)
    {
        if (options.ShowHelp)
        {
            context.Out.Write(SarOptions.Usage);
            return ToolSession.Success;
        }

        if (options.ShowVersion)
        {
            context.Out.Write("sysstat version 12.6.1\n(C) Sebastien Godard (sysstat <at> orange.fr)\n");
            return ToolSession.Success;
        }

        if (options.Interval is not { } interval) return RefuseDailyFile(context);
        var reports = options.Reports;
        if ((reports & SarReports.Pressure) != 0 && context.Tree.TryStat(SarReading.PressureDirectory, out _) != Errno.None)
            reports &= ~SarReports.Pressure;
        if (reports == 0)
        {
            context.Error.Write("Requested activities not available\n");
            return NotAvailable;
        }

        var source = new SarSource(context, reports);
        var printer = new SarPrinter(context.Out, options, SarReport.Make(reports, options));
        if (interval == 0) PrintSinceBoot(source, printer, options, context);
        else PrintIntervals(source, printer, options, ToolSession.Ticker(context), context);
        return ToolSession.Success;
    }

    private static void PrintSinceBoot(SarSource source, SarPrinter printer, SarOptions options, ToolContext context)
    {
        var now = source.Read();
        if (!options.Json) SarText.WriteMachine(context.Out, source.Machine, now.Time);
        printer.PrintInterval(SarReading.Boot(now), now);
    }

    private static void PrintIntervals(SarSource source, SarPrinter printer, SarOptions options, ITicker ticker, ToolContext context)
    {
        var first = source.Read();
        if (!options.Json) SarText.WriteMachine(context.Out, source.Machine, first.Time);
        var before = first;
        for (ulong i = 0; options.Count is null || i < options.Count; i++)
        {
            context.Out.Flush();
            if (!ticker.TryAdvance(TimeSpan.FromSeconds(options.Interval!.Value))) break;
            var now = source.Read();
            printer.PrintInterval(before, now);
            before = now;
        }

        if (!ReferenceEquals(before, first)) printer.PrintAverage(first, before);
    }

    /// <summary>Without an interval sar shows what a collector has stored during the day; there is none here.</summary>
    private static int RefuseDailyFile(ToolContext context)
    {
        var day = new SarSource(context, SarReports.Cpu).Read().Time.Day;
        context.Error.Write($"Cannot open /var/log/sysstat/sa{day:00}: No such file or directory\nPlease check if data collecting is enabled\n");
        return NoDailyFile;
    }
}
