using VboxMem.Workloads.Programs;

namespace VboxMem.Session.Console.Commands;

/// <summary>sync, as a program of the box: ends when all that was dirty is on its disk.</summary>
internal static class Sync
{
    public static ConsoleCommand Command { get; } = new("sync")
    {
        Start = static call => call.Arguments.Count > 0
            ? throw new CommandException("files are not synced one by one here")
            : ProgramJob.Start(call, call.VerbsFor(string.Empty), new SyncCommand(), static () => string.Empty),
        CanChange = static _ => true,
        Check = static check => check.Arguments.Count > 0 ? "sync: files are not synced one by one here" : null,
    };
}
