// The known name that somebody probably meant: the one with the fewest letters to change.

namespace VboxMem.Tools.Predicates;

/// <summary>How far two words are apart.</summary>
public static class EditDistance
{
    private const int LongestWord = 100;

    /// <summary>Letters to insert, drop, replace or swap with their neighbour to make one of the other.</summary>
    public static int Between(string left, string right)
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

    /// <summary>The nearest of some words, capitals aside; null where none is near.</summary>
    internal static string? Nearest(string written, IEnumerable<string> known)
    {
        if (written.Length > LongestWord) return null;
        string? nearest = null;
        var fewest = Math.Max(2, written.Length / 3) + 1;
        foreach (var word in known)
        {
            if (Math.Abs(word.Length - written.Length) >= fewest) continue;
            var changes = Between(written.ToUpperInvariant(), word.ToUpperInvariant());
            if (changes < fewest) (nearest, fewest) = (word, changes);
        }

        return nearest;
    }
}
