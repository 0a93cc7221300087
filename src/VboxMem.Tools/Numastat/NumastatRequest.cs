// numastat's command line.
//
// Models  numastat of numactl 2.0.16.

using System.Globalization;
using VboxMem.Tools.Options;

namespace VboxMem.Tools.Numastat;

/// <summary>What numastat was asked for.</summary>
internal sealed record NumastatRequest
{
    internal const string Usage =
        """
        Usage: numastat [-c] [-m] [-n] [-p PID|PATTERN] [-s[NODE]] [-v] [-V] [-z] [--json] [PID|PATTERN...]
        -c columns as narrow as can be, whole megabytes
        -m memory by node, as in meminfo
        -n where allocations were served, in megabytes
        -p this process, or those whose name or command line has the pattern
        -s largest first, by the total or by a node
        -v a table for each process
        -V the version
        -z without rows and columns of zeros
        --json everything, as JSON

        """;

    private static readonly LongOption[] _longOptions = [new("json", OptionArgument.None, 'J'), new("help", OptionArgument.None, 'h')];

    internal bool IsCompact { get; private init; }

    internal bool ShowsMeminfo { get; private init; }

    internal bool ShowsInfo { get; private init; }

    internal bool IsVerbose { get; private init; }

    internal bool SkipsZeros { get; private init; }

    internal bool Json { get; private init; }

    internal bool Version { get; private init; }

    internal bool Help { get; private init; }

    internal bool IsSorted { get; private init; }

    /// <summary>Null: by the total.</summary>
    internal int? SortNode { get; private init; }

    /// <summary>The first form of numastat, in pages.</summary>
    internal bool IsPlain { get; private init; }

    /// <summary>Pids and patterns.</summary>
    internal IReadOnlyList<string> Processes { get; private init; } = [];

    /// <exception cref="UsageException">A wrong option.</exception>
    internal static NumastatRequest Parse(IReadOnlyList<string> arguments)
    {
        var parser = new GetOptLong(arguments, "cmnp:s::vVz", _longOptions, Usage);
        var request = new NumastatRequest();
        var processes = new List<string>();
        while (parser.TryNext(out var id))
        {
            if (id == 'p') processes.Add(parser.Argument!);
            else request = request.With(id, parser.Argument);
            if (request.Version || request.Help) return request;
        }

        processes.AddRange(parser.Operands);
        return request with { Processes = processes, IsPlain = arguments.Count == 0 };
    }

    private NumastatRequest With(char id, string? argument) => id switch
    {
        'c' => this with { IsCompact = true },
        'm' => this with { ShowsMeminfo = true },
        'n' => this with { ShowsInfo = true },
        's' => this with { IsSorted = true, SortNode = int.TryParse(argument, NumberStyles.None, CultureInfo.InvariantCulture, out var node) ? node : null },
        'v' => this with { IsVerbose = true },
        'z' => this with { SkipsZeros = true },
        'J' => this with { Json = true },
        'V' => this with { Version = true },
        _ => this with { Help = true },
    };
}
