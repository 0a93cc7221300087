using VboxMem.Tools.Filters;

namespace VboxMem.Tools.Ps;

/// <summary>By what a list selects processes.</summary>
internal enum PsSelect
{
    RealUser,
    EffectiveUser,
    RealGroup,
    EffectiveGroup,
    ProcessGroup,
    Pid,
    QuickPid,
    Parent,
    Terminal,
    Session,
    Command,
}

/// <summary>A list behind a selecting option: numbers, or names of commands.</summary>
internal sealed record PsSelector(PsSelect By, IReadOnlyList<uint> Numbers, IReadOnlyList<string> Names);

/// <summary>The options that select without a list.</summary>
[Flags]
internal enum PsSimple
{
    None = 0,
    UnixA = 1,
    UnixD = 2,
    BsdA = 4,
    BsdG = 8,
    BsdX = 16,
}

/// <summary>The options that choose a whole format.</summary>
[Flags]
internal enum PsFormats
{
    None = 0,
    Full = 1,            // -f
    Long = 2,            // -l
    BsdJobs = 4,
    BsdLong = 8,
    BsdSignals = 16,
    BsdUser = 32,
    BsdMemory = 64,
    Registers = 128,     // X
    OldMemory = 256,     // m of old
    SecurityContext = 512,
}

/// <summary>The options that add to a format.</summary>
[Flags]
internal enum PsModifiers
{
    None = 0,
    Scheduling = 1,      // -c
    Jobs = 2,            // -j
    ResidentForAddress = 4,   // -y
    Processor = 8,       // -P
    Security = 16,       // -M
    Fuller = 32,         // -F
}

/// <summary>How threads are shown; the upper half follows from the lower.</summary>
[Flags]
internal enum PsThreads
{
    None = 0,
    BsdH = 1,
    BsdM = 2,
    UnixM = 4,
    UnixL = 8,
    UnixT = 16,
    ShowProcess = 32,
    ShowTask = 64,
    LooseTasks = 128,
    ShowBoth = 256,
    MustUse = 512,
}

internal enum PsHeader
{
    Once,
    None,
    EveryPage,
}

/// <summary>What is printed instead of processes.</summary>
internal enum PsInstead
{
    Nothing,
    Version,
    Usage,
    Specifiers,
}

/// <summary>A column of the output.</summary>
/// <param name="Header">Empty: none.</param>
/// <param name="Field">Null: <paramref name="Header"/> itself, text between the columns of an AIX format.</param>
/// <param name="Width">Columns it shall take.</param>
/// <param name="Lines">Lines that have it.</param>
/// <param name="Justify">Where the text stands.</param>
internal sealed record PsColumn(string Header, PsField? Field, int Width, PsLines Lines, PsJustify Justify);

/// <summary>A key of the order: the value, and the column whose values are asked for with it.</summary>
/// <param name="Item">By what.</param>
/// <param name="Field">The column of that specifier.</param>
/// <param name="Direction">1 ascending, -1 descending; 0: the key is without effect, as procps leaves it.</param>
internal sealed record PsSortKey(PsItem Item, PsField Field, int Direction);

/// <summary>What ps was asked for.</summary>
internal sealed class PsRequest
{
    internal bool AllProcesses { get; set; }

    internal bool Negated { get; set; }

    internal bool RunningOnly { get; set; }

    internal PsSimple Simple { get; set; }

    /// <summary>Some option was of BSD's kind: then the defaults are BSD's too.</summary>
    internal bool PrefersBsd { get; set; }

    internal List<PsSelector> Selectors { get; } = [];

    internal PsFormats Formats { get; set; }

    internal PsModifiers Modifiers { get; set; }

    internal PsThreads Threads { get; set; }

    internal List<PsColumn> Columns { get; set; } = [];

    /// <summary>The last one counts most.</summary>
    internal List<PsSortKey> SortKeys { get; } = [];

    /// <summary>'\0' none, 'u' of -H, 'b' of f, 'g' of --forest.</summary>
    internal char Forest { get; set; }

    internal PsHeader Header { get; set; }

    internal bool WithDeadChildren { get; set; }

    internal bool UserIsNumber { get; set; }

    internal bool ChannelIsNumber { get; set; }

    /// <summary>c: the name in place of the command line.</summary>
    internal bool NameOnly { get; set; }

    /// <summary>e: the environment behind the command.</summary>
    internal bool WithEnvironment { get; set; }

    /// <summary>-f and -F: the command line in place of the name.</summary>
    internal bool FullCommand { get; set; }

    internal int ScreenColumns { get; set; }

    internal int ScreenRows { get; set; }

    internal int Wide { get; set; }

    internal bool Json { get; set; }

    /// <summary>What processes must satisfy besides; null: nothing.</summary>
    internal ProcessFilter? Filter { get; set; }

    internal PsInstead Instead { get; set; }
}
