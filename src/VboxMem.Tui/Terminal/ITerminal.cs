using VboxMem.Tui.Drawing;

namespace VboxMem.Tui.Terminal;

/// <summary>
/// Where the screen is shown and what is typed at it: the real terminal, or a test's. Another host can be put behind it; nothing of its
/// toolkit reaches a pane.
/// </summary>
public interface ITerminal
{
    int Width { get; }

    int Height { get; }

    /// <summary>Shows a grid; only what differs from the last one need be sent.</summary>
    void Present(Canvas canvas);

    /// <summary>Waits for something to happen.</summary>
    /// <param name="timeout">At most so long; zero: looks only.</param>
    /// <param name="what">What has happened.</param>
    /// <returns>False: nothing has.</returns>
    bool TryRead(TimeSpan timeout, out TerminalEvent what);

    /// <summary>Gives the terminal back to the shell that started the program, stops it (SIGTSTP), and returns when it goes on.</summary>
    void Suspend();
}
