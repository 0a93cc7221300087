// The fields of a line of blank-separated numbers, such as /proc/PID/stat and statm, taken one by one from the bytes.
//
// Fields are numbered as proc(5) numbers them, so that a message names the one that is wrong.

using System.Buffers.Text;

namespace VboxMem.Tools.Processes;

internal ref struct FieldReader(ReadOnlySpan<byte> text, string path, int firstField)
{
    private readonly string _path = path;
    private ReadOnlySpan<byte> _rest = text;

    /// <summary>Number of the field that comes next.</summary>
    private int _field = firstField;

    internal bool IsAtEnd
    {
        get
        {
            SkipBlanks();
            return _rest.IsEmpty;
        }
    }

    internal ulong Unsigned(string what)
    {
        var field = Take(what);
        return Utf8Parser.TryParse(field, out ulong value, out var length) && length == field.Length
            ? value
            : throw Wrong(what, field, $"a whole number from 0 to {ulong.MaxValue}");
    }

    internal int Signed(string what)
    {
        var field = Take(what);
        return Utf8Parser.TryParse(field, out int value, out var length) && length == field.Length
            ? value
            : throw Wrong(what, field, $"a whole number from {int.MinValue} to {int.MaxValue}");
    }

    /// <summary>The state of a task: one letter.</summary>
    internal byte Letter(string what)
    {
        var field = Take(what);
        return field.Length == 1 && char.IsAsciiLetter((char)field[0]) ? field[0] : throw Wrong(what, field, "a letter");
    }

    internal void Skip(int fields)
    {
        for (; fields > 0; fields--) Take("a number");
    }

    private ReadOnlySpan<byte> Take(string what)
    {
        SkipBlanks();
        if (_rest.IsEmpty) throw new ProcFormatException(_path, 1, $"the line ends before field {_field}, {what}");
        var length = _rest.IndexOfAny(" \n\t"u8);
        var field = length < 0 ? _rest : _rest[..length];
        _rest = _rest[field.Length..];
        _field++;
        return field;
    }

    private void SkipBlanks() => _rest = _rest.TrimStart(" \n\t"u8);

    private readonly ProcFormatException Wrong(string what, ReadOnlySpan<byte> field, string allowed) =>
        new(_path, 1, $"field {_field - 1}, {what}, is \"{Parsing.LineReader.Quote(field)}\", allowed is {allowed}");
}
