// A device's share of the machine's recent writeouts, and with it of the dirty limit: a fast device may keep more pages dirty.
//
// Completed pages are counted for the machine and for each device. Every three seconds all counts are halved; a device's lazily, by
// the periods it has missed. When next to nothing is left to halve the clock stops, until a page is written again.
//
// Invariants
//   W1  A share lies between 0 and the whole.
//
// Units    pages; ticks of 4 ms.
// Models   Linux 6.12 lib/flex_proportions.c, wb_domain_writeout_add, writeout_period, __wb_calc_thresh (facts: reclaim, 7.4
//          step 4).
// Departs  counts are exact, not per CPU; min_ratio and max_ratio of a device are 0 and 100 %, as they are unless set.

using VboxMem.Kernel.Time;

namespace VboxMem.Kernel.Writeback;

/// <summary>The machine's recent writeouts. Plain data; all zero before the first.</summary>
public struct WriteoutClock
{
    private const ulong PeriodTicks = 3 * SimTime.TicksPerSecond;

    private ulong _pages;
    private ulong _periodEnd;

    /// <summary>Completed pages, older ones halved once a period.</summary>
    public readonly ulong Pages => _pages;

    /// <summary>Periods that have ended.</summary>
    public uint Period { get; private set; }

    /// <summary>Ends the periods that are over; to be called before anything else at a moment.</summary>
    public void Advance(ulong nowTicks)
    {
        while (_periodEnd != 0 && nowTicks >= _periodEnd)
        {
            if (_pages <= 1)
            {
                _periodEnd = 0;
                return;
            }

            _pages /= 2;
            Period++;
            _periodEnd += PeriodTicks;
        }
    }

    public readonly void HashInto(StateHash hash)
    {
        hash.Add(_pages);
        hash.Add(_periodEnd);
        hash.Add((ulong)Period);
    }

    internal void Add(ulong pages, ulong nowTicks)
    {
        _pages += pages;
        if (_periodEnd == 0)
        {
            _periodEnd = nowTicks + PeriodTicks;
        }
    }
}

/// <summary>A device's part of them. Plain data; all zero before its first.</summary>
public struct WriteoutShare
{
    private ulong _pages;
    private uint _period;

    /// <summary>Pages have been written to the device.</summary>
    public void NoteWritten(ref WriteoutClock clock, ulong pages, ulong nowTicks)
    {
        clock.Advance(nowTicks);
        _pages = PagesAt(clock) + pages;
        _period = clock.Period;
        clock.Add(pages, nowTicks);
    }

    /// <summary>The device's part of a limit.</summary>
    /// <param name="clock">The machine's, advanced to the present.</param>
    /// <param name="limitPages">What is shared out.</param>
    public readonly ulong Of(in WriteoutClock clock, ulong limitPages)
    {
        var part = PagesAt(clock);
        var whole = clock.Pages > part ? clock.Pages : Math.Max(part, 1);
        return limitPages * part / whole;
    }

    public readonly void HashInto(StateHash hash)
    {
        hash.Add(_pages);
        hash.Add((ulong)_period);
    }

    private readonly ulong PagesAt(in WriteoutClock clock)
    {
        var missed = clock.Period - _period;
        return missed < 64 ? _pages >> (int)missed : 0;
    }
}
