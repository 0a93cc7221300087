using VboxMem.Tui.Readings;

namespace VboxMem.Tui.Widgets;

/// <summary>Shares of time that were stalled, per column of a graph, out of the history's totals.</summary>
internal static class PressureSeries
{
    private static readonly int[] _scales = [1, 2, 5, 10, 30, 60];
    private static readonly double[] _tops = [1, 5, 10, 25, 50, 100];

    /// <summary>Per cent of the time of each column, the newest last; NaN where there is no sample.</summary>
    /// <param name="history">The samples.</param>
    /// <param name="now">The moment that is shown.</param>
    /// <param name="secondsPerColumn">What a column stands for.</param>
    /// <param name="values">Filled.</param>
    /// <param name="total">The total of a sample, microseconds.</param>
    public static void Fill(History history, TimeSpan now, int secondsPerColumn, Span<double> values, Func<Sample, ulong> total)
    {
        var to = history.CountUpTo(now) - 1;
        for (var column = values.Length - 1; column >= 0; column--)
        {
            values[column] = double.NaN;
            if (to < 0) continue;
            var from = history.CountUpTo(now - TimeSpan.FromSeconds((double)(values.Length - column) * secondsPerColumn)) - 1;
            if (from >= 0 && from < to)
            {
                var (earlier, later) = (history[from], history[to]);
                values[column] = (total(later) - Math.Min(total(earlier), total(later))) / ((later.At - earlier.At).TotalMicroseconds) * 100;
            }

            to = from;
        }
    }

    /// <summary>The least round value, in per cent, that all values fit under.</summary>
    public static double Top(ReadOnlySpan<double> values)
    {
        var most = 0.0;
        foreach (var value in values)
        {
            if (value > most) most = value;   // no NaN is
        }

        foreach (var top in _tops)
        {
            if (most <= top) return top;
        }

        return _tops[^1];
    }

    /// <summary>The next closer or wider scale of time.</summary>
    public static int Zoom(int secondsPerColumn, bool isIn)
    {
        var at = Array.FindIndex(_scales, scale => scale >= secondsPerColumn);
        return _scales[Math.Clamp((at < 0 ? _scales.Length - 1 : at) + (isIn ? -1 : 1), 0, _scales.Length - 1)];
    }
}
