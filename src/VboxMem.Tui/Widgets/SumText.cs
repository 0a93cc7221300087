using System.Text;
using VboxMem.Tools.WhoSaysWhat;
using VboxMem.Tui.Drawing;

namespace VboxMem.Tui.Widgets;

/// <summary>A sum of figures written out: names, then numbers, then what it comes to; on as many lines as it needs.</summary>
internal static class SumText
{
    private const int LabelWidth = 14;

    /// <param name="sheet">Where to.</param>
    /// <param name="sum">The sum.</param>
    /// <param name="width">Columns there are.</param>
    /// <param name="subject">What its first line is about; empty: it cannot be chosen.</param>
    public static void Write(Sheet sheet, Sum sum, int width, string subject = "")
    {
        var names = "= " + Join(sum, static term => term.Name) + (sum.IsFallback ? "  (its own formula has no sense here)" : "");
        var values = "= " + Join(sum, static term => Figure.Of(term.Kilobytes));
        var result = $"= {Figure.Of(sum.Kilobytes)} kB";
        sheet.Line(subject.Length > 0 ? sum.Of : "", subject);
        sheet.Write(1, sum.Of, Role.Label);
        var x = WriteWrapped(sheet, LabelWidth, names, width, Role.Text);
        if (sum.Terms.Count > 1)
        {
            var fits = x + values.Length + result.Length + 2 < width;
            if (!fits) sheet.Line();
            x = WriteWrapped(sheet, fits ? x + 1 : LabelWidth, values, width, Role.Dim);
        }

        if (x + 1 + result.Length > width)
        {
            sheet.Line();
            x = LabelWidth - 1;
        }

        sheet.Write(x + 1, result, Role.Bold);
    }

    /// <summary>Writes on from a column, and on further lines what does not fit.</summary>
    /// <returns>The column behind it, on the last of them.</returns>
    private static int WriteWrapped(Sheet sheet, int x, string text, int width, Role role)
    {
        while (text.Length > Math.Max(width - x, 10))
        {
            var end = text.LastIndexOf(' ', Math.Max(width - x, 10));
            if (end <= 0) break;
            sheet.Write(x, text[..end], role);
            sheet.Line();
            text = text[(end + 1)..];
            x = LabelWidth + 2;
        }

        return sheet.Write(x, text, role);
    }

    private static string Join(Sum sum, Func<Term, string> part)
    {
        var text = new StringBuilder();
        for (var i = 0; i < sum.Terms.Count; i++)
        {
            if (i > 0 || sum.Terms[i].IsTaken) text.Append(sum.Terms[i].IsTaken ? i > 0 ? " - " : "-" : " + ");
            text.Append(part(sum.Terms[i]));
        }

        return text.ToString();
    }
}
