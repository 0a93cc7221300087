// A message as a reader of the log sees it, and the answers a reader may get.

namespace VboxMem.Kernel.Log;

/// <summary>One message as it lies in the ring; valid until the next one is appended.</summary>
public readonly ref struct LogRecord
{
    /// <summary>Number of the message since boot, from 0.</summary>
    public ulong Sequence { get; init; }

    /// <summary>Simulated time since boot.</summary>
    public long Nanoseconds { get; init; }

    public LogFacility Facility { get; init; }

    public LogLevel Level { get; init; }

    /// <summary>UTF-8 without the final newline; lines within it are separated by newlines.</summary>
    public ReadOnlySpan<byte> Text { get; init; }

    /// <summary>Facility and level as syslog codes them: facility x 8 + level.</summary>
    public int Priority => ((int)Facility << 3) | (int)Level;
}

/// <summary>What came of reading a record by its number.</summary>
public enum LogRead
{
    /// <summary>Here it is.</summary>
    Done,

    /// <summary>No such message yet (EAGAIN for a reader that does not wait).</summary>
    NotYet,

    /// <summary>It was overwritten; reading goes on at <see cref="KernelLog.FirstSequence"/> (EPIPE).</summary>
    Overwritten,
}
