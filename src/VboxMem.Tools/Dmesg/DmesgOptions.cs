using System.Globalization;
using VboxMem.Tools.Options;
using VboxMem.Tools.Parsing;

namespace VboxMem.Tools.Dmesg;

/// <summary>How the time of a message is shown.</summary>
internal enum TimeForm
{
    SinceBoot,
    None,
    Date,
    Relative,
    Iso,
    Delta,
    SinceBootAndDelta,
    DateAndDelta,
}

/// <summary>What dmesg was asked for.</summary>
internal sealed class DmesgOptions
{
    internal const string Usage =
        """

        Usage:
         dmesg [options]

        Show the kernel's log.

         -e, --reltime               local time and time passed, readable
         -d, --show-delta            time passed since the message before
         -f, --facility <list>       only these facilities
         -H, --human                 readable: as -e
         -J, --json                  as JSON
         -k, --kernel                only the kernel's own messages
         -L, --color[=<when>]        auto or never: there are no colours
         -l, --level <list>          only these levels
         -P, --nopager               there is no pager
         -p, --force-prefix          time, facility and level before each line of a message
         -r, --raw                   as syslog(2) gives them
             --noescape              do not escape control characters
         -s, --buffer-size <size>    has no effect
         -T, --ctime                 dates
         -t, --notime                no times
             --time-format <format>  delta, reltime, ctime, notime or iso
         -u, --userspace             only messages that are not the kernel's
         -x, --decode                facility and level in words
         -h, --help                  this text
         -V, --version               the version

        Facilities: kern user mail daemon auth syslog lpr news uucp cron authpriv ftp
        Levels:     emerg alert crit err warn notice info debug

        """;

    private static readonly LongOption[] LongOptions =
    [
        new("buffer-size", OptionArgument.Required, 's'),
        new("clear", OptionArgument.None, 'C'),
        new("color", OptionArgument.Optional, 'L'),
        new("console-level", OptionArgument.Required, 'n'),
        new("console-off", OptionArgument.None, 'D'),
        new("console-on", OptionArgument.None, 'E'),
        new("ctime", OptionArgument.None, 'T'),
        new("decode", OptionArgument.None, 'x'),
        new("facility", OptionArgument.Required, 'f'),
        new("file", OptionArgument.Required, 'F'),
        new("follow", OptionArgument.None, 'w'),
        new("follow-new", OptionArgument.None, 'W'),
        new("force-prefix", OptionArgument.None, 'p'),
        new("help", OptionArgument.None, 'h'),
        new("human", OptionArgument.None, 'H'),
        new("json", OptionArgument.None, 'J'),
        new("kernel", OptionArgument.None, 'k'),
        new("level", OptionArgument.Required, 'l'),
        new("noescape", OptionArgument.None, '1'),
        new("notime", OptionArgument.None, 't'),
        new("nopager", OptionArgument.None, 'P'),
        new("raw", OptionArgument.None, 'r'),
        new("read-clear", OptionArgument.None, 'c'),
        new("reltime", OptionArgument.None, 'e'),
        new("show-delta", OptionArgument.None, 'd'),
        new("since", OptionArgument.Required, '2'),
        new("syslog", OptionArgument.None, 'S'),
        new("time-format", OptionArgument.Required, '3'),
        new("until", OptionArgument.Required, '4'),
        new("userspace", OptionArgument.None, 'u'),
        new("version", OptionArgument.None, 'V'),
    ];

    /// <summary>Options that exclude each other, a row at a time, in the order in which a complaint names them.</summary>
    private static readonly string[] Exclusions = ["CDEcnr", "Hr", "Lr", "Sw", "Tr", "dr", "er", "rx", "rt"];

    private readonly Dictionary<string, char> _seen = [];
    private TimeForm _time = TimeForm.SinceBoot;
    private bool _delta;
    private uint? _facilities;
    private uint? _levels;

    internal bool Raw { get; private set; }

    internal bool Decode { get; private set; }

    internal bool PrefixEveryLine { get; private set; }

    internal bool Escape { get; private set; } = true;

    internal bool Json { get; private set; }

    internal bool ShowVersion { get; private set; }

    internal bool ShowUsage { get; private set; }

    /// <summary>Why what was asked for cannot be done here; null when it can.</summary>
    internal string? Refusal { get; private set; }

    /// <summary>Whether -r and --json shift the facility, as they should: 2.38.1 forgets it.</summary>
    internal bool ShiftsFacility { get; private init; }

    /// <summary>-d with dates in the form of ISO 8601.</summary>
    internal bool DeltaIsIgnored => _delta && _time == TimeForm.Iso;

    internal bool NeedsDates => !Json && Time is TimeForm.Date or TimeForm.Relative or TimeForm.Iso or TimeForm.DateAndDelta;

