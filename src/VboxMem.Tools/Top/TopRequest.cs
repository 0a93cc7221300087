// top's command line.
//
// Models  procps-ng 4.0.2 and 4.0.4; facts: virtual memory and tools, 7.4.
// Departs -o sorts by the fields that -O lists here, which are those of memory, time and identity.

using System.Globalization;
using VboxMem.FileTree;
using VboxMem.Tools.Options;
using VboxMem.Tools.Processes;

namespace VboxMem.Tools.Top;

/// <summary>What top was asked for.</summary>
internal sealed record TopRequest
{
    internal const int MostColumns = 512;

    private const int FewestColumns = 3;
    private const int BatchColumns = 80;
    private const int MostPids = 20;

    internal const string Usage =
        """
        Usage: top -b [options]

          -b --batch-mode               print frame after frame; the interactive display is not part of this command
          -c --cmdline-toggle           command lines instead of names
          -d --delay SECS               between frames (default 3)
          -E --scale-summary-mem UNIT   k, m, g, t, p or e for the memory of the summary
          -e --scale-task-mem UNIT      k, m, g, t or p for that of tasks
          -H --threads-show             threads instead of processes
          -i --idle-toggle              only tasks that have run since the last frame
          -n --iterations NUMBER        end after so many frames
          -O --list-fields              the fields that -o takes
          -o --sort-override FIELD      sort by it, highest first; -FIELD: lowest first
          -p --pid PIDLIST              only these, at most 20
          -S --accum-time-toggle        TIME+ with that of dead children
          -u --filter-only-euser USER   only processes of this user; !USER: of all others
          -U --filter-any-user USER     the same, by any of a process's users
          -w --width [COLUMNS]          as wide as this, or as can be
             --json                     each frame as a line of JSON
          -h --help                     this text
          -V --version                  the version

        """;

    private static readonly LongOption[] _longOptions =
    [
        new("batch-mode", OptionArgument.None, 'b'),
        new("cmdline-toggle", OptionArgument.None, 'c'),
        new("delay", OptionArgument.Required, 'd'),
        new("scale-summary-mem", OptionArgument.Required, 'E'),
        new("scale-task-mem", OptionArgument.Required, 'e'),
        new("threads-show", OptionArgument.None, 'H'),
        new("idle-toggle", OptionArgument.None, 'i'),
        new("iterations", OptionArgument.Required, 'n'),
        new("list-fields", OptionArgument.None, 'O'),
        new("sort-override", OptionArgument.Required, 'o'),
        new("pid", OptionArgument.Required, 'p'),
        new("accum-time-toggle", OptionArgument.None, 'S'),
        new("secure-mode", OptionArgument.None, 's'),
        new("filter-any-user", OptionArgument.Required, 'U'),
        new("filter-only-euser", OptionArgument.Required, 'u'),
        new("width", OptionArgument.Optional, 'w'),
        new("single-cpu-toggle", OptionArgument.None, '1'),
        new("json", OptionArgument.None, 'J'),
        new("help", OptionArgument.None, 'h'),
        new("version", OptionArgument.None, 'V'),
    ];

    internal bool IsBatch { get; private init; }

    internal bool ShowsCommandLines { get; private init; }

    internal bool ShowsThreads { get; private init; }

    internal bool HidesIdle { get; private init; }

    internal bool AddsChildren { get; private init; }

    /// <summary>What is wrong about an option; top then says so and ends.</summary>
    internal string? WrongOption { get; private init; }

    internal bool ShowsEachCpu { get; private init; }

    internal bool Json { get; private init; }

    internal TimeSpan Delay { get; private init; } = TimeSpan.FromSeconds(3);

    /// <summary>Null: without end.</summary>
    internal int? Iterations { get; private init; }

    /// <summary>Powers of 1024 above kB of the summary's memory, and the least of the tasks'.</summary>
    internal int SummaryUnit { get; private init; } = 1;

    internal int TaskUnit { get; private init; }

    internal TopSortKey SortKey { get; private init; } = TopSortKey.CpuTime;

