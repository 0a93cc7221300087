using VboxMem.FileTree;
using VboxMem.Tools;

namespace VboxMem.Session.Console;

/// <summary>What a console stands on: a running box, or a tree of files that can only be read.</summary>
public sealed class ConsoleHost
{
    /// <summary>What is read, and on a box written.</summary>
    public required IFileTree Tree { get; init; }

    /// <summary>What can be done to the box besides; null: there is no box, and who wants to do something is told "Read-only file system".</summary>
    public BoxVerbs? Verbs { get; init; }

    /// <summary>Lets simulated time pass, for commands that last; null: it stands still, and they are refused.</summary>
    public ITicker? Ticker { get; init; }

    /// <summary>The clock of what is read; null: it has none.</summary>
    public IWallClock? Clock { get; init; }

    /// <summary>Whose tools it has.</summary>
    public ProcpsVersion Version { get; init; } = ProcpsVersion.V4_0_4;
}
