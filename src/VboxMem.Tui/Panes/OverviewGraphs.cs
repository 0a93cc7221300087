using VboxMem.Tui.Drawing;
using VboxMem.Tui.Readings;
using VboxMem.Tui.Widgets;

namespace VboxMem.Tui.Panes;

/// <summary>The graphs of the overview, the one that matters most first.</summary>
internal sealed class OverviewGraphs
{
    private const double KilobytesPerPage = 4;
    private const double MicrosecondsPerPercent = 10_000;
    private const double LeastPressureTop = 10;
    private const double LeastCountTop = 10;
    private const double LeastKilobytesTop = 100;

    private ScreenView _view = null!;
    private int _columns;

    /// <summary>Draws as many as there are places.</summary>
    /// <param name="canvas">Where to.</param>
    /// <param name="area">Its area.</param>
    /// <param name="view">What from.</param>
    /// <param name="across">Graphs beside each other.</param>
    /// <param name="rows">Graphs below each other.</param>
    public void Draw(Canvas canvas, Rect area, ScreenView view, int across, int rows)
    {
        _view = view;
        var height = area.Height / rows;
        var order = across * rows < 6 ? (ReadOnlySpan<int>)[0, 3, 5] : [0, 1, 2, 3, 4, 5, 6, 7];
        for (var i = 0; i < Math.Min(across * rows, order.Length); i++)
        {
            var (column, row) = (i % across, i / across);
            var from = area.Width * column / across;
            var place = area.Below(row * height).Top(height).RightOf(from).Left((area.Width * (column + 1) / across) - from);
            _columns = TitledGraph.ColumnsOf(place.Width);
            DrawOne(canvas, place, order[i]);
        }
    }

    private void DrawOne(Canvas canvas, Rect place, int which)
    {
        switch (which)
        {
            case 0:
                DrawFree(canvas, place);
                break;
            case 1:
                DrawKinds(canvas, place);
                break;
            case 2:
                DrawFaults(canvas, place);
                break;
            case 3:
                DrawTwo(canvas, place, "scans/s", ("kswapd", 'k', Role.LineA), static sample => sample.ScannedByKswapd,
                    ("direct", 'd', Role.Critical), static sample => sample.ScannedDirectly, GraphScale.Count);
                break;
            case 4:
                DrawTwo(canvas, place, "swap/s", ("in", 'i', Role.LineB), static sample => sample.SwappedIn * KilobytesPerPage,
                    ("out", 'o', Role.Swap), static sample => sample.SwappedOut * KilobytesPerPage, GraphScale.Kilobytes);
                break;
            case 5:
                DrawPressure(canvas, place, "PSI% mem", static sample => sample.MemorySomeMicroseconds, static sample => sample.MemoryFullMicroseconds);
                break;
            case 6:
                DrawPressure(canvas, place, "PSI% io", static sample => sample.IoSomeMicroseconds, static sample => sample.IoFullMicroseconds);
                break;
            default:
                DrawTwo(canvas, place, "disk/s", ("read", 'r', Role.File), static sample => sample.PagedInKilobytes,
                    ("write", 'w', Role.Dirty), static sample => sample.PagedOutKilobytes, GraphScale.Kilobytes);
                break;
        }
    }

    /// <summary>Free memory of all zones, at its least in each column, against the marks of now.</summary>
    private void DrawFree(Canvas canvas, Rect place)
    {
        var history = _view.History;
        var values = Series.Levels(history, _view.Now.At, _view.Choices.SecondsPerColumn, _columns, static sample => sample.FreePages * KilobytesPerPage, isLeast: true);
        var behind = history.CountUpTo(_view.Now.At);
        var now = behind > 0 ? history[behind - 1] : null;
        var high = (now?.HighPages ?? 0) * KilobytesPerPage;
        TitledGraph.Draw(
            canvas, place, _view.Glyphs, "free",
            [new GraphLayer("", 'f', Role.Good, values) { Shown = now?.FreePages * KilobytesPerPage }], GraphScale.Kilobytes, GraphScale.Kilobytes.TopFor(high * 1.5),
            [
                new GraphMark("min", (now?.MinPages ?? 0) * KilobytesPerPage, Role.Min),
                new GraphMark("low", (now?.LowPages ?? 0) * KilobytesPerPage, Role.Low),
                new GraphMark("high", high, Role.High),
            ]);
    }

    private void DrawKinds(Canvas canvas, Rect place)
    {
        TitledGraph.Draw(
            canvas, place, _view.Glyphs, "mem",
            [
                new GraphLayer("anon", 'a', Role.Anon, Levels(static sample => sample.AnonKilobytes)),
                new GraphLayer("file", 'f', Role.File, Levels(static sample => (double)sample.BuffersKilobytes + sample.CachedKilobytes - sample.ShmemKilobytes)),
                new GraphLayer("slab", 's', Role.Slab, Levels(static sample => sample.SlabKilobytes)),
                new GraphLayer("shm", 'm', Role.Shmem, Levels(static sample => sample.ShmemKilobytes)),
            ],
            GraphScale.Kilobytes, _view.Now.Meminfo.Value?.MemTotal ?? 0);
    }

    private void DrawFaults(Canvas canvas, Rect place) => DrawTwo(
        canvas, place, "faults/s", ("major", 'M', Role.Critical), static sample => sample.MajorFaults,
        ("minor", 'm', Role.LineA), static sample => (double)sample.Faults - sample.MajorFaults, GraphScale.Count);

    private void DrawTwo(
        Canvas canvas, Rect place, string title, (string Name, char Letter, Role Role) low, Series.Figure lower,
        (string Name, char Letter, Role Role) high, Series.Figure upper, GraphScale scale) => TitledGraph.Draw(
        canvas, place, _view.Glyphs, title,
        [
            new GraphLayer(low.Name, low.Letter, low.Role, Rates(lower)),
            new GraphLayer(high.Name, high.Letter, high.Role, Rates(upper)),
        ],
        scale, scale == GraphScale.Count ? LeastCountTop : LeastKilobytesTop);

    /// <summary>Full pressure is part of some pressure: it lies below, and what some is beyond that above it.</summary>
    private void DrawPressure(Canvas canvas, Rect place, string title, Series.Figure some, Series.Figure full)
    {
        var (somes, fulls) = (Rates(sample => some(sample) / MicrosecondsPerPercent), Rates(sample => full(sample) / MicrosecondsPerPercent));
        var beyond = new double[somes.Length];
        for (var i = 0; i < beyond.Length; i++) beyond[i] = Math.Max(somes[i] - fulls[i], 0);
        TitledGraph.Draw(
            canvas, place, _view.Glyphs, title,
            [
                new GraphLayer("full", 'F', Role.Critical, fulls),
                new GraphLayer("some", 's', Role.LineB, beyond) { Shown = Series.Last(somes) },
            ],
            GraphScale.Percent, LeastPressureTop);
    }

    private double[] Levels(Series.Figure figure) => Series.Levels(_view.History, _view.Now.At, _view.Choices.SecondsPerColumn, _columns, figure);

    private double[] Rates(Series.Figure counter) => Series.Rates(_view.History, _view.Now.At, _view.Choices.SecondsPerColumn, _columns, counter);
}
