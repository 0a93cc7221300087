// who-says-what: what different programs would state of this memory, and the arithmetic of the one under the cursor.

using VboxMem.Tools.Parsing;
using VboxMem.Tools.WhoSaysWhat;
using VboxMem.Tui.Bindings;
using VboxMem.Tui.Drawing;
using VboxMem.Tui.Readings;
using VboxMem.Tui.Widgets;

namespace VboxMem.Tui.Panes;

internal sealed class WhoSaysWhatPane : Pane
{
    private const int ProgramWidth = 14;
    private const int KilobytesWidth = 12;
    private const int SizeWidth = 7;
    private const int BarFromWidth = 100;

    private readonly Sheet _table = new();
    private readonly Sheet _arithmetic = new();

    public override string Name => "who-says-what";

    public override string Description => "used and available memory as different programs would state them";

    public override void Draw(Canvas canvas, Rect area, ScreenView view)
    {
        if (view.Now.Meminfo.Value is not { } meminfo)
        {
            DrawProblem(canvas, area, view.Now.Meminfo.Problem);
            return;
        }

        var statements = view.Now.Make("statements", _ => new Box(Statements.About(meminfo))).All;
        Fill(statements, meminfo, area.Width);
        FillArithmetic(statements, area.Width);
        DrawHeadings(canvas, area.Row(0));
        var rows = Math.Clamp(area.Height - 2 - _arithmetic.Count, Math.Min(3, area.Height - 1), statements.Count);
        _table.Draw(canvas, area.Below(1).Top(rows));
        _arithmetic.Draw(canvas, area.Below(2 + rows));
    }

    public override bool Obey(ScreenCommand command, Screen screen) => _table.Obey(command);

    public override void Click(int x, int y, Screen screen)
    {
        if (y > 0) _table.Click(y - 1);
    }

    public override bool? Search(string text, bool isBackward, ScreenView view) => _table.Search(text, isBackward);

    public override WhySubject? Subject(ScreenView view) => new WhySubject(WhyKind.Counter, "MemAvailable", At: view.Now.At);

    private static bool HasSizes(int width) => width >= ProgramWidth + (3 * (KilobytesWidth + SizeWidth)) + 1;

    private static int ColumnWidth(int width) => KilobytesWidth + (HasSizes(width) ? SizeWidth : 0);

    private static void DrawHeadings(Canvas canvas, Rect row)
    {
        canvas.Fill(row, ' ', Role.Header);
        canvas.Write(row, 1, 0, "kB", Role.Header);
        var end = ProgramWidth;
        foreach (var heading in (ReadOnlySpan<string>)["used", "available", "swap used"])
        {
            canvas.WriteRight(row, end + KilobytesWidth, 0, heading, Role.Header);
            end += ColumnWidth(row.Width);
        }

        if (row.Width >= BarFromWidth) canvas.Write(row, end + 2, 0, "used u, available a, of all memory", Role.Header);
    }

    private void Fill(IReadOnlyList<Statement> statements, Meminfo meminfo, int width)
    {
        _table.Clear();
        foreach (var statement in statements)
        {
            _table.Line(statement.Program);
            _table.Write(1, statement.Program, Role.Bold);
            var end = ProgramWidth;
            foreach (var sum in (ReadOnlySpan<Sum?>)[statement.Used, statement.Available, statement.SwapUsed])
            {
                _table.WriteRight(end + KilobytesWidth, sum is null ? "-" : Figure.Of(sum.Kilobytes), sum is null ? Role.Dim : Role.Text);
                if (HasSizes(width) && sum is { Kilobytes: >= 0 }) _table.WriteRight(end + KilobytesWidth + SizeWidth, Sizes.Kilobytes((ulong)sum.Kilobytes), Role.Dim);
                end += ColumnWidth(width);
            }

            if (width < BarFromWidth || meminfo.MemTotal is not { } total) continue;
            var (used, available) = (statement.Used?.Kilobytes ?? 0, statement.Available?.Kilobytes ?? 0);
            _table.Bar(end + 2, width - end - 3, [new BarPart(used, Role.Anon, 'u'), new BarPart(available, Role.File, 'a')], Math.Max(total, (double)used + available), "");
        }
    }

    private void FillArithmetic(IReadOnlyList<Statement> statements, int width)
    {
        _arithmetic.Clear();
        _table.Cursor.Fit(statements.Count, statements.Count);
        var statement = statements[_table.Cursor.Row];
        _arithmetic.Line();
        _arithmetic.Write(1, statement.Program, Role.Title);
        _arithmetic.Write(statement.Program.Length + 2, "reckons", Role.Dim);
        foreach (var sum in (ReadOnlySpan<Sum?>)[statement.Used, statement.Available, statement.SwapUsed])
        {
            if (sum is not null) SumText.Write(_arithmetic, sum, width);
        }

        if (statement.Verdict.Length == 0) return;
        _arithmetic.Line();
        _arithmetic.Write(1, statement.Verdict, Role.Bold);
    }

    private sealed record Box(IReadOnlyList<Statement> All);
}
