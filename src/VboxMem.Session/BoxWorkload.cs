// What runs on a box and happens to it: starts the groups of the profile and carries out its timeline, each at its moment.
//
// With systemd, starting a group is an order to it; groups that start with the box are those it starts at boot.
//
// Invariants
//   W1  Events are carried out in the order of their moments, those of one moment in the order of the profile: first the groups that
//       start then, in their order, then the timeline.
//   W2  An event that counts from the end of a group has no moment before that end is noticed: at the next multiple of 10 ms, however
//       the run is cut into pieces.
//   W3  An event that waits for a predicate happens at the multiple of 100 ms at which it first holds (TimelineConditions).

using VboxMem.FileTree;
using VboxMem.Kernel;
using VboxMem.Kernel.Time;
using VboxMem.Workloads;
using VboxMem.Workloads.Scenarios;

namespace VboxMem.Session;

/// <summary>The workload of one box. Its state is which events are still to come, and the groups.</summary>
public sealed class BoxWorkload
{
    private static readonly SimTime _lookEvery = SimTime.FromMilliseconds(10);

    private readonly Machine _machine;
    private readonly TimelineActions _actions;
    private readonly TimelineConditions _conditions;
    private readonly List<ScheduledEvent> _pending = [];
    private readonly List<ScheduledEvent> _waiting = [];

    /// <param name="configuration">From the profile.</param>
    /// <param name="machine">The booted machine; the moments of the workload count from now.</param>
    /// <param name="tree">Its files, for what the timeline writes.</param>
    /// <param name="scenario">The people and things of the box.</param>
    public BoxWorkload(WorkloadConfiguration configuration, Machine machine, IFileTree tree, Scenario scenario)
    {
        Groups = new BoxGroups(configuration, machine, scenario);
        _machine = machine;
        Verbs = new BoxVerbs(machine, tree, Groups);
        _actions = new TimelineActions(Verbs);
        _conditions = new TimelineConditions(tree);
        foreach (var group in configuration.Groups)
        {
            if (group.StartsAt is { } at && !Groups.StartsWithBox(group))
            {
                Schedule(new TimelineEvent(at, TimelineAction.Start, group.Name, After: group.After));
            }
        }

        foreach (var what in configuration.Timeline)
        {
            Schedule(what);
        }
    }

    private BoxWorkload(BoxWorkload other, Machine machine, IFileTree tree)
    {
        _machine = machine;
        Groups = other.Groups.Clone(machine);
        Verbs = new BoxVerbs(machine, tree, Groups);
        _actions = other._actions.Clone(Verbs);
        _conditions = other._conditions.Clone(tree);
        _pending.AddRange(other._pending);
        _waiting.AddRange(other._waiting);
    }

    /// <summary>The processes that run on the box, by group.</summary>
    public BoxGroups Groups { get; }

    /// <summary>What can be done to the box.</summary>
    public BoxVerbs Verbs { get; }

    /// <summary>What could not be carried out, in words: a write that the kernel refused.</summary>
    public IReadOnlyList<string> Refusals => _actions.Refusals;

    /// <summary>What the timeline has said to the user.</summary>
    public IReadOnlyList<BoxMessage> Messages => _actions.Messages;

    /// <summary>When <see cref="CarryOut()"/> has to be called next; null: nothing is to come.</summary>
    public SimTime? NextDue
    {
        get
        {
            var due = _pending.Count > 0 ? _pending[0].At : (SimTime?)null;
            var look = _waiting.Count == 0
                ? _conditions.NextLook(_machine.Now)
                : new SimTime(((_machine.Now.Nanoseconds / _lookEvery.Nanoseconds) + 1) * _lookEvery.Nanoseconds);
            return due is { } moment && (look is null || moment < look) ? moment : look;
        }
    }

    /// <summary>Carries out all events that are due now.</summary>
    public void CarryOut()
    {
        _actions.NoteAnswers();
        do
        {
            while (_pending.Count > 0 && _pending[0].At <= _machine.Now)
            {
                var what = _pending[0].Event;
                _pending.RemoveAt(0);
                _actions.CarryOut(what);
            }
        }
        while ((GiveMoments() | LookAtConditions()) && _pending[0].At <= _machine.Now);
    }

    /// <summary>The workload of a copy of the box.</summary>
    /// <param name="machine">The copy of the machine.</param>
    /// <param name="tree">Its files.</param>
    internal BoxWorkload Clone(Machine machine, IFileTree tree) => new(this, machine, tree);

    public void HashInto(StateHash hash)
    {
        foreach (var list in (ReadOnlySpan<List<ScheduledEvent>>)[_pending, _waiting])
        {
            hash.Add((ulong)list.Count);
            foreach (var scheduled in list)
            {
                hash.Add(scheduled.At.Nanoseconds);
                hash.Add((long)scheduled.Order);
            }
        }

        _conditions.HashInto(hash);
        Groups.HashInto(hash);
    }

    private void Schedule(TimelineEvent what)
    {
        var scheduled = new ScheduledEvent(_machine.Now.Plus(what.At), _pending.Count + _waiting.Count + _conditions.Count, what);
        if (what.When.Length > 0)
        {
            _conditions.Add(scheduled);
        }
        else if (what.After.Length > 0)
        {
            _waiting.Add(scheduled);
        }
        else
        {
            Insert(scheduled);
        }
    }

    private void Insert(ScheduledEvent scheduled)
    {
        var place = _pending.Count;
        while (place > 0 && scheduled.ComesBefore(_pending[place - 1]))
        {
            place--;
        }

        _pending.Insert(place, scheduled);
    }

    /// <summary>Gives a moment to each event whose group has ended by now; false if there is none.</summary>
    private bool GiveMoments()
    {
        var isAny = false;
        for (var index = 0; index < _waiting.Count && _machine.Now.Nanoseconds % _lookEvery.Nanoseconds == 0;)
        {
            var scheduled = _waiting[index];
            if (!Groups.HasEnded(scheduled.Event.After))
            {
                index++;
                continue;
            }

            _waiting.RemoveAt(index);
            Insert(scheduled with { At = _machine.Now.Plus(scheduled.Event.At) });
            isAny = true;
        }

        return isAny;
    }

    /// <summary>Gives a moment, this one, to each event whose predicate holds; false if there is none.</summary>
    private bool LookAtConditions()
    {
        var isAny = false;
        foreach (var scheduled in _conditions.TakeHolding(_machine.Now))
        {
            Insert(scheduled);
            isAny = true;
        }

        return isAny;
    }
}
