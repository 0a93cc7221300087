using VboxMem.Tools.Options;

namespace VboxMem.Tools.Swapon;

internal enum SwapColumn
{
    Name,
    Type,
    Size,
    Used,
    Prio,
    Uuid,
    Label,
}

/// <summary>What swapon was asked for.</summary>
internal sealed class SwaponOptions
{
    internal const string Usage =
        """

        Usage:
         swapon [options]

        Show the swap areas in use.

         -s, --summary          as /proc/swaps has them
             --show[=<columns>] as a table
             --output-all       with all columns
             --noheadings       without headings
             --raw              without alignment
             --bytes            sizes in bytes
             --json             as JSON
         -v, --verbose          has no effect
         -h, --help             this text
         -V, --version          the version

        Columns: NAME TYPE SIZE USED PRIO UUID LABEL

        """;

    private const string CannotAct = "areas can be shown here (--show, --summary), not made swap";

    private static readonly LongOption[] LongOptions =
    [
        new("discard", OptionArgument.Optional, 'd'),
        new("ifexists", OptionArgument.None, 'e'),
        new("options", OptionArgument.Required, 'o'),
        new("priority", OptionArgument.Required, 'p'),
        new("label", OptionArgument.Required, 'L'),
        new("uuid", OptionArgument.Required, 'U'),
        new("summary", OptionArgument.None, 's'),
        new("all", OptionArgument.None, 'a'),
        new("fixpgsz", OptionArgument.None, 'f'),
        new("verbose", OptionArgument.None, 'v'),
        new("version", OptionArgument.None, 'V'),
        new("show", OptionArgument.Optional, '1'),
        new("output-all", OptionArgument.None, '2'),
        new("noheadings", OptionArgument.None, '3'),
        new("raw", OptionArgument.None, '4'),
        new("bytes", OptionArgument.None, '5'),
        new("json", OptionArgument.None, '6'),
        new("help", OptionArgument.None, 'h'),
    ];

    internal bool Summary { get; private set; }

    internal bool Headings { get; private set; } = true;

    internal bool Raw { get; private set; }

    internal bool Bytes { get; private set; }

    internal bool Json { get; private set; }

    internal IReadOnlyList<SwapColumn> Columns { get; private set; } =
        [SwapColumn.Name, SwapColumn.Type, SwapColumn.Size, SwapColumn.Used, SwapColumn.Prio];

    internal bool ShowVersion { get; private set; }

    internal bool ShowUsage { get; private set; }

    /// <summary>Why what was asked for is not done here; null when it is.</summary>
    internal string? Refusal { get; private set; }

    /// <exception cref="UsageException">An option swapon does not have.</exception>
    /// <exception cref="ToolException">A column it does not know.</exception>
    internal static SwaponOptions Parse(IReadOnlyList<string> arguments)
    {
        var options = new SwaponOptions();
        var parser = new GetOptLong(arguments, "ahd::efL:o:p:svVU:", LongOptions, Usage);
        var shows = false;
        while (parser.TryNext(out var id))
        {
            shows |= id is 's' or '1' or '2';
            options.Take(id, parser.Argument);
            if (options.ShowVersion || options.ShowUsage || options.Summary) return options;
        }

        if (!shows && parser.Operands.Count > 0) options.Refusal = CannotAct;
        return options;
    }

    private void Take(char id, string? argument)
    {
        switch (id)
        {
            case 's': Summary = true; break;
            case 'v': break;
            case 'V': ShowVersion = true; break;
            case 'h': ShowUsage = true; break;
            case '1' when argument is not null: Columns = ParseColumns(argument); break;
            case '1': break;
            case '2': Columns = Enum.GetValues<SwapColumn>(); break;
            case '3': Headings = false; break;
            case '4': Raw = true; break;
            case '5': Bytes = true; break;
            case '6': Json = true; break;
            default: Refusal = CannotAct; break;
        }
    }

    private static List<SwapColumn> ParseColumns(string list)
    {
        var columns = new List<SwapColumn>();
        if (list.Length == 0) throw new SilentFailureException();
        foreach (var name in CommaList.Split(list))
        {
            var isNumber = name[0] is (>= '0' and <= '9') or '+' or '-';
            if (isNumber || !Enum.TryParse<SwapColumn>(name, ignoreCase: true, out var column)) throw new ToolException($"unknown column: {name}");
            columns.Add(column);
        }

        return columns;
    }
}
