// Text that explains: headings, paragraphs, sums, tables; wrapped to a width when it is drawn.
//
// What is put into a sentence with braces is a figure or a name and stands out: Say($"free is {pages} pages").
//
// Units   a sum's terms are whole numbers of one unit, which its label names; the last line is their total.

using System.Globalization;
using System.Runtime.CompilerServices;
using VboxMem.Tui.Drawing;

namespace VboxMem.Tui.Widgets;

/// <summary>A piece of a line, alike in meaning.</summary>
internal readonly record struct ProseSpan(string Text, Role Role);

/// <summary>A sentence; made by the compiler of an interpolated string.</summary>
[InterpolatedStringHandler]
internal readonly struct ProseText
{
    private readonly List<ProseSpan> _spans;

    public ProseText(int literalLength, int formattedCount)
    {
        _ = literalLength;
        _spans = new List<ProseSpan>((formattedCount * 2) + 1);
    }

    public IReadOnlyList<ProseSpan> Spans => _spans;

    public void AppendLiteral(string text) => _spans.Add(new ProseSpan(text, Role.Text));

    public void AppendFormatted<T>(T value) => AppendFormatted(value, null);

    /// <summary>A text that is no figure and does not stand out: format t.</summary>
    public void AppendFormatted(string value, string? format) => _spans.Add(new ProseSpan(value, format == "t" ? Role.Text : Role.Bold));

    public void AppendFormatted<T>(T value, string? format) =>
        _spans.Add(new ProseSpan(value is IFormattable formattable ? formattable.ToString(format, CultureInfo.InvariantCulture) : value?.ToString() ?? "", Role.Bold));
}

/// <summary>A term of a sum: negative amounts are taken off.</summary>
internal readonly record struct SumTerm(long Amount, string Label);

internal sealed class Prose
{
    private readonly List<Entry> _entries = [];

    /// <param name="Lead">Written once, in front; lines that follow begin below what follows it.</param>
    private readonly record struct Entry(string Lead, Role LeadRole, IReadOnlyList<ProseSpan> Spans, bool IsWrapped);

    public void Heading(string text)
    {
        if (_entries.Count > 0) Blank();
        _entries.Add(new Entry("", Role.Text, [new ProseSpan(text, Role.Title)], true));
    }

    public void Say(ProseText text) => _entries.Add(new Entry("  ", Role.Text, text.Spans, true));

    /// <summary>A paragraph that stands out as what it says.</summary>
    public void Warn(string text, Role role) => _entries.Add(new Entry("  ", Role.Text, [new ProseSpan(text, role)], true));

    /// <summary>A point of a list.</summary>
    public void Point(ProseText text) => _entries.Add(new Entry("  - ", Role.Dim, text.Spans, true));

    /// <summary>A row of a table, not wrapped: what does not fit is cut off.</summary>
    public void Row(string text, Role role = Role.Text) => _entries.Add(new Entry("  ", Role.Text, [new ProseSpan(text, role)], false));

    public void Blank() => _entries.Add(new Entry("", Role.Text, [], false));

    /// <summary>Terms below each other, and what they come to.</summary>
    /// <returns>The total.</returns>
    public long Sum(string totalLabel, params ReadOnlySpan<SumTerm> terms)
    {
        var total = 0L;
        for (var i = 0; i < terms.Length; i++)
        {
            SumLine(terms[i].Amount < 0 ? '-' : i == 0 ? ' ' : '+', Math.Abs(terms[i].Amount), terms[i].Label);
            total += terms[i].Amount;
        }

        SumLine('=', total, totalLabel);
        return total;
    }

    /// <summary>The lines of it at a width.</summary>
    public List<IReadOnlyList<ProseSpan>> Wrap(int width)
    {
        var lines = new List<IReadOnlyList<ProseSpan>>();
        foreach (var entry in _entries)
        {
            if (!entry.IsWrapped) lines.Add([new ProseSpan(entry.Lead, entry.LeadRole), .. entry.Spans]);
            else WrapEntry(entry, Math.Max(width, 20), lines);
        }

        return lines;
    }

    private void SumLine(char sign, long amount, string label) => _entries.Add(new Entry(
        string.Create(CultureInfo.InvariantCulture, $"  {sign} {amount,10}  "),
        Role.Bold, [new ProseSpan(label, Role.Text)], true));

    private static void WrapEntry(in Entry entry, int width, List<IReadOnlyList<ProseSpan>> lines)
    {
        var line = new List<ProseSpan> { new(entry.Lead, entry.LeadRole) };
        var word = new List<ProseSpan>();
        var used = entry.Lead.Length;
        foreach (var span in entry.Spans)
        {
            var rest = span.Text.AsSpan();
            for (var end = rest.IndexOf(' '); end >= 0; end = rest.IndexOf(' '))
            {
                if (end > 0) word.Add(new ProseSpan(rest[..end].ToString(), span.Role));
                Place(word, entry.Lead.Length, width, ref used, ref line, lines);
                rest = rest[(end + 1)..];
            }

            if (!rest.IsEmpty) word.Add(new ProseSpan(rest.ToString(), span.Role));
        }

        Place(word, entry.Lead.Length, width, ref used, ref line, lines);
        lines.Add(line);
    }

    /// <summary>Puts a word behind a line, or at the start of the next one.</summary>
    private static void Place(
        List<ProseSpan> word, int indent, int width, ref int used, ref List<ProseSpan> line, List<IReadOnlyList<ProseSpan>> lines)
    {
        var length = 0;
        foreach (var piece in word) length += Canvas.WidthOf(piece.Text);
        if (length == 0) return;
        if (used > indent && used + 1 + length > width)
        {
            lines.Add(line);
            line = [new ProseSpan(new string(' ', indent), Role.Text)];
            used = indent;
        }

        if (used > indent)
        {
            line.Add(new ProseSpan(" ", Role.Text));
            used++;
        }

        line.AddRange(word);
        used += length;
        word.Clear();
    }
}
