using VboxMem.Tools.Parsing;

namespace VboxMem.Tools.Sar;

/// <summary>-q CPU, IO, MEM: the kernel's own averages of time lost, and the time lost in the interval.</summary>
internal sealed class PressureReport(string name, string resource, bool hasFull, Func<SarReading, PressureFile> file)
    : SarReport(name, hasFull ? [.. Headings('s', resource), .. Headings('f', resource)] : Headings('s', resource))
{
    private readonly ulong[] _sums = new ulong[6];
    private ulong _count;

    private static string[] Headings(char kind, string resource) =>
        [$"%{kind}{resource}-10", $"%{kind}{resource}-60", $"%{kind}{resource}-300", $"%{kind}{resource}"];

    internal override IReadOnlyList<SarRow> Interval(SarReading before, SarReading now)
    {
        var (some, full) = Lines(now);
        ulong[] averages = [some.Average10, some.Average60, some.Average300, full.Average10, full.Average60, full.Average300];
        for (var i = 0; i < averages.Length; i++) _sums[i] = unchecked(_sums[i] + averages[i]);
        _count++;
        return Row(before, now, i => averages[i] / 100.0);
    }

    internal override IReadOnlyList<SarRow> Average(SarReading first, SarReading last) =>
        Row(first, last, i => (double)_sums[i] / (_count * 100));

    private IReadOnlyList<SarRow> Row(SarReading before, SarReading now, Func<int, double> average)
    {
        var ((someBefore, fullBefore), (someNow, fullNow)) = (Lines(before), Lines(now));
        var elapsed = SarReading.Elapsed(before, now);
        var figures = new List<SarFigure>();
        for (var i = 0; i < (hasFull ? 6 : 3); i++)
        {
            figures.Add(SarFigure.Percent(average(i)));
            if (i % 3 != 2) continue;
            var (from, to) = i == 2 ? (someBefore, someNow) : (fullBefore, fullNow);
            figures.Add(SarFigure.Percent(Lost(from.TotalMicroseconds, to.TotalMicroseconds, elapsed)));
        }

        return [new SarRow(null, figures)];
    }

    /// <summary>Per cent of the interval; negative when the total ran backwards.</summary>
    private static double Lost(ulong before, ulong now, ulong elapsedCentiseconds) =>
        ((double)now - before) / (100.0 * elapsedCentiseconds);

    private (PressureLine Some, PressureLine Full) Lines(SarReading reading)
    {
        var lines = file(reading);
        return (lines.Some ?? default, lines.Full ?? default);
    }
}
