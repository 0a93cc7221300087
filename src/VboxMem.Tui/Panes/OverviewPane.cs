// The whole machine on one screen: a line of figures, bars of memory and swap, graphs, processes, the end of the kernel's log.
//
// Rows are dealt out by what an incident asks for first: figures and bars always, then processes and log, then graphs, from 18 rows on.

using VboxMem.Tui.Bindings;
using VboxMem.Tui.Drawing;
using VboxMem.Tui.Readings;
using VboxMem.Tui.Widgets;

namespace VboxMem.Tui.Panes;

/// <summary>All that matters in an incident.</summary>
internal sealed class OverviewPane(ProcessList processes) : Pane
{
    private const int HeadRows = 3;
    private const int AllColumnsWidth = 160;

    /// <summary>Without PSS and USS: smaps_rollup of large processes costs more than all the rest of the pane.</summary>
    private static readonly string[] _columns =
        ["PID", "USER", "S", "%CPU", "RES", "SWAP", "OOM", "ADJ", "FLT/s", "MAJ/s", "TIME+", ProcessColumns.Command];

    private static readonly int[] _secondsPerColumn = [1, 2, 5, 10, 30, 60];

    private readonly OverviewGraphs _graphs = new();
    private int _tableTop;
    private int _logTop;

    public override string Name => "overview";

    public override string Description => "all that matters in an incident: memory, pressure, processes, log";

    public override void Prepare(Reading reading)
    {
        ArgumentNullException.ThrowIfNull(reading);
        _ = reading.Processes(ProcessTable.BaseFiles);
        _ = reading.Stat;
        _ = reading.VmStat;
    }

    public override void Draw(Canvas canvas, Rect area, ScreenView view)
    {
        ArgumentNullException.ThrowIfNull(canvas);
        ArgumentNullException.ThrowIfNull(view);
        OverviewHead.Draw(canvas, area.Top(HeadRows), view, processes.Update(view));
        var (across, rows, height) = Graphs(area);
        if (rows > 0) _graphs.Draw(canvas, area.Below(HeadRows).Top(rows * height), view, across, rows);
        var logRows = area.Height < 18 ? 3 : area.Height < 26 ? 4 : area.Height < 45 ? 7 : 13;
        _logTop = area.Height - logRows;
        LogTail.Draw(canvas, area.Below(_logTop), view);
        if (rows > 0) canvas.WriteRight(area.Row(_logTop), area.Width - 2, 0, $" graphs: {view.Choices.SecondsPerColumn} s a column ", Role.Title);

        _tableTop = HeadRows + (rows * height);
        var choice = processes.Describe(view);
        if (choice.Length > 0) canvas.Write(area, 1, _tableTop++, choice, Role.Title);
        processes.Draw(canvas, area.Below(_tableTop).Top(_logTop - _tableTop), view, area.Width < AllColumnsWidth ? _columns : null);
    }

    public override bool Obey(ScreenCommand command, Screen screen)
    {
        ArgumentNullException.ThrowIfNull(screen);
        if (command is not (ScreenCommand.ZoomIn or ScreenCommand.ZoomOut)) return processes.Obey(command, screen);
        var choices = screen.View.Choices;
        var at = Math.Max(Array.IndexOf(_secondsPerColumn, choices.SecondsPerColumn), 0) + (command == ScreenCommand.ZoomOut ? 1 : -1);
        choices.SecondsPerColumn = _secondsPerColumn[Math.Clamp(at, 0, _secondsPerColumn.Length - 1)];
        return true;
    }

    public override void Click(int x, int y, Screen screen)
    {
        ArgumentNullException.ThrowIfNull(screen);
        if (y >= _logTop) screen.Open("dmesg");
        else if (y >= _tableTop) processes.Click(x, y - _tableTop, screen);
    }

    public override bool? Search(string text, bool isBackward, ScreenView view) => processes.Search(text, isBackward, view);

    public override WhySubject? Subject(ScreenView view) =>
        processes.Current is { } row ? new WhySubject(WhyKind.Process, Pid: row.Pid) : null;

    /// <summary>How many graphs there is room for, and how high each is.</summary>
    private static (int Across, int Rows, int Height) Graphs(Rect area)
    {
        if (area.Height < 18) return (3, 0, 0);
        var across = area.Width >= AllColumnsWidth ? 4 : area.Width >= 75 ? 3 : 2;
        if (area.Height < 30) return (across, 1, 5);
        return (across, 2, area.Height < 36 ? 5 : area.Height < 50 ? 6 : 9);
    }
}
