// Specifications of columns and of keys.
//
//   columns  name[:WIDTH][=HEADER], … with commas, blanks, tabs or newlines between them; one may stand at the end. What does not
//            read so and has a % is tried as an AIX format: %codes, with the text between them printed as it stands.
//   keys     [+|-]name, …; or, in the letters of option O, [+|-]letter….
//
// Models  procps-ng 4.0.2 and 4.0.4. As there, a letter of O that has no sign is without effect from the second on.

using System.Globalization;

namespace VboxMem.Tools.Ps;

internal static class PsFormatParser
{
    /// <summary>The columns of a specifier or macro.</summary>
    internal static List<PsColumn> Named(string name, int pidWidth) =>
        TryNamed(name, null, pidWidth) ?? throw new ArgumentException($"no specifier {name}", nameof(name));

    internal static List<PsColumn> Parse(string text, int pidWidth)
    {
        var columns = new List<PsColumn>();
        try
        {
            ParseNames(text, pidWidth, columns);
            return columns;
        }
        catch (PsOptionException)
        {
            if (!IsPerhapsAix(text)) throw;
        }

        ParseAix(text, pidWidth, columns);
        return columns;
    }

    private static bool IsPerhapsAix(string text) =>
        text.Contains('%', StringComparison.Ordinal) && text != "%cpu"
        && !text.StartsWith("%cpu ", StringComparison.Ordinal) && !text.StartsWith("%cpu,", StringComparison.Ordinal)
        && !text.StartsWith("%m", StringComparison.Ordinal);

    private static void ParseNames(string text, int pidWidth, List<PsColumn> columns)
    {
        foreach (var item in Split(text, "improper format list"))
        {
            var equals = item.IndexOf('=', StringComparison.Ordinal);
            var header = equals < 0 ? null : item[(equals + 1)..];
            var name = equals < 0 ? item : item[..equals];
            var colon = name.IndexOf(':', StringComparison.Ordinal);
            var width = colon < 0 ? 0 : Width(name[(colon + 1)..]);
            if (colon >= 0) name = name[..colon];

            var found = TryNamed(name, header, pidWidth) ?? throw new PsOptionException(Unknown(name));
            if (colon >= 0)
            {
                if (found.Count > 1) throw new PsOptionException("can not set width for a macro (multi-column) format specifier");
                found[0] = found[0] with { Width = width };
            }

            columns.AddRange(found);
        }
    }

    /// <summary>procps's message has room for 79 characters.</summary>
    private static string Unknown(string name)
    {
        var message = $"unknown user-defined format specifier \"{name}\"";
        return message.Length > 79 ? message[..79] : message;
    }

    private static int Width(string digits)
    {
        var isNumber = digits.Length > 0 && digits[0] != '0' && !digits.AsSpan().ContainsAnyExceptInRange('0', '9');
        return isNumber && int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var width)
            ? width
            : throw new PsOptionException("column widths must be unsigned decimal numbers");
    }

    private static List<PsColumn>? TryNamed(string name, string? header, int pidWidth)
    {
        if (PsSpecifiers.Find(name) is { } specifier)
        {
            var width = specifier.IsPid ? Math.Max(pidWidth, specifier.Header.Length) : specifier.Width;
            if (header is not null) width = Math.Max(width, header.Length);
            return [new PsColumn(header ?? specifier.Header, specifier.Field, width, specifier.Lines, specifier.Justify)];
        }

        if (PsNames.Macro(name) is not { } names) return null;
        var columns = new List<PsColumn>();
        foreach (var each in names.Split(',')) columns.AddRange(TryNamed(each, header, pidWidth)!);
        return columns;
    }

    private static List<string> Split(string text, string complaint)
    {
        var items = new List<string>(text.Split(' ', ',', '\t', '\n'));
        if (items.Count > 1 && items[^1].Length == 0) items.RemoveAt(items.Count - 1);
        return items.TrueForAll(item => item.Length > 0) ? items : throw new PsOptionException(complaint);
    }

    /// <param name="text">The format.</param>
    /// <param name="pidWidth">Digits of a pid.</param>
    /// <param name="columns">What was read before it turned out to be an AIX format stays, as in procps.</param>
    private static void ParseAix(string text, int pidWidth, List<PsColumn> columns)
    {
        CheckAix(text);
        for (var i = 0; i < text.Length;)
        {
            if (text[i] != '%')
            {
                var end = text.IndexOf('%', i);
                var filler = end < 0 ? text[i..] : text[i..end];
                columns.Add(new PsColumn(filler, null, filler.Length, PsLines.EveryTime, PsJustify.Filler));
                i += filler.Length;
                continue;
            }

            if (text[i + 1] == '%') throw new PsOptionException("missing AIX field descriptor");
            var (name, header) = PsNames.Aix(text[i + 1]) ?? throw new PsOptionException("unknown AIX field descriptor");
            columns.AddRange(TryNamed(name, header, pidWidth)!);
            i += 2;
        }

        columns.Add(new PsColumn("", null, 0, PsLines.EveryTime, PsJustify.Filler));   // so the last field is padded, too
    }

    private static void CheckAix(string text)
    {
        if (text[0] != '%') throw new PsOptionException("improper AIX field descriptor");
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '%' && (i + 1 == text.Length || text[i + 1] == ' ')) throw new PsOptionException("missing AIX field descriptor");
        }
    }

    internal static List<PsSortKey> ParseKeys(string text) =>
        Split(text, "improper sort list").ConvertAll(item => TryKey(item) ?? throw new PsOptionException("unknown sort specifier"));

    private static PsSortKey? TryKey(string item)
    {
        var direction = item[0] == '-' ? -1 : 1;
        var name = item[0] is '-' or '+' ? item[1..] : item;
        return PsSpecifiers.Find(name) is { } specifier ? new PsSortKey(specifier.SortItem, specifier.Field, direction) : null;
    }

    /// <summary>Letters that sort by nothing end the list.</summary>
    internal static List<PsSortKey> ParseShortKeys(string text)
    {
        var keys = new List<PsSortKey>();
        var direction = 1;
        foreach (var c in text)
        {
            if (c is '+' or '-')
            {
                direction = c == '+' ? 1 : -1;
                continue;
            }

            if (PsNames.ShortSort(c) is not { } name || TryKey(name) is not { } key) break;
            keys.Add(key with { Direction = direction });
            direction = 0;
        }

        return keys;
    }
}
