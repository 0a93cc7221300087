// What a graph draws: a figure of the history, one value for each column of the screen.
//
// Columns stand at whole multiples of their length since boot, so that a graph moves by whole columns; the last one goes on to the last
// sample there is of the moment shown or before it. What was before the first sample is NaN.

namespace VboxMem.Tui.Readings;

internal static class Series
{
    /// <summary>How a sample says something.</summary>
    public delegate double Figure(Sample sample);

    /// <summary>A figure that goes up and down: of a column the mean, or the least.</summary>
    public static double[] Levels(History history, TimeSpan end, int secondsPerColumn, int columns, Figure figure, bool isLeast = false)
    {
        var values = new double[columns];
        var behind = history.CountUpTo(end);
        if (behind > 0) end = history[behind - 1].At;
        for (var column = columns - 1; column >= 0; column--)
        {
            var first = FirstAfter(history, behind, StartOf(end, secondsPerColumn, columns - 1 - column));
            values[column] = first < behind ? Level(history, first, behind, figure, isLeast) : double.NaN;
            behind = first;
        }

        return values;
    }

    /// <summary>A counter: of a column its increase a second.</summary>
    public static double[] Rates(History history, TimeSpan end, int secondsPerColumn, int columns, Figure counter)
    {
        var values = new double[columns];
        var behind = history.CountUpTo(end);
        if (behind > 0) end = history[behind - 1].At;
        for (var column = columns - 1; column >= 0; column--)
        {
            var first = FirstAfter(history, behind, StartOf(end, secondsPerColumn, columns - 1 - column));
            values[column] = first < behind && first > 0 ? Rate(history[first - 1], history[behind - 1], counter) : double.NaN;
            behind = first;
        }

        return values;
    }

    /// <summary>The largest value; 0 where there is none.</summary>
    public static double Largest(ReadOnlySpan<double> values)
    {
        var largest = 0.0;
        foreach (var value in values)
        {
            if (value > largest) largest = value;
        }

        return largest;
    }

    /// <summary>The last column's value; null where it is not known.</summary>
    public static double? Last(double[] values) => values.Length > 0 && !double.IsNaN(values[^1]) ? values[^1] : null;

    /// <summary>The first sample of a column, going back from the one behind it.</summary>
    private static int FirstAfter(History history, int behind, TimeSpan start)
    {
        while (behind > 0 && history[behind - 1].At > start) behind--;
        return behind;
    }

    /// <summary>The moment that a column, counted from the last one, begins after.</summary>
    private static TimeSpan StartOf(TimeSpan end, int secondsPerColumn, int fromLast)
    {
        var length = TimeSpan.FromSeconds(secondsPerColumn).Ticks;
        var column = ((end.Ticks + length - 1) / length) - 1 - fromLast;
        return TimeSpan.FromTicks(column * length);
    }

    private static double Level(History history, int first, int behind, Figure figure, bool isLeast)
    {
        var (sum, least) = (0.0, double.MaxValue);
        for (var i = first; i < behind; i++)
        {
            var value = figure(history[i]);
            sum += value;
            least = Math.Min(least, value);
        }

        return isLeast ? least : sum / (behind - first);
    }

    private static double Rate(Sample before, Sample now, Figure counter)
    {
        var seconds = (now.At - before.At).TotalSeconds;
        return seconds > 0 ? Math.Max(counter(now) - counter(before), 0) / seconds : double.NaN;
    }
}
