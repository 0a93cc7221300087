using VboxMem.FileTree;

namespace VboxMem.Tui.Sources;

/// <summary>What the screen looks at: a simulated box, a dump, or the host.</summary>
public interface ISource : IDisposable
{
    /// <summary>What the status line calls it.</summary>
    string Name { get; }

    IFileTree Tree { get; }

    /// <summary>Time on the box since it was booted.</summary>
    TimeSpan Now { get; }

    /// <summary>Why nothing can be done to it; empty: it takes writes and signals.</summary>
    string WriteRefusal { get; }

    /// <summary>Whether it changes as time goes by: a dump does not.</summary>
    bool IsLive { get; }

    /// <summary>The controls of a simulated box; null: there are none.</summary>
    IMachineControl? Machine { get; }
}

/// <summary>The controls of a simulated box: its speed, and where in its session it is.</summary>
public interface IMachineControl
{
    bool IsPaused { get; set; }

    /// <summary>Simulated seconds a second; infinite: as fast as it goes.</summary>
    double Speed { get; set; }

    /// <summary>It cannot keep up with the speed asked for: what it does instead; null: it can.</summary>
    double? ReachedSpeed { get; }

    /// <summary>How long a step and a refresh are on the box.</summary>
    TimeSpan Interval { get; }

    /// <summary>The latest moment of the session.</summary>
    TimeSpan Front { get; }

    TimeSpan Begin { get; }

    /// <summary>How often the session was forked so far.</summary>
    int Forks { get; }

    /// <summary>Where the last fork left what was there before; that is gone.</summary>
    TimeSpan ForkedAt { get; }

    /// <summary>It has panicked: time does not go on.</summary>
    bool HasPanicked { get; }

    /// <summary>The last OOM kill before now, and the last time a zone was below min; null: there was none.</summary>
    TimeSpan? LastKill { get; }

    TimeSpan? LastBelowMin { get; }

    /// <summary>Where it is going to, if keys have said so since it was last shown; else where it is.</summary>
    TimeSpan Destination { get; }

    /// <summary>Goes back or forth to a moment of the session, once no more keys are waiting.</summary>
    void GoTo(TimeSpan moment);

    /// <summary>Lets one interval pass.</summary>
    void Step();

    /// <summary>Obeys a command line, as typed at the console.</summary>
    /// <returns>What it printed, its errors among that.</returns>
    string Obey(string commandLine, out int status);

    /// <summary>Groups of the workload, for the dialog that starts one; with whether it runs.</summary>
    IReadOnlyList<(string Name, bool IsRunning)> Groups { get; }

    /// <summary>Writes a dump of the box into a new directory, or saves the session to a file.</summary>
    /// <returns>What was wrong; empty: nothing.</returns>
    string Dump(string directory);

    string Save(string file);

    /// <summary>How a command line can go on.</summary>
    /// <param name="line">The line.</param>
    /// <param name="cursor">Where the cursor is in it.</param>
    /// <returns>Where the word begins, and what it could be.</returns>
    (int Start, IReadOnlyList<string> Candidates) Complete(string line, int cursor);
}
