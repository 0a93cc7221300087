using System.Globalization;
using VboxMem.Tools.Parsing;
using VboxMem.Tools.Top;
using VboxMem.Tools.Zoneinfo;
using VboxMem.Tui.Drawing;
using VboxMem.Tui.Readings;
using VboxMem.Tui.Widgets;

namespace VboxMem.Tui.Panes;

/// <summary>The first rows of the overview: load, tasks and pressure; memory; free memory and swap, and whether something is wrong.</summary>
internal static class OverviewHead
{
    /// <summary>Below it there is no room for bars of free memory and swap.</summary>
    private const int BarsWidth = 76;

    public static void Draw(Canvas canvas, Rect area, ScreenView view, ProcessTable table)
    {
        DrawFigures(canvas, area.Row(0), view, table);
        DrawMemory(canvas, area.Row(1), view);
        var half = area.Width < BarsWidth ? area.Width - 27 : area.Width / 2;
        DrawFree(canvas, area.Row(2).Left(half - 1), view);
        DrawSwap(canvas, area.Row(2).RightOf(half), view);
    }

    private static void DrawFigures(Canvas canvas, Rect row, ScreenView view, ProcessTable table)
    {
        var gap = row.Width < 100 ? 1 : 3;
        var x = MachineFigures.WriteLoad(canvas, row, 0, view) + gap;
        x = WriteCpu(canvas, row, x, view, isLong: row.Width >= 100) + gap;
        x = MachineFigures.WriteTasks(canvas, row, x, table, isShort: row.Width < 150) + gap;
        MachineFigures.WritePressure(canvas, row with { Width = row.Width < 100 ? Math.Min(row.Width, x + 41) : row.Width }, x, view);
    }

    private static int WriteCpu(Canvas canvas, Rect row, int x, ScreenView view, bool isLong)
    {
        x = canvas.Write(row, x, 0, "cpu ", Role.Label);
        if (view.Now.Stat.Value?.Total is not { } now || view.Before?.Stat.Value?.Total is not { } before) return canvas.Write(row, x, 0, "-", Role.Dim);
        var cpu = CpuPercents.Between(before, now);
        x = canvas.Write(row, x, 0, string.Create(CultureInfo.InvariantCulture, $"{100 - cpu.Idle - cpu.IoWait:0}%"), Role.Bold);
        return isLong
            ? canvas.Write(row, x, 0, string.Create(CultureInfo.InvariantCulture, $" us {cpu.User + cpu.Nice:0} sy {cpu.System + cpu.Irq + cpu.SoftIrq:0} wa {cpu.IoWait:0} st {cpu.Steal:0}"))
            : x;
    }

    /// <summary>The bar, and beside it what its letters stand for.</summary>
    private static void DrawMemory(Canvas canvas, Rect row, ScreenView view)
    {
        if (view.Now.Meminfo is not { IsThere: true } meminfo)
        {
            MachineBars.DrawMemory(canvas, row, view);
            return;
        }

        var parts = MemoryParts.Of(meminfo.Value);
        var isLong = row.Width >= 110;
        var isNarrow = row.Width < BarsWidth;   // there the smallest parts have no figure
        var legend = isLong ? 84 : isNarrow ? 27 : 41;   // and what is free has a row of its own
        MachineBars.DrawMemory(canvas, row.Left(row.Width - legend - 1), view);
        var x = row.Width - legend;
        x = Legend(canvas, row, x, isLong ? "anon " : "a", parts.Anonymous, Role.Anon);
        if (!isNarrow) x = Legend(canvas, row, x, isLong ? "buffers " : "b", parts.Buffers, Role.Buffers);
        x = Legend(canvas, row, x, isLong ? "cache " : "c", parts.Cache, Role.File);
        x = Legend(canvas, row, x, isLong ? "m:shmem " : "m", parts.Shmem, Role.Shmem);
        x = Legend(canvas, row, x, isLong ? "slab " : "s", parts.Slab, Role.Slab);
        if (!isNarrow) x = Legend(canvas, row, x, isLong ? "rest " : "r", parts.Rest, Role.Kernel);
        if (isLong) Legend(canvas, row, x, "free ", parts.Free, Role.Good);
    }