    internal TimeForm Time
    {
        get
        {
            if (!_delta) return _time;
            return _time switch
            {
                TimeForm.SinceBoot => TimeForm.SinceBootAndDelta,
                TimeForm.Date => TimeForm.DateAndDelta,
                TimeForm.Iso => TimeForm.Iso,
                _ => TimeForm.Delta,
            };
        }
    }

    internal bool Chooses(KernelMessage message)
    {
        var known = FacilityLevel.IsKnown(message);
        return (_facilities is not { } facilities || (known && message.Facility < 32 && (facilities & (1u << message.Facility)) != 0))
            && (_levels is not { } levels || (known && (levels & (1u << message.Level)) != 0));
    }

    /// <exception cref="UsageException">An option dmesg does not have, or an operand.</exception>
    /// <exception cref="ToolException">An option's value is wrong, or options exclude each other.</exception>
    internal static DmesgOptions Parse(IReadOnlyList<string> arguments, ProcpsVersion version)
    {
        var options = new DmesgOptions { ShiftsFacility = version != ProcpsVersion.V4_0_2 };
        var parser = new GetOptLong(arguments, "CcDdEeF:f:HhJkL::l:n:iPprSs:TtuVWwx", LongOptions, Usage);
        while (parser.TryNext(out var id))
        {
            options.CheckExclusions(id);
            options.Take(id, parser.Argument);
            if (options.ShowUsage || options.ShowVersion) return options;
        }

        return parser.Operands.Count == 0 ? options : throw new UsageException("bad usage", Usage);
    }

    private void CheckExclusions(char id)
    {
        foreach (var row in Exclusions)
        {
            if (!row.Contains(id, StringComparison.Ordinal)) continue;
            if (!_seen.TryAdd(row, id) && _seen[row] != id)
                throw new ToolException("mutually exclusive arguments:" + string.Concat(row.Select(static letter => " --" + LongName(letter))));
        }
    }

    private static string LongName(char id) => Array.Find(LongOptions, option => option.Id == id).Name;

    private void Take(char id, string? argument)
    {
        switch (id)
        {
            case 'd': _delta = true; break;
            case 'e': _time = TimeForm.Relative; break;
            case 'f': _facilities = (_facilities ?? 0) | FacilityLevel.ParseFacilities(argument!); break;
            case 'H': _time = TimeForm.Relative; break;
            case 'h': ShowUsage = true; break;
            case 'J': Json = true; break;
            case 'k': _facilities = (_facilities ?? 0) | FacilityLevel.Kernel; break;
            case 'L': TakeColor(argument); break;
            case 'l': _levels = (_levels ?? 0) | FacilityLevel.ParseLevels(argument!, ranges: ShiftsFacility); break;
            case 'P': break;
            case 'p': PrefixEveryLine = true; break;
            case 'r': Raw = true; break;
            case 's': CheckSize(argument!); break;
            case 'T': _time = TimeForm.Date; break;
            case 't': _time = TimeForm.None; break;
            case 'u': _facilities = (_facilities ?? 0) | FacilityLevel.UserSpace; break;
            case 'V': ShowVersion = true; break;
            case 'x': Decode = true; break;
            case '1': Escape = false; break;
            case '3': TakeTimeFormat(argument!); break;
            case 'C' or 'c': Refuse("clear kernel buffer failed: Function not implemented"); break;
            case 'D' or 'E': Refuse("klogctl failed: Function not implemented"); break;
            case 'n':
                FacilityLevel.ParseLevel(argument!);
                Refuse("klogctl failed: Function not implemented");
                break;
            default: Refuse($"--{LongName(id)} is left out here"); break;
        }
    }

    private void Refuse(string why) => Refusal ??= why;

    private static void CheckSize(string text)
    {
        if (text.Length > 1 && text[0] == '-' && !text.AsSpan(1).ContainsAnyExceptInRange('0', '9'))
            throw new ToolException($"invalid buffer size argument: '{text}': Numerical result out of range");
        if (!uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out _))
            throw new ToolException($"invalid buffer size argument: '{text}'");
    }

    private void TakeColor(string? when)
    {
        if (when is null or "auto" or "never") return;
        if (when == "always") Refuse("--color=always is left out here");
        else throw new ToolException($"unsupported color mode: '{when}'");
    }

    private void TakeTimeFormat(string format) => _time = format switch
    {
        "delta" => TimeForm.Delta,
        "reltime" => TimeForm.Relative,
        "ctime" => TimeForm.Date,
        "notime" => TimeForm.None,
        "iso" => TimeForm.Iso,
        _ => throw new ToolException($"unknown time format: {format}"),
    };
}
