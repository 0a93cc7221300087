using VboxMem.Tools.Parsing;
using VboxMem.Tools.Top;
using VboxMem.Tui.Bindings;
using VboxMem.Tui.Drawing;
using VboxMem.Tui.Readings;
using VboxMem.Tui.Widgets;

namespace VboxMem.Tui.Panes;

/// <summary>What htop shows: the machine in a few bars, and all processes.</summary>
internal sealed class TopPane(ProcessList processes) : Pane
{
    private const int MostCpusAsBars = 16;
    private const int LeastTableHeight = 8;

    private int _tableTop;

    public override string Name => "top";

    public override string Description => "processes: sort, filter, tree, follow";

    public override void Prepare(Reading reading)
    {
        ArgumentNullException.ThrowIfNull(reading);
        _ = reading.Processes(ProcessTable.BaseFiles);
        _ = reading.Stat;
    }

    public override void Draw(Canvas canvas, Rect area, ScreenView view)
    {
        ArgumentNullException.ThrowIfNull(canvas);
        ArgumentNullException.ThrowIfNull(view);
        _tableTop = DrawHead(canvas, area, view);
        var choice = processes.Describe(view);
        if (choice.Length > 0)
        {
            canvas.Write(area, 1, _tableTop, choice, Role.Title);
            _tableTop++;
        }

        processes.Draw(canvas, area.Below(_tableTop), view);
    }

    public override bool Obey(ScreenCommand command, Screen screen) => processes.Obey(command, screen);

    public override void Click(int x, int y, Screen screen)
    {
        if (y >= _tableTop) processes.Click(x, y - _tableTop, screen);
    }

    public override bool? Search(string text, bool isBackward, ScreenView view) => processes.Search(text, isBackward, view);

    public override WhySubject? Subject(ScreenView view) =>
        processes.Current is { } row ? new WhySubject(WhyKind.Process, Pid: row.Pid) : null;

    /// <summary>Bars at the left, figures at the right; above them a bar for each CPU where these are more than two.</summary>
    /// <returns>Rows it takes.</returns>
    private int DrawHead(Canvas canvas, Rect area, ScreenView view)
    {
        var stat = view.Now.Stat.Value;
        var cpus = stat?.Cpus ?? [];
        var before = view.Before?.Stat.Value;
        var top = 0;
        if (cpus.Count is > 2 and <= MostCpusAsBars)
        {
            var across = cpus.Count > 8 ? 4 : 2;
            var rows = (cpus.Count + across - 1) / across;
            if (rows + 3 + LeastTableHeight <= area.Height)
            {
                DrawCpuGrid(canvas, area.Top(rows), cpus, before, across);
                top = rows;
            }
        }

        var half = area.Width / 2;
        var y = top;
        if (top == 0)
        {
            var isEach = cpus.Count == 2 && area.Height >= LeastTableHeight + 4;
            for (var cpu = 0; cpu < (isEach ? 2 : 1); cpu++, y++)
            {
                var row = area.Left(half).Row(y);
                if (isEach) DrawCpu(canvas, row, cpus[cpu], before);
                else DrawAllCpus(canvas, row, stat, before);
            }
        }

        MachineBars.DrawMemory(canvas, area.Left(half).Row(y++), view);
        MachineBars.DrawSwap(canvas, area.Left(half).Row(y++), view);
        DrawFigures(canvas, area.RightOf(half).Below(top), view);
        return Math.Max(y, top + 3);
    }

    private static void DrawCpuGrid(Canvas canvas, Rect area, IReadOnlyList<KeyValuePair<int, CpuTicks>> cpus, Stat? before, int across)
    {
        for (var i = 0; i < cpus.Count; i++)
        {
            var (column, row) = (i / area.Height, i % area.Height);
            var from = area.Width * column / across;
            DrawCpu(canvas, area.RightOf(from).Left((area.Width * (column + 1) / across) - from).Row(row), cpus[i], before);
        }
    }

    private static void DrawCpu(Canvas canvas, Rect row, KeyValuePair<int, CpuTicks> cpu, Stat? before)
    {
        CpuTicks? earlier = null;
        foreach (var (number, ticks) in before?.Cpus ?? [])
        {
            if (number == cpu.Key) earlier = ticks;
        }

        MachineBars.DrawCpu(canvas, row, $"{cpu.Key,3}", CpuPercents.Between(earlier ?? default, cpu.Value), earlier is not null);
    }

    private static void DrawAllCpus(Canvas canvas, Rect row, Stat? stat, Stat? before) =>
        MachineBars.DrawCpu(
            canvas, row, "CPU", CpuPercents.Between(before?.Total ?? default, stat?.Total ?? default), before?.Total is not null && stat?.Total is not null);

    private void DrawFigures(Canvas canvas, Rect area, ScreenView view)
    {
        MachineFigures.WriteTasks(canvas, area.Row(0), 2, processes.Update(view), isShort: area.Width < 50);
        MachineFigures.WriteLoad(canvas, area.Row(1), 2, view);
        MachineFigures.WritePressure(canvas, area.Row(2), 2, view);
    }
}
