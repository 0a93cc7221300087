// Output of one file: UTF-8 bytes in a buffer that is used again for the next file.
//
// Invariants
//   O1  Written is valid UTF-8 if every literal and string given was; numbers are ASCII, culture plays no part.
//   O2  Nothing here allocates but growth of the buffer.
//
// Units    whatever the caller's label says; Kilobytes alone converts: pages of 4 KiB in, kB out.

using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Text;
using VboxMem.Kernel.Physical;

namespace VboxMem.Procfs;

/// <summary>A growing UTF-8 buffer with the few column formats that /proc uses.</summary>
public sealed class ProcText : IBufferWriter<byte>
{
    private const int LongestNumber = 20;
    private const long KilobytesPerPage = PageGeometry.PageBytes >> 10;

    private byte[] _buffer;
    private int _length;

    /// <param name="capacity">Bytes to begin with; the buffer grows as needed.</param>
    public ProcText(int capacity = 4096) => _buffer = new byte[capacity];

    /// <summary>What was written since the last <see cref="Clear"/>; valid until the next write.</summary>
    public ReadOnlySpan<byte> Written => _buffer.AsSpan(0, _length);

    /// <summary>Bytes written: where the next one goes.</summary>
    public int Length => _length;

    public void Clear() => _length = 0;

    /// <summary>Throws away all but a part of what was written.</summary>
    public void Keep(long offset, int length)
    {
        var start = (int)Math.Min(offset, _length);
        var kept = _buffer.AsSpan(start, Math.Min(length, _length - start));
        kept.CopyTo(_buffer);
        _length = kept.Length;
    }

    /// <summary>A number as 8 bytes, the least first.</summary>
    public ProcText Binary(ulong value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(GetSpan(sizeof(ulong)), value);
        _length += sizeof(ulong);
        return this;
    }

    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, _buffer.Length - _length);
        _length += count;
    }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _buffer.AsMemory(_length);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _buffer.AsSpan(_length);
    }

    public ProcText Literal(ReadOnlySpan<byte> utf8)
    {
        utf8.CopyTo(GetSpan(utf8.Length));
        _length += utf8.Length;
        return this;
    }

    public ProcText Text(string text)
    {
        var span = GetSpan(Encoding.UTF8.GetMaxByteCount(text.Length));
        _length += Encoding.UTF8.GetBytes(text, span);
        return this;
    }

    /// <summary>Text, then blanks up to a width (%-Ns).</summary>
    public ProcText TextLeft(string text, int width)
    {
        var start = _length;
        return Text(text).Blanks(width - (_length - start));
    }

    /// <summary>Blanks up to a width, then the text (%Ns). The text is ASCII.</summary>
    public ProcText TextRight(string text, int width) => Blanks(width - text.Length).Text(text);

    public ProcText Number(long value)
    {
        Utf8Formatter.TryFormat(value, GetSpan(LongestNumber), out var written);
        _length += written;
        return this;
    }

    public ProcText Number(ulong value)
    {
        Utf8Formatter.TryFormat(value, GetSpan(LongestNumber), out var written);
        _length += written;
        return this;
    }

    /// <summary>A right-aligned number (%Nlu): wider ones push the rest of the line.</summary>
    public ProcText Number(long value, int width) => Number(value).Realign(width, value < 0 ? DigitsOf((ulong)-value) + 1 : DigitsOf((ulong)value));

    /// <inheritdoc cref="Number(long, int)"/>
    public ProcText Number(ulong value, int width) => Number(value).Realign(width, DigitsOf(value));

    /// <summary>Lower-case hexadecimal with leading zeros up to a width.</summary>
    public ProcText Hexadecimal(ulong value, int width)
    {
        Utf8Formatter.TryFormat(value, GetSpan(LongestNumber), out var written, new StandardFormat('x', (byte)width));
        _length += written;
        return this;
    }

    /// <summary>A number given in hundredths, as N.NN.</summary>
    public ProcText Hundredths(ulong hundredths)
    {
        Number(hundredths / 100).Literal("."u8);
        Utf8Formatter.TryFormat(hundredths % 100, GetSpan(2), out var written, new StandardFormat('D', 2));
        _length += written;
        return this;
    }

    public ProcText NewLine() => Literal("\n"u8);

    /// <summary>A line of meminfo: label with its own padding, pages as kB in 8 columns.</summary>
    public ProcText Kilobytes(ReadOnlySpan<byte> label, long pages) =>
        Literal(label).Number(pages * KilobytesPerPage, 8).Literal(" kB\n"u8);

    /// <summary>Name, blank, number, newline: a line of vmstat.</summary>
    public ProcText NameValue(string name, long value) => Text(name).Literal(" "u8).Number(value).NewLine();

    private static int DigitsOf(ulong value)
    {
        var digits = 1;
        while (value >= 10)
        {
            value /= 10;
            digits++;
        }

        return digits;
    }

    public ProcText Blanks(int count)
    {
        if (count > 0)
        {
            GetSpan(count)[..count].Fill((byte)' ');
            _length += count;
        }

        return this;
    }

    /// <summary>Moves the last few bytes to the right end of a column.</summary>
    private ProcText Realign(int width, int bytes)
    {
        var missing = width - bytes;
        if (missing > 0)
        {
            Reserve(missing);
            var start = _length - bytes;
            _buffer.AsSpan(start, bytes).CopyTo(_buffer.AsSpan(start + missing));
            _buffer.AsSpan(start, missing).Fill((byte)' ');
            _length += missing;
        }

        return this;
    }

    private void Reserve(int bytes)
    {
        if (_buffer.Length - _length < Math.Max(bytes, 1))
        {
            Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, _length + bytes));
        }
    }
}
