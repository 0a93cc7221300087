// -g: a regular expression. journalctl has PCRE, this has .NET. They read alike what is taken here: characters of ASCII, the
// wildcard, sets of single characters and ranges, groups, alternatives, anchors and the plain quantifiers, and \d \w \s with the
// meaning ASCII gives them. Anything else is refused rather than read differently.
//
// A pattern without a capital letter is matched without regard to case, unless --case-sensitive says otherwise.

using System.Text;
using System.Text.RegularExpressions;

namespace VboxMem.Tools.Journalctl;

internal sealed class GrepPattern
{
    private static readonly TimeSpan LongestMatch = TimeSpan.FromSeconds(1);

    private readonly Regex _regex;

    private GrepPattern(Regex regex) => _regex = regex;

    /// <exception cref="ToolException">The pattern is wrong, or not one that both engines read alike.</exception>
    internal static GrepPattern Parse(string pattern, bool? caseSensitive)
    {
        var isSensitive = caseSensitive ?? pattern.AsSpan().ContainsAnyInRange('A', 'Z');
        var options = RegexOptions.CultureInvariant | (isSensitive ? RegexOptions.None : RegexOptions.IgnoreCase);
        try
        {
            return new GrepPattern(new Regex(Translate(pattern), options, LongestMatch));
        }
        catch (RegexParseException wrong)
        {
            throw new ToolException($"Bad pattern \"{pattern}\": {wrong.Message}");
        }
    }

    /// <exception cref="ToolException">The pattern takes too long.</exception>
    internal bool Matches(ReadOnlySpan<byte> message)
    {
        try
        {
            return _regex.IsMatch(Encoding.UTF8.GetString(message));
        }
        catch (RegexMatchTimeoutException)
        {
            throw new ToolException("the pattern takes too long to match");
        }
    }

    private static string Translate(string pattern)
    {
        var translated = new StringBuilder();
        var inSet = false;
        for (var i = 0; i < pattern.Length; i++)
        {
            var letter = pattern[i];
            var next = i + 1 < pattern.Length ? pattern[i + 1] : '\0';
            if (letter is < ' ' or > '~') throw Refused(pattern, "only ASCII");
            if (letter == '\\')
            {
                translated.Append(Escape(pattern, next, inSet));
                i++;
                continue;
            }

            if (inSet && letter == '[') throw Refused(pattern, "no \"[\" within a set");
            if (inSet && letter == '-' && next == '[') throw Refused(pattern, "no set within a set");
            if (letter == '[')
            {
                inSet = true;
                if (next == ']' || (next == '^' && i + 2 < pattern.Length && pattern[i + 2] == ']')) throw Refused(pattern, "no \"]\" at the beginning of a set");
            }
            else if (letter == ']')
            {
                inSet = false;
            }
            else if (!inSet && letter == '(' && next is '?' or '*')
            {
                throw Refused(pattern, "only plain groups");
            }
            else if (!inSet && letter is '*' or '+' or '?' or '}' && next == '+')
            {
                throw Refused(pattern, "no possessive quantifier");
            }

            translated.Append(!inSet && letter == '$' ? "(?:$)" : letter.ToString());
        }

        return translated.ToString();
    }

    private static string Escape(string pattern, char letter, bool inSet) => letter switch
    {
        'd' => inSet ? "0-9" : "[0-9]",
        'w' => inSet ? "a-zA-Z0-9_" : "[a-zA-Z0-9_]",
        's' => inSet ? "\\t-\\r\\x20" : "[\\t-\\r\\x20]",
        'n' or 't' => "\\" + letter,
        (>= '0' and <= '9') or (>= 'a' and <= 'z') or (>= 'A' and <= 'Z') => throw Refused(pattern, "no escape but \\d, \\w, \\s, \\n, \\t and those of signs"),
        '\0' => throw new ToolException($"Bad pattern \"{pattern}\": \\ at end of pattern"),
        _ => Regex.Escape(letter.ToString()) is [var single] ? (inSet && single is ']' or '-' or '^' ? "\\" + single : single.ToString()) : "\\" + letter,
    };

    private static ToolException Refused(string pattern, string allowed) => new($"pattern \"{pattern}\" is more than can be matched here: {allowed}");
}
