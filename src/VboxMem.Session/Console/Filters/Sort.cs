// sort: lines in order.
//
// Models   GNU coreutils 9.7 in the C locale: -n -h -r -u -b -f -s -t -k, keys with their own letters.

using System.Globalization;

namespace VboxMem.Session.Console.Filters;

/// <summary>How a key, or the whole line, is compared.</summary>
[Flags]
internal enum SortOrder
{
    None = 0,
    Numeric = 1,
    Human = 2,
    Reverse = 4,
    SkipBlanks = 8,
    FoldCase = 16,
    SkipBlanksOfEnd = 32,
}

/// <summary>A key: from one character of a field to another. Fields and characters count from 1; character 0 of the end: the field's last.</summary>
internal sealed record SortKey(int StartField, int StartCharacter, int EndField, int EndCharacter, SortOrder Order);

internal sealed class Sort : LineFilter
{
    private const int Trouble = 2;
    private const string SeeHelp = "sort";

    private static readonly (string, char)[] _names =
    [
        ("numeric-sort", 'n'), ("human-numeric-sort", 'h'), ("reverse", 'r'), ("unique", 'u'), ("ignore-leading-blanks", 'b'),
        ("ignore-case", 'f'), ("stable", 's'), ("field-separator", 't'), ("key", 'k'),
    ];

    private readonly SortOrder _order;
    private readonly List<SortKey> _keys;
    private readonly byte? _separator;
    private readonly bool _isUnique;
    private readonly bool _isStable;
    private readonly List<byte[]> _lines = [];

    private Sort(CommandCall call, ShortOptions options)
        : base(call, options.Operands)
    {
        _order = options.Given.Aggregate(SortOrder.None, static (order, option) => order | OrderOf(option.Letter, isEnd: false) | OrderOf(option.Letter, isEnd: true));
        _separator = SeparatorOf(options.ValueOf('t'));
        _keys = [.. options.Given.Where(static option => option.Letter == 'k').Select(option => ParseKey(option.Value, _order))];
        _isUnique = options.Has('u');
        _isStable = options.Has('s') || _isUnique;
        if ((_order & (SortOrder.Numeric | SortOrder.Human)) == (SortOrder.Numeric | SortOrder.Human))
        {
            throw new CommandException("options '-hn' are incompatible", Trouble);
        }
    }

    public static ConsoleCommand Command { get; } = new("sort")
    {
        Filter = static call => new Sort(call, new ShortOptions(call.Arguments, "nhrubfst:k:", _names, Trouble, SeeHelp)),
    };

    protected override void TakeLine(ReadOnlySpan<byte> line, bool isEnded) => _lines.Add(line.ToArray());

    protected override string? WordsFor(string file, FileTree.Errno errno) => errno == FileTree.Errno.EISDIR
        ? $"read failed: {file}: {FileTree.ErrnoText.Describe(errno)}"
        : $"cannot read: {file}: {FileTree.ErrnoText.Describe(errno)}";

    protected override int Conclude()
    {
        if (HasFailed)
        {
            return Trouble;   // it sorts nothing then
        }

        byte[]? last = null;
        var places = Enumerable.Range(0, _lines.Count).ToArray();
        Array.Sort(places, CompareAll);
        foreach (var line in places.Select(place => _lines[place]))
        {
            if (!_isUnique || last is null || CompareKeys(last, line) != 0)
            {
                PrintLine(line);
                last = line;
            }
        }

        return 0;
    }

    /// <summary>By the keys; of equal ones, whole lines by their bytes; of equal lines, or with -s and -u, in the order they came in.</summary>
    private int CompareAll(int first, int second)
    {
        var (one, other) = (_lines[first], _lines[second]);
        var result = CompareKeys(one, other);
        if (result == 0 && !_isStable)
        {
            result = one.AsSpan().SequenceCompareTo(other);
            result = (_order & SortOrder.Reverse) != 0 ? -result : result;
        }

        return result != 0 ? result : first.CompareTo(second);
    }

    private int CompareKeys(byte[] one, byte[] other)
    {
        if (_keys.Count == 0)
        {
            return Compare(one, other, _order);
        }

        foreach (var key in _keys)
        {
            var result = Compare(Cut(one, key), Cut(other, key), key.Order);
            if (result != 0)
            {
                return result;
            }
        }

        return 0;
    }

    private static int Compare(ReadOnlySpan<byte> one, ReadOnlySpan<byte> other, SortOrder order)
    {
        var result = (order & (SortOrder.Numeric | SortOrder.Human)) != 0
            ? SortNumber.Compare(one, other, (order & SortOrder.Human) != 0)
            : CompareText(one, other, order);
        return (order & SortOrder.Reverse) != 0 ? -result : result;
    }

    private static int CompareText(ReadOnlySpan<byte> one, ReadOnlySpan<byte> other, SortOrder order)
    {
        if ((order & SortOrder.SkipBlanks) != 0)
        {
            one = one.TrimStart(" \t"u8);
            other = other.TrimStart(" \t"u8);
        }

        if ((order & SortOrder.FoldCase) == 0)
        {
            return one.SequenceCompareTo(other);
        }

        for (var i = 0; i < Math.Min(one.Length, other.Length); i++)
        {
            var result = Upper(one[i]).CompareTo(Upper(other[i]));
            if (result != 0)
            {
                return result;
            }
        }

        return one.Length.CompareTo(other.Length);
    }

