// A session that was saved, walked for the first time: its commands are run again, each at its moment, and everything is held against what
// was recorded. Where it differs, the recorded line is left, with the reason in words, and the session goes on by itself.

using VboxMem.Kernel;
using VboxMem.Kernel.Time;
using VboxMem.Session.Console;
using VboxMem.Session.Journals;

namespace VboxMem.Session.History;

public sealed partial class LiveSession
{
    /// <summary>A mark of the journal at this moment is compared; where there is to be one and nobody has been before, it is made.</summary>
    private void MarkOrCompare()
    {
        if (_line.Journal.MarkAt(Now) is { } mark)
        {
            Compare(mark);
            return;
        }

        var since = Now.Nanoseconds - Begin.Nanoseconds;
        if (IsAtFrontier && _recorded is null && since % _markEvery.Nanoseconds == 0)
        {
            var isWhole = since / _markEvery.Nanoseconds % MarksPerState == 0;
            _line.Journal.Mark(Now, Box.ComputeTraceHash(), isWhole ? Box.ComputeStateHash() : null);
        }
    }

    private void Compare(JournalEntry mark)
    {
        if (_recorded is null || !IsAtFrontier)
        {
            CompareTraces(mark.Trace, "at a mark of its journal");
        }
        else if (Box.ComputeTraceHash() is var trace && trace != mark.Trace)
        {
            LeaveRecorded($"there its trace is {trace:x16}, recorded is {mark.Trace:x16}", mark);
        }
        else if (mark.State is { } state && Box.ComputeStateHash() is var found && found != state)
        {
            LeaveRecorded($"there its state is {found:x16}, recorded is {state:x16}", mark);
        }
        else
        {
            _lastAgreement = Now;
        }
    }

    /// <summary>Runs recorded commands whose moment has come where nobody has been yet, and looks whether this is the end of what was recorded.</summary>
    private void RedoWhatIsDue()
    {
        if (_isRedoing || !IsAtFrontier)
        {
            return;
        }

        while (_recorded is not null && _line.NextCommand is { } command && command.At <= Now)
        {
            Redo(command);
        }

        if (_recorded is { } recorded && Now >= recorded.Record.Reached)
        {
            EndRecorded(recorded.Record);
        }
    }

    private void Redo(JournalEntry command)
    {
        _line.TakeCommand();
        var trace = Box.ComputeTraceHash();
        if (command.At != Now || trace != command.Trace)
        {
            LeaveRecorded(command.At != Now ? $"'{command.Command}' was recorded at {command.At}" : $"there its trace is {trace:x16}, recorded is {command.Trace:x16}", command);
            return;
        }

        _lastAgreement = Now;
        var (ended, status, wasInterrupted) = (command.EndedAt, command.Status, command.IsInterrupted);
        var (couldAct, found) = (_mayAct, 0);
        (_isRedoing, _mayAct) = (true, true);
        if (_redo is null)
        {
            var clock = new SessionClock(this);
            _redo = (MakeConsole(clock), clock);
        }

        var console = _redo.Value.Console;
        _redo.Value.Clock.InterruptedAt = wasInterrupted ? ended : ended is null ? _recorded!.Record.Reached : null;
        try
        {
            found = console.Run(command.Command!, Stream.Null, Stream.Null);
        }
        finally
        {
            (_isRedoing, _mayAct) = (false, couldAct);
        }

        if (_recorded is not null && ended is not null && (Now != ended || found != status || console.IsInterrupted != wasInterrupted))
        {
            LeaveRecorded($"'{command.Command}' has come to {found} at {Now}, recorded is {status} at {ended}");
        }

        if (_recorded is null)
        {
            command.End(Now, found, console.IsInterrupted);
        }
    }

    private void EndRecorded(RunRecord record)
    {
        _recorded = null;
        var hash = Box.ComputeStateHash();
        if (hash == record.StateHash && Now == record.Reached)
        {
            return;
        }

        var copy = Box.Clone();   // a panic stops a box in the middle of a moment, of which a run up to that moment has done nothing yet
        copy.Machine.RunUntil(Now.Plus(new SimTime(1)));
        if (copy.Machine.HasPanicked && copy.Machine.Now == record.Reached && copy.ComputeStateHash() == record.StateHash)
        {
            _present.Box.Dispose();
            (_present, _redo) = (new Seat(copy, _present.Acts), null);
            _watch.Look(Box.Machine);
            return;
        }

        copy.Dispose();
        Difference = $"first differs between {_lastAgreement} and {Now}: at the end its state is {hash:x16} at {Now}, recorded is {record.StateHash:x16} at {record.Reached}";
    }

    /// <summary>What was recorded is no guide any more.</summary>
    /// <param name="how">Why.</param>
    /// <param name="wrong">The entry that does not hold; null: all hold so far.</param>
    private void LeaveRecorded(string how, JournalEntry? wrong = null)
    {
        Difference = $"first differs between {_lastAgreement} and {Now}: {how}";
        _recorded = null;
        _line.CutAfter(Now, _present.Acts, wrong);
    }
}
