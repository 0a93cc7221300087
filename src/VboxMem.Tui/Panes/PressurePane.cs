using System.Globalization;
using VboxMem.Tools.Parsing;
using VboxMem.Tui.Bindings;
using VboxMem.Tui.Drawing;
using VboxMem.Tui.Readings;
using VboxMem.Tui.Widgets;

namespace VboxMem.Tui.Panes;

/// <summary>How much time is lost to want of memory, disk and CPU, and who loses it to what right now.</summary>
internal sealed class PressurePane : Pane
{
    private const int WidthOfBothKinds = 72;
    private const int WidthOfFiveGraphs = 110;
    private const int LeastListRows = 6;

    private static readonly string[] _resources = ["cpu", "memory", "io"];

    private static readonly (string Name, Role Role, Func<Sample, ulong> Total)[] _graphs =
    [
        ("memory some", Role.LineB, static sample => sample.MemorySomeMicroseconds),
        ("io some", Role.LineC, static sample => sample.IoSomeMicroseconds),
        ("cpu some", Role.LineA, static sample => sample.CpuSomeMicroseconds),
        ("memory full", Role.Critical, static sample => sample.MemoryFullMicroseconds),
        ("io full", Role.Critical, static sample => sample.IoFullMicroseconds),
    ];

    private readonly StallList _stalls = new();
    private double[] _values = [];
    private int _listTop;

    public override string Name => "pressure";

    public override string Description => "time lost to want of memory, disk and CPU; who stalls on what";

    public override void Prepare(Reading reading)
    {
        ArgumentNullException.ThrowIfNull(reading);
        foreach (var resource in _resources) reading.Pressure(resource);
        _ = reading.Debug("services");
    }

    public override void Draw(Canvas canvas, Rect area, ScreenView view)
    {
        ArgumentNullException.ThrowIfNull(view);
        var rest = area.Below(DrawTable(canvas, area, view));
        var services = view.Now.Debug("services").Value;
        var serviceRows = services is { RowCount: > 0 } ? services.RowCount + 1 : 0;
        var graphRows = rest.Height >= LeastListRows + 4 ? Math.Clamp((rest.Height - LeastListRows - serviceRows) / 2, 4, 12) : 0;
        if (graphRows > 0) DrawGraphs(canvas, rest.Top(graphRows), view);
        rest = rest.Below(graphRows);
        if (serviceRows == 0 || rest.Height < LeastListRows + serviceRows) serviceRows = 0;
        _listTop = rest.Y - area.Y;
        _stalls.Draw(canvas, rest.Top(rest.Height - serviceRows), view);
        if (serviceRows > 0) DrawServices(canvas, rest.Below(rest.Height - serviceRows), services!, view);
    }

    public override bool Obey(ScreenCommand command, Screen screen)
    {
        ArgumentNullException.ThrowIfNull(screen);
        if (command == ScreenCommand.Enter && _stalls.Pid > 0)
        {
            screen.View.Choices.SelectedPid = _stalls.Pid;
            screen.Open("process");
            return true;
        }

        if (command is not (ScreenCommand.ZoomIn or ScreenCommand.ZoomOut)) return _stalls.Cursor.Obey(command) && _stalls.Moved(screen.View);
        var choices = screen.View.Choices;
        choices.SecondsPerColumn = PressureSeries.Zoom(choices.SecondsPerColumn, command == ScreenCommand.ZoomIn);
        return true;
    }

    public override void Click(int x, int y, Screen screen)
    {
        ArgumentNullException.ThrowIfNull(screen);
        _stalls.Click(y - _listTop, screen.View);
    }

    public override bool? Search(string text, bool isBackward, ScreenView view) => _stalls.Search(text, isBackward, view);

    public override WhySubject? Subject(ScreenView view) => _stalls.Tid is > 0 and var tid ? new WhySubject(WhyKind.Stall, Pid: tid) : null;

