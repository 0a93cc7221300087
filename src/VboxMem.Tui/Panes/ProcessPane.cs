using System.Globalization;
using VboxMem.Tools;
using VboxMem.Tools.Processes;
using VboxMem.Tui.Bindings;
using VboxMem.Tui.Dialogs;
using VboxMem.Tui.Drawing;
using VboxMem.Tui.Readings;
using VboxMem.Tui.Widgets;

namespace VboxMem.Tui.Panes;

/// <summary>One process: its areas, an address on its way down the page tables, what makes it a victim.</summary>
internal sealed class ProcessPane : Pane
{
    private const int HeadRows = 4;
    private const int LeastListRows = 4;

    private const ProcessFiles Files = ProcessFiles.Stat | ProcessFiles.Owner | ProcessFiles.Status
        | ProcessFiles.CommandLine | ProcessFiles.WaitChannel | ProcessFiles.Smaps;

    private readonly AreaList _areas = new();
    private int _pid;
    private int _listTop;
    private int _listBottom;

    /// <summary>The address that is translated; null: the start of the area under the cursor.</summary>
    private ulong? _address;

    public override string Name => "process";

    public override string Description => "one process: its areas, an address translated, its badness";

    public override void Prepare(Reading reading)
    {
        ArgumentNullException.ThrowIfNull(reading);
        _ = reading.Processes(ProcessTable.BaseFiles);
    }

    public override void Draw(Canvas canvas, Rect area, ScreenView view)
    {
        ArgumentNullException.ThrowIfNull(canvas);
        ArgumentNullException.ThrowIfNull(view);
        if (view.Choices.SelectedPid != _pid) (_pid, _address) = (view.Choices.SelectedPid, null);
        _listTop = _listBottom = 0;
        if (_pid == 0)
        {
            DrawProblem(canvas, area, "no process is chosen yet: choose one in top (2), then Enter");
            return;
        }

        if (view.Now.Process(_pid, Files) is not { } process)
        {
            var problem = view.Now.ProcessProblem;
            DrawProblem(canvas, area, problem.Length > 0 ? problem : $"/proc/{_pid}: no such process now; top (2) has those there are");
            return;
        }

        ProcessDetails.DrawHead(canvas, area.Top(HeadRows), view, process, Earlier(view));
        DrawBelow(canvas, area.Below(HeadRows), view, process);
    }

    public override bool Obey(ScreenCommand command, Screen screen)
    {
        ArgumentNullException.ThrowIfNull(screen);
        if (command == ScreenCommand.Enter)
        {
            AskAddress(screen);
            return true;
        }

        if (!_areas.Obey(command, screen)) return false;
        if (command is >= ScreenCommand.Up and <= ScreenCommand.End) _address = null;
        return true;
    }

    public override void Click(int x, int y, Screen screen)
    {
        if (y < _listTop || y >= _listBottom) return;
        if (y > _listTop) _address = null;
        _areas.Click(x, y - _listTop);
    }

    public override bool? Search(string text, bool isBackward, ScreenView view)
    {
        _address = null;
        return _areas.Search(text, isBackward);
    }

    public override WhySubject? Subject(ScreenView view) => _pid > 0 ? new WhySubject(WhyKind.Process, Pid: _pid) : null;

    private static ProcessRecord? Earlier(ScreenView view)
    {
        foreach (var record in view.Before?.Processes(ProcessTable.BaseFiles) ?? [])
        {
            if (record.Pid == view.Choices.SelectedPid) return record;
        }

        return null;
    }

    /// <summary>Badness in one row or two, then areas, and below them the translation.</summary>
    private void DrawBelow(Canvas canvas, Rect area, ScreenView view, ProcessRecord process)
    {
        var badnessRows = ProcessDetails.DrawBadness(canvas, area.Top(area.Height >= 13 ? 2 : 1), view, process.Pid);
        var rest = area.Below(badnessRows);
        if (Areas(view.Now, process, out var problem) is not { Count: > 0 } areas)
        {
            DrawProblem(canvas, rest, problem);
            return;
        }

        var levels = AddressWalk.Translate(view.Now, process.Pid, _address ?? areas[0].Start).Value?.RowCount ?? -1;
        var walkRows = rest.Height - LeastListRows >= levels + 2 ? levels + 2 : rest.Height - LeastListRows >= 2 ? 1 : 0;
        var list = rest.Top(rest.Height - walkRows);
        (_listTop, _listBottom) = (HeadRows + badnessRows, HeadRows + badnessRows + list.Height);
        _areas.Draw(canvas, list, areas, view.Glyphs);
        if (walkRows > 0 && (_address ?? _areas.Current?.Start) is { } address)
            ProcessDetails.DrawTranslation(canvas, rest.Below(list.Height), view, process.Pid, address);
    }

    /// <summary>The areas of a reading, made once; or why there are none.</summary>
    private static List<AreaRow>? Areas(Reading reading, ProcessRecord process, out string problem)
    {
        problem = "it has no memory of its own";
        if (process.Has(ProcessFiles.Status) && !process.Status.HasMemory) return null;
        problem = $"/proc/{process.Pid}/smaps: cannot be read";
        if (!process.Has(ProcessFiles.Smaps)) return null;
        var parsed = reading.Make(string.Create(CultureInfo.InvariantCulture, $"areas of {process.Pid}"), _ => new ParsedAreas(process));
        problem = parsed.Problem;
        return parsed.Rows;
    }

    /// <summary>Asks for an address; at first it is the first one of the area that is in memory.</summary>
    private void AskAddress(Screen screen)
    {
        if (_areas.Current is not { } area || _pid == 0) return;
        var address = AddressWalk.FirstResident(screen.View.Now, _pid, area);
        screen.Ask(new PromptDialog("translate address: ", (text, _) => TakeAddress(text), string.Create(CultureInfo.InvariantCulture, $"0x{address:x}"))
            { IsValue = true, Help = "hexadecimal; what stands there is the first address of the area that is in memory" });
    }

    private string TakeAddress(string text)
    {
        var digits = text.Trim();
        if (digits.StartsWith("0x", StringComparison.OrdinalIgnoreCase)) digits = digits[2..];
        if (!ulong.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var address)) return $"\"{text}\": allowed is a hexadecimal number such as 0x7ffe12345000";
        _address = address;
        return "";
    }

    private sealed class ParsedAreas
    {
        public ParsedAreas(ProcessRecord process)
        {
            try
            {
                Rows = AreaRow.Parse(process.Smaps, process.Pid);
            }
            catch (ProcFormatException malformed)
            {
                Problem = malformed.Message;
            }
        }

        public List<AreaRow>? Rows { get; }

        public string Problem { get; } = "";
    }
}
