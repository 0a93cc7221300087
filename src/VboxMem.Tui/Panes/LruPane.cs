using System.Globalization;
using System.Text;
using VboxMem.Tui.Bindings;
using VboxMem.Tui.Drawing;
using VboxMem.Tui.Readings;
using VboxMem.Tui.Widgets;

namespace VboxMem.Tui.Panes;

/// <summary>The LRU lists of each node and what flows between them: a diagram, or a table where there is no room for one.</summary>
internal sealed class LruPane : Pane
{
    private const int FooterRows = 5;
    private const int LeastDiagramHeight = 1 + (2 * LruDiagram.Rows) + FooterRows;

    private static readonly string[] _lesson =
    [
        "A new page starts at the head of inactive. Used a second time, it is activated.",
        "When active outgrows inactive, its tail is deactivated: the head of inactive again.",
        "Reclaim scans the tail of inactive. A page used since then goes to active, a clean one is freed, an anon page is written to swap first; once that is done it is rotated to the tail, to go next.",
        "A page that is needed again after that is refaulted. One that comes back early was in use: memory is too small for the working set.",
    ];

    private static readonly (string Name, Func<LruFlows, string> Text)[] _rows =
    [
        ("active", static flows => Sizes.Pages(flows.Active)),
        ("inactive", static flows => Sizes.Pages(flows.Inactive)),
        ("isolated", static flows => Sizes.Pages(flows.Isolated)),
        ("new pages", static flows => LruDiagram.Flow(flows.Added)),
        ("activated", static flows => LruDiagram.Flow(flows.Activated)),
        ("deactivated", static flows => LruDiagram.Flow(flows.Deactivated)),
        ("scanned", static flows => LruDiagram.Flow(flows.Scanned)),
        ("reclaimed", static flows => LruDiagram.Flow(flows.Reclaimed)),
        ("written to swap", static flows => LruDiagram.Flow(flows.Written)),
        ("rotated", static flows => LruDiagram.Flow(flows.Rotated)),
        ("refaulted", static flows => LruDiagram.Flow(flows.Refaulted)),
        ("let go", static flows => LruDiagram.Flow(flows.Freed)),
    ];

    private int _first;
    private int _nodes = 1;

    public override string Name => "lru";

    public override string Description => "the LRU lists and what flows between them";

    public override void Prepare(Reading reading)
    {
        ArgumentNullException.ThrowIfNull(reading);
        _ = reading.VmStat;
        _ = reading.Debug("lru");
    }

    public override void Draw(Canvas canvas, Rect area, ScreenView view)
    {
        ArgumentNullException.ThrowIfNull(canvas);
        ArgumentNullException.ThrowIfNull(view);
        var debug = view.Now.Debug("lru");
        var flows = debug.Value is { } table ? LruFlows.FromDebug(table, view) : LruFlows.FromVmstat(view);
        if (flows.Count == 0)
        {
            DrawProblem(canvas, area, view.Now.VmStat.Problem.Length > 0 ? view.Now.VmStat.Problem : debug.Problem);
            return;
        }

        _nodes = flows.Count / 2;
        _first = Math.Clamp(_first, 0, _nodes - 1);
        if (area.Width < LruDiagram.LeastWidth || area.Height < LeastDiagramHeight) DrawTable(canvas, area, flows, debug.Problem);
        else DrawDiagrams(canvas, area, flows, debug.Problem, view);
    }

    public override bool Obey(ScreenCommand command, Screen screen)
    {
        var step = command switch { ScreenCommand.Left or ScreenCommand.Up => -1, ScreenCommand.Right or ScreenCommand.Down => 1, _ => 0 };
        _first = Math.Clamp(_first + step, 0, _nodes - 1);
        return step != 0;
    }

    public override WhySubject? Subject(ScreenView view) => new WhySubject(WhyKind.Counter, "pgscan_kswapd");

    private void DrawDiagrams(Canvas canvas, Rect area, List<LruFlows> flows, string problem, ScreenView view)
    {
        var shown = Math.Clamp((area.Height - FooterRows) / (1 + (2 * LruDiagram.Rows)), 1, _nodes - _first);
        var y = 0;
        for (var node = _first; node < _first + shown; node++)
        {
            DrawNodeTitle(canvas, area.Row(y++), flows[node * 2], problem, view);
            for (var type = 0; type < 2; type++)
            {
                new LruDiagram(canvas, area.Below(y).Top(LruDiagram.Rows).Left(LruDiagram.MostWidth), view.Glyphs).Draw(flows[(node * 2) + type]);
                y += LruDiagram.Rows;
            }
        }

        var rest = area.Below(y);
        DrawFooter(canvas, rest, flows, view);
        if (rest.Height < FooterRows + 1 + _lesson.Length || area.Width < 100) return;
        DrawLesson(canvas, rest.Below(FooterRows + 1));
    }

    private static void DrawLesson(Canvas canvas, Rect area)
    {
        var prose = new Prose();
        prose.Heading("How to read it");
        foreach (var line in _lesson) prose.Say($"{line:t}");
        var lines = prose.Wrap(area.Width - 2);
        for (var y = 0; y < Math.Min(lines.Count, area.Height); y++)
        {
            var x = 1;
            foreach (var span in lines[y]) x = canvas.Write(area, x, y, span.Text, span.Role);
        }
    }

