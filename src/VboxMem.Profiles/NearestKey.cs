// The key that somebody probably meant: the known one with the fewest letters to change.

namespace VboxMem.Profiles;

internal static class NearestKey
{
    private const int MaxLength = 100;

    /// <summary>The nearest known key or section to <paramref name="path"/>, with its indexes; null if none is near.</summary>
    public static string? To(string path)
    {
        if (path.Length > MaxLength) return null;

        var parts = path.Split(':');
        if (parts.Contains("")) return null;
        var indexes = parts.Where(IsIndex).ToArray();
        var pattern = string.Join(':', parts.Select(part => IsIndex(part) ? "#" : part)).ToUpperInvariant();
        string? nearest = null;
        var fewest = int.MaxValue;
        foreach (var known in ProfileKeys.All.Select(key => key.Path).Concat(ProfileKeys.Sections))
        {
            if (known.Count(character => character == '#') > indexes.Length) continue;
            var distance = Distance(pattern, known.ToUpperInvariant());
            if (distance >= fewest) continue;
            (nearest, fewest) = (known, distance);
        }

        return fewest <= Math.Max(2, pattern.Length / 4) && nearest is not null ? WithIndexes(nearest, indexes) : null;
    }

    private static bool IsIndex(string part) => part.Length > 0 && part.All(char.IsAsciiDigit);

    private static string WithIndexes(string pattern, string[] indexes)
    {
        var next = 0;
        return string.Join(':', pattern.Split(':').Select(part => part == "#" ? indexes[next++] : part));
    }

    /// <summary>
    /// Letters to insert, drop, replace or swap with their neighbour. What is missing of the front counts as one
    /// letter, so that "swappiness" is near "vm:swappiness".
    /// </summary>
    private static int Distance(string written, string known)
    {
        var whole = Changes(written, known);
        var colon = known.LastIndexOf(':');
        return colon < 0 || written.Contains(':') ? whole : Math.Min(whole, 1 + Changes(written, known[(colon + 1)..]));
    }

    private static int Changes(string left, string right)
    {
        var cost = new int[left.Length + 1, right.Length + 1];
        for (var i = 0; i <= left.Length; i++) cost[i, 0] = i;
        for (var j = 0; j <= right.Length; j++) cost[0, j] = j;
        for (var i = 1; i <= left.Length; i++)
        {
            for (var j = 1; j <= right.Length; j++)
            {
                var replace = cost[i - 1, j - 1] + (left[i - 1] == right[j - 1] ? 0 : 1);
                cost[i, j] = Math.Min(replace, 1 + Math.Min(cost[i - 1, j], cost[i, j - 1]));
                if (i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1])
                    cost[i, j] = Math.Min(cost[i, j], cost[i - 2, j - 2] + 1);
            }
        }

        return cost[left.Length, right.Length];
    }
}