    private static int Legend(Canvas canvas, Rect row, int x, string name, ulong kilobytes, Role role)
    {
        x = canvas.Write(row, x, 0, name, role);
        return canvas.Write(row, x, 0, Sizes.Kilobytes(kilobytes), Role.Bold) + 1;
    }

    /// <summary>Free pages of all zones up to twice the high marks, with the marks in the bar; beside it the zone that is worst off.</summary>
    private static void DrawFree(Canvas canvas, Rect row, ScreenView view)
    {
        canvas.Write(row, 0, 0, "Free", Role.Label);
        if (view.Now.Zones is not { IsThere: true } zones)
        {
            canvas.Write(row, MachineBars.LabelWidth + 1, 0, view.Now.Zones.Problem, Role.Warning);
            return;
        }

        var (free, min, low, high) = (0UL, 0UL, 0UL, 0UL);
        foreach (var zone in zones.Value)
        {
            free += zone["free"] ?? 0;
            min += zone["min"] ?? 0;
            low += zone["low"] ?? 0;
            high += zone["high"] ?? 0;
        }

        var (words, role) = Worst(zones.Value);
        var bar = row.RightOf(MachineBars.LabelWidth).Left(row.Width - MachineBars.LabelWidth - Math.Max(words.Length, 17) - 1);
        if (bar.Width < 12)
        {
            var x = canvas.Write(row, MachineBars.LabelWidth + 1, 0, Sizes.Pages(free), Role.Bold);
            canvas.Write(row, x + 1, 0, words, role);
            return;
        }

        Bar.Draw(canvas, bar, [new BarPart(free, role == Role.Dim ? Role.Good : role, 'f')], high * 2, Sizes.Pages(free));
        foreach (var (mark, letter, markRole) in (ReadOnlySpan<(ulong, char, Role)>)[(min, 'm', Role.Min), (low, 'l', Role.Low), (high, 'h', Role.High)])
        {
            if (high > 0) canvas.Put(bar, 1 + (int)(mark * (ulong)Math.Max(bar.Width - 3, 0) / (high * 2)), 0, letter, markRole);
        }

        canvas.Write(row, bar.X - row.X + bar.Width + 1, 0, words, role);
    }

    private static (string Words, Role Role) Worst(IReadOnlyList<ZoneInfo> zones)
    {
        ZoneInfo? worst = null;
        foreach (var zone in zones)
        {
            if (zone.LevelOf() is not ZoneLevel.NoMemory and var level && (worst is null || level < worst.LevelOf())) worst = zone;
        }

        return worst?.LevelOf() switch
        {
            ZoneLevel.BelowMin => ($"BELOW MIN: {worst.Name}", Role.Critical),
            ZoneLevel.BelowLow => ($"below low: {worst.Name}", Role.Warning),
            ZoneLevel.BelowHigh => ($"below high: {worst.Name}", Role.Dim),
            _ => ("above all marks", Role.Dim),
        };
    }

    /// <summary>Swap, tasks that had to reclaim for themselves, and whom the OOM killer has killed.</summary>
    private static void DrawSwap(Canvas canvas, Rect row, ScreenView view)
    {
        var now = view.Now.VmStat.Value?.Fields;
        var before = view.Before?.VmStat.Value?.Fields;
        var stalls = now is null || before is null ? null : view.Rate(Sample.StallsOf(now), Sample.StallsOf(before));
        var kills = now?["oom_kill"u8];
        var figures = row.Width < 30 ? row.Width : 25;
        if (row.Width > figures) MachineBars.DrawSwap(canvas, row.Left(row.Width - figures - 1), view);
        var x = canvas.Write(row, row.Width - figures, 0, "stalls/s ", Role.Label);
        x = canvas.Write(row, x, 0, Sizes.Rate(stalls), stalls > 0 ? Role.Critical : Role.Dim);
        x = canvas.Write(row, x + 1, 0, "OOM kills ", Role.Label);
        canvas.Write(row, x, 0, kills is { } count ? Sizes.Count(count) : "-", kills > 0 ? Role.Critical : Role.Dim);
    }
}
