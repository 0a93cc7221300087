// Linux's vmstat counters of a zone or a node. A CPU collects its changes privately and adds them to the shared value when
// they exceed a threshold, or once a second: what /proc shows may lag by up to threshold x CPUs, and so may what a
// watermark check sees.
//
// Invariants
//   C1  No CPU's private part exceeds the threshold in force when it was last changed.
//   C2  Exact(i) = shared value + private parts; the audit holds it against a recount.
//
// Models   Linux 6.12 mm/vmstat.c (facts: physical memory, 3, "vm stat threshold").
// Departs  single-step changes fold without Linux's overstep of half a threshold.

using System.Runtime.CompilerServices;
using VboxMem.Kernel.Sched;

namespace VboxMem.Kernel.Accounting;

/// <summary>A set of counters with per-CPU deltas; the unit is that of the item (mostly pages).</summary>
public sealed class PerCpuCounters
{
    private readonly CpuContext _cpus;
    private readonly long[] _shared;
    private readonly int[] _deltas;
    private readonly int _items;

    public PerCpuCounters(int items, CpuContext cpus)
    {
        _cpus = cpus;
        _shared = new long[items];
        _items = items;
        _deltas = new int[items * cpus.Count];
    }

    private PerCpuCounters(PerCpuCounters other, CpuContext cpus)
    {
        _cpus = cpus;
        _shared = (long[])other._shared.Clone();
        _items = other._items;
        _deltas = (int[])other._deltas.Clone();
        Threshold = other.Threshold;
    }

    /// <summary>Largest private part a CPU may keep; 0 folds every change at once.</summary>
    public int Threshold { get; set; }

    public PerCpuCounters Clone(CpuContext cpus) => new(this, cpus);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(int item, long delta)
    {
        ref var own = ref _deltas[(_cpus.Current * _items) + item];
        var sum = own + delta;
        if (sum > Threshold || sum < -Threshold)
        {
            _shared[item] += sum;
            sum = 0;
        }

        own = (int)sum;
    }

    /// <summary>The same as so many calls of <see cref="Add"/>, each with the same change: it folds where they would have.</summary>
    public void AddTimes(int item, long delta, int times)
    {
        if (delta == 0)
        {
            return;
        }

        ref var own = ref _deltas[(_cpus.Current * _items) + item];
        var sum = own + (delta * times);
        if (Math.Abs((long)own) <= Threshold && Math.Abs(sum) <= Threshold)
        {
            own = (int)sum;
        }
        else
        {
            AddAndFold(item, ref own, delta, times);
        }
    }

    /// <summary>The shared value alone, never below zero: what Linux's own checks and /proc read.</summary>
    public long Read(int item) => Math.Max(0, _shared[item]);

    /// <summary>The shared value alone as it stands: what is added up over nodes or zones before it is held against zero.</summary>
    public long ReadShared(int item) => _shared[item];

    /// <summary>The shared value plus every CPU's private part, never below zero.</summary>
    public long ReadExact(int item)
    {
        var sum = _shared[item];
        for (var i = item; i < _deltas.Length; i += _shared.Length)
        {
            sum += _deltas[i];
        }

        return Math.Max(0, sum);
    }

    /// <summary>The largest private part any CPU has: never above the largest threshold (C1).</summary>
    public int LargestDelta
    {
        get
        {
            var largest = 0;
            foreach (var delta in _deltas)
            {
                largest = Math.Max(largest, Math.Abs(delta));
            }

            return largest;
        }
    }

    /// <summary>Folds one CPU's private parts into the shared values.</summary>
    /// <returns>True when there was anything to fold.</returns>
    public bool Fold(int cpu)
    {
        var changed = false;
        var own = _deltas.AsSpan(cpu * _shared.Length, _shared.Length);
        for (var item = 0; item < own.Length; item++)
        {
            changed |= own[item] != 0;
            _shared[item] += own[item];
            own[item] = 0;
        }

        return changed;
    }

    public void HashInto(StateHash hash)
    {
        hash.Add<long>(_shared);
        hash.Add<int>(_deltas);
        hash.Add((long)Threshold);
    }

    private void AddAndFold(int item, ref int own, long delta, int times)
    {
        while (times > 0)
        {
            if (own > Threshold || own < -Threshold)
            {
                Add(item, delta);   // the threshold has been lowered since
                times--;
                continue;
            }

            var room = delta > 0 ? Threshold - own : Threshold + own;
            var untilFold = (int)(room / Math.Abs(delta)) + 1;
            if (times < untilFold)
            {
                own += (int)delta * times;
                return;
            }

            _shared[item] += own + (delta * untilFold);
            own = 0;
            times -= untilFold;
        }
    }
}
