namespace VboxMem.Tui.Widgets;

/// <summary>A column that may have to go.</summary>
/// <param name="Width">Cells it needs.</param>
/// <param name="Rank">Those with the highest go first; 0: stays.</param>
internal readonly record struct ColumnNeed(int Width, int Rank);

/// <summary>Which columns of a table fit side by side, a blank between each two, and where they begin.</summary>
internal static class ColumnLayout
{
    /// <param name="needs">The columns, from left to right.</param>
    /// <param name="width">Cells there are.</param>
    /// <param name="starts">Where each begins; -1: it does not fit.</param>
    /// <returns>The cell behind the last one.</returns>
    public static int Fit(ReadOnlySpan<ColumnNeed> needs, int width, Span<int> starts)
    {
        starts.Clear();
        while (Sum(needs, starts) > width && Dispensable(needs, starts) is { } column) starts[column] = -1;
        var x = 0;
        for (var i = 0; i < needs.Length; i++)
        {
            if (starts[i] < 0) continue;
            starts[i] = x;
            x += needs[i].Width + 1;
        }

        return Math.Max(x - 1, 0);
    }

    private static int Sum(ReadOnlySpan<ColumnNeed> needs, ReadOnlySpan<int> starts)
    {
        var sum = -1;
        for (var i = 0; i < needs.Length; i++)
        {
            if (starts[i] >= 0) sum += needs[i].Width + 1;
        }

        return sum;
    }

    private static int? Dispensable(ReadOnlySpan<ColumnNeed> needs, ReadOnlySpan<int> starts)
    {
        int? found = null;
        for (var i = 0; i < needs.Length; i++)
        {
            if (starts[i] >= 0 && needs[i].Rank > 0 && (found is not { } best || needs[i].Rank >= needs[best].Rank)) found = i;
        }

        return found;
    }
}
