// One line of text of limited length, perhaps of certain characters only.

namespace VboxMem.Profiles.Rules;

internal sealed class TextRule(int minimum, int maximum, string characters, Func<string, bool> fits) : ValueRule<string>
{
    public override string TypeName => "text";

    public override string Allowed => minimum == maximum ? $"{minimum} {characters}" : $"{minimum} to {maximum} {characters}";

    /// <summary>Any characters that stand in a line.</summary>
    public static TextRule Line(int minimum, int maximum) =>
        new(minimum, maximum, "characters in one line", OneLine.Fits);

    /// <summary>Space to tilde.</summary>
    public static TextRule Ascii(int minimum, int maximum) =>
        new(minimum, maximum, "printable ASCII characters", text => !text.AsSpan().ContainsAnyExceptInRange(' ', '~'));

    /// <summary>A user's name, which stands between colons in /etc/passwd.</summary>
    public static TextRule UserName(int minimum, int maximum) =>
        new(minimum, maximum, "printable ASCII characters but ':'", text => !text.AsSpan().ContainsAnyExceptInRange(' ', '~') && !text.Contains(':'));

    /// <summary>A host's name: letters, digits, '-' and '.', with a letter or digit at both ends.</summary>
    public static TextRule HostName(int minimum, int maximum) =>
        new(minimum, maximum, "letters, digits, '-' and '.', a letter or digit at both ends", IsHostName);

    public override bool TryRead(string text, out string value, out string problem)
    {
        value = text;
        problem = text.Length < minimum ? "too short"
            : text.Length > maximum ? "too long"
            : !fits(text) ? "has other characters"
            : "";
        return problem.Length == 0;
    }

    public override string Format(string value) => value;

    private static bool IsHostName(string text) =>
        text.All(character => char.IsAsciiLetterOrDigit(character) || character is '-' or '.')
        && char.IsAsciiLetterOrDigit(text[0]) && char.IsAsciiLetterOrDigit(text[^1]);
}
