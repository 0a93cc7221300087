// The key that somebody probably meant: the known one with the fewest letters to change.

using VboxMem.Tools.Predicates;

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
        var whole = EditDistance.Between(written, known);
        var colon = known.LastIndexOf(':');
        return colon < 0 || written.Contains(':') ? whole : Math.Min(whole, 1 + EditDistance.Between(written, known[(colon + 1)..]));
    }
}
