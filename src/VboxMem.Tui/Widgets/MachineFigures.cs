using System.Globalization;
using VboxMem.Tools.Parsing;
using VboxMem.Tui.Drawing;
using VboxMem.Tui.Readings;

namespace VboxMem.Tui.Widgets;

/// <summary>Load, tasks and pressure in words and figures, alike in all panes.</summary>
internal static class MachineFigures
{
    /// <summary>Pressure from which on a figure stands out, in hundredths of a per cent.</summary>
    private const ulong MuchPressure = 1000;

    /// <summary>Cells that a resource's name and figure may take: " mem 100.00".</summary>
    private const int PressureWidth = 11;

    /// <summary>Writes the load averages.</summary>
    /// <returns>The column behind them.</returns>
    public static int WriteLoad(Canvas canvas, Rect row, int x, ScreenView view)
    {
        x = canvas.Write(row, x, 0, "load ", Role.Label);
        return view.Now.Load1515 is { } load
            ? canvas.Write(row, x, 0, $"{Hundredths(load.Load1)} {Hundredths(load.Load5)} {Hundredths(load.Load15)}", Role.Bold)
            : canvas.Write(row, x, 0, "-", Role.Dim);
    }

    /// <summary>Writes how many processes there are, and in which states.</summary>
    public static int WriteTasks(Canvas canvas, Rect row, int x, ProcessTable table, bool isShort)
    {
        var counts = table.Counts;
        x = canvas.Write(row, x, 0, "tasks ", Role.Label);
        x = canvas.Write(row, x, 0, counts.Total.ToString(CultureInfo.InvariantCulture), Role.Bold);
        if (!isShort) x = canvas.Write(row, x, 0, $", {table.KernelThreads} of the kernel", Role.Text);
        x = canvas.Write(row, x, 0, isShort ? $", {counts.Running} R" : $", {counts.Running} running");
        if (table.Uninterruptible > 0) x = canvas.Write(row, x, 0, $", {table.Uninterruptible} D", Role.Critical);
        if (counts.Zombie > 0) x = canvas.Write(row, x, 0, $", {counts.Zombie} Z", Role.Critical);
        if (counts.Stopped > 0) x = canvas.Write(row, x, 0, $", {counts.Stopped} T", Role.Warning);
        return x;
    }

    /// <summary>Writes for which share of the last ten seconds something stood still for want of CPU, disk, memory.</summary>
    public static int WritePressure(Canvas canvas, Rect row, int x, ScreenView view)
    {
        x = canvas.Write(row, x, 0, row.Width - x < 42 ? "PSI%" : "PSI% some10", Role.Label);
        foreach (var resource in (ReadOnlySpan<string>)["memory", "io", "cpu"])
        {
            if (x + PressureWidth > row.Width) break;
            x = canvas.Write(row, x, 0, resource == "memory" ? " mem " : $" {resource} ", Role.Label);
            x = WriteAverage(canvas, row, x, view.Now.Pressure(resource)?.Some);
        }

        return x;
    }

    private static int WriteAverage(Canvas canvas, Rect row, int x, PressureLine? line) => line is not { } some
        ? canvas.Write(row, x, 0, "-", Role.Dim)
        : canvas.Write(row, x, 0, Hundredths(some.Average10), some.Average10 >= MuchPressure ? Role.Critical : some.Average10 > 0 ? Role.Bold : Role.Dim);

    private static string Hundredths(ulong value) => string.Create(CultureInfo.InvariantCulture, $"{value / 100}.{value % 100:00}");
}
