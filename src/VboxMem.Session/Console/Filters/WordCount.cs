using System.Globalization;

namespace VboxMem.Session.Console.Filters;

/// <summary>wc: counts lines, words, bytes. Models GNU coreutils 9.7 in the C locale, where a character is a byte.</summary>
internal sealed class WordCount : InputFilter
{
    private const int WidthOfPipe = 7;

    private static readonly (string, char)[] _names = [("lines", 'l'), ("words", 'w'), ("bytes", 'c'), ("chars", 'm')];

    private readonly ShortOptions _options;
    private readonly bool _isPlain;
    private readonly List<(Counts Counts, string? Name)> _rows = [];
    private Counts _now;
    private bool _isInWord;
    private string? _name;

    private WordCount(CommandCall call, ShortOptions options)
        : base(call, options.Operands)
    {
        _options = options;
        _isPlain = options.Given.Count == 0;
    }

    public static ConsoleCommand Command { get; } = new("wc") { Filter = static call => new WordCount(call, new ShortOptions(call.Arguments, "lwcm", _names, seeHelp: "wc")) };

    protected override void Begin(string? name) => (_name, _now, _isInWord) = (name ?? (Files.Count > 0 ? "-" : null), default, false);

    public override void Take(ReadOnlySpan<byte> bytes)
    {
        _now.Bytes += bytes.Length;
        foreach (var letter in bytes)
        {
            _now.Lines += letter == '\n' ? 1 : 0;
            var isBlank = letter is (byte)' ' or (>= 9 and <= 13);
            _now.Words += !isBlank && !_isInWord ? 1 : 0;
            _isInWord = !isBlank;
        }
    }

    protected override void End() => _rows.Add((_now, _name));

    protected override int Conclude()
    {
        if (Files.Count > 1)
        {
            Counts total = default;
            foreach (var (counts, _) in _rows)
            {
                total.Add(counts);
            }

            _rows.Add((total, "total"));
        }

        var width = Width();
        foreach (var (counts, name) in _rows)
        {
            Print(Line(counts, name, width));
        }

        return HasFailed ? 1 : 0;
    }

    /// <summary>As wide as the largest number could be, by the sizes of the files; a pipe has none.</summary>
    private int Width()
    {
        var columns = "lwmc".Count(IsShown);
        if (columns == 1 && Files.Count <= 1)
        {
            return 1;
        }

        var digits = _rows.Where(static row => row.Name != "total").Sum(static row => row.Counts.Bytes).ToString(CultureInfo.InvariantCulture).Length;
        return TakesPipe && Call.Input is null ? Math.Max(digits, WidthOfPipe) : digits;
    }

    private bool IsShown(char column) => _isPlain ? column != 'm' : _options.Has(column);

    private string Line(in Counts counts, string? name, int width)
    {
        var cells = new List<string>();
        foreach (var (column, value) in (ReadOnlySpan<(char, long)>)[('l', counts.Lines), ('w', counts.Words), ('m', counts.Bytes), ('c', counts.Bytes)])
        {
            if (IsShown(column))
            {
                cells.Add(value.ToString(CultureInfo.InvariantCulture).PadLeft(width));
            }
        }

        return string.Join(' ', cells) + (name is null ? string.Empty : " " + name) + "\n";
    }

    private record struct Counts(long Lines, long Words, long Bytes)
    {
        public void Add(in Counts other) => (Lines, Words, Bytes) = (Lines + other.Lines, Words + other.Words, Bytes + other.Bytes);
    }
}
