using VboxMem.Kernel.Time;

namespace VboxMem.Kernel.Sched;

/// <summary>
/// A load averaged over the past (per-entity load tracking): what counted 32 periods of 1.049 ms ago counts half. Of a task its weight
/// while it is runnable; of a queue the sum over its tasks, those that sleep included.
/// </summary>
/// <remarks>
/// Models Linux 6.12 kernel/sched/pelt.c. Departs: a period counts when it is over, so that figures are up to one behind.
/// </remarks>
internal struct LoadTracking
{
    /// <summary>Bits of a period in nanoseconds, and of the fraction of the average.</summary>
    private const int PeriodBits = 20;
    private const int FractionBits = 10;

    /// <summary>What a period leaves of what was before: 2^(-1/32), as a fraction of 2^64.</summary>
    private const ulong DecayOfPeriod = 18_051_468_387_014_017_850;

    private const ulong LongestMemory = 32 * 63;

    private ulong _average;
    private ulong _unfinished;
    private SimTime _since;

    /// <summary>The average: 1024 for a task of nice 0 that has always been runnable.</summary>
    public readonly ulong Value => _average >> FractionBits;

    /// <summary>The load of a task that is new: it is taken for a busy one.</summary>
    public static LoadTracking Full(ulong load, SimTime now) => new() { _average = load << FractionBits, _since = now };

    /// <summary>Time has passed with the same load. CPUs' clocks differ by a turn: what is not later is ignored.</summary>
    public void Advance(SimTime now, ulong load)
    {
        if (now <= _since)
        {
            return;
        }

        var (first, last) = (_since.Nanoseconds >> PeriodBits, now.Nanoseconds >> PeriodBits);
        if (first == last)
        {
            _unfinished += load * (now.Nanoseconds - _since.Nanoseconds);
        }
        else
        {
            _unfinished += load * (((first + 1) << PeriodBits) - _since.Nanoseconds);
            Decay(1, _unfinished >> (PeriodBits - FractionBits));
            Decay(last - first - 1, load << FractionBits);
            _unfinished = load * (now.Nanoseconds - (last << PeriodBits));
        }

        _since = now;
    }

    /// <summary>A task comes to a queue, or leaves it.</summary>
    public void Add(in LoadTracking task) => _average += task._average;

    public void Remove(in LoadTracking task) => _average -= Math.Min(_average, task._average);

    public readonly void HashInto(StateHash hash)
    {
        hash.Add(_average);
        hash.Add(_unfinished);
        hash.Add(_since.Nanoseconds);
    }

    private void Decay(ulong periods, ulong load)
    {
        var left = ulong.MaxValue;
        if (periods > LongestMemory)
        {
            left = 0;
        }

        var factor = DecayOfPeriod;
        for (var rest = left == 0 ? 0 : periods; rest != 0; rest >>= 1)
        {
            if ((rest & 1) != 0)
            {
                left = Math.BigMul(left, factor, out _);
            }

            factor = Math.BigMul(factor, factor, out _);
        }

        if (periods != 0)
        {
            _average = Math.BigMul(_average, left, out _) + Math.BigMul(load, ulong.MaxValue - left, out _);
        }
    }
}