    private void DrawNodeTitle(Canvas canvas, Rect row, LruFlows flows, string problem, ScreenView view)
    {
        canvas.Fill(row, ' ', Role.Header);
        if (problem.Length > 0)
        {
            canvas.Write(row, 1, 0, $"all nodes; flows that vmstat does not tell by type are \"-\": {problem}", Role.Header);
            return;
        }

        var others = _nodes > 1 ? $" of {_nodes} ({view.Glyphs.Left} {view.Glyphs.Right})" : "";
        var x = canvas.Write(row, 1, 0, string.Create(CultureInfo.InvariantCulture, $"Node {flows.Node}{others}"), Role.Header) + 2;
        x = canvas.Write(row, x, 0, $"unevictable {Sizes.Pages(flows.Unevictable)}", Role.Header) + 2;
        if (view.Now.Debug("kswapd").Value is not { } kswapd) return;
        for (var i = 0; i < kswapd.RowCount; i++)
        {
            if (kswapd.Number(i, "node") == flows.Node) canvas.Write(row, x, 0, KswapdText(kswapd, i, view), Role.Header);
        }
    }

    private static string KswapdText(DebugTable kswapd, int row, ScreenView view)
    {
        var since = (view.Now.At - TimeSpan.FromMicroseconds(kswapd.Number(row, "since_ns") / 1000)).TotalMicroseconds;
        var hopeless = kswapd.Number(row, "hopeless") > 0 ? ", has given up" : "";
        return string.Create(CultureInfo.InvariantCulture, $"kswapd {kswapd[row, "state"]} for {Durations.Text((long)(since * 1000))}, {kswapd[row, "runs"]} runs{hopeless}");
    }

    private static void DrawFooter(Canvas canvas, Rect area, List<LruFlows> flows, ScreenView view)
    {
        canvas.Write(area, 1, 0, "reclaim by       scanned reclaimed      %  share", Role.Label);
        var (kswapd, direct) = (Reclaim(view, "kswapd"), Reclaim(view, "direct"));
        DrawReclaim(canvas, area, 1, "kswapd", kswapd, direct);
        DrawReclaim(canvas, area, 2, "direct", direct, kswapd);
        canvas.Write(area, 1, 3, "working set    refaulted     early  restored", Role.Label);
        double?[] sums = [null, null, null];
        foreach (var flow in flows)
        {
            sums[0] = flow.Refaulted is { } refaulted ? (sums[0] ?? 0) + refaulted : sums[0];
            sums[1] = flow.RefaultActive is { } early ? (sums[1] ?? 0) + early : sums[1];
            sums[2] = flow.Restored is { } restored ? (sums[2] ?? 0) + restored : sums[2];
        }

        canvas.Write(area, 1, 4, "all nodes");
        for (var i = 0; i < sums.Length; i++) canvas.WriteRight(area, 25 + (10 * i), 4, LruDiagram.Flow(sums[i]));
        if (area.Width >= 78) DrawPageSums(canvas, area, view);
    }

    /// <summary>What vmstat counts over both types, on the right.</summary>
    private static void DrawPageSums(Canvas canvas, Rect area, ScreenView view)
    {
        string[] names = ["pgactivate", "pgdeactivate", "pgrotated", "pgrefill"];
        canvas.Write(area, 54, 0, "all, from vmstat", Role.Label);
        for (var i = 0; i < names.Length; i++)
        {
            canvas.Write(area, 54, i + 1, names[i], Role.Label);
            canvas.WriteRight(area, 77, i + 1, LruDiagram.Flow(Counter(view, names[i])));
        }
    }

    private static (double? Scanned, double? Reclaimed) Reclaim(ScreenView view, string who) => (Counter(view, "pgscan_" + who), Counter(view, "pgsteal_" + who));

    private static double? Counter(ScreenView view, string name)
    {
        var bytes = Encoding.UTF8.GetBytes(name);
        return view.Now.VmStat.Value?.Fields[bytes] is { } now ? view.Rate(now, view.Before?.VmStat.Value?.Fields[bytes]) : null;
    }

    private static void DrawReclaim(Canvas canvas, Rect area, int y, string who, (double? Scanned, double? Reclaimed) own, (double? Scanned, double? Reclaimed) other)
    {
        canvas.Write(area, 1, y, who);
        canvas.WriteRight(area, 25, y, LruDiagram.Flow(own.Scanned));
        canvas.WriteRight(area, 35, y, LruDiagram.Flow(own.Reclaimed));
        canvas.WriteRight(area, 42, y, own is { Scanned: > 0 and var scanned, Reclaimed: { } reclaimed } ? Percent(reclaimed / scanned) : "-");
        var all = own.Reclaimed + other.Reclaimed;
        canvas.WriteRight(area, 49, y, all is > 0 ? Percent(own.Reclaimed!.Value / all.Value) : "-");
    }

    private static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{100 * share:0} %");

    private void DrawTable(Canvas canvas, Rect area, List<LruFlows> flows, string problem)
    {
        canvas.Fill(area.Row(0), ' ', Role.Header);
        var x = 18;
        for (var i = _first * 2; i < flows.Count && x + 12 <= area.Width; i++)
        {
            var label = flows[i].Node < 0 ? flows[i].Type : string.Create(CultureInfo.InvariantCulture, $"N{flows[i].Node} {flows[i].Type}");
            canvas.WriteRight(area, x + 11, 0, label, Role.Header);
            for (var row = 0; row < _rows.Length; row++) canvas.WriteRight(area, x + 11, row + 1, _rows[row].Text(flows[i]), Role.Bold);
            x += 12;
        }

        for (var row = 0; row < _rows.Length; row++) canvas.Write(area, 1, row + 1, _rows[row].Name, Role.Label);
        if (problem.Length > 0) canvas.Write(area.RightOf(x + 1), 0, 1, problem, Role.Warning);
    }
}
