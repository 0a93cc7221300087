using VboxMem.Tools.Options;

namespace VboxMem.Tools.Sysctl;

/// <summary>What sysctl was asked for.</summary>
internal sealed record SysctlOptions
{
    internal bool All { get; private init; }

    internal bool WriteOnly { get; private init; }

    /// <summary>-n: values without names.</summary>
    internal bool ValuesOnly { get; private init; }

    /// <summary>-b: values without names and without line ends.</summary>
    internal bool WithoutNewline { get; private init; }

    internal bool NamesOnly { get; private init; }

    internal bool IgnoreUnknown { get; private init; }

    internal bool Quiet { get; private init; }

    internal bool DryRun { get; private init; }

    internal bool Deprecated { get; private init; }

    /// <summary>-r: an extended regular expression that names must match.</summary>
    internal string? Pattern { get; private init; }

    internal bool Json { get; private init; }

    /// <summary>An option that answers at once: V version, h usage; else NUL.</summary>
    internal char Immediate { get; private init; }

    internal IReadOnlyList<string> Operands { get; private init; } = [];

    internal const string Usage =
        """
        Usage: sysctl [option]... [name[=value]]...

          -a -A -X --all     every parameter
          -b --binary        the value alone, without a line end
          -e --ignore        say nothing of unknown names
          -N --names         names alone
          -n --values        values alone
          -q --quiet         do not show what was set
          -r --pattern EXPR  only names that match
          -w --write         every operand is name=value
             --deprecated    deprecated parameters as well
             --dry-run       show what would be set, and set nothing
             --json          names and values as JSON
          -o -x              nothing
          -d -h --help       this text
          -V --version       the version

        Files of settings (-p, -f, --system) are not read.

        """;

    private static readonly LongOption[] LongOptions =
    [
        new("all", OptionArgument.None, 'a'),
        new("deprecated", OptionArgument.None, 'D'),
        new("dry-run", OptionArgument.None, 'R'),
        new("binary", OptionArgument.None, 'b'),
        new("ignore", OptionArgument.None, 'e'),
        new("names", OptionArgument.None, 'N'),
        new("values", OptionArgument.None, 'n'),
        new("load", OptionArgument.Optional, 'p'),
        new("quiet", OptionArgument.None, 'q'),
        new("write", OptionArgument.None, 'w'),
        new("system", OptionArgument.None, 'S'),
        new("pattern", OptionArgument.Required, 'r'),
        new("json", OptionArgument.None, 'J'),
        new("help", OptionArgument.None, 'h'),
        new("version", OptionArgument.None, 'V'),
    ];

    /// <summary>A wrong option prints the usage on standard output, and procps then ends with 0, not 1.</summary>
    /// <exception cref="UsageException">Nothing was asked for at all.</exception>
    internal static SysctlOptions Parse(IReadOnlyList<string> arguments, Action<string> complain)
    {
        if (arguments.Count == 0) throw new UsageException("", Usage);
        var options = new SysctlOptions();
        var parser = new GetOptLong(arguments, "bneNwfp::qoxaAXr:Vdh", LongOptions, Usage);
        try
        {
            while (parser.TryNext(out var id))
            {
                options = options.With(id, parser.Argument);
                if (options.Immediate != default) return options;
            }
        }
        catch (UsageException wrong)
        {
            complain(wrong.Message);
            return options with { Immediate = 'h' };
        }

        return options with { Operands = parser.Operands };
    }

    private SysctlOptions With(char id, string? argument) => id switch
    {
        'b' => this with { ValuesOnly = true, WithoutNewline = true },
        'n' => this with { ValuesOnly = true },
        'e' => this with { IgnoreUnknown = true },
        'N' => this with { NamesOnly = true },
        'w' => this with { WriteOnly = true },
        'q' => this with { Quiet = true },
        'a' or 'A' or 'X' => this with { All = true },
        'o' or 'x' => this,
        'D' => this with { Deprecated = true },
        'R' => this with { DryRun = true },
        'r' => this with { Pattern = argument },
        'J' => this with { Json = true },
        'p' or 'f' or 'S' => throw new ToolException("files of settings are not read here: give name=value on the command line"),
        'V' => this with { Immediate = 'V' },
        _ => this with { Immediate = 'h' },
    };
}
