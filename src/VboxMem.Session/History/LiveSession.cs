// A session that a person watches: one box, the line of all that was done to it, and the way back and forth along that line.
//
//   begin                checkpoints                 now            frontier          front
//     |----o----o----------o-----o-----o---o---o---o--|--o--o---o--o---|· · · · · · · · |
//      kept, thinned with age                          known: acts      of a session from a file: recorded, not walked yet
//
// Going back copies the nearest checkpoint and does the acts again. The box at the frontier is kept meanwhile, so that the way back to it
// costs nothing. Who does something in the past leaves the line there: the session forks, and what was to come is forgotten.
//
// Invariants
//   S1  What the box becomes depends on what is done to it and when, never on how often anybody went back or looked.
//   S2  The present is exactly what it was: its trace is compared at every mark of the journal, at every checkpoint on the way, and at
//       the frontier.
//
// One thread owns a session.

using VboxMem.FileTree;
using VboxMem.Kernel;
using VboxMem.Kernel.Time;
using VboxMem.Profiles;
using VboxMem.Session.Console;
using VboxMem.Session.Journals;

namespace VboxMem.Session.History;

public sealed partial class LiveSession : IDisposable
{
    private const long MostBudgetBytes = 1L << 30;
    private const int HostShare = 4;

    private readonly Checkpoints _checkpoints;
    private readonly SessionWatch _watch = new();
    private readonly SessionClock _clock;
    private readonly List<ISessionObserver> _observers = [];
    private readonly List<SessionFork> _forks = [];
    private readonly SessionLine _line;
    private SimTime _frontier;
    private SavedSession? _recorded;
    private Seat _present;

    /// <summary>The box at the frontier, while the present lies before it.</summary>
    private Seat? _ahead;
    private bool _isBusy;

    private LiveSession(Profile profile, SavedSession? recorded, long? budgetBytes)
    {
        _checkpoints = new Checkpoints(budgetBytes ?? DefaultBudgetBytes);
        _clock = new SessionClock(this);
        _line = new SessionLine(recorded?.Journal ?? new Journal());
        _recorded = recorded;
        Tree = new PresentTree(() => _present!.Box);
        _present = new Seat(Box.Boot(profile), 0);
        Begin = _frontier = _lastAgreement = Now;
        _present.Box.RunFor(SimTime.Zero);
        _watch.Look(Box.Machine);
        AddCheckpoint();
    }

    /// <summary>Host memory that checkpoints may take unless told otherwise: a quarter of what there is, and a GiB at most.</summary>
    public static long DefaultBudgetBytes => Math.Min(MostBudgetBytes, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / HostShare);

    /// <summary>The box of the present. Another one after each <see cref="GoTo"/>: do not keep it.</summary>
    public Box Box => _present.Box;

    /// <summary>The files of the present, always through this one tree. Read-only: what is done goes through <see cref="Do"/>.</summary>
    public IFileTree Tree { get; }

    public SimTime Now => Box.Machine.Now;

    /// <summary>The first moment: the box has just booted.</summary>
    public SimTime Begin { get; }

    /// <summary>The last moment of this line: the latest that was reached, or that was recorded.</summary>
    public SimTime Front => _recorded is { } recorded && recorded.Record.Reached > _frontier ? recorded.Record.Reached : _frontier;

    /// <summary>The latest moment that was really come to: before the front in a session from a file that was not gone through yet.</summary>
    public SimTime Reached => _frontier;

    /// <summary>The present lies before the front.</summary>
    public bool IsInPast => Now < Front;

    /// <summary>The box has panicked: time passes no more.</summary>
    public bool HasPanicked => Box.Machine.HasPanicked;

    /// <summary>The line that the session is on: 0, and one more with each fork.</summary>
    public int Fork => _forks.Count;

    /// <summary>Where the session forked, in the order of that.</summary>
    public IReadOnlyList<SessionFork> Forks => _forks;

    /// <summary>What was done on this line and is to come on it, and marks. Entries after <see cref="Now"/> are those to come.</summary>
    public IReadOnlyList<JournalEntry> Journal => _line.Journal.Entries;

    /// <summary>Where a session from a file turned out not to be what was recorded, and how; empty: nowhere so far. It goes on by itself from there.</summary>
    public string Difference { get; private set; } = string.Empty;

    /// <summary>Who was killed for want of memory up to now.</summary>
    public IReadOnlyList<OomKill> Kills => _watch.KillsUpTo(Now);

    /// <summary>When a zone went below its min watermark up to now, as looked at ten times a second.</summary>
    public IReadOnlyList<BelowMin> BelowMin => _watch.DipsUpTo(Now);

    /// <summary>Checkpoints kept, and what they cost the host.</summary>
    public (int Count, long HostBytes) CheckpointCost => (_checkpoints.Count, _checkpoints.HostBytes);

