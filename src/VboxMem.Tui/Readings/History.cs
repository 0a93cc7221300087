// The samples of a session, one a second, in the order of the box's time.
//
// Invariants
//   H1  Moments rise. A moment that has a sample already gets no other: what was is not changed by going there again.
//   H2  What a pane shows of it ends at the moment it shows.

namespace VboxMem.Tui.Readings;

public sealed class History
{
    private readonly List<Sample> _samples = [];

    public int Count => _samples.Count;

    public Sample this[int index] => _samples[index];

    /// <summary>Notes a sample, unless its moment has one.</summary>
    public void Add(Sample sample)
    {
        ArgumentNullException.ThrowIfNull(sample);
        var at = CountUpTo(sample.At);
        if (at > 0 && _samples[at - 1].At == sample.At) return;
        _samples.Insert(at, sample);
    }

    /// <summary>The last sample before a moment; null: there is none.</summary>
    public Sample? LastBefore(TimeSpan moment)
    {
        var at = CountUpTo(moment);
        while (at > 0 && _samples[at - 1].At == moment) at--;
        return at > 0 ? _samples[at - 1] : null;
    }

    /// <summary>Forgets what comes after a moment: from there on things have gone another way.</summary>
    public void ForgetAfter(TimeSpan moment)
    {
        var kept = CountUpTo(moment);
        _samples.RemoveRange(kept, _samples.Count - kept);
    }

    /// <summary>How many samples are not later than a moment: the index behind the last one of them.</summary>
    public int CountUpTo(TimeSpan moment)
    {
        var (low, high) = (0, _samples.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_samples[middle].At <= moment) low = middle + 1;
            else high = middle;
        }

        return low;
    }
}
