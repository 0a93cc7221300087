// Time while a report of many messages is written: each takes a moment, so their stamps rise.
//
// Departs  one cost for every message, whatever its length. 29 us puts a report of some 60 lines into the 1 to 5 ms that it
//          takes on a machine without a slow console (facts: reclaim, 12).

namespace VboxMem.Kernel.Log;

/// <summary>The simulated time at which the next message of a report is written.</summary>
public sealed class LogClock(long nanoseconds)
{
    public const long NanosecondsPerMessage = 29_000;

    /// <summary>Nanoseconds since boot. After a report: when it was done.</summary>
    public long Nanoseconds { get; private set; } = nanoseconds;

    /// <summary>The stamp of the next message; the time after it moves on.</summary>
    public long Next()
    {
        var stamp = Nanoseconds;
        Nanoseconds += NanosecondsPerMessage;
        return stamp;
    }
}
