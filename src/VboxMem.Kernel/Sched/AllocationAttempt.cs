// What a task's request for pages goes through when the fast path has none: the operation at hand is unwound, the slow path runs
// in steps that may sleep, and then the operation is done again from its start, finding its pages granted or refused.
//
//   operation --TryAllocate fails--> Suspend --steps of AllocationSlowPath--> Grant/Refuse --operation again--> TryTake
//
// Invariants
//   A1  A granted block is owned by the attempt (tag Kernel) until it is taken or given back.
//   A2  An operation that is done again asks for the same pages in the same order, or leaves the rest to Reset.

using VboxMem.Kernel.Physical;

namespace VboxMem.Kernel.Sched;

public sealed class AllocationAttempt
{
    private readonly List<AllocationRequest> _wanted = [];
    private readonly List<Pfn> _granted = [];
    private readonly List<AllocationRequest> _refused = [];
    private int _taken;

    /// <summary>True while the slow path has yet to answer: the task runs it instead of its operation.</summary>
    public bool IsPending { get; private set; }

    /// <summary>Blocks held for the task: granted and not taken.</summary>
    public ReadOnlySpan<Pfn> Held => System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_granted)[_taken..];

    /// <summary>The request that the slow path works on.</summary>
    public AllocationRequest Current
    {
        get
        {
            Invariant.Holds(IsPending);
            return _wanted[_granted.Count];
        }
    }

    /// <summary>A block the slow path found for this request when the operation was last stopped.</summary>
    public bool TryTake(in AllocationRequest request, out Pfn block)
    {
        if (_taken < _granted.Count && _wanted[_taken] == request)
        {
            block = _granted[_taken++];
            return true;
        }

        block = Pfn.None;
        return false;
    }

    /// <summary>True when the slow path has given this request up: it fails for good.</summary>
    public bool IsRefused(in AllocationRequest request) => _refused.Contains(request);

    /// <summary>Stops the operation for this request. What it has taken so far, it will ask for again.</summary>
    public void Suspend(in AllocationRequest request, PageAllocator allocator)
    {
        Invariant.Holds(!IsPending);
        GiveBack(allocator);
        _wanted.RemoveRange(_taken, _wanted.Count - _taken);
        _granted.Clear();
        _taken = 0;
        _wanted.Add(request);
        IsPending = true;
    }

    public void Grant(Pfn block)
    {
        Invariant.Holds(IsPending);
        _granted.Add(block);
        IsPending = _granted.Count < _wanted.Count;
    }

    public void Refuse()
    {
        _refused.Add(Current);
        _wanted.RemoveRange(_granted.Count, _wanted.Count - _granted.Count);
        IsPending = false;
    }

    /// <summary>The operation is done: what it did not take goes back.</summary>
    public void Reset(PageAllocator allocator)
    {
        Invariant.Holds(!IsPending);
        if (_wanted.Count + _refused.Count == 0)
        {
            return;
        }

        GiveBack(allocator);
        _wanted.Clear();
        _granted.Clear();
        _refused.Clear();
        _taken = 0;
    }

    public AllocationAttempt Clone()
    {
        var copy = new AllocationAttempt { IsPending = IsPending, _taken = _taken };
        copy._wanted.AddRange(_wanted);
        copy._granted.AddRange(_granted);
        copy._refused.AddRange(_refused);
        return copy;
    }

    public void HashInto(StateHash hash)
    {
        hash.Add(IsPending);
        hash.Add((long)_taken);
        foreach (var request in _wanted)
        {
            HashInto(hash, request);
        }

        foreach (var block in _granted)
        {
            hash.Add((ulong)block.Index);
        }

        foreach (var request in _refused)
        {
            HashInto(hash, request);
        }
    }

    private static void HashInto(StateHash hash, in AllocationRequest request)
    {
        hash.Add((ulong)request.Gfp);
        hash.Add(((ulong)request.Order << 40) | ((ulong)(uint)request.Node << 8) | (ulong)request.Requester);
    }

    private void GiveBack(PageAllocator allocator)
    {
        foreach (var block in Held)
        {
            allocator.Free(block);
        }
    }
}
