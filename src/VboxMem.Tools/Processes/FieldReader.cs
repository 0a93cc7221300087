// The fields of a line of blank-separated numbers, such as /proc/PID/stat and statm, taken one by one from the bytes.
//
// Fields are numbered as proc(5) numbers them, so that a message names the one that is wrong.
//
// Cost    a screen takes fifty fields of every process every second, most of them of a few digits: they are read byte by byte, at one go;
//         what is not plain digits goes the long way.

using System.Buffers.Text;
using System.Runtime.CompilerServices;

namespace VboxMem.Tools.Processes;

internal ref struct FieldReader(ReadOnlySpan<byte> text, string path, int firstField)
{
    /// <summary>So many digits fit 64 bits, whatever they are.</summary>
    private const int SafeDigits = 19;

    private readonly string _path = path;
    private ReadOnlySpan<byte> _rest = text;

    /// <summary>Number of the field that comes next.</summary>
    private int _field = firstField;

    internal bool IsAtEnd => StartOfField() == _rest.Length;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal ulong Unsigned(string what) => TryTakeDigits(ulong.MaxValue, out var digits) ? digits : AnyUnsigned(what);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal int Signed(string what) => TryTakeDigits(int.MaxValue, out var digits) ? (int)digits : AnySigned(what);

    /// <summary>The state of a task: one letter.</summary>
    internal byte Letter(string what)
    {
        var field = Take(what);
        return field.Length == 1 && char.IsAsciiLetter((char)field[0]) ? field[0] : throw Wrong(what, field, "a letter");
    }

    internal void Skip(int fields)
    {
        for (; fields > 0; fields--)
        {
            if (!TryTakeDigits(ulong.MaxValue, out _)) Take("a number");
        }
    }

    private ulong AnyUnsigned(string what)
    {
        var field = Take(what);
        return Utf8Parser.TryParse(field, out ulong value, out var length) && length == field.Length
            ? value
            : throw Wrong(what, field, $"a whole number from 0 to {ulong.MaxValue}");
    }

    private int AnySigned(string what)
    {
        var field = Take(what);
        return Utf8Parser.TryParse(field, out int value, out var length) && length == field.Length
            ? value
            : throw Wrong(what, field, $"a whole number from {int.MinValue} to {int.MaxValue}");
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsBlank(byte character) => character is (byte)' ' or (byte)'\n' or (byte)'\t';

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly int StartOfField()
    {
        var start = 0;
        while (start < _rest.Length && IsBlank(_rest[start])) start++;
        return start;
    }

    /// <summary>Takes a field of plain digits, unless there are more of them than 64 bits surely hold, or it is above the limit.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryTakeDigits(ulong limit, out ulong value)
    {
        value = 0;
        var start = StartOfField();
        var end = start;
        for (; end < _rest.Length && (uint)(_rest[end] - '0') <= 9; end++) value = unchecked((value * 10) + (uint)(_rest[end] - '0'));
        var isWhole = end > start && end - start <= SafeDigits && (end == _rest.Length || IsBlank(_rest[end]));
        if (!isWhole || value > limit) return false;
        _rest = _rest[end..];
        _field++;
        return true;
    }

    private ReadOnlySpan<byte> Take(string what)
    {
        var start = StartOfField();
        var end = start;
        while (end < _rest.Length && !IsBlank(_rest[end])) end++;
        if (end == start) throw new ProcFormatException(_path, 1, $"the line ends before field {_field}, {what}");
        var field = _rest[start..end];
        _rest = _rest[end..];
        _field++;
        return field;
    }

    private readonly ProcFormatException Wrong(string what, ReadOnlySpan<byte> field, string allowed) =>
        new(_path, 1, $"field {_field - 1}, {what}, is \"{Parsing.LineReader.Quote(field)}\", allowed is {allowed}");
}
