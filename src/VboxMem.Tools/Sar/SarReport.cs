// A report of sar: its columns, its figures over an interval, and its averages over all of them.
//
// Rates are averaged over the whole time, from the first reading to the last. What is no rate (sizes, queue lengths, the
// kernel's own averages) is added up interval by interval and divided by their number.

using VboxMem.Tools.Parsing;

namespace VboxMem.Tools.Sar;

internal enum SarUnit
{
    /// <summary>A rate or a load: printed with decimals.</summary>
    Number,

    /// <summary>Per cent: printed with decimals.</summary>
    Percent,

    /// <summary>KiB.</summary>
    Kilobytes,

    /// <summary>Something counted.</summary>
    Count,
}

/// <summary>A figure; <see cref="Whole"/> where it is a whole number, which an average is not.</summary>
internal readonly record struct SarFigure(SarUnit Unit, double Value, ulong? Whole)
{
    internal static SarFigure Number(double value) => new(SarUnit.Number, value, null);

    internal static SarFigure Percent(double value) => new(SarUnit.Percent, value, null);

    internal static SarFigure Kilobytes(ulong value) => new(SarUnit.Kilobytes, value, value);

    internal static SarFigure Count(ulong value) => new(SarUnit.Count, value, value);

    internal static SarFigure Mean(SarUnit unit, double value) => new(unit, value, null);
}

/// <summary>A line of a report.</summary>
/// <param name="Label">The CPU, in the one report that has a column for it; else null.</param>
/// <param name="Figures">One for each column.</param>
internal sealed record SarRow(string? Label, IReadOnlyList<SarFigure> Figures);

internal abstract class SarReport(string name, string[] columns)
{
    /// <summary>What JSON calls it.</summary>
    internal string Name { get; } = name;

    /// <summary>Headings of its figures.</summary>
    internal IReadOnlyList<string> Columns { get; } = columns;

    /// <summary>Heading of the labels; null where lines have none.</summary>
    internal virtual string? LabelColumn => null;

    /// <summary>Figures between two readings; counted towards the averages.</summary>
    internal abstract IReadOnlyList<SarRow> Interval(SarReading before, SarReading now);

    /// <summary>Averages of the intervals seen so far.</summary>
    internal abstract IReadOnlyList<SarRow> Average(SarReading first, SarReading last);

    internal static IReadOnlyList<SarReport> Make(SarReports reports, SarOptions options)
    {
        var all = new List<SarReport>();
        void Add(SarReports report, Func<SarReport> make)
        {
            if ((reports & report) != 0) all.Add(make());
        }

        Add(SarReports.Cpu, () => new CpuReport(options.AllCpuFields, options.Cpus ?? CpuSelection.TogetherOnly));
        Add(SarReports.Swapping, static () => new SwappingReport());
        Add(SarReports.Paging, static () => new PagingReport());
        Add(SarReports.Memory, () => new MemoryReport(options.AllMemoryFields));
        Add(SarReports.SwapSpace, static () => new SwapSpaceReport());
        Add(SarReports.Load, static () => new LoadReport());
        Add(SarReports.CpuPressure, static () => new PressureReport("cpuPressure", "cpu", hasFull: false, static reading => reading.CpuPressure));
        Add(SarReports.IoPressure, static () => new PressureReport("ioPressure", "io", hasFull: true, static reading => reading.IoPressure));
        Add(SarReports.MemoryPressure, static () => new PressureReport("memoryPressure", "mem", hasFull: true, static reading => reading.MemoryPressure));
        return all;
    }

    /// <summary>Events a second of a counter; a counter that ran backwards gives the huge rate sar gives it.</summary>
    protected static double PerSecond(ulong before, ulong now, ulong elapsedCentiseconds) =>
        (double)unchecked(now - before) / elapsedCentiseconds * 100;

    /// <summary>The distance between two values in per cent of a third.</summary>
    protected static double Share(ulong from, ulong to, ulong whole) => (double)unchecked(to - from) / whole * 100;
}
