using System.Globalization;
using VboxMem.Tools.Options;

namespace VboxMem.Tools.Journalctl;

/// <summary>The plain forms of an entry.</summary>
internal enum JournalForm
{
    Short,
    ShortFull,
    ShortIso,
    ShortIsoPrecise,
    ShortPrecise,
    ShortMonotonic,
    ShortUnix,
    Cat,
}

/// <summary>What journalctl was asked for.</summary>
internal sealed class JournalctlOptions
{
    internal const string Usage =
        """
        journalctl -k [OPTIONS...]

        Show the kernel's messages as the journal keeps them.

          -k, --dmesg               the kernel's messages: nothing else is here
          -b, --boot[=0]            of this boot: there is no other
          -n, --lines[=N]           the newest N (10)
          -r, --reverse             the newest first
          -p, --priority=RANGE      of these priorities: LEVEL (and worse) or FROM..TO
          -g, --grep=PATTERN        that match
              --case-sensitive[=BOOL]
          -o, --output=FORM         short, short-full, short-iso, short-iso-precise, short-precise,
                                    short-monotonic, short-unix or cat
          -a, --all                 with control characters
              --no-hostname         without the host's name
              --utc                 times in UTC, as they are
              --no-pager            there is no pager
          -q, --quiet               no word when there are none
              --json                as JSON
          -h, --help                this text
              --version             the version

        """;

    private static readonly LongOption[] LongOptions =
    [
        new("help", OptionArgument.None, 'h'),
        new("version", OptionArgument.None, '1'),
        new("no-pager", OptionArgument.None, '2'),
        new("output", OptionArgument.Required, 'o'),
        new("all", OptionArgument.None, 'a'),
        new("full", OptionArgument.None, 'l'),
        new("lines", OptionArgument.Optional, 'n'),
        new("reverse", OptionArgument.None, 'r'),
        new("quiet", OptionArgument.None, 'q'),
        new("boot", OptionArgument.Optional, 'b'),
        new("dmesg", OptionArgument.None, 'k'),
        new("priority", OptionArgument.Required, 'p'),
        new("grep", OptionArgument.Required, 'g'),
        new("case-sensitive", OptionArgument.Optional, '3'),
        new("utc", OptionArgument.None, '4'),
        new("no-hostname", OptionArgument.None, '5'),
        new("json", OptionArgument.None, '6'),
    ];

    private static readonly string[] Levels = ["emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"];

    private uint _priorities = 0xff;
    private bool? _caseSensitive;
    private string? _pattern;

    internal bool KernelOnly { get; private set; }

    internal JournalForm Form { get; private set; }

    internal bool All { get; private set; }

    internal bool Reverse { get; private set; }

    internal bool Quiet { get; private set; }

    internal bool HostName { get; private set; } = true;

    internal bool Json { get; private set; }

    /// <summary>Null: all of them.</summary>
    internal ulong? Lines { get; private set; }

    /// <summary>Null: none was asked for.</summary>
    internal GrepPattern? Pattern { get; private set; }

    internal bool ShowVersion { get; private set; }

    internal bool ShowUsage { get; private set; }

    /// <summary>Why what was asked for cannot be shown here; null when it can.</summary>
    internal string? Refusal { get; private set; }

    internal bool NeedsDates => Form is not (JournalForm.ShortMonotonic or JournalForm.Cat);

    internal bool Chooses(JournalEntry entry) =>
        (_priorities & (1u << entry.Priority)) != 0 && (Pattern is null || Pattern.Matches(entry.Message.Span));

    /// <exception cref="UsageException">An option that is not here.</exception>
    /// <exception cref="ToolException">A wrong value, or a word that is no option.</exception>
    internal static JournalctlOptions Parse(IReadOnlyList<string> arguments)
    {
        var options = new JournalctlOptions();
        var parser = new GetOptLong(arguments, "ho:aln::rqb::kp:g:", LongOptions, Usage);
        while (parser.TryNext(out var id))
        {
            if (id == 'b') parser.TryTakeNextWord(IsBoot);
            if (id == 'n') parser.TryTakeNextWord(IsCount);
            options.Take(id, parser.Argument);
            if (options.ShowUsage || options.ShowVersion) return options;
        }

        if (options._pattern is { } pattern) options.Pattern = GrepPattern.Parse(pattern, options._caseSensitive);
        return parser.Operands.Count == 0 ? options : throw new ToolException($"Failed to add match '{parser.Operands[0]}': Invalid argument");
    }

