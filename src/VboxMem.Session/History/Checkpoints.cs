// The checkpoints of a session's line, in the order of their moments, thinned with age.
//
// The worth of one is what would be missed without it: the gap that it fills, by the root of its age, which is its distance from the front
// of the line or from the present, whichever is less. All within twelve minutes are of one age, and worth more than any that is older. The
// least worthy goes first, until what is left fits into the budget and none is closer to its neighbours than its age calls for.
//
// Invariants
//   C1  The first, made when the box had booted, always stays; the others were made at different moments.
//   C2  What the others cost is within the budget.
//
// Units    bytes of host memory, as counted when each was made.

using VboxMem.Kernel.Time;

namespace VboxMem.Session.History;

internal sealed class Checkpoints(long budgetBytes) : IDisposable
{
    /// <summary>How far apart the closest are: as if there were one more, so far behind the front.</summary>
    private static readonly SimTime _apart = SimTime.FromSeconds(60);

    /// <summary>Within so long nothing is old.</summary>
    private static readonly SimTime _recent = SimTime.FromSeconds(12 * 60);

    /// <summary>How much more a recent one is worth.</summary>
    private const double RecentWorth = 60;

    /// <summary>With this an old one stays that fills a gap of 2.4 minutes when it is 12 minutes old, of 7.6 after two hours.</summary>
    private const double LeastWorth = 0.2;

    private readonly List<Checkpoint> _kept = [];

    public int Count => _kept.Count;

    public long HostBytes { get; private set; }

    public IReadOnlyList<Checkpoint> All => _kept;

    public void Add(Checkpoint checkpoint, SimTime front, SimTime present)
    {
        _kept.Insert(IndexAfter(checkpoint.At), checkpoint);
        HostBytes += checkpoint.HostBytes;
        while (LeastWorthy(front, present) is var (place, worth) && place > 0 && (worth < LeastWorth || HostBytes - _kept[0].HostBytes > budgetBytes))
        {
            Remove(place);
        }
    }

    /// <summary>The last at or before a moment. There always is one from the first on.</summary>
    public Checkpoint AtOrBefore(SimTime moment) => _kept[IndexAfter(moment) - 1];

    /// <summary>The one of a moment; null: there is none.</summary>
    public Checkpoint? At(SimTime moment) => IndexAfter(moment) is > 0 and var after && _kept[after - 1].At == moment ? _kept[after - 1] : null;

    /// <summary>The line is left: what was after this moment has not happened.</summary>
    public void DropAfter(SimTime moment)
    {
        while (_kept[^1].At > moment)
        {
            Remove(_kept.Count - 1);
        }
    }

    public void Dispose()
    {
        foreach (var checkpoint in _kept)
        {
            checkpoint.Box.Dispose();
        }

        _kept.Clear();
    }

    private int IndexAfter(SimTime moment)
    {
        var index = _kept.Count;
        while (index > 0 && _kept[index - 1].At > moment)
        {
            index--;
        }

        return index;
    }

    private (int Place, double Worth) LeastWorthy(SimTime front, SimTime present)
    {
        var (least, leastWorth) = (0, double.MaxValue);
        for (var place = 1; place < _kept.Count; place++)
        {
            var end = place + 1 < _kept.Count ? _kept[place + 1].At : (front > _kept[place].At ? front : _kept[place].At).Plus(_apart);
            var gap = (double)(end.Nanoseconds - _kept[place - 1].At.Nanoseconds);
            var age = Math.Min(Distance(front, _kept[place].At), Distance(present, _kept[place].At));
            var worth = age > _recent.Nanoseconds ? gap / Math.Sqrt((double)age * _recent.Nanoseconds) : gap / _recent.Nanoseconds * RecentWorth;
            if (worth < leastWorth)
            {
                (least, leastWorth) = (place, worth);
            }
        }

        return (least, leastWorth);
    }

    private static ulong Distance(SimTime one, SimTime other) =>
        one > other ? one.Nanoseconds - other.Nanoseconds : other.Nanoseconds - one.Nanoseconds;

    private void Remove(int place)
    {
        HostBytes -= _kept[place].HostBytes;
        _kept[place].Box.Dispose();
        _kept.RemoveAt(place);
    }
}
