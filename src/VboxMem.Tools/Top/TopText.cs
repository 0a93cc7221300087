// top's output, byte for byte: five lines of summary, an empty one, the heading, a row a task; nothing beyond the last column.
//
// Models  procps-ng 4.0.2 and 4.0.4: scale_mem, scale_tics, make_str; facts: virtual memory and tools, 7.4.

using System.Globalization;
using System.Text;
using VboxMem.Tools.Formatting;
using VboxMem.Tools.Processes;

namespace VboxMem.Tools.Top;

/// <param name="writer">Where to.</param>
/// <param name="request">What was asked for.</param>
/// <param name="version">Whose words.</param>
/// <param name="pidWidth">Columns of a pid.</param>
/// <param name="countsSteal">Whether the kernel is one that knows of stolen time; a tree that does not say which kernel it is has none.</param>
/// <param name="isUtf8">See <see cref="ToolContext.IsUtf8"/>.</param>
internal sealed class TopText(
    TextWriter writer, TopRequest request, ProcpsVersion version, int pidWidth, bool countsSteal, bool isUtf8)
{
    private const int UserWidth = 8;
    private const int MemoryWidth = 9;
    private const int PercentWidth = 5;
    private const int TimeWidth = 9;
    private const string TooWide = "?";
    private const string Between = "  ";
    private const string UnitPrefixes = "KMGTPE";

    private readonly StringBuilder _line = new();

    internal void Write(TopFrame frame, IReadOnlyList<TopTask> tasks)
    {
        Line($"top -{frame.Uptime.Line(version)}");
        Line(string.Create(CultureInfo.InvariantCulture,
            $"{(request.ShowsThreads ? "Threads" : "Tasks")}: {frame.Counts.Total,3} total, {frame.Counts.Running,3} running, {frame.Counts.Sleeping,3} sleeping, {frame.Counts.Stopped,3} stopped, {frame.Counts.Zombie,3} zombie"));
        WriteCpus(frame);
        WriteMemory(frame.Memory);
        Line("");
        WriteRow("PID", "USER", "PR", "NI", "VIRT", "RES", "SHR", "S", "%CPU", "%MEM", "TIME+", "COMMAND");
        foreach (var task in tasks) WriteTask(task);
    }

    /// <summary>One line for all CPUs, or one for each: then two stand side by side, however wide the lines may be.</summary>
    private void WriteCpus(TopFrame frame)
    {
        if (!request.ShowsEachCpu)
        {
            Line(Shares("%Cpu(s):", frame.Cpu));
            return;
        }

        for (var i = 0; i < frame.Cpus.Count; i += 2)
        {
            var left = Shares(string.Create(CultureInfo.InvariantCulture, $"%Cpu{frame.Cpus[i].Key,-3}:"), frame.Cpus[i].Value);
            Line(i + 1 == frame.Cpus.Count ? left
                : left + Between + Shares(string.Create(CultureInfo.InvariantCulture, $"%Cpu{frame.Cpus[i + 1].Key,-3}:"), frame.Cpus[i + 1].Value));
        }
    }

    private string Shares(string name, in CpuPercents cpu)
    {
        var text = new StringBuilder(name);
        foreach (var (share, label) in (ReadOnlySpan<(float, string)>)
            [(cpu.User, "us,"), (cpu.System, "sy,"), (cpu.Nice, "ni,"), (cpu.Idle, "id,"), (cpu.IoWait, "wa,"), (cpu.Irq, "hi,"), (cpu.SoftIrq, countsSteal ? "si," : "si ")])
        {
            text.Append(CNumber.Fixed(share, 1).PadLeft(countsSteal ? 5 : 6)).Append(' ').Append(label);
        }

        if (countsSteal) text.Append(CNumber.Fixed(cpu.Steal, 1).PadLeft(5)).Append(" st ");
        return text.ToString();
    }

    private void WriteMemory(in MemoryFigures memory)
    {
        var unit = $"{UnitPrefixes[request.SummaryUnit]}iB";
        var memoryLine = $"{unit} Mem : {Summary(memory.Total)}total, {Summary(memory.Free)}free, {Summary(memory.Used)}used, {Summary(memory.BuffersAndCache)}buff/cache     ";
        var swapLine = $"{unit} Swap: {Summary(memory.SwapTotal)}total, {Summary(memory.SwapFree)}free, {Summary(memory.SwapUsed)}used. {Summary(memory.Available)}avail Mem ";
        if (request.ShowsEachCpu)
        {
            Line(memoryLine + Between + swapLine);
            return;
        }

        Line(memoryLine);
        Line(swapLine);
    }

    /// <summary>A number and a blank in nine columns; of a longer one eight, and "+".</summary>
    private string Summary(long kilobytes)
    {
        var scaled = (float)kilobytes;
        for (var i = 0; i < request.SummaryUnit; i++) scaled /= 1024;
        var text = (request.SummaryUnit == 0 ? ((double)scaled).ToString("0", CultureInfo.InvariantCulture) : CNumber.Fixed(scaled, 1)) + " ";
        return text.Length > MemoryWidth ? text[..(MemoryWidth - 1)] + "+" : text.PadLeft(MemoryWidth);
    }

    private void WriteTask(TopTask task)
    {
        var stat = task.Record.Stat;
        WriteRow(
            Cut(task.Record.Pid.ToString(CultureInfo.InvariantCulture), pidWidth),
            Cut(task.User, UserWidth),
            stat.Priority is < -99 or > 999 ? "rt" : stat.Priority.ToString(CultureInfo.InvariantCulture),
            stat.Nice.ToString(CultureInfo.InvariantCulture),
            Memory(task.VirtualKilobytes, 7),
            Memory(task.ResidentKilobytes, 6),
            Memory(task.SharedKilobytes, 6),
            ((char)task.Record.State).ToString(),
            Percent(task.CpuPercent),
            Percent(task.MemoryPercent),
            Time(task.Ticks),
            request.ShowsCommandLines ? ProcessText.CommandLine(task.Record, isUtf8) : ProcessText.Name(task.Record, isUtf8));
    }

    private void WriteRow(params ReadOnlySpan<string> cells)
    {
        ReadOnlySpan<int> widths = [pidWidth, -UserWidth, 3, 3, 7, 6, 6, 1, 5, 5, TimeWidth];
        _line.Clear();
        for (var i = 0; i < widths.Length; i++)
        {
            // A column that does not fit as a whole is not there, nor are those behind it.
            if (_line.Length + Math.Abs(widths[i]) > request.Columns) break;
            _line.Append(widths[i] < 0 ? cells[i].PadRight(-widths[i]) : cells[i].PadLeft(widths[i])).Append(' ');
        }

        var room = request.Columns - _line.Length - 1;
        if (room >= "COMMAND".Length)
        {
            var text = PrintableText.Fit(cells[^1], int.MaxValue, out var width, keepsUnprintable: true);
            _line.Append(width > room ? PrintableText.Fit(text, room - 1, out _, keepsUnprintable: true) + "+" : text);
        }

        Line(_line.ToString().TrimEnd(' '));
    }

    /// <summary>kB where they fit, else with one decimal in the first unit in which the number fits.</summary>
    private string Memory(ulong kilobytes, int width)
    {
        var scaled = (float)kilobytes;
        for (var unit = 0; unit <= 4; unit++)
        {
            if (unit >= request.TaskUnit)
            {
                var text = unit == 0 ? kilobytes.ToString(CultureInfo.InvariantCulture) : CNumber.Fixed(scaled, 1) + "kmgtp"[unit];
                if (text.Length <= width) return text;
            }

            scaled /= 1024;
        }

        return TooWide;
    }

    private static string Cut(string text, int width) => text.Length > width ? text[..(width - 1)] + "+" : text;

    private static string Percent(float value)
    {
        var text = CNumber.Fixed(value, 1);
        if (text.Length > PercentWidth) text = Math.Round((double)value, MidpointRounding.ToEven).ToString("0", CultureInfo.InvariantCulture);
        return text.Length <= PercentWidth ? text : TooWide;
    }

    /// <summary>In the smallest units that the amount is usual in, and that fit.</summary>
    private static string Time(ulong centiseconds)
    {
        var (minutes, hours, days) = (centiseconds / 6000, centiseconds / 360_000, centiseconds / 8_640_000);
        if (minutes <= 360) return string.Create(CultureInfo.InvariantCulture, $"{minutes}:{centiseconds / 100 % 60:00}.{centiseconds % 100:00}");
        if (hours <= 96) return string.Create(CultureInfo.InvariantCulture, $"{hours},{minutes % 60:00}");
        if (days <= 14) return string.Create(CultureInfo.InvariantCulture, $"{days}d+{hours % 24}h");
        var text = string.Create(CultureInfo.InvariantCulture, $"{days / 7}w+{days % 7}d");
        if (text.Length > TimeWidth) text = string.Create(CultureInfo.InvariantCulture, $"{days / 7}w");
        return text.Length <= TimeWidth ? text : TooWide;
    }

    private void Line(string text)
    {
        var line = text.Length > request.Columns ? text[..request.Columns] : text;
        writer.Write(line);
        writer.Write('\n');
    }
}
