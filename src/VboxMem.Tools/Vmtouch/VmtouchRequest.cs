// vmtouch's command line.
//
// Models  vmtouch 1.3.1.
// Departs what touches, evicts or locks pages is refused: a tree is only looked at. Without -p, -i, -I, -b, -0 and -P. -f, -F and -h change
//         nothing: the box's list of files has neither links nor other file systems, and each file once.

using System.Globalization;
using VboxMem.Tools.Options;

namespace VboxMem.Tools.Vmtouch;

internal sealed record VmtouchRequest
{
    internal const string Usage =
        """
        Usage: vmtouch [OPTIONS] ... FILES OR DIRECTORIES ...

        Options:
          -m SIZE  files that are larger are skipped: 4096, 4k, 100M, 1.5G
          -v       a chart of each file's pages
          -q       neither summary nor warnings
          -f -F -h nothing: the box's files have no links
          --json   the files, as JSON
          -t -e -l -L -d -w: refused, a tree is only looked at

        """;

    private static readonly LongOption[] _longOptions = [new("json", OptionArgument.None, 'J')];

    /// <summary>Bytes.</summary>
    internal double MostBytes { get; private init; } = double.MaxValue;

    internal bool IsVerbose { get; private init; }

    internal bool IsQuiet { get; private init; }

    internal bool Json { get; private init; }

    internal IReadOnlyList<string> Paths { get; private init; } = [];

    private bool Touches { get; init; }

    private bool Evicts { get; init; }

    private bool Locks { get; init; }

    private bool IsDaemon { get; init; }

    private bool Waits { get; init; }

    /// <exception cref="UsageException">A wrong option.</exception>
    /// <exception cref="ToolException">A combination or a size that is refused; the message goes behind "FATAL".</exception>
    internal static VmtouchRequest Parse(IReadOnlyList<string> arguments)
    {
        var parser = new GetOptLong(arguments, "tevqldLfFhm:w", _longOptions, Usage);
        var request = new VmtouchRequest();
        while (parser.TryNext(out var id)) request = request.With(id, parser.Argument);
        request = request with { Paths = [.. parser.Operands] };
        request.Check();
        return request;
    }

    private VmtouchRequest With(char id, string? argument) => id switch
    {
        't' => this with { Touches = true },
        'e' => this with { Evicts = true },
        'l' or 'L' => this with { Locks = true },
        'd' => this with { IsDaemon = true },
        'w' => this with { Waits = true },
        'v' => this with { IsVerbose = true },
        'q' => this with { IsQuiet = true },
        'm' => this with { MostBytes = ParseSize(argument!) },
        'J' => this with { Json = true },
        _ => this,
    };

    private void Check()
    {
        if (Touches && Evicts) throw new ToolException("invalid option combination: -t and -e");
        if (IsQuiet && IsVerbose) throw new ToolException("invalid option combination: -q and -v");
        if (IsDaemon && !Locks) throw new ToolException("daemon mode must be combined with -l or -L");
        if (Waits && !IsDaemon) throw new ToolException("wait mode must be combined with -d");
        if (Locks) throw new ToolException("cannot lock pages: a tree is only looked at");
        if (Touches) throw new ToolException("cannot touch pages: a tree is only looked at; read the file on the box");
        if (Evicts) throw new ToolException("cannot evict pages: a tree is only looked at; drop_caches on the box does that to all files");
    }

    private static double ParseSize(string text)
    {
        if (text.Length == 0) throw Bad();
        var unit = char.ToLowerInvariant(text[^1]);
        var digits = char.IsAsciiDigit(unit) ? text : text[..^1];
        var scale = unit switch
        {
            _ when char.IsAsciiDigit(unit) => 1.0,
            'k' => 1024.0,
            'm' => 1048576.0,
            'g' => 1073741824.0,
            _ => throw new ToolException($"unknown size multiplier: {unit}"),
        };
        return double.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) 
            ? number * scale
            : throw Bad();
    }

    private static ToolException Bad() => new("bad size. examples: 4096, 4k, 100M, 1.5G");
}
