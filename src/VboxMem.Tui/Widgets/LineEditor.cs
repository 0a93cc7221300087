using System.Text;
using VboxMem.Tui.Terminal;

namespace VboxMem.Tui.Widgets;

/// <summary>A line that is being typed, with the keys of readline.</summary>
public sealed class LineEditor
{
    private readonly List<Rune> _text = [];

    public LineEditor(string text = "") => Set(text);

    public string Text => string.Concat(_text);

    /// <summary>Characters in front of the cursor.</summary>
    public int Cursor { get; private set; }

    public string BeforeCursor => string.Concat(_text.Take(Cursor));

    public void Set(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        _text.Clear();
        _text.AddRange(text.EnumerateRunes());
        Cursor = _text.Count;
    }

    /// <summary>Puts the cursor in front of a character, by its place among UTF-16 units.</summary>
    public void MoveTo(int unit)
    {
        var (at, units) = (0, 0);
        while (at < _text.Count && units < unit) units += _text[at++].Utf16SequenceLength;
        Cursor = at;
    }

    /// <summary>Types a text; what is no character of a line is left out.</summary>
    public void Insert(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        foreach (var rune in text.EnumerateRunes())
        {
            if (!Rune.IsControl(rune)) _text.Insert(Cursor++, rune);
        }
    }

    /// <summary>Obeys an editing key.</summary>
    /// <returns>False: it is none.</returns>
    public bool Take(Key key)
    {
        switch (key)
        {
            case { IsText: true }:
                Insert(char.ConvertFromUtf32(key.Character));
                return true;
            case { Code: KeyCode.Left } or { Character: 'b', Modifiers: KeyModifiers.Control }:
                Cursor = Math.Max(Cursor - 1, 0);
                return true;
            case { Code: KeyCode.Right } or { Character: 'f', Modifiers: KeyModifiers.Control }:
                Cursor = Math.Min(Cursor + 1, _text.Count);
                return true;
            case { Code: KeyCode.Home } or { Character: 'a', Modifiers: KeyModifiers.Control }:
                Cursor = 0;
                return true;
            case { Code: KeyCode.End } or { Character: 'e', Modifiers: KeyModifiers.Control }:
                Cursor = _text.Count;
                return true;
            case { Code: KeyCode.Backspace }:
                Remove(Cursor - 1, Cursor);
                return true;
            case { Code: KeyCode.Delete } or { Character: 'd', Modifiers: KeyModifiers.Control }:
                Remove(Cursor, Cursor + 1);
                return true;
            case { Character: 'u', Modifiers: KeyModifiers.Control }:
                Remove(0, Cursor);
                return true;
            case { Character: 'k', Modifiers: KeyModifiers.Control }:
                Remove(Cursor, _text.Count);
                return true;
            case { Character: 'w', Modifiers: KeyModifiers.Control }:
                Remove(WordStart(), Cursor);
                return true;
            default:
                return false;
        }
    }

    private void Remove(int from, int to)
    {
        (from, to) = (Math.Max(from, 0), Math.Min(to, _text.Count));
        if (to > from) _text.RemoveRange(from, to - from);
        Cursor = Math.Min(from, _text.Count);
    }

    private int WordStart()
    {
        var start = Cursor;
        while (start > 0 && _text[start - 1].Value == ' ') start--;
        while (start > 0 && _text[start - 1].Value != ' ') start--;
        return start;
    }
}
