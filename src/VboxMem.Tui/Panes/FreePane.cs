// free: its table in kB and in readable units, bars of what the memory is, and the arithmetic behind the figures.

using System.Globalization;
using System.Text;
using VboxMem.Tools;
using VboxMem.Tools.Parsing;
using VboxMem.Tools.WhoSaysWhat;
using VboxMem.Tui.Bindings;
using VboxMem.Tui.Drawing;
using VboxMem.Tui.Readings;
using VboxMem.Tui.Widgets;

namespace VboxMem.Tui.Panes;

internal sealed class FreePane : Pane
{
    private readonly Sheet _sheet = new();

    public override string Name => "free";

    public override string Description => "memory and swap as free shows them, and where the figures come from";

    public override void Draw(Canvas canvas, Rect area, ScreenView view)
    {
        if (view.Now.Meminfo.Value is not { } meminfo)
        {
            DrawProblem(canvas, area, view.Now.Meminfo.Problem);
            return;
        }

        _sheet.Clear();
        var figures = MemoryFigures.From(meminfo);
        FreeTable.Write(_sheet, figures, area.Width);
        _sheet.Line();
        FreeBars.Write(_sheet, meminfo, figures, area.Width);
        WriteArithmetic(meminfo, area.Width);
        WriteCommit(view.Now, meminfo, figures, area.Width);
        WriteAreas(view.Now, area.Width);
        _sheet.Draw(canvas, area);
    }

    public override bool Obey(ScreenCommand command, Screen screen)
    {
        if (command != ScreenCommand.Enter || Subject(screen.View) is null) return _sheet.Obey(command);
        screen.Obey(ScreenCommand.Why);
        return true;
    }

    public override void Click(int x, int y, Screen screen) => _sheet.Click(y);

    public override bool? Search(string text, bool isBackward, ScreenView view) => _sheet.Search(text, isBackward);

    public override WhySubject? Subject(ScreenView view) => _sheet.ChosenSubject is { Length: > 0 } name
        ? new WhySubject(WhyKind.Counter, name, At: view.Now.At) : null;

    private static ulong? Number(Reading reading, string path) =>
        reading.Load<string>(path, static (text, _) => Encoding.UTF8.GetString(text).Trim()).Value is { } text
            && ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private void Title(string title)
    {
        _sheet.Line();
        _sheet.Line();
        _sheet.Write(0, title, Role.Title);
    }

    private void WriteArithmetic(Meminfo meminfo, int width)
    {
        Title("How free reckons, in kB");
        var free = Statements.About(meminfo)[0];
        if (free.Used is { } used) SumText.Write(_sheet, used, width, "MemTotal");
        Term Plus(string name, ulong? value) => new(name, value ?? 0);
        SumText.Write(_sheet, new Sum("buff/cache",
            [Plus("Buffers", meminfo.Buffers), Plus("Cached", meminfo.Cached), Plus("SReclaimable", meminfo.SReclaimable)]), width, "Cached");
        if (free.Available is { } available) SumText.Write(_sheet, available, width, "MemAvailable");
        if (free.SwapUsed is { } swap) SumText.Write(_sheet, swap, width, "SwapFree");
    }

    private void WriteCommit(Reading reading, Meminfo meminfo, MemoryFigures figures, int width)
    {
        if (meminfo.CommitLimit is null) return;
        Title("Promised memory, in kB");
        var ratio = Number(reading, "/proc/sys/vm/overcommit_ratio");
        var share = meminfo.MemTotal / 4 * ratio / 100 * 4;
        _sheet.Line("limit", "CommitLimit");
        _sheet.Write(1, "limit", Role.Label);
        var x = 14;
        if (share + (ulong)figures.SwapTotal == meminfo.CommitLimit)
        {
            x = _sheet.Write(x, $"= {ratio} % of MemTotal + SwapTotal");
            x = width < 80 ? x + 1 : _sheet.Write(x, $" = {share} + {figures.SwapTotal} ", Role.Dim);
        }

        _sheet.Write(x, $"= {figures.CommitLimit} kB", Role.Bold);
        _sheet.Line("committed", "Committed_AS");
        _sheet.Write(1, "committed", Role.Label);
        var isAbove = figures.Committed > figures.CommitLimit;
        _sheet.Write(14, $"= {figures.Committed} kB, {Figure.Percent(figures.Committed, figures.CommitLimit)} of the limit", isAbove ? Role.Warning : Role.Bold);
        if (Number(reading, "/proc/sys/vm/overcommit_memory") is not { } mode) return;
        _sheet.Line();
        _sheet.Write(14, mode switch
        {
            2 => "vm.overcommit_memory = 2: nothing is promised beyond the limit",
            1 => "vm.overcommit_memory = 1: everything is promised; no limit",
            _ => "vm.overcommit_memory = 0: the limit does not bind",
        }, Role.Dim);
    }

    private void WriteAreas(Reading reading, int width)
    {
        Title("Swap areas");
        if (reading.Swaps.Value is not { } areas)
        {
            _sheet.Line();
            _sheet.Write(1, $"not shown: {reading.Swaps.Problem}", Role.Dim);
            return;
        }

        if (areas.Count == 0)
        {
            _sheet.Line();
            _sheet.Write(1, "none: what is anonymous has to stay in memory", Role.Dim);
            return;
        }

        var name = width < 80 ? 16 : 28;
        var end = name + 10;
        _sheet.Line(ground: Role.Header);
        _sheet.Write(1, "file", Role.Header);
        foreach (var heading in (ReadOnlySpan<string>)["type", "size kB", "used kB", "priority"])
        {
            _sheet.WriteRight(end, heading, Role.Header);
            end += 10;
        }

        foreach (var area in areas) WriteArea(area, name, width);
    }

    private void WriteArea(SwapArea area, int nameWidth, int width)
    {
        _sheet.Line(area.File, "SwapFree");
        _sheet.Write(1, area.File.Length > nameWidth && area.Name.Length <= nameWidth ? area.Name : area.File, Role.Bold);
        var end = nameWidth + 10;
        foreach (var cell in (ReadOnlySpan<string>)[area.Type, Figure.Of(area.SizeKilobytes), Figure.Of(area.UsedKilobytes), Figure.Of(area.Priority)])
        {
            _sheet.WriteRight(end, cell);
            end += 10;
        }

        end -= 8;
        if (width - end >= 14)
            _sheet.Bar(end, Math.Min(width - end - 1, 40), [new BarPart(area.UsedKilobytes, Role.Swap, '|')], area.SizeKilobytes, " " + Figure.Percent(area.UsedKilobytes, area.SizeKilobytes));
    }
}