    internal bool IsAscending { get; private init; }

    internal IReadOnlyList<int> Pids { get; private init; } = [];

    /// <summary>Null: all users.</summary>
    internal TopUser? User { get; private init; }

    internal int Columns { get; private init; } = BatchColumns;

    /// <summary>h, V or O: print something else and end.</summary>
    internal char Immediate { get; private init; }

    /// <summary>What has to be read of each task.</summary>
    internal ProcessFiles Files => ProcessFiles.Stat | ProcessFiles.Statm | ProcessFiles.Owner | SortKey.Files
        | (ShowsCommandLines ? ProcessFiles.CommandLine : ProcessFiles.None)
        | (User is not null ? ProcessFiles.Status : ProcessFiles.None);

    /// <exception cref="ToolException">A value is wrong.</exception>
    internal static TopRequest Parse(IReadOnlyList<string> arguments, IFileTree tree)
    {
        var accounts = new Accounts(tree);
        var parser = new GetOptLong(arguments, "bcd:E:e:Hhin:Oo:p:SsU:u:Vw::1", _longOptions, Usage);
        var request = new TopRequest();
        while (TryNext(parser, out var id, out var wrong))
        {
            if (wrong is not null) return request with { WrongOption = wrong };
            if (id == 'w') parser.TryTakeNextWord(static word => !word.StartsWith('-'));
            var argument = parser.Argument;
            if (argument is "" && id != 'J') throw new ToolException($"-{id} argument missing");
            request = request.With(id, argument, accounts);
            if (request.Immediate != default) return request;
        }

        if (request.Pids.Contains(0)) request = request with { Pids = [.. request.Pids.Select(pid => pid == 0 ? OwnPid(tree) : pid)] };
        return parser.Operands.Count == 0 ? request : throw new ToolException($"unknown option '{parser.Operands[0]}'");
    }

    private static bool TryNext(GetOptLong parser, out char id, out string? wrong)
    {
        wrong = null;
        try
        {
            return parser.TryNext(out id);
        }
        catch (UsageException exception)
        {
            (id, wrong) = (default, exception.Message);
            return true;
        }
    }

    private TopRequest With(char id, string? argument, Accounts accounts) => id switch
    {
        'b' => this with { IsBatch = true },
        'c' => this with { ShowsCommandLines = !ShowsCommandLines },
        'd' => this with { Delay = ParseDelay(argument!) },
        'E' => this with { SummaryUnit = ParseUnit(argument!, "kmgtpe") },
        'e' => this with { TaskUnit = ParseUnit(argument!, "kmgtp") },
        'H' => this with { ShowsThreads = true },
        'i' => this with { HidesIdle = !HidesIdle },
        'n' => this with { Iterations = ParseIterations(argument!) },
        'o' => WithSortKey(argument!),
        'p' => WithPids(argument!),
        'S' => this with { AddsChildren = !AddsChildren },
        's' => this,   // nothing here could be forbidden
        'U' or 'u' => WithUser(argument!, isAny: id == 'U', accounts),
        'w' => this with { Columns = argument is null ? MostColumns : ParseColumns(argument) },
        '1' => this with { ShowsEachCpu = !ShowsEachCpu },
        'J' => this with { Json = true },
        _ => this with { Immediate = id },
    };

    private static TimeSpan ParseDelay(string text)
    {
        if (!TrySeconds(text, out var seconds)) throw new ToolException($"bad delay interval '{text}'");
        if (seconds < 0) throw new ToolException("-d requires positive argument");
        return TimeSpan.FromSeconds(Math.Min(seconds, TimeSpan.MaxValue.TotalSeconds / 2));
    }

    /// <summary>As strtod reads it, with either of point and comma; no hexadecimal.</summary>
    private static bool TrySeconds(string text, out double seconds) =>
        double.TryParse(text.Replace(',', '.'), NumberStyles.Float & ~NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out seconds)
            && double.IsFinite(seconds);

