using VboxMem.Tui.Drawing;

namespace VboxMem.Cli.Screen;

/// <summary>What a terminal can do, from the environment: TERM, COLORTERM, NO_COLOR, and the locale's character set.</summary>
internal static class TerminalTraits
{
    /// <summary>Why no screen can be drawn on it; empty: it can.</summary>
    public static string Refusal(Func<string, string?> environment) => environment("TERM") switch
    {
        null or "" => "TERM is not set: the screen needs a terminal",
        "dumb" => "TERM is dumb: the screen needs a terminal that can place its cursor",
        _ => "",
    };

    /// <summary>Colours, after no-color.org and what TERM says.</summary>
    public static ColourDepth Colours(Func<string, string?> environment)
    {
        if (environment("NO_COLOR") is { Length: > 0 }) return ColourDepth.None;
        var term = environment("TERM") ?? "";
        if (environment("COLORTERM") is { Length: > 0 } || term.Contains("256color", StringComparison.Ordinal) || term.Contains("direct", StringComparison.Ordinal))
            return ColourDepth.TwoHundredFiftySix;
        return term.StartsWith("vt", StringComparison.Ordinal) ? ColourDepth.None : ColourDepth.Sixteen;
    }

    /// <summary>Whether characters beyond ASCII can be shown: the first of LC_ALL, LC_CTYPE and LANG that is set decides.</summary>
    public static bool HasUtf8(Func<string, string?> environment)
    {
        foreach (var name in (ReadOnlySpan<string>)["LC_ALL", "LC_CTYPE", "LANG"])
        {
            if (environment(name) is { Length: > 0 } locale)
                return locale.Contains("UTF-8", StringComparison.OrdinalIgnoreCase) || locale.Contains("utf8", StringComparison.OrdinalIgnoreCase);
        }

        return false;
    }
}
