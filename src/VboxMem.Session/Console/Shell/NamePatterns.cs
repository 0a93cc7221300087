// Pathname expansion: a word with wildcards outside quotes becomes the names of files that it matches, sorted; where there are none it
// stays as it is.
//
//   *  any text     ?  any character     [abc] [a-z] [!a-z]  one of a set     \x  that character
//
// A wildcard matches no '/', and no '.' at the beginning of a name.
//
// Models   bash 5.2 in the C locale.

using VboxMem.FileTree;

namespace VboxMem.Session.Console.Shell;

internal static class NamePatterns
{
    /// <summary>More names than these are not made of one word.</summary>
    private const int MostNames = 100_000;

    /// <summary>The words that a word stands for.</summary>
    public static IEnumerable<string> Expand(ShellWord word, IFileTree tree)
    {
        if (word.Pattern is not { } pattern)
        {
            return [word.Text];
        }

        var found = new List<string>();
        var parts = Split(pattern);
        Walk(tree, pattern.StartsWith('/') ? "/" : string.Empty, parts, 0, found);
        found.Sort(StringComparer.Ordinal);
        return found.Count > 0 ? found : [word.Text];
    }

    /// <summary>The pattern's parts between slashes; an empty last part: it ends with one.</summary>
    private static string[] Split(string pattern) => pattern.TrimStart('/').Split('/');

    private static void Walk(IFileTree tree, string reached, string[] parts, int at, List<string> found)
    {
        if (at == parts.Length)
        {
            found.Add(reached);
            return;
        }

        var part = parts[at];
        if (!HasWildcard(part))
        {
            var path = reached + Unescaped(part);
            if (part.Length == 0 && at < parts.Length - 1)
            {
                Walk(tree, reached + "/", parts, at + 1, found);
            }
            else if (tree.TryStat(Absolute(path), out _) == Errno.None)
            {
                Walk(tree, at == parts.Length - 1 ? path : path + "/", parts, at + 1, found);
            }

            return;
        }

        if (tree.TryList(Absolute(reached), out var names) != Errno.None)
        {
            return;
        }

        foreach (var name in names)
        {
            if ((name.StartsWith('.') && !part.StartsWith('.')) || !Matches(part, 0, name, 0) || found.Count >= MostNames)
            {
                continue;
            }

            var isLast = at == parts.Length - 1;
            if (isLast || tree.TryList(Absolute(reached + name), out _) == Errno.None)
            {
                Walk(tree, isLast ? reached + name : reached + name + "/", parts, at + 1, found);
            }
        }
    }

    private static string Absolute(string path) => path.StartsWith('/') ? path : "/" + path;

    private static bool HasWildcard(string part)
    {
        for (var i = 0; i < part.Length; i++)
        {
            if (part[i] == '\\')
            {
                i++;
            }
            else if (part[i] is '*' or '?' || (part[i] == '[' && EndOfSet(part, i) > 0))
            {
                return true;
            }
        }

        return false;
    }

    private static string Unescaped(string part)
    {
        var text = new System.Text.StringBuilder();
        for (var i = 0; i < part.Length; i++)
        {
            text.Append(part[i] == '\\' && i + 1 < part.Length ? part[++i] : part[i]);
        }

        return text.ToString();
    }

    /// <summary>Only the last star is gone back to: it can do what each before it could.</summary>
    private static bool Matches(string pattern, int at, string name, int place)
    {
        var (starAt, starPlace) = (-1, 0);
        while (place < name.Length)
        {
            if (at < pattern.Length && pattern[at] == '*')
            {
                (starAt, starPlace) = (++at, place);
            }
            else if (at < pattern.Length && TryMatchOne(pattern, ref at, name[place]))
            {
                place++;
            }
            else if (starAt >= 0)
            {
                (at, place) = (starAt, ++starPlace);
            }
            else
            {
                return false;
            }
        }

        while (at < pattern.Length && pattern[at] == '*')
        {
            at++;
        }

        return at == pattern.Length;
    }

    private static bool TryMatchOne(string pattern, ref int at, char letter)
    {
        var start = at;
        switch (pattern[at])
        {
            case '?':
                at++;
                return true;
            case '[' when EndOfSet(pattern, at) is var end and > 0:
                at = end;
                return IsInSet(pattern.AsSpan(start + 1, end - start - 2), letter);
            case '\\' when at + 1 < pattern.Length:
                at += 2;
                return pattern[start + 1] == letter;
            default:
                at++;
                return pattern[start] == letter;
        }
    }

    /// <summary>Behind the ] of a set; 0: it is none.</summary>
    private static int EndOfSet(string pattern, int open)
    {
        var at = open + 1;
        at += at < pattern.Length && pattern[at] is '!' or '^' ? 1 : 0;
        for (var first = at; at < pattern.Length; at++)
        {
            if (pattern[at] == '\\')
            {
                at++;
            }
            else if (pattern[at] == ']' && at > first)
            {
                return at + 1;
            }
        }

        return 0;
    }

    private static bool IsInSet(ReadOnlySpan<char> set, char letter)
    {
        var isNegated = set is ['!' or '^', ..];
        var at = isNegated ? 1 : 0;
        var isIn = false;
        while (at < set.Length)
        {
            var low = TakeOne(set, ref at);
            var high = low;
            if (at + 1 < set.Length && set[at] == '-')
            {
                at++;
                high = TakeOne(set, ref at);
            }

            isIn |= letter >= low && letter <= high;
        }

        return isIn != isNegated;
    }

    private static char TakeOne(ReadOnlySpan<char> set, ref int at)
    {
        at += set[at] == '\\' && at + 1 < set.Length ? 1 : 0;
        return set[at++];
    }
}
