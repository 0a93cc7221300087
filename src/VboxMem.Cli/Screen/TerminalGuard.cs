// The terminal is given back before anything is said about why the program ends.
//
// An exception that nobody catches ends a .NET program without running its `using`s: the shell would be left in raw modes, on the alternate
// screen. So all are caught here, after the terminal is left. What is thrown on another thread, which none of ours should do, cannot be
// caught: UnixTerminal leaves the terminal when it hears of one.

using System.Diagnostics.CodeAnalysis;

namespace VboxMem.Cli.Screen;

internal static class TerminalGuard
{
    /// <summary>Takes the terminal, does something with it, gives it back, and reports what went wrong.</summary>
    /// <param name="take">Takes the terminal.</param>
    /// <param name="use">Its result is the exit code.</param>
    /// <param name="place">What leads to the same place again: seed and simulated time; empty: nothing does.</param>
    [SuppressMessage("Design", "CA1031", Justification = "Whatever it is, the terminal is to be given back first.")]
    public static int Run<T>(Func<T> take, Func<T, int> use, Func<string> place)
        where T : IDisposable
    {
        try
        {
            using var terminal = take();
            return use(terminal);
        }
        catch (Exception error)
        {
            return Defect.Report(error, place());
        }
    }
}
