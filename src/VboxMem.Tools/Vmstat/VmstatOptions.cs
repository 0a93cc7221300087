using VboxMem.Tools.Options;

namespace VboxMem.Tools.Vmstat;

[Flags]
internal enum VmstatModes
{
    Lines = 0,
    Summary = 1,
    Slabs = 2,
    Disks = 4,
    DiskSummary = 8,
    Partition = 16,
}

/// <summary>What vmstat was asked for.</summary>
internal sealed record VmstatOptions
{
    internal VmstatModes Modes { get; private init; }

    /// <summary>An option that answers at once, whatever follows it: f forks, V version, h usage; else NUL.</summary>
    internal char Immediate { get; private init; }

    internal bool ActiveInactive { get; private init; }

    internal bool Wide { get; private init; }

    internal bool OneHeader { get; private init; }

    internal bool SkipFirst { get; private init; }

    internal bool TimeStamps { get; private init; }

    internal bool Json { get; private init; }

    internal string Partition { get; private init; } = "";

    internal VmstatUnit Unit { get; private init; }

    /// <summary>Seconds between lines.</summary>
    internal uint Delay { get; private init; } = 1;

    /// <summary>Lines to print; null: without end.</summary>
    internal ulong? Count { get; private init; } = 1;

    internal const string Usage =
        """
        Usage: vmstat [option]... [delay [count]]

          -a --active          inactive and active memory instead of buffers and cache
          -f --forks           forks since boot
          -m --slabs           slab caches
          -n --one-header      the header only once
          -s --stats           memory and event counters
          -d --disk            disks
          -D --disk-sum        all disks together
          -p --partition NAME  one disk or partition
          -S --unit UNIT       k, K, m or M: 1000, 1024, 1000000, 1048576 bytes; b: bytes
          -w --wide            wide columns
          -t --timestamp       the time at the end of each line
          -y --no-first        no line for the time since boot
             --json            the figures as JSON
          -h --help            this text
          -V --version         the version

        """;

    private static readonly LongOption[] LongOptions =
    [
        new("active", OptionArgument.None, 'a'),
        new("forks", OptionArgument.None, 'f'),
        new("slabs", OptionArgument.None, 'm'),
        new("one-header", OptionArgument.None, 'n'),
        new("stats", OptionArgument.None, 's'),
        new("disk", OptionArgument.None, 'd'),
        new("disk-sum", OptionArgument.None, 'D'),
        new("partition", OptionArgument.Required, 'p'),
        new("unit", OptionArgument.Required, 'S'),
        new("wide", OptionArgument.None, 'w'),
        new("timestamp", OptionArgument.None, 't'),
        new("no-first", OptionArgument.None, 'y'),
        new("json", OptionArgument.None, 'J'),
        new("help", OptionArgument.None, 'h'),
        new("version", OptionArgument.None, 'V'),
    ];

    /// <exception cref="UsageException">An option vmstat does not have, too many operands, or modes that exclude each other.</exception>
    /// <exception cref="ToolException">A value is wrong.</exception>
    internal static VmstatOptions Parse(IReadOnlyList<string> arguments, ProcpsVersion version)
    {
        var parser = new GetOptLong(arguments, "afmnsdDp:S:wtyhV", LongOptions, Usage);
        var options = new VmstatOptions { Unit = VmstatUnit.Kibibytes(version) };
        while (parser.TryNext(out var id))
        {
            options = options.With(id, parser.Argument);
            if (options.Immediate != default) return options;
        }

        options = options.WithOperands(parser.Operands);
        return (options.Modes & (options.Modes - 1)) == 0 ? options : throw new UsageException("", Usage);
    }

    private VmstatOptions With(char id, string? argument) => id switch
    {
        'a' => this with { ActiveInactive = true },
        'm' => this with { Modes = Modes | VmstatModes.Slabs },
        'n' => this with { OneHeader = true },
        's' => this with { Modes = Modes | VmstatModes.Summary },
        'd' => this with { Modes = Modes | VmstatModes.Disks },
        'D' => this with { Modes = Modes | VmstatModes.DiskSummary },
        'p' => this with { Modes = Modes | VmstatModes.Partition, Partition = WithoutDev(argument!) },
        'S' => this with { Unit = ParseUnit(argument!) },
        'w' => this with { Wide = true },
        't' => this with { TimeStamps = true },
        'y' => this with { SkipFirst = true },
        'J' => this with { Json = true },
        _ => this with { Immediate = id },
    };

    private static string WithoutDev(string device) =>
        device.StartsWith("/dev/", StringComparison.Ordinal) ? device["/dev/".Length..] : device;

    private VmstatUnit ParseUnit(string text)
    {
        var letter = text.Length > 0 ? text[0] : default;
        uint bytes = letter switch
        {
            'b' or 'B' => 1,
            'k' => 1000,
            'K' => 1024,
            'm' => 1000000,
            'M' => 1048576,
            _ => throw new ToolException("-S requires k, K, m or M (default is KiB)"),
        };
        return new VmstatUnit(letter.ToString(), bytes, Unit.Version);
    }

    private VmstatOptions WithOperands(IReadOnlyList<string> operands)
    {
        var options = this;
        if (operands.Count > 0)
        {
            var delay = NumberArgument.Whole(operands[0], "failed to parse argument");
            if (delay < 1) throw new ToolException("delay must be positive integer");
            if (delay > uint.MaxValue) throw new ToolException("too large delay value");
            options = options with { Delay = (uint)delay, Count = null };
        }

        if (operands.Count > 1)
            options = options with { Count = unchecked((ulong)NumberArgument.Whole(operands[1], "failed to parse argument")) };
        return operands.Count <= 2 ? options : throw new UsageException("", Usage);
    }
}