    /// <summary>Begins a session of a new box.</summary>
    /// <param name="profile">The box.</param>
    /// <param name="budgetBytes">Host memory for checkpoints; null: <see cref="DefaultBudgetBytes"/>.</param>
    /// <exception cref="Kernel.Physical.MachineLayoutException">The profile describes no machine that can boot.</exception>
    /// <exception cref="Kernel.Boot.BootFailedException">RAM is too small.</exception>
    public static LiveSession Start(Profile profile, long? budgetBytes = null) => new(profile, null, budgetBytes);

    /// <summary>Opens a session that was saved, at its beginning; its front is where it ended.</summary>
    /// <param name="saved">What was saved.</param>
    /// <param name="profile">Its profile: <see cref="SavedSession.TryLoadProfile"/>.</param>
    /// <param name="budgetBytes">Host memory for checkpoints; null: <see cref="DefaultBudgetBytes"/>.</param>
    /// <inheritdoc cref="Start" path="/exception"/>
    public static LiveSession Open(SavedSession saved, Profile profile, long? budgetBytes = null) => new(profile, saved, budgetBytes);

    /// <summary>From now on somebody looks on. Those added first look first.</summary>
    public void Add(ISessionObserver observer) => _observers.Add(observer);

    /// <summary>The last kill before a moment; null: there was none.</summary>
    public SimTime? LastKillBefore(SimTime moment) => _watch.LastKillBefore(moment);

    /// <summary>The last time before a moment that a zone went below min; null: none did.</summary>
    public SimTime? LastBelowMinBefore(SimTime moment) => _watch.LastDipBefore(moment);

    /// <summary>Lets time pass. In the past, what was done after now happens again, each at its moment.</summary>
    /// <returns>False: the box has panicked before.</returns>
    public bool TryAdvanceTo(SimTime moment)
    {
        Invariant.Holds(!_isBusy);
        return Pass(moment, null);
    }

    /// <summary>
    /// Goes to a moment, back or forth, where everything is as it was after all that was done at that moment. A moment before the
    /// beginning or after the front is taken for that.
    /// </summary>
    public void GoTo(SimTime moment)
    {
        Invariant.Holds(!_isBusy);
        moment = moment < Begin ? Begin : moment > Front ? Front : moment;
        if (moment == Now)
        {
            return;
        }

        Move(moment);
        foreach (var observer in _observers)
        {
            observer.Moved(Now);
        }
    }

    /// <summary>Does what a line of the console says. If it can change the box and now is in the past, the session forks here first.</summary>
    /// <param name="line">The line.</param>
    /// <param name="output">Where its output goes.</param>
    /// <param name="error">Where its messages go; may be the same.</param>
    /// <param name="goesOn">Asked before each step, of at most 100 ms, in which the command lets time pass; false interrupts it.</param>
    /// <returns>Its exit status; 130: interrupted.</returns>
    public int Do(string line, Stream output, Stream error, Func<bool>? goesOn = null)
    {
        Invariant.Holds(!_isBusy);
        var canChange = CommandChecks.CanChange(line);
        if (canChange && IsInPast)
        {
            Leave();
        }

        var console = _present.Console ??= MakeConsole(_clock);
        var entry = canChange ? _line.Begin(Now, Box.ComputeTraceHash(), line) : null;
        (_isBusy, _mayAct, _clock.GoesOn) = (true, canChange, goesOn);
        var (status, isOver) = (BoxConsole.InterruptedStatus, false);
        try
        {
            status = console.Run(line, output, error);
            isOver = !console.IsInterrupted;
            return status;
        }
        finally
        {
            entry?.End(Now, status, isInterrupted: !isOver);
            (_isBusy, _mayAct, _clock.GoesOn) = (false, false, null);
        }
    }

    /// <summary>The session as it can be written to a file: its whole line, up to the front.</summary>
    public SavedSession Save() =>
        _recorded is { } recorded && recorded.Record.Reached > _frontier ? recorded : new SavedSession(RunRecord.Of((_ahead ?? _present).Box), _line.Journal);

    /// <summary>Writes the files of the present to a new directory, with what was done up to now, as a run leaves them.</summary>
    /// <param name="directory">The directory; checked by <see cref="RunDirectory.Check"/> before.</param>
    /// <exception cref="OutputException">Nothing can be written there.</exception>
    public void WriteDump(string directory)
    {
        using var dump = RunDirectory.Begin(directory, force: false);
        dump.Finish(Box, _line.Journal.UpTo(Now));
    }

    public void Dispose()
    {
        _present.Box.Dispose();
        _ahead?.Box.Dispose();
        _checkpoints.Dispose();
    }

    /// <summary>A box that is run, how many acts of the line have been done to it, and its console.</summary>
    private sealed class Seat(Box box, int acts)
    {
        public Box Box { get; } = box;

        public int Acts { get; set; } = acts;

        public BoxConsole? Console { get; set; }
    }
}
