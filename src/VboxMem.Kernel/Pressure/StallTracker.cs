// Pressure stall information of the whole machine: how much of the time tasks waited for a CPU, memory or a disk.
//
// Each CPU's time in each state is recorded as it passes. Taken together, a CPU counts by how long it was not idle, so that idle
// CPUs do not dilute the rest. Every two seconds and a tick the share since the last time enters three running averages.
//
// Invariants
//   P1  Totals never fall.
//   P2  Reading at a moment changes nothing: it works on a copy.
//
// Units    nanoseconds; averages in 11-bit fixed point of per cent.
// Models   Linux 6.12 kernel/sched/psi.c: collect_percpu_times, update_averages, calc_avgs (facts: reclaim, 11).
// Departs  averages are brought up to date when told to, or for a reader; Linux's timer may come up to a tick late.

using VboxMem.Kernel.Time;

namespace VboxMem.Kernel.Pressure;

/// <summary>What a CPU's tasks wait for; several may hold at once.</summary>
[Flags]
public enum StallStates
{
    None = 0,

    /// <summary>A task sleeps for I/O.</summary>
    IoSome = 1 << 0,

    /// <summary>The same, and no task of the CPU is runnable.</summary>
    IoFull = 1 << 1,

    /// <summary>A task is inside a section that waits for memory.</summary>
    MemorySome = 1 << 2,

    /// <summary>The same, and no other task of the CPU does useful work.</summary>
    MemoryFull = 1 << 3,

    /// <summary>A task is runnable but does not run.</summary>
    CpuSome = 1 << 4,

    /// <summary>At least one task runs or waits.</summary>
    NonIdle = 1 << 5,
}

/// <summary>A state's figures at one moment.</summary>
/// <param name="Average10">Per cent of the last 10 s, in hundredths; as /proc prints it.</param>
/// <param name="Average60">Of the last 60 s.</param>
/// <param name="Average300">Of the last 300 s.</param>
/// <param name="Total">Time since boot.</param>
public readonly record struct StallFigures(uint Average10, uint Average60, uint Average300, SimTime Total);

public sealed class StallTracker
{
    /// <summary>Two seconds and a tick: the odd tick keeps the sample from beating with the load average's.</summary>
    public static readonly SimTime Period = SimTime.FromTicks((2 * SimTime.TicksPerSecond) + 1);

    private const int StateCount = 6;
    private const int NonIdleIndex = 5;
    private const int Spans = 3;
    private const int FixedShift = 11;
    private const ulong FixedOne = 1 << FixedShift;

    private readonly ulong[] _cpuTimes;
    private readonly ulong[] _collected;
    private readonly ulong[] _totals;
    private readonly ulong[] _averagedTotals;
    private readonly ulong[] _averages;
    private ulong _lastUpdate;
    private ulong _nextUpdate;

    public StallTracker(int cpus)
    {
        _cpuTimes = new ulong[cpus * StateCount];
        _collected = new ulong[cpus * StateCount];
        _totals = new ulong[StateCount];
        _averagedTotals = new ulong[StateCount];
        _averages = new ulong[StateCount * Spans];
        _nextUpdate = Period.Nanoseconds;
    }

    private StallTracker(StallTracker other)
    {
        _cpuTimes = (ulong[])other._cpuTimes.Clone();
        _collected = (ulong[])other._collected.Clone();
        _totals = (ulong[])other._totals.Clone();
        _averagedTotals = (ulong[])other._averagedTotals.Clone();
        _averages = (ulong[])other._averages.Clone();
        _lastUpdate = other._lastUpdate;
        _nextUpdate = other._nextUpdate;
    }

    private static ReadOnlySpan<ulong> Weights => [1677, 1981, 2034];

    public StallTracker Clone() => new(this);

    /// <summary>A CPU has been in these states for some time.</summary>
    public void Record(int cpu, StallStates states, SimTime duration)
    {
        for (var state = 0; state < StateCount; state++)
        {
            if (((int)states & (1 << state)) != 0)
            {
                _cpuTimes[(cpu * StateCount) + state] += duration.Nanoseconds;
            }
        }
    }

