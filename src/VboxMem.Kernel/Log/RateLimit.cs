// Keeps one kind of message from flooding the log: so many in an interval, the others are counted and told of later.
//
// The interval starts with the first message asked for and is renewed by the first one asked for after its end; that one first
// says how many were left out. Nothing is said when none comes any more.
//
// Units    scheduler ticks (jiffies) since boot.
// Models   Linux 6.12 lib/ratelimit.c: ___ratelimit, without RATELIMIT_MSG_ON_RELEASE.

using VboxMem.Kernel.Time;

namespace VboxMem.Kernel.Log;

/// <summary>One rate limit. Plain state; a limit made by <c>default</c> lets nothing pass.</summary>
public struct RateLimit
{
    /// <summary>Linux's default interval (DEFAULT_RATELIMIT_INTERVAL).</summary>
    public const uint DefaultIntervalSeconds = 5;

    /// <summary>Messages in an interval (DEFAULT_RATELIMIT_BURST).</summary>
    public const uint DefaultBurst = 10;

    private readonly uint _intervalTicks;
    private readonly uint _burst;
    private ulong _beginTick;   // of the interval that runs
    private uint _printed;
    private uint _missed;
    private bool _running;

    public RateLimit(uint intervalSeconds, uint burst)
    {
        _intervalTicks = intervalSeconds * (uint)SimTime.TicksPerSecond;
        _burst = burst;
    }

    /// <summary>Messages left out since the last time that was told.</summary>
    public readonly uint Missed => _missed;

    /// <summary>Asks to print one message; may first print how many were suppressed.</summary>
    /// <param name="function">The kernel function the message belongs to, as Linux names it.</param>
    /// <returns>Whether the message may be printed.</returns>
    public bool Allows(KernelLog log, LogClock clock, string function)
    {
        var tick = (ulong)clock.Nanoseconds / SimTime.NanosecondsPerTick;
        if (!_running)
        {
            _running = true;
            _beginTick = tick;
        }

        if (tick > _beginTick + _intervalTicks)
        {
            if (_missed > 0) log.Print(clock.Next(), LogLevel.Warning, $"{function}: {_missed} callbacks suppressed");
            _missed = 0;
            _beginTick = tick;
            _printed = 0;
        }

        if (_printed == _burst)
        {
            _missed++;
            return false;
        }

        _printed++;
        return true;
    }

    public readonly void HashInto(StateHash hash)
    {
        hash.Add(((ulong)_intervalTicks << 32) | _burst);
        hash.Add(_beginTick);
        hash.Add(((ulong)_printed << 32) | _missed);
        hash.Add(_running);
    }
}
