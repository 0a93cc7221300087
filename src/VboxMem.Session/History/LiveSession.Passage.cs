// How a session's time passes: in steps from one moment at which something is looked at or done to the next.
//
// At each such moment the order is: what the box does by itself; what looks on; then what was done to it. So it was when it was new, and
// so it is when it is done again.

using VboxMem.Kernel;
using VboxMem.Kernel.Time;
using VboxMem.Session.Console;
using VboxMem.Session.Journals;

namespace VboxMem.Session.History;

public sealed partial class LiveSession : IActLog
{
    private static readonly SimTime _markEvery = SimTime.FromSeconds(30);
    private static readonly SimTime _checkpointEvery = SimTime.FromSeconds(60);

    private const int MarksPerState = 60;

    private bool _mayAct;
    private bool _isRedoing;
    private (BoxConsole Console, SessionClock Clock)? _redo;
    private SimTime _lastAgreement;

    /// <summary>The present is the latest moment that anybody has been at.</summary>
    private bool IsAtFrontier => _ahead is null;

    void IActLog.Note(BoxAct act)
    {
        Invariant.Holds(_mayAct && IsAtFrontier);
        _line.Add(Now, act);
        _present.Acts = _line.Acts;
    }

    /// <summary>Lets time pass; not at all where the moment has been.</summary>
    internal bool Pass(SimTime moment, Func<bool>? goesOn)
    {
        var start = Now;
        var isThere = Advance(moment, goesOn);
        if (isThere && moment >= start && Now > moment)
        {
            Move(moment);
        }

        return isThere;
    }

    /// <summary>Lets time pass up to a moment, or beyond it, if a recorded command leads there.</summary>
    /// <returns>False: interrupted, or the box has panicked.</returns>
    private bool Advance(SimTime goal, Func<bool>? goesOn)
    {
        RedoWhatIsDue();
        while (Now < goal)
        {
            if (goesOn?.Invoke() == false)
            {
                return false;
            }

            var stop = NextStop(goal);
            if (!Box.RunFor(new SimTime(stop.Nanoseconds - Now.Nanoseconds)))
            {
                return EndInPanic();
            }

            Arrive();
        }

        return true;
    }

    private SimTime NextStop(SimTime goal)
    {
        var stop = Earlier(goal, NextMultiple(_markEvery));
        stop = IsAtFrontier || _isBusy ? Earlier(stop, SessionWatch.NextLook(Now)) : stop;
        foreach (var observer in _observers)
        {
            stop = observer.NextLook is { } look && look > Now ? Earlier(stop, look) : stop;
        }

        if (_present.Acts < _line.Acts)
        {
            stop = Earlier(stop, _line.ActAt(_present.Acts).At);
        }

        if (!IsAtFrontier)
        {
            stop = Earlier(stop, _frontier);
        }
        else if (!_isRedoing && _recorded is { } recorded)
        {
            stop = Earlier(stop, recorded.Record.Reached > Now ? recorded.Record.Reached : stop);
            stop = _line.NextCommand is { } command && command.At > Now ? Earlier(stop, command.At) : stop;
        }

        return stop;
    }

    private void Arrive()
    {
        if (IsAtFrontier)
        {
            _frontier = Now;
            if (SessionWatch.IsLook(Now))
            {
                _watch.Look(Box.Machine);
            }
        }

        MarkOrCompare();
        foreach (var observer in _observers)
        {
            if (observer.NextLook is { } look && look <= Now)
            {
                observer.Look();
            }
        }

        if ((Now.Nanoseconds - Begin.Nanoseconds) % _checkpointEvery.Nanoseconds == 0)
        {
            AddCheckpoint();
        }

        DoActs();
        if (!IsAtFrontier && Now == _frontier)
        {
            ReachFrontier();
        }

        RedoWhatIsDue();
    }

