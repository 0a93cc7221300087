// The kernel's log buffer: what printk wrote last, oldest overwritten. /dev/kmsg, /proc/kmsg and dmesg read it.
//
// Texts lie in one ring of bytes, their descriptors in another; each message takes 8 bytes more than its text, rounded up to 8,
// and lies in one piece: one that would run over the end of the ring starts at its beginning.
//
// Invariants
//   L1  The descriptors FirstSequence..NextSequence-1 are exactly the messages whose bytes are still whole.
//   L2  Sequence numbers rise by one and are never used twice.
//   L3  Bytes held, gaps at the end of the ring included, never exceed CapacityBytes.
//
// Units    nanoseconds of simulated time since boot; bytes of UTF-8.
// Models   Linux 6.12 kernel/printk/printk_ringbuffer.c, printk.c: log_buf of 2^18 bytes, 32 bytes to a message on average.
// Departs  no continuation records, no caller ids, and no device dictionaries; the buffer does not grow with the CPUs.

using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Unicode;

namespace VboxMem.Kernel.Log;

/// <summary>The kernel log: appended to by everything, read by number. Plain state: copy it with <see cref="Clone"/>.</summary>
public sealed class KernelLog
{
    /// <summary>Bytes of log_buf on a Debian kernel.</summary>
    public const int DefaultCapacityBytes = 1 << 18;

    /// <summary>Longer texts are cut (PRINTKRB_RECORD_MAX).</summary>
    public const int MaxTextBytes = 1024;

    private const int HeaderBytes = 8;
    private const int AverageBytes = 32;

    private readonly byte[] _text;
    private readonly Descriptor[] _descriptors;
    private readonly byte[] _scratch = new byte[4 * MaxTextBytes];   // for formatting; empty between calls
    private ulong _first;
    private ulong _next;
    private ulong _end;   // bytes ever used, gaps included; its place in the ring is the remainder

    /// <summary>An empty log.</summary>
    /// <param name="capacityBytes">A power of two, at least 4096.</param>
    public KernelLog(int capacityBytes = DefaultCapacityBytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacityBytes, 4096);
        if ((capacityBytes & (capacityBytes - 1)) != 0)
            throw new ArgumentOutOfRangeException(nameof(capacityBytes), capacityBytes, "not a power of two");

