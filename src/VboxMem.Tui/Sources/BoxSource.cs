// A session of a simulated box as the screen sees it: what is shown, how fast it goes, where it can go.
//
// The grid. Whatever is shown is read at multiples of the interval, a second of the box's time at normal speed and above, less below it;
// so a moment has the same picture whenever one comes to it. A sample for the graphs is taken at every second.

using System.Text;
using VboxMem.FileTree;
using VboxMem.Kernel.Time;
using VboxMem.Session;
using VboxMem.Session.Console;
using VboxMem.Session.History;
using VboxMem.Tools.Processes;
using VboxMem.Tui.Readings;

namespace VboxMem.Tui.Sources;

public sealed class BoxSource : ISource, IMachineControl, ISessionObserver
{
    private const ulong NanosecondsPerTick = 100;
    private const ulong Second = 1_000_000_000;

    private readonly ProcessReader _reader;
    private readonly KeptModels _kept = new();
    private ulong _nextSample;
    private double _speed = 1;
    private bool _isPaused;

    /// <param name="session">The session; the source owns it.</param>
    /// <param name="name">What the box is called.</param>
    /// <param name="history">Where samples go.</param>
    public BoxSource(LiveSession session, string name, Readings.History history)
    {
        (Session, Name, History) = (session, name, history);
        _reader = new ProcessReader(session.Tree);
        _nextSample = NextMultiple(Second);
        session.Add(this);
    }

    public LiveSession Session { get; }

    public Readings.History History { get; }

    public string Name { get; }

    public IFileTree Tree => Session.Tree;

    public TimeSpan Now => ToSpan(Session.Now);

    public string WriteRefusal => "";

    public bool IsLive => true;

    public IMachineControl Machine => this;

    /// <summary>A box that is stopped is shown as it is now, not as it was at the last frame.</summary>
    public bool IsPaused
    {
        get => _isPaused;
        set => (_isPaused, HasChanged) = (value, HasChanged || value);
    }

    public double Speed
    {
        get => _speed;
        set => (_speed, ReachedSpeed) = (value, null);
    }

    public double? ReachedSpeed { get; set; }

    public TimeSpan Interval => TimeSpan.FromSeconds(Math.Clamp(_speed, 0.01, 1));

    public TimeSpan Front => ToSpan(Session.Front);

    /// <summary>Up to here checkpoints lead; beyond it, up to the front, the box has to run there.</summary>
    public TimeSpan Reached => ToSpan(Session.Reached);

    public TimeSpan Begin => ToSpan(Session.Begin);

    public int Forks => Session.Fork;

    public TimeSpan ForkedAt { get; private set; }

    public bool HasPanicked => Session.HasPanicked;

    public TimeSpan? LastKill => Session.LastKillBefore(Session.Now) is { } at ? ToSpan(at) : null;

    public TimeSpan? LastBelowMin => Session.LastBelowMinBefore(Session.Now) is { } at ? ToSpan(at) : null;

    public IReadOnlyList<(string Name, bool IsRunning)> Groups =>
        [.. Session.Box.Workload.Groups.Names.Select(name => (name, Session.Box.Workload.Groups.MembersOf(name).Any()))];

    /// <summary>Something was done to the box since this was last looked at.</summary>
    public bool HasChanged { get; set; }

    /// <summary>Where somebody wants to go; null: nobody does. Whoever shows it goes there, by way of the moment that rates need.</summary>
    public TimeSpan? Goal { get; set; }

    /// <summary>Asked while a command lets time pass; false breaks it off.</summary>
    public Func<bool>? GoesOn { get; set; }

    /// <summary>Where the session is saved when it ends; null: nowhere.</summary>
    public string? RecordFile { get; init; }

    SimTime? IRunObserver.NextLook => new SimTime(_nextSample);

    /// <summary>The first moment of the grid after now.</summary>
    public TimeSpan NextOfGrid => NextOfGridAfter(Now);

    /// <summary>The first moment of the grid after another one.</summary>
    private TimeSpan NextOfGridAfter(TimeSpan moment) => TimeSpan.FromTicks(((moment.Ticks / Interval.Ticks) + 1) * Interval.Ticks);

    /// <summary>The last moment of the grid before another one.</summary>
    public TimeSpan LastOfGridBefore(TimeSpan moment) => TimeSpan.FromTicks((moment.Ticks - 1) / Interval.Ticks * Interval.Ticks);

    public Reading Read() => new(Tree, _reader, () => Now, _kept);

    /// <summary>Lets the box go on to a moment.</summary>
    /// <returns>False: it does not any more.</returns>
    public bool AdvanceTo(TimeSpan moment) => Session.TryAdvanceTo(ToSimTime(moment));

    /// <summary>Goes to a moment at once; to the front itself, which may lie between two ticks of a TimeSpan: a panic does.</summary>
    public void Move(TimeSpan moment) => Session.GoTo(moment >= Front ? Session.Front : ToSimTime(moment));

    TimeSpan IMachineControl.Destination => Goal ?? Now;

    void IMachineControl.GoTo(TimeSpan moment) => Goal = moment;

    void IMachineControl.Step() => Goal = NextOfGridAfter(Goal ?? Now);

    public string Obey(string commandLine, out int status)
    {
        using var output = new MemoryStream();
        status = Session.Do(commandLine, output, output, GoesOn);
        HasChanged = true;
        return Encoding.UTF8.GetString(output.GetBuffer().AsSpan(0, (int)output.Length));
    }

    public string Dump(string directory)
    {
        if (Path.Exists(directory)) return $"{directory}: exists already; give the name of a directory that does not";
        var folder = Path.GetDirectoryName(Path.GetFullPath(directory));
        if (!Directory.Exists(folder)) return $"{directory}: there is no directory {folder}";
        try
        {
            Session.WriteDump(directory);
            return "";
        }
        catch (OutputException error)
        {
            return error.Message;
        }
    }

    public string Save(string file)
    {
        try
        {
            Session.Save().Write(file);
            return "";
        }
        catch (OutputException error)
        {
            return error.Message;
        }
    }

    public (int Start, IReadOnlyList<string> Candidates) Complete(string line, int cursor)
    {
        var completion = ConsoleCompletion.Complete(line, cursor, Tree, [.. Session.Box.Workload.Groups.Names]);
        return (completion.Start, completion.Candidates);
    }

    void IRunObserver.Look()
    {
        History.Take(Read());
        _nextSample = NextMultiple(Second);
    }

    /// <summary>What was noted of later moments stays true.</summary>
    void ISessionObserver.Moved(SimTime now)
    {
    }

    void ISessionObserver.Forked(SimTime at)
    {
        ForkedAt = ToSpan(at);
        History.ForgetAfter(ToSpan(at));
        _nextSample = NextMultiple(Second);
    }

    public void Dispose() => Session.Dispose();

    private static TimeSpan ToSpan(SimTime time) => TimeSpan.FromTicks((long)(time.Nanoseconds / NanosecondsPerTick));

    private static SimTime ToSimTime(TimeSpan time) => new((ulong)Math.Max(time.Ticks, 0) * NanosecondsPerTick);

    private ulong NextMultiple(ulong of) => ((Session.Now.Nanoseconds / of) + 1) * of;
}
