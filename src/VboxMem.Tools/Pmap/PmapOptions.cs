using System.Globalization;
using VboxMem.Tools.Options;
using VboxMem.Tools.Ps;

namespace VboxMem.Tools.Pmap;

/// <summary>What pmap was asked for.</summary>
internal sealed class PmapOptions
{
    internal bool Extended { get; private set; }

    /// <summary>How often -X was given: 1 important sizes, 2 all.</summary>
    internal int Detailed { get; private set; }

    internal bool Device { get; private set; }

    internal bool Quiet { get; private set; }

    internal bool ShowPath { get; private set; }

    internal ulong Low { get; private set; }

    internal ulong High { get; private set; } = ulong.MaxValue;

    internal bool Json { get; private set; }

    /// <summary>'h', 'V', or 0.</summary>
    internal char Immediate { get; private set; }

    internal List<int> Pids { get; } = [];

    internal const string Usage =
        """
        Usage: pmap [option]... PID...

          -x --extended    resident and dirty kB       -X   what smaps has, less some    -XX  all of it
          -d --device      offset and device           -p --show-path  the whole path
          -q --quiet       no header, no totals        -A --range LOW[,HIGH]  areas that meet the range
             --json        the areas as JSON
          -h --help        this text                   -V --version  the version

        """;

    private static readonly LongOption[] LongOptions =
    [
        new("extended", OptionArgument.None, 'x'),
        new("device", OptionArgument.None, 'd'),
        new("quiet", OptionArgument.None, 'q'),
        new("range", OptionArgument.Required, 'A'),
        new("help", OptionArgument.None, 'h'),
        new("version", OptionArgument.None, 'V'),
        new("show-path", OptionArgument.None, 'p'),
        new("json", OptionArgument.None, 'J'),
    ];

    /// <param name="arguments">What follows the tool's name.</param>
    /// <param name="warn">Takes what is ignored.</param>
    /// <exception cref="UsageException">An option pmap does not have, or no pid.</exception>
    /// <exception cref="ToolException">Options exclude each other, or a value is wrong.</exception>
    internal static PmapOptions Parse(IReadOnlyList<string> arguments, Action<string> warn)
    {
        if (arguments.Count == 0) throw new UsageException("", Usage);
        var options = new PmapOptions();
        var parser = new GetOptLong(arguments, "xXrdqA:hVp", LongOptions, Usage);
        while (parser.TryNext(out var id))
        {
            options.Take(id, parser.Argument, warn);
            if (options.Immediate != 0) return options;
        }

        var formats = (options.Device ? 1 : 0) + (options.Extended ? 1 : 0) + (options.Detailed > 0 ? 1 : 0);
        if (formats > 1) throw new ToolException("options -c, -C, -d, -n, -N, -x, -X are mutually exclusive");
        if (parser.Operands.Count == 0) throw new ToolException("argument missing");
        foreach (var operand in parser.Operands) options.AddPid(operand);
        return options;
    }

    private void Take(char id, string? argument, Action<string> warn)
    {
        switch (id)
        {
            case 'x': Extended = true; break;
            case 'X': Detailed++; break;
            case 'r': warn("option -r is ignored as SunOS compatibility"); break;
            case 'd': Device = true; break;
            case 'q': Quiet = true; break;
            case 'A': SetRange(argument!); break;
            case 'p': ShowPath = true; break;
            case 'J': Json = true; break;
            default: Immediate = id; break;
        }
    }

    /// <summary>/proc/PID stands for PID; other files below /proc are passed over, as a shell pattern may yield them.</summary>
    private void AddPid(string operand)
    {
        const string proc = "/proc/";
        var isPath = operand.StartsWith(proc, StringComparison.Ordinal);
        var text = isPath ? operand[proc.Length..] : operand;
        var isNumber = text.Length > 0 && char.IsAsciiDigit(text[0]);
        if (isPath && !isNumber) return;
        if (!isNumber || !PsLists.TryNumber(text, out var pid) || pid is < 1 or > int.MaxValue) throw new UsageException("", Usage);
        Pids.Add((int)pid);
    }

    private void SetRange(string range)
    {
        var comma = range.IndexOf(',', StringComparison.Ordinal);
        var low = comma < 0 ? range : range[..comma];
        var high = comma < 0 ? range : range[(comma + 1)..];
        if (low.Length > 0) Low = Hexadecimal(low, range);
        if (high.Length > 0) High = Hexadecimal(high, range);
    }

    private static ulong Hexadecimal(string digits, string range)
    {
        var text = digits.StartsWith("0x", StringComparison.OrdinalIgnoreCase) ? digits[2..] : digits;
        return ulong.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value)
            ? value
            : throw new ToolException($"failed to parse argument: '{range}'");
    }
}
