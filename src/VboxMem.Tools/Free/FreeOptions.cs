using VboxMem.Tools.Options;

namespace VboxMem.Tools.Free;

/// <summary>What free was asked for.</summary>
internal sealed record FreeOptions
{
    internal SizeScale Scale { get; private init; }

    internal bool Wide { get; private init; }

    internal bool LowHigh { get; private init; }

    internal bool Totals { get; private init; }

    internal bool Committed { get; private init; }

    /// <summary>-L of 4.0.4: everything on one line.</summary>
    internal bool OneLine { get; private init; }

    internal bool Repeats { get; private init; }

    /// <summary>Null: without end.</summary>
    internal long? Count { get; private init; }

    internal TimeSpan Interval { get; private init; } = TimeSpan.FromSeconds(1);

    internal bool Json { get; private init; }

    internal bool ShowVersion { get; private init; }

    internal bool ShowUsage { get; private init; }

    internal const string Usage =
        """
        Usage: free [option]...

          -b --bytes  -k --kibi  -m --mebi  -g --gibi  --tebi  --pebi    unit: powers of 1024
          --kilo  --mega  --giga  --tera  --peta                         unit: powers of 1000
          -h --human      the unit that makes each number short
             --si         powers of 1000 instead of 1024
          -w --wide       buffers and cache in columns of their own
          -l --lohi       low and high memory
          -t --total      RAM and swap together
          -v --committed  commit limit and what is committed
          -L --line       all on one line (4.0.4)
          -s --seconds N  again every N seconds
          -c --count N    N times, then stop
             --json       the figures as JSON
             --help       this text
          -V --version    the version

        """;

    private static readonly LongOption[] LongOptions =
    [
        new("bytes", OptionArgument.None, 'b'),
        new("kilo", OptionArgument.None, '2'),
        new("mega", OptionArgument.None, '3'),
        new("giga", OptionArgument.None, '4'),
        new("tera", OptionArgument.None, '5'),
        new("peta", OptionArgument.None, '6'),
        new("kibi", OptionArgument.None, 'k'),
        new("mebi", OptionArgument.None, 'm'),
        new("gibi", OptionArgument.None, 'g'),
        new("tebi", OptionArgument.None, 'T'),
        new("pebi", OptionArgument.None, 'P'),
        new("human", OptionArgument.None, 'h'),
        new("si", OptionArgument.None, 'S'),
        new("lohi", OptionArgument.None, 'l'),
        new("line", OptionArgument.None, 'L'),
        new("total", OptionArgument.None, 't'),
        new("committed", OptionArgument.None, 'v'),
        new("seconds", OptionArgument.Required, 's'),
        new("count", OptionArgument.Required, 'c'),
        new("wide", OptionArgument.None, 'w'),
        new("json", OptionArgument.None, 'J'),
        new("help", OptionArgument.None, 'H'),
        new("version", OptionArgument.None, 'V'),
    ];

    /// <exception cref="UsageException">An option free does not have, or an operand.</exception>
    /// <exception cref="ToolException">An option's value is wrong, or two units were asked for.</exception>
    internal static FreeOptions Parse(IReadOnlyList<string> arguments, ProcpsVersion version)
    {
        var hasLine = version != ProcpsVersion.V4_0_2;
        var parser = new GetOptLong(
            arguments,
            hasLine ? "bkmghlLtvc:ws:V" : "bkmghltvc:ws:V",
            hasLine ? LongOptions : Array.FindAll(LongOptions, option => option.Id != 'L'),
            Usage);
        var options = new FreeOptions();
        while (parser.TryNext(out var id))
        {
            options = options.With(id, parser.Argument);
            if (options.ShowUsage || options.ShowVersion) return options;
        }

        return parser.Operands.Count == 0 ? options : throw new UsageException("", Usage);
    }

    private FreeOptions With(char id, string? argument) => id switch
    {
        'b' => WithUnit(1, false),
        'k' => WithUnit(2, false),
        'm' => WithUnit(3, false),
        'g' => WithUnit(4, false),
        'T' => WithUnit(5, false),
        'P' => WithUnit(6, false),
        >= '2' and <= '6' => WithUnit(id - '0', true),
        'h' => this with { Scale = Scale with { Human = true } },
        'S' => this with { Scale = Scale with { PowersOf1000 = true } },
        'l' => this with { LowHigh = true },
        'L' => this with { OneLine = true },
        't' => this with { Totals = true },
        'v' => this with { Committed = true },
        'w' => this with { Wide = true },
        's' => this with { Repeats = true, Interval = ParseInterval(argument!) },
        'c' => this with { Repeats = true, Count = ParseCount(argument!) },
        'J' => this with { Json = true },
        'V' => this with { ShowVersion = true },
        _ => this with { ShowUsage = true },
    };

    private FreeOptions WithUnit(int exponent, bool powersOf1000)
    {
        if (Scale.Exponent != 0) throw new ToolException("Multiple unit options don't make sense.");
        return this with { Scale = Scale with { Exponent = exponent, PowersOf1000 = Scale.PowersOf1000 || powersOf1000 } };
    }

    private static TimeSpan ParseInterval(string text)
    {
        var microseconds = 1e6 * NumberArgument.Seconds(text, "seconds argument failed");
        if (microseconds < 1) throw new ToolException($"seconds argument `{text}' is not positive number");
        return microseconds < TimeSpan.MaxValue.TotalMicroseconds / 2 ? TimeSpan.FromMicroseconds(microseconds) : TimeSpan.MaxValue;
    }

    private static long ParseCount(string text)
    {
        // procps keeps the count in an int: what does not fit is cut to its low 32 bits.
        var count = unchecked((int)NumberArgument.Whole(text, "failed to parse count argument"));
        return count >= 1 ? count : throw new ToolException($"failed to parse count argument: '{text}': Numerical result out of range");
    }
}
