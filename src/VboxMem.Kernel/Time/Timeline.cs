// The machine's clock and its pending work. Work is plain data (due, sequence, kind, operand), never a closure, so that it
// can be hashed and copied; work due at one instant runs in the order it was posted, because a heap alone is not stable.
//
// Invariants
//   T1  Nothing is due before Now.
//   T2  Sequence numbers are never used twice.

namespace VboxMem.Kernel.Time;

/// <summary>What is to be done when a <see cref="TimedEvent"/> is due; the operand's meaning is in the comment.</summary>
public enum EventKind : uint
{
    /// <summary>A CPU folds its counters and lets idle per-CPU pages go (operand: CPU).</summary>
    VmstatUpdate,

    /// <summary>The load average takes a sample.</summary>
    LoadAverageSample,

    /// <summary>A sleeping task's timer (operand: pid).</summary>
    TaskTimer,

    /// <summary>A disk has done a request (operand: its number in the machine's table of requests).</summary>
    DiskCompletion,

    /// <summary>Pressure averages take a sample.</summary>
    PressureSample,

    /// <summary>A killed task is due for the OOM reaper (operand: pid).</summary>
    OomReap,

    /// <summary>The statistics of cgroups are added up.</summary>
    CgroupStats,

    /// <summary>Nothing was read or written for as long as vm.laptop_mode says (operand: disk).</summary>
    LaptopTimer,

    /// <summary>kcompactd looks whether memory is fragmented (operand: node).</summary>
    KcompactdLook,
}

/// <summary>Work to be done at a moment.</summary>
public readonly record struct TimedEvent(SimTime Due, ulong Sequence, EventKind Kind, uint Operand);

/// <summary>Simulated time and the events that wait for it.</summary>
public sealed class Timeline
{
    private TimedEvent[] _heap = new TimedEvent[64];
    private int _count;
    private ulong _posted;

    public Timeline()
    {
    }

    private Timeline(Timeline other)
    {
        _heap = (TimedEvent[])other._heap.Clone();
        _count = other._count;
        _posted = other._posted;
        Now = other.Now;
    }

    public SimTime Now { get; private set; }

    public int PendingCount => _count;

    public Timeline Clone() => new(this);

    public void Post(SimTime due, EventKind kind, uint operand)
    {
        Invariant.Holds(due >= Now);
        if (_count == _heap.Length)
        {
            Array.Resize(ref _heap, _count * 2);
        }

        var posted = new TimedEvent(due, _posted++, kind, operand);
        var position = _count++;
        while (position > 0 && IsEarlier(posted, _heap[(position - 1) / 2]))
        {
            var parent = (position - 1) / 2;
            _heap[position] = _heap[parent];
            position = parent;
        }

        _heap[position] = posted;
    }

    /// <summary>True when an event is due at or before a moment.</summary>
    public bool IsDue(SimTime limit) => _count > 0 && _heap[0].Due <= limit;

    /// <summary>Takes the first event due at or before <paramref name="limit"/> and moves the clock to it.</summary>
    /// <returns>False when nothing is due by then; the clock then stands at <paramref name="limit"/>.</returns>
    public bool TryAdvance(SimTime limit, out TimedEvent next)
    {
        Invariant.Holds(limit >= Now);
        if (_count == 0 || _heap[0].Due > limit)
        {
            Now = limit;
            next = default;
            return false;
        }

        next = _heap[0];
        Now = next.Due;
        RemoveFirst();
        return true;
    }

    public void HashInto(StateHash hash)
    {
        hash.Add(Now.Nanoseconds);
        hash.Add(_posted);
        hash.Add((ulong)_count);
        for (var i = 0; i < _count; i++)
        {
            hash.Add(_heap[i].Due.Nanoseconds);
            hash.Add(_heap[i].Sequence);
            hash.Add(((ulong)_heap[i].Kind << 32) | _heap[i].Operand);
        }
    }

    private void RemoveFirst()
    {
        var moved = _heap[--_count];
        _heap[_count] = default;
        if (_count == 0)
        {
            return;
        }

        var position = 0;
        while (true)
        {
            var child = (2 * position) + 1;
            if (child + 1 < _count && IsEarlier(_heap[child + 1], _heap[child]))
            {
                child++;
            }

            if (child >= _count || !IsEarlier(_heap[child], moved))
            {
                break;
            }

            _heap[position] = _heap[child];
            position = child;
        }

        _heap[position] = moved;
    }

    private static bool IsEarlier(in TimedEvent left, in TimedEvent right) =>
        left.Due != right.Due ? left.Due < right.Due : left.Sequence < right.Sequence;
}
