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
        var isSingle = sum.Terms.Count == 1;
        var names = Join(sum, static term => term.Name) + (sum.IsFallback ? "  (its own formula has no sense here)" : "");
        var values = Join(sum, static term => Figure.Of(term.Kilobytes));
        var result = $"{Figure.Of(sum.Kilobytes)} kB";
        sheet.Line(subject.Length > 0 ? sum.Of : "", subject);
        sheet.Write(1, sum.Of, Role.Label);
        if (isSingle)
        {
            sheet.Write(sheet.Write(LabelWidth, $"= {names} = "), result, Role.Bold);
            return;
        }

        if (LabelWidth + names.Length + values.Length + result.Length + 8 <= width)
        {
            var x = sheet.Write(LabelWidth, $"= {names}");
            x = sheet.Write(x, $" = {values}", Role.Dim);
            sheet.Write(x, $" = {result}", Role.Bold);
            return;
        }

        WriteWrapped(sheet, $"= {names}", width, Role.Text, isFirst: true);
        WriteWrapped(sheet, $"= {values}", width, Role.Dim, isFirst: false);
        if (LabelWidth + values.Length + result.Length + 6 > width) sheet.Line();
        else values = "= " + values + " ";
        sheet.Write(LabelWidth + (values.StartsWith('=') ? values.Length : 0), $"= {result}", Role.Bold);
    }

    private static void WriteWrapped(Sheet sheet, string text, int width, Role role, bool isFirst)
    {
        var room = Math.Max(width - LabelWidth - 2, 10);
        var x = LabelWidth;
        while (text.Length > 0)
        {
            if (!isFirst) sheet.Line();
            isFirst = false;
            var end = text.Length <= room ? text.Length : text.LastIndexOf(' ', room);
            if (end <= 0) end = text.Length;
            sheet.Write(x, text[..end], role);
            text = text[end..].TrimStart();
            x = LabelWidth + 2;
            room = Math.Max(width - LabelWidth - 4, 10);
        }
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
