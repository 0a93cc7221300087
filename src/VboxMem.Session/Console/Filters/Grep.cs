// grep: the lines that match.
//
// Models   GNU grep 3.11 in the C locale, its options -E -F -G -e -i -v -c -n -q -l -h -H -s -w -x -m -a.

using System.Globalization;
using System.Text.RegularExpressions;
using VboxMem.FileTree;

namespace VboxMem.Session.Console.Filters;

internal sealed class Grep : LineFilter
{
    private const int Trouble = 2;
    private const string Usage = "Usage: grep [OPTION]... PATTERNS [FILE]...\nTry 'grep --help' for more information.";

    private static readonly (string, char)[] _names =
    [
        ("extended-regexp", 'E'), ("fixed-strings", 'F'), ("basic-regexp", 'G'), ("regexp", 'e'), ("ignore-case", 'i'), ("invert-match", 'v'),
        ("count", 'c'), ("line-number", 'n'), ("quiet", 'q'), ("silent", 'q'), ("files-with-matches", 'l'), ("no-filename", 'h'),
        ("with-filename", 'H'), ("no-messages", 's'), ("word-regexp", 'w'), ("line-regexp", 'x'), ("max-count", 'm'), ("text", 'a'),
    ];

    private readonly ShortOptions _options;
    private readonly Regex _pattern;
    private readonly bool _showsNames;
    private readonly long _most;
    private string _name = "(standard input)";
    private long _line;
    private long _matches;
    private bool _isBinary;
    private bool _hasMatched;

    private Grep(CommandCall call, ShortOptions options, IReadOnlyList<string> files, Regex pattern, long most)
        : base(call, files)
    {
        (_options, _pattern, _most) = (options, pattern, most);
        _showsNames = options.Given.LastOrDefault(static option => option.Letter is 'h' or 'H').Letter is var last && (last == 'H' || (last != 'h' && files.Count > 1));
    }

    public static ConsoleCommand Command { get; } = new("grep") { Filter = Make };

    public override bool IsFull => base.IsFull || (_hasMatched && _options.Has('q')) || (Files.Count == 0 && _matches >= _most);

    protected override void Begin(string? name)
    {
        _name = name ?? "(standard input)";
        (_line, _matches, _isBinary) = (0, 0, false);
    }

    protected override void TakeLine(ReadOnlySpan<byte> line, bool isEnded)
    {
        _line++;
        _isBinary |= !_options.Has('a') && line.Contains((byte)0);
        if (_matches >= _most || _pattern.IsMatch(Decode(line)) == _options.Has('v'))
        {
            return;
        }

        _hasMatched = true;
        _matches++;
        if (_options.Has('q') || _options.Has('c') || _options.Has('l'))
        {
            return;
        }

        if (_isBinary)
        {
            Call.Complain($"{_name}: binary file matches");
            _matches = _most;
            return;
        }

        Print((_showsNames ? _name + ":" : string.Empty) + (_options.Has('n') ? string.Create(CultureInfo.InvariantCulture, $"{_line}:") : string.Empty));
        PrintLine(line);
    }

    protected override void EndFile()
    {
        if (_options.Has('q'))
        {
            return;
        }

        if (_options.Has('l'))
        {
            Print(_matches > 0 ? _name + "\n" : string.Empty);
        }
        else if (_options.Has('c'))
        {
            Print(string.Create(CultureInfo.InvariantCulture, $"{(_showsNames ? _name + ":" : string.Empty)}{_matches}\n"));
        }
    }

    protected override string? WordsFor(string file, Errno errno) => _options.Has('s') ? null : $"{file}: {errno.Describe()}";

    protected override int Conclude() => HasFailed && !(_hasMatched && _options.Has('q')) ? Trouble : _hasMatched ? 0 : 1;

    private static Grep Make(CommandCall call)
    {
        ShortOptions options;
        try
        {
            options = new ShortOptions(call.Arguments, "EFGe:ivcnqlhHswxm:ayU", _names, Trouble);
        }
        catch (CommandException wrong)
        {
            throw new CommandException(wrong.Message + "\n" + Usage, Trouble);
        }

        var operands = options.Operands.ToList();
        var patterns = options.Given.Where(static option => option.Letter == 'e').Select(static option => option.Value).ToList();
        if (patterns.Count == 0)
        {
            if (operands.Count == 0)
            {
                call.Say(Usage);
                throw new CommandException(string.Empty, Trouble);
            }

            patterns.Add(operands[0]);
            operands.RemoveAt(0);
        }

        var most = long.MaxValue;
        if (options.ValueOf('m') is { } given && !long.TryParse(given, NumberStyles.None, CultureInfo.InvariantCulture, out most))
        {
            throw new CommandException("invalid max count", Trouble);
        }

        try
        {
            return new Grep(call, options, operands, PosixPattern.Compile(Expression(options, patterns), options.Has('i') || options.Has('y')), most);
        }
        catch (PosixPatternException wrong)
        {
            throw new CommandException(wrong.Message, Trouble);
        }
    }

    private static string Expression(ShortOptions options, List<string> patterns)
    {
        var kind = options.Given.LastOrDefault(static option => option.Letter is 'E' or 'F' or 'G').Letter;
        var one = string.Join('|', patterns.Select(pattern =>
        {
            var text = Decode(System.Text.Encoding.UTF8.GetBytes(pattern));
            return kind == 'F' ? string.Concat(text.Select(PosixPattern.Literal)) : PosixPattern.Translate(text, kind == 'E');
        }));
        return options.Has('x') ? $"\\A(?:{one})\\z"
            : options.Has('w') ? $"(?:\\A|[^A-Za-z0-9_])(?:{one})(?:\\z|[^A-Za-z0-9_])"
            : one;
    }
}