    /// <summary>Brings totals, and at the end of a period the averages, up to date.</summary>
    /// <param name="now">Not before the last call's.</param>
    public void Advance(SimTime now)
    {
        Collect();
        if (now.Nanoseconds >= _nextUpdate)
        {
            UpdateAverages(now.Nanoseconds);
        }
    }

    /// <summary>What Linux would print for one state if it were read now.</summary>
    /// <param name="state">Exactly one state.</param>
    /// <param name="now">Not before the last <see cref="Advance"/>.</param>
    public StallFigures ReadAt(StallStates state, SimTime now)
    {
        var reading = Clone();
        reading.Advance(now);
        var index = System.Numerics.BitOperations.TrailingZeroCount((int)state);
        var averages = reading._averages.AsSpan(index * Spans, Spans);
        return new StallFigures(
            ToHundredths(averages[0]), ToHundredths(averages[1]), ToHundredths(averages[2]), new SimTime(reading._totals[index]));
    }

    public void HashInto(StateHash hash)
    {
        hash.Add<ulong>(_cpuTimes);
        hash.Add<ulong>(_collected);
        hash.Add<ulong>(_totals);
        hash.Add<ulong>(_averagedTotals);
        hash.Add<ulong>(_averages);
        hash.Add(_lastUpdate);
        hash.Add(_nextUpdate);
    }

    /// <summary>Adds what the CPUs recorded since the last time to the totals, each weighted by the ticks it was not idle.</summary>
    private void Collect()
    {
        Span<UInt128> weighted = stackalloc UInt128[StateCount];
        weighted.Clear();
        var ticks = 0UL;
        for (var first = 0; first < _cpuTimes.Length; first += StateCount)
        {
            var nonIdle = Take(first + NonIdleIndex) / SimTime.NanosecondsPerTick;
            ticks += nonIdle;
            for (var state = 0; state < NonIdleIndex; state++)
            {
                weighted[state] += (UInt128)Take(first + state) * nonIdle;
            }
        }

        for (var state = 0; state < NonIdleIndex; state++)
        {
            _totals[state] += (ulong)(weighted[state] / Math.Max(ticks, 1));
        }
    }

    private ulong Take(int index)
    {
        var time = _cpuTimes[index] - _collected[index];
        _collected[index] = _cpuTimes[index];
        return time;
    }

    private void UpdateAverages(ulong now)
    {
        var period = Period.Nanoseconds;
        var missed = (now - _nextUpdate) / period;
        _nextUpdate += (1 + missed) * period;
        var elapsed = now - (_lastUpdate + (missed * period));
        _lastUpdate = now;
        for (var state = 0; state < NonIdleIndex; state++)
        {
            // What the sample cannot hold is left for the next period.
            var sample = Math.Min(_totals[state] - _averagedTotals[state], elapsed);
            _averagedTotals[state] += sample;
            var percent = (sample * 100 / elapsed) * FixedOne;
            for (var span = 0; span < Spans; span++)
            {
                ref var average = ref _averages[(state * Spans) + span];
                average = missed == 0 ? average : Decay(average, Power(Weights[span], missed), 0);
                average = Decay(average, Weights[span], percent);
            }
        }
    }

    private static ulong Decay(ulong average, ulong weight, ulong sample)
    {
        var sum = (average * weight) + (sample * (FixedOne - weight));
        return (sum + (sample >= average ? FixedOne - 1 : 0)) / FixedOne;
    }

    /// <summary>A fixed-point number to the n-th, rounded after each multiplication.</summary>
    private static ulong Power(ulong value, ulong exponent)
    {
        var result = FixedOne;
        for (; exponent != 0; exponent >>= 1)
        {
            if ((exponent & 1) != 0)
            {
                result = ((result * value) + (FixedOne / 2)) >> FixedShift;
            }

            value = ((value * value) + (FixedOne / 2)) >> FixedShift;
        }

        return result;
    }

    private static uint ToHundredths(ulong average) =>
        (uint)(((average >> FixedShift) * 100) + (((average & (FixedOne - 1)) * 100) >> FixedShift));
}