    private static int ParseUnit(string text, string units)
    {
        var unit = text.Length == 1 ? units.IndexOf(char.ToLowerInvariant(text[0]), StringComparison.Ordinal) : -1;
        return unit >= 0 ? unit : throw new ToolException($"bad memory scaling arg '{text}'");
    }

    private static int ParseIterations(string text) =>
        int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var count) && count >= 1
            ? count
            : throw new ToolException($"bad iterations argument '{text}'");

    private static int ParseColumns(string text) =>
        int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var columns) && columns is >= FewestColumns and <= MostColumns
            ? columns
            : throw new ToolException($"bad width arg '{text}'");

    private TopRequest WithSortKey(string text)
    {
        var name = text.Length > 0 && text[0] is '+' or '-' ? text[1..] : text;
        return TopSortKey.Find(name) is { } key
            ? this with { SortKey = key, IsAscending = text.StartsWith('-') }
            : throw new ToolException($"unrecognized field name '{name}'");
    }

    /// <summary>The digits that a text begins with; what follows up to the next comma does not count. 32 bits of it, as scanf's %d has them.</summary>
    private static bool TryLeadingPid(string text, out int pid)
    {
        var digits = text.AsSpan().TrimStart();
        var length = digits.IndexOfAnyExceptInRange('0', '9');
        if (length >= 0) digits = digits[..length];
        pid = unchecked((int)(long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : long.MaxValue));
        return digits.Length > 0 && pid >= 0;
    }

    /// <summary>Pid 0 means top itself, which in a tree is whoever /proc/self names.</summary>
    private static int OwnPid(IFileTree tree) =>
        tree.TryReadLink("/proc/self", out var target) == Errno.None
            && int.TryParse(target, NumberStyles.None, CultureInfo.InvariantCulture, out var pid) ? pid : 0;

    private TopRequest WithPids(string text)
    {
        if (User is not null) throw new ToolException("conflicting process selections (U/p/u)");
        var pids = new List<int>(Pids);
        for (var rest = text; rest.Length > 0; rest = rest.Contains(',', StringComparison.Ordinal) ? rest[(rest.IndexOf(',', StringComparison.Ordinal) + 1)..] : "")
        {
            if (!TryLeadingPid(rest, out var pid)) throw new ToolException($"bad pid '{rest}'");
            if (pids.Count == MostPids) throw new ToolException($"pid limit ({MostPids}) exceeded");
            if (!pids.Contains(pid)) pids.Add(pid);
        }

        return this with { Pids = pids };
    }

    private TopRequest WithUser(string text, bool isAny, Accounts accounts)
    {
        if (Pids.Count > 0 || User is not null) throw new ToolException("conflicting process selections (U/p/u)");
        return this with { User = TopUser.Parse(text, isAny, accounts) };
    }
}

/// <summary>Whose processes are shown.</summary>
/// <param name="Id">The user.</param>
/// <param name="IsAny">By any of a process's users, not by the effective one alone.</param>
/// <param name="IsOthers">All but theirs.</param>
internal sealed record TopUser(uint Id, bool IsAny, bool IsOthers)
{
    /// <exception cref="ToolException">There is no such user.</exception>
    internal static TopUser Parse(string text, bool isAny, Accounts accounts)
    {
        var isOthers = text.StartsWith('!');
        var name = isOthers ? text[1..] : text;
        if (accounts.TryFindUser(name, out var id)) return new TopUser(id, isAny, isOthers);

        // strtoul's answer, of which 32 bits count; no digits at all are 0
        return name.Length == 0 || ulong.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out _)
            ? new TopUser(unchecked((uint)(name.Length == 0 ? 0 : ulong.Parse(name, CultureInfo.InvariantCulture))), isAny, isOthers)
            : throw new ToolException("Invalid user");
    }

    internal bool Matches(ProcessRecord record)
    {
        var isTheirs = record.EffectiveUser == Id
            || (IsAny && (record.Status.RealUser == Id || record.Status.SavedUser == Id || record.Status.FileSystemUser == Id));
        return isTheirs != IsOthers;
    }
}
