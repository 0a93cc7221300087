// A recorded run done again: to the moment of each entry of its journal, where the box must be as it was, and then what was done there.

using VboxMem.Kernel.Time;
using VboxMem.Session.Console;

namespace VboxMem.Session.Journals;

/// <summary>How a replay came out.</summary>
/// <param name="HasArrived">It is at the end that was recorded.</param>
/// <param name="Difference">Where it first differed, and how; empty: it has not.</param>
public sealed record ReplayResult(bool HasArrived, string Difference);

public sealed class Replay
{
    private readonly Box _box;
    private readonly BoxTime _time;
    private readonly MarkCheck _marks;

    /// <param name="box">The box, booted.</param>
    /// <param name="journal">The journal.</param>
    /// <param name="end">Where the recorded run ended.</param>
    /// <param name="isInterrupted">Asked between steps; true ends it early.</param>
    public Replay(Box box, Journal journal, SimTime end, Func<bool> isInterrupted)
    {
        _box = box;
        _marks = new MarkCheck(box, journal);
        _time = new BoxTime(box, () => _marks.Difference.Length > 0 || isInterrupted()) { End = end };
        _time.Add(_marks);
    }

    /// <summary>The last moment at which the box was known to be as recorded.</summary>
    public SimTime LastAgreement => _marks.LastAgreement;

    /// <summary>Runs to the end, or to the first difference.</summary>
    public ReplayResult Run()
    {
        _time.TryAdvanceTo(_time.Now);
        var console = _box.MakeConsole(_time);
        foreach (var entry in _marks.Journal.Entries)
        {
            if (entry.Command is null)
            {
                continue;
            }

            if (entry.At > _time.Now)
            {
                _time.TryAdvanceTo(entry.At);
            }

            if (_time.HasEnded || !_marks.Passes(entry) || !Do(console, entry))
            {
                return new ReplayResult(false, _marks.Difference);
            }
        }

        if (_time.End!.Value > _time.Now)
        {
            _time.TryAdvanceTo(_time.End.Value);
        }

        return new ReplayResult(_time.Now == _time.End.Value && !_time.WasCutShort, _marks.Difference);
    }

    private bool Do(BoxConsole console, JournalEntry entry)
    {
        var nowhere = new NullStream();
        _time.InterruptAt = entry.IsInterrupted ? entry.EndedAt : null;
        var status = console.Run(entry.Command!, nowhere, nowhere);
        var endedAt = _time.Now;
        _time.InterruptAt = null;
        if (_time.WasCutShort)
        {
            return false;
        }

        if (entry.EndedAt is { } ended && (console.IsInterrupted != entry.IsInterrupted || endedAt != ended || status != entry.Status))
        {
            var came = console.IsInterrupted ? $"has not ended by {endedAt}" : $"ended at {endedAt} with {status}";
            _marks.Differ(endedAt < ended ? endedAt : ended, $"'{entry.Command}' {came}, recorded is that it ended at {ended} with {entry.Status}");
            return false;
        }

        return true;
    }
}

/// <summary>Holds a running box against the marks of a journal.</summary>
internal sealed class MarkCheck : IRunObserver
{
    private readonly Box _box;
    private int _next;

    public MarkCheck(Box box, Journal journal)
    {
        (_box, Journal) = (box, journal);
        LastAgreement = box.Machine.Now;
        SkipCommands();
    }

    public Journal Journal { get; }

    public SimTime LastAgreement { get; private set; }

    public string Difference { get; private set; } = string.Empty;

    public SimTime? NextLook => _next < Journal.Entries.Count && Difference.Length == 0 ? Journal.Entries[_next].At : null;

    public void Look()
    {
        var mark = Journal.Entries[_next++];
        SkipCommands();
        if (mark.At < _box.Machine.Now)
        {
            Differ(_box.Machine.Now, "a mark is missed: it lies before the moment at which the box is when it is looked at first");
            return;
        }

        Passes(mark);
    }

    /// <summary>Whether the box is now as an entry says.</summary>
    public bool Passes(JournalEntry entry)
    {
        if (Difference.Length > 0)
        {
            return false;
        }

        var now = _box.Machine.Now;
        if (entry.At != now)
        {
            Differ(now, $"'{entry.Command}' was recorded at {entry.At}");
            return false;
        }

        var trace = _box.ComputeTraceHash();
        if (trace != entry.Trace)
        {
            Differ(now, $"there its trace is {trace:x16}, recorded is {entry.Trace:x16}");
            return false;
        }

        if (entry.State is { } state && _box.ComputeStateHash() is var found && found != state)
        {
            Differ(now, $"there its state is {found:x16}, recorded is {state:x16}");
            return false;
        }

        LastAgreement = now;
        return true;
    }

    public void Differ(SimTime at, string how) => Difference = $"first differs between {LastAgreement} and {at}: {how}";

    private void SkipCommands()
    {
        while (_next < Journal.Entries.Count && Journal.Entries[_next].Command is not null)
        {
            _next++;
        }
    }
}
