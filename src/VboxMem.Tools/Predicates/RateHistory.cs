// What a rate is measured from: earlier readings of its number.
//
// Invariants
//   H1  Readings are in order of their time, each later than the one before.
//   H2  At most one of them, the first, is as old as the span or older.
//
// Units    seconds of uptime.

namespace VboxMem.Tools.Predicates;

internal sealed class RateHistory
{
    /// <summary>A rate is the average over this long, or since the reading before where that lies further back.</summary>
    private const decimal Span = 1;

    private readonly List<(decimal Time, decimal Value)> _readings = [];

    internal RateHistory()
    {
    }

    private RateHistory(RateHistory other) => _readings = [.. other._readings];

    internal IReadOnlyList<(decimal Time, decimal Value)> Readings => _readings;

    internal RateHistory Clone() => new(this);

    /// <summary>Adds a reading and gives the rate up to it.</summary>
    internal Amount Add(decimal time, decimal value)
    {
        if (_readings.Count > 0 && time < _readings[^1].Time) _readings.Clear();   // the machine was started anew
        if (_readings.Count == 0 || time > _readings[^1].Time) _readings.Add((time, value));
        while (_readings.Count > 1 && _readings[1].Time <= time - Span) _readings.RemoveAt(0);

        var first = _readings[0];
        if (time - first.Time < Span) return Amount.None("a rate needs a reading a second earlier");
        return Amount.Of((value - first.Value) / (time - first.Time));
    }
}
