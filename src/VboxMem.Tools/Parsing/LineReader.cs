// Walks over the lines of a /proc file and the fields of a line, on the bytes themselves.
//
// A field is a run of bytes other than blanks (space, tab). Numbers are unsigned decimals of at most 64 bits; anything
// else is an error that names file, line, what stands there and what is allowed.

using System.Buffers.Text;
using System.Runtime.CompilerServices;
using System.Text;

namespace VboxMem.Tools.Parsing;

internal ref struct LineReader(ReadOnlySpan<byte> text, string path)
{
    /// <summary>So many digits fit 64 bits, whatever they are.</summary>
    private const int SafeDigits = 19;

    private readonly string _path = path;
    private ReadOnlySpan<byte> _ahead = text;
    private ReadOnlySpan<byte> _rest;

    /// <summary>1-based number of the current line.</summary>
    internal int Line { get; private set; }

    /// <summary>The current line holds no more fields.</summary>
    internal readonly bool IsAtEnd => StartOfField() == _rest.Length;

    /// <summary>What of the current line has not been taken.</summary>
    internal readonly ReadOnlySpan<byte> Rest => _rest;

    /// <summary>Goes to the next line that is not empty.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryNextLine()
    {
        while (!_ahead.IsEmpty)
        {
            Line++;
            var end = _ahead.IndexOf((byte)'\n');
            _rest = end < 0 ? _ahead : _ahead[..end];
            _ahead = end < 0 ? [] : _ahead[(end + 1)..];
            if (StartOfField() < _rest.Length) return true;
        }

        return false;
    }

    internal bool TryTakeField(out ReadOnlySpan<byte> field)
    {
        var start = StartOfField();
        var end = start;
        while (end < _rest.Length && !IsBlank(_rest[end])) end++;
        field = _rest[start..end];
        _rest = _rest[end..];
        return !field.IsEmpty;
    }

    /// <summary>Takes what stands before <paramref name="separator"/>, and the separator.</summary>
    internal ReadOnlySpan<byte> TakeUpTo(byte separator)
    {
        var length = _rest.IndexOf(separator);
        if (length < 0) throw Malformed($"expected \"{(char)separator}\" in \"{Quote(_rest)}\"");
        var taken = _rest[..length];
        _rest = _rest[(length + 1)..];
        return taken;
    }

    internal void Skip(ReadOnlySpan<byte> expected)
    {
        if (!TryTakeField(out var field) || !field.SequenceEqual(expected))
            throw Malformed($"expected \"{Quote(expected)}\", found \"{Quote(field)}\"");
    }

    /// <summary>Takes a number that must be there.</summary>
    /// <param name="what">What it counts, for the message.</param>
    internal ulong TakeNumber(string what)
    {
        if (!TryTakeField(out var field)) throw Malformed($"the line ends before {what}, a number");
        return Number(field, what);
    }

    /// <summary>Takes a number that must be there.</summary>
    /// <param name="name">What the file itself calls it.</param>
    internal ulong TakeNumber(ReadOnlySpan<byte> name)
    {
        if (TryTakeField(out var field) && TryParse(field, out var value)) return value;
        throw field.IsEmpty ? Malformed($"the line ends before {Quote(name)}, a number") : NoNumber(field, Quote(name));
    }

    /// <summary>Takes a number if the line goes on.</summary>
    internal ulong? TakeNumberIfAny(string what) => TryTakeField(out var field) ? Number(field, what) : null;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsBlank(byte character) => character is (byte)' ' or (byte)'\t';

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly int StartOfField()
    {
        var start = 0;
        while (start < _rest.Length && IsBlank(_rest[start])) start++;
        return start;
    }

    internal readonly ulong Number(ReadOnlySpan<byte> field, string what) => TryParse(field, out var value) ? value : throw NoNumber(field, what);

    private readonly ProcFormatException NoNumber(ReadOnlySpan<byte> field, string what) =>
        Malformed($"{what} is \"{Quote(field)}\", allowed is a whole number from 0 to {ulong.MaxValue}");

    private static bool TryParse(ReadOnlySpan<byte> field, out ulong value)
    {
        value = 0;
        if (field.Length is > 0 and <= SafeDigits)
        {
            var i = 0;
            for (; i < field.Length && (uint)(field[i] - '0') <= 9; i++) value = (value * 10) + (uint)(field[i] - '0');
            if (i == field.Length) return true;
        }

        return Utf8Parser.TryParse(field, out value, out var length) && length == field.Length;
    }

    internal readonly ProcFormatException Malformed(string problem) => new(_path, Line, problem);

    /// <summary>A piece of the file for a message: at most 40 bytes, control characters made visible.</summary>
    internal static string Quote(ReadOnlySpan<byte> piece)
    {
        var shown = Encoding.UTF8.GetString(piece.Length > 40 ? piece[..40] : piece);
        var text = new StringBuilder();
        foreach (var c in shown)
        {
            if (char.IsControl(c)) text.Append("\\x").Append(((int)c).ToString("x2", System.Globalization.CultureInfo.InvariantCulture));
            else text.Append(c);
        }

        return piece.Length > 40 ? text.Append('…').ToString() : text.ToString();
    }
}