        _text = new byte[capacityBytes];
        _descriptors = new Descriptor[capacityBytes / AverageBytes];
    }

    private KernelLog(KernelLog original)
    {
        _text = (byte[])original._text.Clone();
        _descriptors = (Descriptor[])original._descriptors.Clone();
        _first = original._first;
        _next = original._next;
        _end = original._end;
    }

    public int CapacityBytes => _text.Length;

    /// <summary>Number of the oldest message still there; equal to <see cref="NextSequence"/> when there is none.</summary>
    public ulong FirstSequence => _first;

    /// <summary>Number the next message will have.</summary>
    public ulong NextSequence => _next;

    /// <summary>Messages held.</summary>
    public int Count => (int)(_next - _first);

    /// <summary>An independent copy.</summary>
    public KernelLog Clone() => new(this);

    /// <summary>Appends a kernel message, formatted in place: <c>log.Print(now, LogLevel.Info, $"Freeing {name} memory: {kilobytes}K")</c>.</summary>
    /// <returns>Its sequence number.</returns>
    /// <exception cref="ArgumentException">The text is longer than four times what a record holds.</exception>
    public ulong Print(long nanoseconds, LogLevel level, [InterpolatedStringHandlerArgument("")] ref LogTextHandler text) =>
        Append(nanoseconds, LogFacility.Kernel, level, text.Written());

    /// <summary>Appends a kernel message.</summary>
    /// <returns>Its sequence number.</returns>
    public ulong Print(long nanoseconds, LogLevel level, string text)
    {
        if (!Encoding.UTF8.TryGetBytes(text, _scratch, out var written)) throw TooLong();
        return Append(nanoseconds, LogFacility.Kernel, level, _scratch.AsSpan(0, written));
    }

    /// <summary>Appends a message as bytes; a final newline is dropped, and what exceeds <see cref="MaxTextBytes"/> cut.</summary>
    /// <returns>Its sequence number.</returns>
    public ulong Append(long nanoseconds, LogFacility facility, LogLevel level, ReadOnlySpan<byte> text)
    {
        if (text is [.., (byte)'\n']) text = text[..^1];
        if (text.Length > MaxTextBytes) text = text[..MaxTextBytes];

        var begin = Reserve((uint)((HeaderBytes + text.Length + 7) & ~7));
        text.CopyTo(_text.AsSpan(PlaceOf(begin) + HeaderBytes));
        _descriptors[SlotOf(_next)] = new Descriptor
        {
            Begin = begin,
            Nanoseconds = nanoseconds,
            TextBytes = (ushort)text.Length,
            Facility = facility,
            Level = level,
        };
        return _next++;
    }

    /// <summary>Reads a message by its number.</summary>
    public LogRead TryRead(ulong sequence, out LogRecord record)
    {
        record = default;
        if (sequence >= _next) return LogRead.NotYet;
        if (sequence < _first) return LogRead.Overwritten;

        ref readonly var descriptor = ref _descriptors[SlotOf(sequence)];
        record = new LogRecord
        {
            Sequence = sequence,
            Nanoseconds = descriptor.Nanoseconds,
            Facility = descriptor.Facility,
            Level = descriptor.Level,
            Text = _text.AsSpan(PlaceOf(descriptor.Begin) + HeaderBytes, descriptor.TextBytes),
        };
        return LogRead.Done;
    }

    /// <summary>The messages from a number on, or from the oldest still there, for <c>foreach</c>.</summary>
    public Enumerator RecordsFrom(ulong sequence) => new(this, Math.Max(sequence, _first));

    // Takes the bytes, and drops the oldest messages whose bytes or descriptor they overwrite.
    private ulong Reserve(uint bytes)
    {
        var capacity = (ulong)_text.Length;
        var begin = _end;
        var left = capacity - begin % capacity;
        if (bytes > left) begin += left;

        _end = begin + bytes;
        while (_first < _next && (OldestBegin + capacity < _end || _next - _first == (ulong)_descriptors.Length)) _first++;
        return begin;
    }

    private ulong OldestBegin => _descriptors[SlotOf(_first)].Begin;

    private int PlaceOf(ulong position) => (int)(position & (ulong)(_text.Length - 1));

    private int SlotOf(ulong sequence) => (int)(sequence & (ulong)(_descriptors.Length - 1));

    private static ArgumentException TooLong() => new("a message longer than four records");

    private struct Descriptor
    {
        public ulong Begin;
        public long Nanoseconds;
        public ushort TextBytes;
        public LogFacility Facility;
        public LogLevel Level;
    }

    /// <summary>Walks the messages in order; ends at the newest, or when the one it is at was overwritten.</summary>
    public ref struct Enumerator
    {
        private readonly KernelLog _log;
        private ulong _sequence;
        private LogRecord _current;

        internal Enumerator(KernelLog log, ulong sequence)
        {
            _log = log;
            _sequence = sequence;
            _current = default;
        }

        public readonly LogRecord Current => _current;

        public readonly Enumerator GetEnumerator() => this;

        public bool MoveNext() => _log.TryRead(_sequence++, out _current) == LogRead.Done;
    }

    /// <summary>Turns an interpolated string into UTF-8 without making a string; culture-invariant.</summary>
    [InterpolatedStringHandler]
    public ref struct LogTextHandler
    {
        private readonly byte[] _buffer;
        private Utf8.TryWriteInterpolatedStringHandler _inner;

        public LogTextHandler(int literalLength, int formattedCount, KernelLog log)
        {
            ArgumentNullException.ThrowIfNull(log);
            _buffer = log._scratch;
            _inner = new(literalLength, formattedCount, _buffer, CultureInfo.InvariantCulture, out _);
        }

        public void AppendLiteral(string text) => _inner.AppendLiteral(text);

        public void AppendFormatted<T>(T value) => _inner.AppendFormatted(value);

        public void AppendFormatted<T>(T value, int alignment) => _inner.AppendFormatted(value, alignment);

        public void AppendFormatted<T>(T value, string? format) => _inner.AppendFormatted(value, format);

        public void AppendFormatted<T>(T value, int alignment, string? format) => _inner.AppendFormatted(value, alignment, format);

        internal readonly ReadOnlySpan<byte> Written()
        {
            var inner = _inner;
            if (!Utf8.TryWrite(_buffer, CultureInfo.InvariantCulture, ref inner, out var written)) throw TooLong();
            return _buffer.AsSpan(0, written);
        }
    }
}
