// smem's command line.
//
// Models  smem 1.5.
// Departs no graphs (--bar, --pie), no sizes fitted to a terminal (-a), no kernel image (-K): a tree has none.

using System.Globalization;
using System.Text.RegularExpressions;
using VboxMem.Tools.Options;

namespace VboxMem.Tools.Smem;

/// <summary>What smem was asked for.</summary>
internal sealed partial record SmemRequest
{
    internal const string Usage =
        """
        Usage: smem [options]

          -m --mappings                by mapping
          -u --users                   by user
          -w --system                  the whole system
          -P --processfilter=REGEX     processes whose name or command line matches
          -M --mapfilter=REGEX         mappings whose name matches
          -U --userfilter=REGEX        users whose name matches
          -c --columns=COLUMNS         names with blanks between
          -s --sort=COLUMN             by this one
          -r --reverse                 highest first
          -t --totals                  a last line of sums
          -H --no-header               no heading
          -n --numeric                 user numbers
          -k --abbreviate              sizes with units
          -p --percent                 shares of memory and of swap
          -R --realmem=SIZE            RAM that is built in, such as 1024M
          -S --source=DIR              where in the tree proc lies
             --json                    the processes and the memory, as JSON
          -h --help                    this text

        """;

    private static readonly PythonOption[] _options =
    [
        new('h', "help", false), new('H', "no-header", false), new('c', "columns", true), new('t', "totals", false),
        new('R', "realmem", true), new('m', "mappings", false), new('u', "users", false), new('w', "system", false),
        new('P', "processfilter", true), new('M', "mapfilter", true), new('U', "userfilter", true), new('n', "numeric", false),
        new('s', "sort", true), new('r', "reverse", false), new('p', "percent", false), new('k', "abbreviate", false),
        new('S', "source", true), new('\0', "json", false),
    ];

    private static readonly TimeSpan _longestMatch = TimeSpan.FromSeconds(1);

    internal bool Help { get; private init; }

    internal bool Json { get; private init; }

    internal bool NoHeader { get; private init; }

    internal bool Totals { get; private init; }

    internal bool ByMapping { get; private init; }

    internal bool ByUser { get; private init; }

    internal bool System { get; private init; }

    internal bool Numeric { get; private init; }

    internal bool Reverse { get; private init; }

    internal bool Percent { get; private init; }

    internal bool Abbreviate { get; private init; }

    internal Regex? ProcessFilter { get; private init; }

    internal Regex? MapFilter { get; private init; }

    internal Regex? UserFilter { get; private init; }

    internal string? Columns { get; private init; }

    internal string? Sort { get; private init; }

    /// <summary>kB; null: what meminfo has.</summary>
    internal double? RealMemory { get; private init; }

    internal string Source { get; private init; } = "";

    /// <exception cref="PythonOptionException">An option that smem does not have.</exception>
    /// <exception cref="ToolException">A pattern or a size that is none.</exception>
    internal static SmemRequest Parse(IReadOnlyList<string> arguments)
    {
        var parser = new PythonOptions(arguments, _options, SmemTool.Name);
        var request = new SmemRequest();
        var realMemory = (string?)null;
        while (parser.TryNext() is { } name)
        {
            if (name == "realmem") realMemory = parser.Argument;
            else request = request.With(name, parser.Argument!);
            if (request.Help) return request;
        }

        return string.IsNullOrEmpty(realMemory) ? request : request with { RealMemory = ParseSize(realMemory) };
    }

    private SmemRequest With(string name, string argument) => name switch
    {
        "help" => this with { Help = true },
        "json" => this with { Json = true },
        "no-header" => this with { NoHeader = true },
        "totals" => this with { Totals = true },
        "mappings" => this with { ByMapping = true },
        "users" => this with { ByUser = true },
        "system" => this with { System = true },
        "numeric" => this with { Numeric = true },
        "reverse" => this with { Reverse = true },
        "percent" => this with { Percent = true },
        "abbreviate" => this with { Abbreviate = true },
        "columns" => this with { Columns = argument },
        "sort" => this with { Sort = argument },
        "source" => this with { Source = "/" + argument.Trim('/') },
        "processfilter" => this with { ProcessFilter = Pattern(argument) },
        "mapfilter" => this with { MapFilter = Pattern(argument) },
        _ => this with { UserFilter = Pattern(argument) },
    };

    private static Regex? Pattern(string text)
    {
        try
        {
            return text.Length == 0 ? null : new Regex(text, RegexOptions.CultureInvariant, _longestMatch);
        }
        catch (ArgumentException wrong)
        {
            throw new ToolException($"\"{text}\" is no regular expression: {wrong.Message}");
        }
    }

    private static double ParseSize(string text)
    {
        var match = SizePattern().Match(text);
        if (!match.Success) throw new ToolException("Memory size should be written with units, for example 1024M", exitCode: 255);
        var scale = match.Groups[2].Value switch { "k" or "K" => 1.0, "M" => 1024.0, "G" => 1048576.0, _ => 1073741824.0 };
        return double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) * scale;
    }

    [GeneratedRegex(@"^([0-9]+(?:\.[0-9]+)?) *([kKMGT])B?$", RegexOptions.CultureInvariant)]
    private static partial Regex SizePattern();
}
