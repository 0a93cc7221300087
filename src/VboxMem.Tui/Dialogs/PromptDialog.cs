using System.Globalization;
using VboxMem.Tui.Drawing;
using VboxMem.Tui.Terminal;
using VboxMem.Tui.Widgets;

namespace VboxMem.Tui.Dialogs;

/// <summary>A line to type at the foot of the screen: a command, a search, a filter, a value.</summary>
public sealed class PromptDialog : Dialog
{
    private readonly string _prompt;
    private readonly LineEditor _line;
    private readonly Func<string, Screen, string> _entered;
    private int _historyAt;
    private string _kept = "";
    private string _problem = "";
    private int _problemAt = -1;
    private bool _isTouched;
    private string _hint = "";

    /// <param name="prompt">In front of the line.</param>
    /// <param name="entered">Told the line; answers what is wrong with it, empty: nothing, and the prompt is closed.</param>
    /// <param name="text">What stands there at first.</param>
    public PromptDialog(string prompt, Func<string, Screen, string> entered, string text = "") =>
        (_prompt, _entered, _line) = (prompt, entered, new LineEditor(text));

    /// <summary>What stands there at first is a value: typing replaces it, moving in it keeps it.</summary>
    public bool IsValue { get; init; }

    /// <summary>Lines that were entered before, newest last: Up and Down go through them.</summary>
    public List<string>? History { get; init; }

    /// <summary>Told the line and the cursor in it, answers where the word begins and what it could be.</summary>
    public Func<string, int, (int Start, IReadOnlyList<string> Candidates)>? Complete { get; init; }

    /// <summary>Told each change: a search that goes along.</summary>
    public Action<string, Screen>? Changed { get; init; }

    /// <summary>What may be entered, shown above the line.</summary>
    public string Help { get; init; } = "";

    public override void Draw(Canvas canvas, Rect screen, ScreenView view)
    {
        ArgumentNullException.ThrowIfNull(canvas);
        var row = screen.Row(screen.Height - 1);
        canvas.Fill(row, ' ', Role.Input);
        var x = canvas.Write(row, 0, 0, _prompt, Role.Input);
        var before = Canvas.WidthOf(_line.BeforeCursor);
        var shift = Math.Max(before - (row.Width - x - 1), 0);
        var line = row with { X = row.X + x, Width = row.Width - x };
        canvas.Write(line, -shift, 0, _line.Text, IsValue && !_isTouched ? Role.DialogChosen : Role.Input);
        if (_problemAt >= 0) canvas.Write(line.RightOf(Math.Max(_problemAt - shift, 0)), Math.Min(_problemAt - shift, 0), 0, _line.Text.AsSpan(_problemAt), Role.Error);
        canvas.Cursor = (row.X + x + before - shift, row.Y);
        var above = _problem.Length > 0 ? _problem : _hint.Length > 0 ? _hint : Help;
        if (above.Length > 0 && screen.Height > 1) DrawAbove(canvas, screen, above);
    }

    public override bool Take(Key key, Screen screen)
    {
        switch (key)
        {
            case { Code: KeyCode.Escape } or { Character: 'c' or 'g', Modifiers: KeyModifiers.Control }:
                Changed?.Invoke("", screen);
                return false;
            case { Code: KeyCode.Enter }:
                return Enter(screen);
            case { Code: KeyCode.Tab }:
                CompleteWord();
                return true;
            case { Code: KeyCode.Up }:
                Recall(-1);
                return true;
            case { Code: KeyCode.Down }:
                Recall(1);
                return true;
            case { Code: KeyCode.Backspace } when _line.Text.Length == 0:
                return false;
            default:
                Touch(isReplaced: key.IsText || key.Code == KeyCode.Backspace);
                if (_line.Take(key)) Note(screen);
                return true;
        }
    }

    public override void Paste(string text)
    {
        Touch(isReplaced: true);
        _line.Insert(text);
    }

    private void Touch(bool isReplaced)
    {
        if (IsValue && !_isTouched && isReplaced) _line.Set("");
        _isTouched = true;
    }

    private void Note(Screen screen)
    {
        _problem = _hint = "";
        _problemAt = -1;
        Changed?.Invoke(_line.Text, screen);
    }

    private bool Enter(Screen screen)
    {
        _isTouched = true;
        var text = _line.Text;
        if (text.Length > 0 && History is { } history && (history.Count == 0 || history[^1] != text)) history.Add(text);
        _problem = _entered(text, screen);
        _problemAt = PlaceIn(_problem, text.Length);
        if (_problemAt >= 0) _line.MoveTo(_problemAt);
        return _problem.Length > 0;
    }

    /// <summary>Where in the line the problem is, when it begins with "column N:"; else -1.</summary>
    private static int PlaceIn(string problem, int length)
    {
        const string Column = "column ";
        var colon = problem.IndexOf(':', StringComparison.Ordinal);
        return colon > 0 && problem.StartsWith(Column, StringComparison.Ordinal)
            && int.TryParse(problem[Column.Length..colon], NumberStyles.None, CultureInfo.InvariantCulture, out var column)
                ? Math.Clamp(column - 1, 0, length) : -1;
    }

    private void DrawAbove(Canvas canvas, Rect screen, string text)
    {
        var role = _problem.Length > 0 ? Role.Error : Role.Dialog;
        var lines = WrappedText.Lines(text, screen.Width);
        for (var i = 0; i < Math.Min(lines.Count, screen.Height - 1); i++)
        {
            var row = screen.Row(screen.Height - 1 - Math.Min(lines.Count, screen.Height - 1) + i);
            canvas.Fill(row, ' ', role);
            canvas.Write(row, 0, 0, lines[i], role);
        }
    }

    private void Recall(int step)
    {
        if (History is not { Count: > 0 } history) return;
        if (_historyAt == 0) _kept = _line.Text;
        var at = Math.Clamp(_historyAt - step, 0, history.Count);
        _historyAt = at;
        _line.Set(at == 0 ? _kept : history[^at]);
    }

    private void CompleteWord()
    {
        if (Complete is null) return;
        var line = _line.BeforeCursor;
        var (start, candidates) = Complete(line, line.Length);
        if (candidates.Count == 0) return;
        var common = candidates[0];
        foreach (var candidate in candidates)
        {
            var length = 0;
            while (length < Math.Min(common.Length, candidate.Length) && common[length] == candidate[length]) length++;
            common = common[..length];
        }

        if (common.Length > line.Length - start) _line.Insert(common[(line.Length - start)..]);
        if (candidates.Count == 1 && common[^1] is not ('/' or '.' or '=')) _line.Insert(" ");
        _hint = candidates.Count > 1 ? string.Join("  ", candidates.Take(60)) : "";
    }
}
