using System.Globalization;
using System.Text;

namespace VboxMem.Tools.Predicates;

/// <summary>Tells what stood in the tree when a predicate was looked at.</summary>
internal static class Explanation
{
    private static readonly (string Suffix, decimal Factor)[] _sizes =
        [("TiB", 1L << 40), ("GiB", 1L << 30), ("MiB", 1L << 20), ("KiB", 1L << 10)];

    internal static string Of(Predicate predicate, Evaluation now)
    {
        var text = new StringBuilder();
        foreach (var term in predicate.Shown)
        {
            var piece = $"{term.Name} is {Format(term.Read(now), term.Unit)}";
            if (text.ToString().Contains(piece, StringComparison.Ordinal)) continue;
            text.Append(text.Length > 0 ? ", " : "").Append(piece);
        }

        return text.ToString();
    }

    internal static string Format(Amount amount, Unit unit)
    {
        if (amount.Missing is { } reason) return $"unknown ({reason})";
        var perSecond = unit.Seconds < 0 ? "/s" : "";
        return unit switch
        {
            { Bytes: 1, Seconds: 0 or -1 } => Size(amount.Value) + perSecond,
            { Bytes: 0, Seconds: 1 } => Time(amount.Value),
            { IsPlain: true, Kind: PlainKind.Percent } => Round(amount.Value * 100) + "%",
            _ => Round(amount.Value) + perSecond,
        };
    }

    private static string Size(decimal bytes)
    {
        foreach (var (suffix, factor) in _sizes)
        {
            if (Math.Abs(bytes) >= factor) return Round(bytes / factor) + suffix;
        }

        return Round(bytes) + "B";
    }

    private static string Time(decimal seconds) =>
        seconds == 0 || Math.Abs(seconds) >= 1 ? Round(seconds) + "s"
        : Math.Abs(seconds) >= 0.001m ? Round(seconds * 1000) + "ms"
        : Round(seconds * 1_000_000) + "us";

    private static string Round(decimal value) => Math.Round(value, 2).ToString("0.##", CultureInfo.InvariantCulture);
}