    /// <returns>Rows used.</returns>
    private static int DrawTable(Canvas canvas, Rect area, ScreenView view)
    {
        const string columns = "        avg10  avg60 avg300    total";
        var isWide = area.Width >= WidthOfBothKinds;
        canvas.Fill(area.Row(0), ' ', Role.Header);
        canvas.Write(area, 1, 0, isWide ? $"% stalled{columns[2..]}{columns}" : $"% stalled{columns[2..]}", Role.Header);
        var row = 1;
        foreach (var resource in _resources)
        {
            if (view.Now.Pressure(resource) is not { } pressure)
            {
                canvas.Write(area, 1, row++, $"/proc/pressure/{resource} is not there", Role.Warning);
                continue;
            }

            canvas.Write(area, 1, row, resource, Role.Label);
            if (isWide)
            {
                DrawLine(canvas, area, 10, row, "some", pressure.Some);
                DrawLine(canvas, area, 46, row++, "full", pressure.Full);
                continue;
            }

            DrawLine(canvas, area, 10, row++, "some", pressure.Some);
            if (pressure.Full is not null) DrawLine(canvas, area, 10, row++, "full", pressure.Full);
        }

        return row;
    }

    private static void DrawLine(Canvas canvas, Rect area, int x, int y, string kind, in PressureLine? line)
    {
        canvas.Write(area, x, y, kind, Role.Dim);
        if (line is not { } figures)
        {
            canvas.WriteRight(area, x + 11, y, "-", Role.Dim);
            return;
        }

        DrawShare(canvas, area, x + 11, y, figures.Average10);
        DrawShare(canvas, area, x + 18, y, figures.Average60);
        DrawShare(canvas, area, x + 25, y, figures.Average300);
        canvas.WriteRight(area, x + 34, y, Durations.Text((long)figures.TotalMicroseconds * 1000));
    }

    private static void DrawShare(Canvas canvas, Rect area, int end, int y, ulong hundredths)
    {
        var role = hundredths switch { 0 => Role.Dim, < 10_00 => Role.Text, < 40_00 => Role.Warning, _ => Role.Critical };
        canvas.WriteRight(area, end, y, (hundredths / 100.0).ToString("0.00", CultureInfo.InvariantCulture), role);
    }

    private void DrawGraphs(Canvas canvas, Rect area, ScreenView view)
    {
        var count = area.Width >= WidthOfFiveGraphs ? _graphs.Length : 3;
        var width = area.Width / count;
        if (_values.Length != width - 2) _values = new double[width - 2];
        for (var i = 0; i < count; i++)
        {
            var (name, role, total) = _graphs[i];
            var part = new Rect(area.X + (i * width), area.Y, width, area.Height);
            PressureSeries.Fill(view.History, view.Now.At, view.Choices.SecondsPerColumn, _values, total);
            var top = PressureSeries.Top(_values);
            canvas.Write(part, 1, 0, name, Role.Title);
            canvas.WriteRight(part, width - 1, 0, string.Create(CultureInfo.InvariantCulture, $"top {top:0} %"), Role.Dim);
            var graph = new Rect(part.X + 1, part.Y + 1, width - 2, part.Height - 1);
            canvas.Fill(graph.Row(graph.Height - 1), view.Glyphs.Empty, Role.Dim);
            Graph.DrawBars(canvas, graph, view.Glyphs, _values, top, role);
        }
    }

    private static void DrawServices(Canvas canvas, Rect area, DebugTable services, ScreenView view)
    {
        canvas.Fill(area.Row(0), ' ', Role.Header);
        canvas.Write(area, 1, 0, "answer times of  answers      /s     p50     p90     p99     max", Role.Header);
        for (var row = 0; row < services.RowCount; row++)
        {
            var y = row + 1;
            canvas.Write(area, 1, y, services[row, "name"], Role.Label);
            var count = (ulong)services.Number(row, "count");
            canvas.WriteRight(area, 25, y, Sizes.Count(count));
            canvas.WriteRight(area, 33, y, Sizes.Rate(view.Rate(count, CountBefore(services[row, "name"], view))));
            canvas.WriteRight(area, 41, y, Durations.Text(services.Number(row, "p50") * 1000));
            canvas.WriteRight(area, 49, y, Durations.Text(services.Number(row, "p90") * 1000));
            canvas.WriteRight(area, 57, y, Durations.Text(services.Number(row, "p99") * 1000));
            canvas.WriteRight(area, 65, y, Durations.Text(services.Number(row, "max") * 1000));
        }
    }

    private static ulong? CountBefore(string name, ScreenView view)
    {
        if (view.Before?.Debug("services").Value is not { } before) return null;
        for (var row = 0; row < before.RowCount; row++)
        {
            if (before[row, "name"] == name) return (ulong)before.Number(row, "count");
        }

        return null;
    }
}
