// The columns there are. What is not known is "-": a rate at the first reading, memory of a kernel thread, a file that cannot be read.

using System.Globalization;
using VboxMem.Tools.Processes;
using VboxMem.Tools.Top;
using VboxMem.Tui.Drawing;
using VboxMem.Tui.Readings;

namespace VboxMem.Tui.Widgets;

internal static class ProcessColumns
{
    public const string Command = "COMMAND";

    private const float MuchCpu = 50;

    private static readonly ProcessCell _unknown = new("-", Role.Dim);

    /// <summary>From left to right.</summary>
    public static IReadOnlyList<ProcessColumn> All { get; } =
    [
        new("PID", 7, 0, ProcessFiles.None, false, Of("PID"), static (row, _) => new(Number(row.Pid), Role.Text))
            { Description = "number of the process" },
        new("USER", 8, 2, ProcessFiles.Owner, false, Of("USER"), static (row, details) => new(Cut(row.UserOf(details), 8)))
            { Description = "its effective user", IsText = true },
        new("S", 1, 1, ProcessFiles.None, false, Of("S"), static (row, _) => State(row.Record.State))
            { Description = "state: R runs, S sleeps, D waits for a disk, Z has ended", IsText = true },
        new("%CPU", 5, 1, ProcessFiles.None, true, Of("%CPU"), static (row, _) => Cpu(row.CpuPercent))
            { Description = "share of one CPU" },
        new("RES", 5, 1, ProcessFiles.None, true, BySize(static row => row.ResidentKilobytes), static (row, _) => Size(row, true, row.ResidentKilobytes))
            { Description = "resident memory" },
        new("PSS", 5, 4, ProcessFiles.Rollup, true, Of("PSS"), static (row, details) => Size(row, details.Has(ProcessFiles.Rollup), details.Rollup.Pss))
            { Description = "resident memory, shared pages divided by who shares them" },
        new("USS", 5, 7, ProcessFiles.Rollup, true, Of("USS"), static (row, details) => Size(row, details.Has(ProcessFiles.Rollup), details.Rollup.Uss))
            { Description = "memory of its own: what ends with it" },
        new("SWAP", 5, 2, ProcessFiles.Status, true, Of("SWAP"), static (row, details) => Swap(row, details))
            { Description = "memory in swap" },
        new("OOM", 4, 3, ProcessFiles.OomScore, true, Of("OOMs"), static (row, details) => Score(row, details))
            { Description = "oom_score: who has most is killed first" },
        new("ADJ", 5, 5, ProcessFiles.OomScoreAdjustment, true, Of("OOMa"), static (row, details) => Adjustment(row, details))
            { Description = "oom_score_adj: what is added to the score" },
        new("FLT/s", 5, 3, ProcessFiles.None, true, ByRate(static row => row.Faults), static (row, _) => Rate(row.Faults, Role.Text))
            { Description = "minor faults a second" },
        new("MAJ/s", 5, 5, ProcessFiles.None, true, ByRate(static row => row.MajorFaults), static (row, _) => Rate(row.MajorFaults, Role.Warning))
            { Description = "major faults a second: with a read from a disk" },
        new("VIRT", 5, 9, ProcessFiles.None, true, BySize(static row => row.VirtualKilobytes), static (row, _) => Size(row, true, row.VirtualKilobytes))
            { Description = "virtual memory" },
        new("TIME+", 8, 6, ProcessFiles.None, true, Of("TIME+"), static (row, _) => new(Time(row.Task.Ticks)))
            { Description = "CPU time used" },
        new("WCHAN", 14, 8, ProcessFiles.WaitChannel, false, ByWaitChannel, static (_, details) => WaitChannel(details))
            { Description = "kernel function that it sleeps in", IsText = true },
        new(Command, 0, 0, ProcessFiles.CommandLine | ProcessFiles.Status, false, ByName, static (row, details) => CommandOf(row, details))
            { Description = "its command line", IsText = true },
    ];

    /// <summary>A column by its heading.</summary>
    public static ProcessColumn Find(string heading)
    {
        foreach (var column in All)
        {
            if (column.Heading == heading) return column;
        }

        throw new ArgumentOutOfRangeException(nameof(heading), heading, "no column");
    }

