// The line of a session: what was done to its box from the beginning on, twice. The journal has the commands, which is what a person
// reads and a file keeps; the acts are what the commands came to, which is what going back does again: at any moment, also in the middle
// of a command, and without running one.
//
// Of a session that was read from a file the acts are known only as far as somebody has walked; from there on the commands are run.
//
// Invariants
//   L1  Acts are in the order in which they were done, and none is later than the frontier.

using VboxMem.Kernel.Time;
using VboxMem.Session.Journals;

namespace VboxMem.Session.History;

internal sealed class SessionLine(Journal journal)
{
    private readonly List<(SimTime At, BoxAct Act)> _acts = [];
    private int _nextCommand;

    public Journal Journal { get; } = journal;

    /// <summary>How many acts are known.</summary>
    public int Acts => _acts.Count;

    /// <summary>The next command that was recorded and has not been done again yet; null: there is none.</summary>
    public JournalEntry? NextCommand
    {
        get
        {
            while (_nextCommand < Journal.Entries.Count && Journal.Entries[_nextCommand].Command is null)
            {
                _nextCommand++;
            }

            return _nextCommand < Journal.Entries.Count ? Journal.Entries[_nextCommand] : null;
        }
    }

    public (SimTime At, BoxAct Act) ActAt(int index) => _acts[index];

    public void Add(SimTime at, BoxAct act) => _acts.Add((at, act));

    /// <summary>The next command is being done.</summary>
    public void TakeCommand() => _nextCommand++;

    /// <summary>A new command is written down and done.</summary>
    public JournalEntry Begin(SimTime at, ulong trace, string command)
    {
        var entry = Journal.Begin(at, trace, command);
        _nextCommand = Journal.Entries.Count;
        return entry;
    }

    /// <summary>The line ends at the present: what was to come is forgotten, recorded commands of this moment that have not been done again too.</summary>
    /// <param name="now">The present.</param>
    /// <param name="acts">How many acts have been done by now.</param>
    /// <param name="wrong">An entry that does not hold; null: all do.</param>
    public void CutAfter(SimTime now, int acts, JournalEntry? wrong = null)
    {
        _acts.RemoveRange(acts, _acts.Count - acts);
        Journal.CutAfter(now, NextCommand is null ? int.MaxValue : _nextCommand, wrong);
        _nextCommand = Journal.Entries.Count;
    }
}