    private void Take(char id, string? argument)
    {
        switch (id)
        {
            case 'h': ShowUsage = true; break;
            case '1': ShowVersion = true; break;
            case 'o': TakeForm(argument!); break;
            case 'a': All = true; break;
            case 'n': TakeLines(argument); break;
            case 'r': Reverse = true; break;
            case 'q': Quiet = true; break;
            case 'b': TakeBoot(argument); break;
            case 'k': KernelOnly = true; break;
            case 'p': _priorities = ParsePriorities(argument!); break;
            case 'g': _pattern = argument; break;
            case '3': _caseSensitive = argument is null ? true : ParseBoolean(argument); break;
            case '5': HostName = false; break;
            case '6': Json = true; break;
            default: break;   // --no-pager, --utc, --full: as it is
        }
    }

    private void TakeForm(string name)
    {
        switch (name)
        {
            case "short": Form = JournalForm.Short; break;
            case "short-full": Form = JournalForm.ShortFull; break;
            case "short-iso": Form = JournalForm.ShortIso; break;
            case "short-iso-precise": Form = JournalForm.ShortIsoPrecise; break;
            case "short-precise": Form = JournalForm.ShortPrecise; break;
            case "short-monotonic": Form = JournalForm.ShortMonotonic; break;
            case "short-unix": Form = JournalForm.ShortUnix; break;
            case "cat": Form = JournalForm.Cat; break;
            case "short-delta" or "with-unit" or "verbose" or "export" or "json" or "json-pretty" or "json-sse" or "json-seq":
                Refusal ??= $"-o {name} is left out here";
                break;
            default: throw new ToolException($"Unknown output format '{name}'.");
        }
    }

    private void TakeLines(string? argument)
    {
        if (argument is null) Lines = 10;
        else if (argument == "all") Lines = null;
        else if (IsCount(argument)) Lines = ulong.Parse(argument, NumberStyles.None, CultureInfo.InvariantCulture);
        else throw new ToolException($"Failed to parse lines '{argument}'");
    }

    private void TakeBoot(string? argument)
    {
        if (argument is null or "0" or "-0" or "+0" or "1" or "all") return;
        if (IsBoot(argument)) Refusal ??= $"Data from the specified boot ({argument}) is not available: No such boot ID in journal";
        else Refusal ??= $"Failed to parse boot descriptor '{argument}'";
    }

    private static bool IsCount(string word) =>
        word == "all" || (int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count >= 0);

    private static bool IsBoot(string word) =>
        word == "all" || int.TryParse(word, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _);

    private static bool ParseBoolean(string text) => text.ToLowerInvariant() switch
    {
        "1" or "yes" or "y" or "true" or "t" or "on" => true,
        "0" or "no" or "n" or "false" or "f" or "off" => false,
        _ => throw new ToolException($"Failed to parse --case-sensitive= argument: {text}"),
    };

    private static uint ParsePriorities(string text)
    {
        var dots = text.IndexOf("..", StringComparison.Ordinal);
        if (dots < 0)
        {
            var level = ParseLevel(text);
            return level >= 0 ? (2u << level) - 1 : throw new ToolException($"Unknown log level {text}");
        }

        var (from, to) = (ParseLevel(text[..dots]), ParseLevel(text[(dots + 2)..]));
        if (from < 0 || to < 0) throw new ToolException($"Failed to parse log level range {text}");
        var (low, high) = (Math.Min(from, to), Math.Max(from, to));
        return ((2u << high) - 1) & ~((1u << low) - 1);
    }

    private static int ParseLevel(string name)
    {
        var level = Array.IndexOf(Levels, name);
        return level < 0 && name is [>= '0' and <= '7'] ? name[0] - '0' : level;
    }
}