    private static Comparison<ProcessRow> Of(string key)
    {
        var compare = TopSortKey.Find(key)!.Compare;
        return (left, right) => compare(left.Task, right.Task);
    }

    private static Comparison<ProcessRow> ByRate(Func<ProcessRow, double?> rate) => (left, right) => (rate(left) ?? -1).CompareTo(rate(right) ?? -1);

    private static Comparison<ProcessRow> BySize(Func<ProcessRow, ulong> size) => (left, right) => size(left).CompareTo(size(right));

    private static int ByName(ProcessRow left, ProcessRow right) => left.Record.Name.Span.SequenceCompareTo(right.Record.Name.Span);

    private static int ByWaitChannel(ProcessRow left, ProcessRow right) =>
        left.Record.WaitChannel.Span.SequenceCompareTo(right.Record.WaitChannel.Span);

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Cut(string text, int width) => text.Length <= width ? text : string.Concat(text.AsSpan(0, width - 1), "+");

    private static ProcessCell State(byte state) => new(((char)state).ToString(), state switch
    {
        (byte)'R' => Role.Good,
        (byte)'D' or (byte)'Z' or (byte)'X' => Role.Critical,
        (byte)'T' or (byte)'t' => Role.Warning,
        _ => Role.Dim,
    });

    private static ProcessCell Cpu(float? percent) => percent is not { } share
        ? _unknown
        : new(Sizes.Fixed(share, share < 99.95f ? 1 : 0), share >= MuchCpu ? Role.Bold : share < 0.05f ? Role.Dim : Role.Text);

    private static ProcessCell Size(ProcessRow row, bool isKnown, ulong kilobytes) => row.IsKernelThread || !isKnown
        ? _unknown
        : new(Sizes.Kilobytes(kilobytes), kilobytes == 0 ? Role.Dim : Role.Text);

    private static ProcessCell Swap(ProcessRow row, ProcessRecord details) => row.IsKernelThread || !details.Status.HasMemory
        ? _unknown
        : new(Sizes.Kilobytes(details.Status.VmSwap), details.Status.VmSwap == 0 ? Role.Dim : Role.Swap);

    private static ProcessCell Score(ProcessRow row, ProcessRecord details) => row.IsKernelThread || !details.Has(ProcessFiles.OomScore)
        ? _unknown
        : new(Number(details.OomScore), details.OomScore == 0 ? Role.Dim : Role.Text);

    private static ProcessCell Adjustment(ProcessRow row, ProcessRecord details) => row.IsKernelThread || !details.Has(ProcessFiles.OomScoreAdjustment)
        ? _unknown
        : new(Number(details.OomScoreAdjustment), details.OomScoreAdjustment == 0 ? Role.Dim : Role.Text);

    private static ProcessCell Rate(double? perSecond, Role role) => perSecond is not { } rate
        ? _unknown
        : new(Sizes.Count(rate), rate == 0 ? Role.Dim : role);

    private static ProcessCell WaitChannel(ProcessRecord details)
    {
        var name = ProcessText.WaitChannel(details);
        return name is "-" or "?" ? _unknown : new(Cut(name, 14), Role.Dim);
    }

    private static ProcessCell CommandOf(ProcessRow row, ProcessRecord details)
    {
        var command = ProcessText.CommandLine(row.IsKernelThread ? row.Record : details, isUtf8: true);
        if (row.IsEnding(details)) return new(row.Record.State == (byte)'Z' ? command : command + " <ending>", Role.Critical);
        return new(command, row.IsKernelThread ? Role.Dim : row.Record.State == (byte)'D' ? Role.Critical : Role.Text);
    }

    /// <summary>Minutes, seconds and hundredths, as top; beyond five digits of minutes hours and minutes.</summary>
    private static string Time(ulong ticks)
    {
        var minutes = ticks / 6000;
        return minutes < 100
            ? string.Create(CultureInfo.InvariantCulture, $"{minutes}:{ticks / 100 % 60:00}.{ticks % 100:00}")
            : minutes < 100_000
            ? string.Create(CultureInfo.InvariantCulture, $"{minutes}:{ticks / 100 % 60:00}")
            : string.Create(CultureInfo.InvariantCulture, $"{minutes / 60}h{minutes % 60:00}");
    }
}