    /// <summary>Does what was done now, so far as it is known.</summary>
    private void DoActs()
    {
        while (_present.Acts < _line.Acts && _line.ActAt(_present.Acts) is var (at, act) && at <= Now)
        {
            Invariant.Holds(at == Now);
            act.DoTo(Box);
            _present.Acts++;
        }
    }

    private void AddCheckpoint()
    {
        if (_checkpoints.Count > 0 && _checkpoints.At(Now) is { } made)
        {
            if (made.Acts == _present.Acts)
            {
                CompareTraces(made.Trace, "at a checkpoint");
            }

            return;
        }

        _checkpoints.Add(Checkpoint.Of(Box, _present.Acts), Front, Now);
    }

    private void ReachFrontier()
    {
        var ahead = _ahead!;
        Invariant.Holds(_present.Acts == ahead.Acts);
        if (!ahead.Box.Machine.HasPanicked)
        {
            CompareTraces(ahead.Box.ComputeTraceHash(), "at the frontier");
        }

        _present.Box.Dispose();
        (_present, _ahead) = (ahead, null);
    }

    private bool EndInPanic()
    {
        Invariant.Holds(IsAtFrontier);
        _frontier = Now;
        _watch.Look(Box.Machine);
        if (_recorded is { } recorded && !_isRedoing && Now < recorded.Record.Reached)
        {
            LeaveRecorded($"at {Now} the box has panicked, recorded is that it ran to {recorded.Record.Reached}");
        }

        return false;
    }

    private void CompareTraces(ulong expected, string where)
    {
        var trace = Box.ComputeTraceHash();
        if (trace != expected)
        {
            throw new InvariantBrokenException($"the session's past at {Now} is not what it was ({where}): trace {trace:x16}, it was {expected:x16}");
        }
    }

    /// <summary>Goes to a moment from wherever it is nearest.</summary>
    private void Move(SimTime moment)
    {
        if (moment >= _frontier && _ahead is { } ahead)
        {
            _present.Box.Dispose();
            (_present, _ahead) = (ahead, null);
        }

        var checkpoint = _checkpoints.AtOrBefore(moment < _frontier ? moment : _frontier);
        if (Now > moment || (moment < _frontier && checkpoint.At > Now))
        {
            Sit(checkpoint);
        }

        Advance(moment, null);
        if (Now > moment)   // a recorded command has led beyond it; now its acts are known
        {
            Sit(_checkpoints.AtOrBefore(moment));
            Advance(moment, null);
        }
    }

    private void Sit(Checkpoint checkpoint)
    {
        if (IsAtFrontier)
        {
            _ahead = _present;
        }
        else
        {
            _present.Box.Dispose();
        }

        _present = new Seat(checkpoint.Box.Clone(), checkpoint.Acts);
        DoActs();
    }

    /// <summary>Leaves the line at the present.</summary>
    private void Leave()
    {
        _forks.Add(new SessionFork(Fork + 1, Fork, Now, Front));
        _ahead?.Box.Dispose();
        (_ahead, _recorded, _frontier, _redo) = (null, null, Now, null);
        _line.CutAfter(Now, _present.Acts);
        _checkpoints.DropAfter(Now);
        _watch.Forked(Box.Machine);
        foreach (var observer in _observers)
        {
            observer.Forked(Now);
        }
    }

    private BoxConsole MakeConsole(SessionClock clock)
    {
        var tree = new ActingTree(() => Box, this);
        return new BoxConsole(new ConsoleHost
        {
            Tree = tree,
            Verbs = new BoxVerbs(Box.Machine, tree, Box.Workload.Groups, this),
            Ticker = clock,
            Clock = clock,
        });
    }

    private SimTime NextMultiple(SimTime period) =>
        new(Begin.Nanoseconds + ((((Now.Nanoseconds - Begin.Nanoseconds) / period.Nanoseconds) + 1) * period.Nanoseconds));

    private static SimTime Earlier(SimTime one, SimTime other) => one < other ? one : other;
}
