// Events of the timeline that wait for a predicate: each happens once, when its predicate first holds.
//
// Invariants
//   C1  Conditions are looked at when simulated time is a multiple of 100 ms, once at each, all on one reading of the tree; so what
//       happens does not depend on how a run is cut into pieces.

using VboxMem.FileTree;
using VboxMem.Kernel;
using VboxMem.Kernel.Time;
using VboxMem.Tools.Predicates;

namespace VboxMem.Session;

internal sealed class TimelineConditions(IFileTree tree)
{
    private static readonly SimTime _lookEvery = SimTime.FromMilliseconds(100);

    private readonly List<(ScheduledEvent Event, PredicateEvaluator Evaluator)> _waiting = [];
    private SimTime _lookedAt;

    private TimelineConditions(TimelineConditions other, IFileTree tree)
        : this(tree)
    {
        _lookedAt = other._lookedAt;
        foreach (var (scheduled, evaluator) in other._waiting)
        {
            _waiting.Add((scheduled, evaluator.Clone()));
        }
    }

    /// <summary>How many wait.</summary>
    public int Count => _waiting.Count;

    /// <summary>Adds an event, whose predicate was checked with the profile.</summary>
    public void Add(in ScheduledEvent scheduled)
    {
        var predicate = Predicate.TryParse(scheduled.Event.When, out var problem) ?? throw new ArgumentException(problem, nameof(scheduled));
        _waiting.Add((scheduled, new PredicateEvaluator(predicate)));
    }

    /// <summary>When they have to be looked at next; null: none waits.</summary>
    public SimTime? NextLook(SimTime now) =>
        _waiting.Count == 0 ? null : new SimTime(((now.Nanoseconds / _lookEvery.Nanoseconds) + 1) * _lookEvery.Nanoseconds);

    /// <summary>Takes out the events whose time has come, in the order of the profile.</summary>
    public IEnumerable<ScheduledEvent> TakeHolding(SimTime now)
    {
        if (_waiting.Count == 0 || now == _lookedAt || now.Nanoseconds % _lookEvery.Nanoseconds != 0)
        {
            return [];
        }

        _lookedAt = now;
        var reading = new TreeReading(tree);
        var holding = new List<ScheduledEvent>();
        for (var index = 0; index < _waiting.Count;)
        {
            if (!_waiting[index].Evaluator.Evaluate(reading).Holds)
            {
                index++;
                continue;
            }

            holding.Add(_waiting[index].Event with { At = now });
            _waiting.RemoveAt(index);
        }

        return holding;
    }

    /// <summary>The same conditions, looked at on another tree.</summary>
    public TimelineConditions Clone(IFileTree tree) => new(this, tree);

    public void HashInto(StateHash hash)
    {
        hash.Add((ulong)_waiting.Count);
        foreach (var (scheduled, evaluator) in _waiting)
        {
            hash.Add((long)scheduled.Order);
            foreach (var word in evaluator.StateWords())
            {
                hash.Add(word);
            }
        }
    }
}
