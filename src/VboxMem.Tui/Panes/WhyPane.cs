using VboxMem.Tui.Bindings;
using VboxMem.Tui.Drawing;
using VboxMem.Tui.Readings;
using VboxMem.Tui.Widgets;
using VboxMem.Tui.Why;

namespace VboxMem.Tui.Panes;

/// <summary>Explains something that was on the screen, from the files of now.</summary>
public sealed class WhyPane : Pane
{
    private readonly ListCursor _cursor = new();
    private WhySubject? _subject;
    private List<IReadOnlyList<ProseSpan>> _lines = [];

    public override string Name => "why";

    public override string Description => "explains a kill, a mark, a stall, a counter, a process";

    public override bool IsText => true;

    /// <summary>What is explained; null: nothing yet.</summary>
    public WhySubject? Explained => _subject;

    /// <summary>Explains something from now on.</summary>
    public void Explain(WhySubject subject)
    {
        _subject = subject;
        _cursor.Row = 0;
    }

    public override void Prepare(Reading reading)
    {
        ArgumentNullException.ThrowIfNull(reading);
        if (_subject is not { Kind: WhyKind.Counter }) return;
        _ = reading.Meminfo;
        _ = reading.VmStat;
    }

    public override void Draw(Canvas canvas, Rect area, ScreenView view)
    {
        ArgumentNullException.ThrowIfNull(canvas);
        ArgumentNullException.ThrowIfNull(view);
        _lines = TextOf(view).Wrap(area.Width - 2);
        Scroll.Fit(_cursor, _lines.Count, area.Height);
        for (var y = 0; y < area.Height && _cursor.Top + y < _lines.Count; y++)
        {
            var x = 1;
            foreach (var span in _lines[_cursor.Top + y]) x = canvas.Write(area, x, y, span.Text, span.Role);
        }

        var below = _lines.Count - _cursor.Top - area.Height;
        if (below > 0) canvas.WriteRight(area, area.Width, area.Height - 1, $" {below} more {view.Glyphs.Down}", Role.Dim);
    }

    public override bool Obey(ScreenCommand command, Screen screen) => Scroll.Obey(_cursor, command);

    public override bool? Search(string text, bool isBackward, ScreenView view)
    {
        ArgumentNullException.ThrowIfNull(text);
        return _cursor.Find(isBackward, row => string.Concat(_lines[row].Select(static span => span.Text)).Contains(text, StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>The explanation as it stands now.</summary>
    internal Prose TextOf(ScreenView view)
    {
        var prose = new Prose();
        switch (_subject)
        {
            case { Kind: WhyKind.Kill } kill:
                KillExplanation.Write(prose, kill, view);
                break;
            case { Kind: WhyKind.Watermark } watermark:
                WatermarkExplanation.Write(prose, watermark, view);
                break;
            case { Kind: WhyKind.Stall } stall:
                StallExplanation.Write(prose, stall, view);
                break;
            case { Kind: WhyKind.Counter } counter:
                CounterExplanation.Write(prose, counter, view);
                break;
            case { Kind: WhyKind.Process } process:
                ProcessExplanation.Write(prose, process, view);
                break;
            default:
                WriteUsage(prose);
                break;
        }

        return prose;
    }

    private static void WriteUsage(Prose prose)
    {
        prose.Heading("Nothing to explain yet");
        prose.Say($"Put the cursor on one of these and press {KeyBindings.Of(ScreenCommand.Why).Keys[0]}:");
        prose.Point($"a kill, in {"dmesg"}: whom the OOM killer chose from, and the points of each");
        prose.Point($"a zone, in {"zoneinfo"}: what its marks are made of, and who may have a page now");
        prose.Point($"a task that stalls, in {"pressure"}: what it waits for, and who reclaims");
        prose.Point($"a line of {"counters"} or {"vmstat"}: what it means and what it is made of");
        prose.Point($"a process, in {"top"}: what it would count for if the OOM killer ran now");
    }
}