    private static int Upper(byte letter) => letter is >= (byte)'a' and <= (byte)'z' ? letter - 32 : letter;

    /// <summary>The part of a line that a key is about.</summary>
    private ReadOnlySpan<byte> Cut(byte[] line, SortKey key)
    {
        var start = Math.Min(StartOf(line, key.StartField, (key.Order & SortOrder.SkipBlanks) != 0) + (long)key.StartCharacter - 1, line.Length);
        var end = key.EndField == 0 ? line.Length
            : key.EndCharacter == 0 ? EndOf(line, key.EndField)
            : Math.Min(StartOf(line, key.EndField, (key.Order & SortOrder.SkipBlanksOfEnd) != 0) + (long)key.EndCharacter, line.Length);
        return end > start ? line.AsSpan((int)start, (int)(end - start)) : [];
    }

    /// <summary>Where a field starts: behind a separator, or at the blanks in front of it.</summary>
    private int StartOf(byte[] line, int field, bool skipsBlanks)
    {
        var at = 0;
        for (var number = 1; number < field && at < line.Length; number++)
        {
            at = Next(line, at);
            at += _separator is not null && at < line.Length ? 1 : 0;
        }

        while (skipsBlanks && at < line.Length && line[at] is (byte)' ' or (byte)'\t')
        {
            at++;
        }

        return at;
    }

    private int EndOf(byte[] line, int field)
    {
        var at = 0;
        for (var number = 1; number <= field && at < line.Length; number++)
        {
            at = Next(line, at);
            at += _separator is not null && at < line.Length && number < field ? 1 : 0;
        }

        return at;
    }

    /// <summary>The end of the field that begins here.</summary>
    private int Next(byte[] line, int at)
    {
        if (_separator is { } separator)
        {
            while (at < line.Length && line[at] != separator)
            {
                at++;
            }

            return at;
        }

        while (at < line.Length && line[at] is (byte)' ' or (byte)'\t')
        {
            at++;
        }

        while (at < line.Length && line[at] is not ((byte)' ' or (byte)'\t'))
        {
            at++;
        }

        return at;
    }

    private static byte? SeparatorOf(string? given) => given switch
    {
        null => null,
        "" => throw new CommandException("empty tab", Trouble),
        "\\0" => 0,
        { Length: 1 } when given[0] < 128 => (byte)given[0],
        _ => throw new CommandException($"multi-character tab '{given}'", Trouble),
    };

    private static SortOrder OrderOf(char letter, bool isEnd) => letter switch
    {
        'n' => SortOrder.Numeric,
        'h' => SortOrder.Human,
        'r' => SortOrder.Reverse,
        'b' => isEnd ? SortOrder.SkipBlanksOfEnd : SortOrder.SkipBlanks,
        'f' => SortOrder.FoldCase,
        _ => SortOrder.None,
    };

    /// <summary>FIELD[.CHARACTER][LETTERS][,FIELD[.CHARACTER][LETTERS]]; without letters, as the options say.</summary>
    private static SortKey ParseKey(string text, SortOrder usual)
    {
        var comma = text.IndexOf(',', StringComparison.Ordinal);
        var order = SortOrder.None;
        var (startField, startCharacter) = ParsePlace(comma < 0 ? text : text[..comma], text, isEnd: false, ref order);
        var (endField, endCharacter) = (0, 0);
        if (comma >= 0)
        {
            (endField, endCharacter) = ParsePlace(text[(comma + 1)..], text, isEnd: true, ref order);
        }

        return new SortKey(startField, startCharacter, endField, endCharacter, order == SortOrder.None ? usual : order);
    }

    private static (int Field, int Character) ParsePlace(string place, string whole, bool isEnd, ref SortOrder order)
    {
        var at = 0;
        var field = TakeNumber(place, ref at) ?? throw new CommandException($"invalid number {(isEnd ? "after ','" : "at field start")}: invalid count at start of '{place}'", Trouble);
        if (field == 0)
        {
            throw new CommandException($"field number is zero: invalid field specification '{whole}'", Trouble);
        }

        var character = isEnd ? 0 : 1;
        if (at < place.Length && place[at] == '.')
        {
            at++;
            character = TakeNumber(place, ref at) ?? throw new CommandException($"invalid number after '.': invalid count at start of '{place[at..]}'", Trouble);
            if (character == 0 && !isEnd)
            {
                throw new CommandException($"character offset is zero: invalid field specification '{whole}'", Trouble);
            }
        }

        for (; at < place.Length; at++)
        {
            var letter = OrderOf(place[at], isEnd);
            order |= letter != SortOrder.None ? letter : throw new CommandException($"stray character in field spec: invalid field specification '{whole}'", Trouble);
        }

        return (field, character);
    }

    private static int? TakeNumber(string text, ref int at)
    {
        var start = at;
        while (at < text.Length && char.IsAsciiDigit(text[at]))
        {
            at++;
        }

        return at == start ? null : int.TryParse(text.AsSpan(start, at - start), NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : int.MaxValue;
    }
}
