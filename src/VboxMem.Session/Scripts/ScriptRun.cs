// A script as it runs: line by line, each at its moment, expectations judged meanwhile.
//
// A line whose time has passed, because the one before lasted longer, runs at once, and that is told. Expectations hold up nobody: the
// script goes on while they are judged, and the run ends when the last line has run and all are.

using VboxMem.Kernel.Time;
using VboxMem.Session.Console;
using VboxMem.Session.Journals;

namespace VboxMem.Session.Scripts;

/// <summary>Who is told what happens in a script.</summary>
public interface IScriptListener
{
    /// <summary>Where the output of commands goes, their messages too.</summary>
    Stream Output { get; }

    /// <summary>A line begins.</summary>
    void LineBegins(ScriptLine line, SimTime elapsed);

    /// <summary>A command has ended, or was cut off: then the status is null.</summary>
    void LineEnds(ScriptLine line, SimTime elapsed, int? status);

    /// <summary>An expectation is judged.</summary>
    void Judged(ExpectationOutcome outcome, SimTime elapsed);

    /// <summary>Something about the script itself.</summary>
    void Note(ScriptLine line, string message);
}

public sealed class ScriptRun
{
    private static readonly SimTime _warmUp = SimTime.FromMilliseconds(1200);

    private readonly Script _script;
    private readonly BoxTime _time;
    private readonly Journal _journal;
    private readonly IScriptListener _listener;
    private readonly BoxConsole _console;
    private readonly Box _box;
    private readonly ExpectationWatch _watch;
    private readonly ExpectationState?[] _states;
    private readonly List<ExpectationOutcome> _outcomes = [];
    private SimTime _previous;

    /// <param name="script">The script.</param>
    /// <param name="box">The box that it runs on.</param>
    /// <param name="time">Its time; the script's counts from its start.</param>
    /// <param name="journal">Where what is done is written down.</param>
    /// <param name="listener">Who is told.</param>
    public ScriptRun(Script script, Box box, BoxTime time, Journal journal, IScriptListener listener)
    {
        (_script, _box, _time, _journal, _listener) = (script, box, time, journal, listener);
        _console = box.MakeConsole(time);
        _previous = time.Now;
        _states = [.. script.Lines.Select(static line => line.Expectation is null ? null : new ExpectationState(line))];
        _watch = new ExpectationWatch(box, Note);
        time.Add(_watch);
    }

    /// <summary>All expectations that are judged, in the order of that; in the end, all.</summary>
    public IReadOnlyList<ExpectationOutcome> Outcomes => _outcomes;

    /// <summary>Every expectation is met.</summary>
    public bool IsMet => _outcomes.All(static outcome => outcome.IsMet);

    /// <summary>Runs all lines, and lets time pass until all expectations are judged.</summary>
    /// <returns>False when time ended before.</returns>
    public bool Run()
    {
        for (var place = 0; place < _script.Lines.Count; place++)
        {
            if (!TryReach(place))
            {
                return Abandon(place);
            }

            var line = _script.Lines[place];
            _previous = _time.Now;
            if (line.Text.Length == 0)
            {
                continue;
            }

            _listener.LineBegins(line, _time.Elapsed);
            if (_states[place] is { } state)
            {
                _watch.Begin(state);
            }
            else if (!RunCommand(place, line))
            {
                return Abandon(place + 1);
            }
        }

        _watch.Expect([], _time.Now);
        while (_watch.Deadline is { } deadline)
        {
            if (!_time.TryAdvanceTo(deadline))
            {
                return Abandon(_script.Lines.Count);
            }
        }

        _console.PollJobs(_listener.Output);
        return true;
    }

    private bool TryReach(int place)
    {
        var line = _script.Lines[place];
        var due = line.Clock switch
        {
            ScriptClock.Start => _time.Start.Plus(line.Time),
            ScriptClock.Previous => _previous.Plus(line.Time),
            _ => _time.Now,
        };
        if (due < _time.Now)
        {
            _listener.Note(line, FormattableString.Invariant($"due at {Seconds(due):0.000}s, begun at {Seconds(_time.Now):0.000}s: what came before lasted longer"));
        }

        if (due <= _time.Now)
        {
            return !_time.HasEnded;
        }

        var warmFrom = due.Nanoseconds > _warmUp.Nanoseconds ? new SimTime(due.Nanoseconds - _warmUp.Nanoseconds) : _time.Now;
        _watch.Expect(ComingFrom(place), warmFrom);
        return _time.TryAdvanceTo(due);
    }

    private bool RunCommand(int place, ScriptLine line)
    {
        _watch.Expect(ComingFrom(place + 1), _time.Now);
        var entry = CommandChecks.CanChange(line.Text) ? _journal.Begin(_time.Now, _box.ComputeTraceHash(), line.Text) : null;
        var status = _console.Run(line.Text, _listener.Output, _listener.Output);
        int? ended = _console.IsInterrupted ? null : status;
        entry?.End(_time.Now, ended);
        _listener.LineEnds(line, _time.Elapsed, ended);
        return !_time.HasEnded;
    }

    /// <summary>The expectations that may begin with the next line or right behind it: up to one that has a time of its own again.</summary>
    private List<ExpectationState> ComingFrom(int place)
    {
        var coming = new List<ExpectationState>();
        for (var next = place; next < _script.Lines.Count && (next == place || _script.Lines[next].Clock == ScriptClock.None || _script.Lines[next].Time == SimTime.Zero); next++)
        {
            if (_states[next] is { } state)
            {
                coming.Add(state);
            }
        }

        return coming;
    }

    private bool Abandon(int place)
    {
        _console.PollJobs(_listener.Output);
        _watch.Abandon();
        foreach (var state in _states.Skip(place))
        {
            if (state is { Outcome: null })
            {
                Note(new ExpectationOutcome(state.Line, false, null, "the run ended before it began"));
            }
        }

        return false;
    }

    private void Note(ExpectationOutcome outcome)
    {
        _outcomes.Add(outcome);
        _listener.Judged(outcome, _time.Elapsed);
    }

    private double Seconds(SimTime moment) => (moment.Nanoseconds - _time.Start.Nanoseconds) / 1e9;
}
