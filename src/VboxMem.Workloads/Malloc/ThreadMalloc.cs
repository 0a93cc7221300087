using VboxMem.Kernel;
using VboxMem.Kernel.Sched;
using VboxMem.Workloads.Threads;

namespace VboxMem.Workloads.Malloc;

/// <summary>
/// One thread's calls of malloc and free: gets its arena at the first, takes the arena's lock, does the work, and lets the lock go.
/// Where a step needs the kernel the thread issues the request and hands the answer to <see cref="Resume"/>.
/// </summary>
/// <param name="arena">The thread's arena; -1: it gets one with its first call.</param>
internal struct ThreadMalloc(int arena)
{
    private int _arena = arena;
    private int _used;
    private ulong _operand;
    private ulong _result;
    private bool _isFree;
    private Phase _phase;

    private enum Phase : byte
    {
        Idle,
        CountCpus,
        Lock,
        Work,
        Wake,
    }

    /// <summary>The arena it uses; -1: none yet.</summary>
    public readonly int Arena => _arena;

    public HeapStep Allocate(LibraryState shared, ulong bytes) => Begin(shared, bytes, isFree: false);

    public HeapStep Free(LibraryState shared, ulong address) => Begin(shared, address, isFree: true);

    /// <summary>Goes on after the kernel's answer.</summary>
    public HeapStep Resume(LibraryState shared, in Reply reply)
    {
        switch (_phase)
        {
            case Phase.CountCpus:
                shared.Malloc.Cpus = (int)reply.Value;
                return Start(shared);
            case Phase.Lock:
                return Enter(shared, isWaiting: true);
            case Phase.Work:
                return Leave(shared, shared.Malloc[_used].Resume(reply));
            default:
                _phase = Phase.Idle;
                return new HeapStep(_result, default);
        }
    }

    /// <summary>The thread ends.</summary>
    public void Detach(LibraryState shared)
    {
        if (_arena >= 0)
        {
            shared.Malloc.Detach(_arena);
            _arena = -1;
        }
    }

    public readonly void HashInto(StateHash hash)
    {
        hash.Add(((long)_arena << 32) | (uint)_used);
        hash.Add(_operand);
        hash.Add(_result);
        hash.Add(((ulong)_phase << 1) | (_isFree ? 1UL : 0));
    }

    private HeapStep Begin(LibraryState shared, ulong operand, bool isFree)
    {
        Invariant.Holds(_phase == Phase.Idle);
        (_operand, _isFree) = (operand, isFree);
        if (_arena < 0 && shared.Malloc.Cpus == 0)
        {
            _phase = Phase.CountCpus;
            return new HeapStep(0, new Request(RequestKind.CountCpus));
        }

        return Start(shared);
    }

    private HeapStep Start(LibraryState shared)
    {
        _arena = _arena < 0 ? shared.Malloc.Attach() : _arena;
        _used = _isFree ? shared.Malloc.ArenaOf(_operand, _arena) : _arena;
        return Enter(shared, isWaiting: false);
    }

    private HeapStep Enter(LibraryState shared, bool isWaiting)
    {
        if (!shared.Malloc.TryLock(_used, isWaiting))
        {
            _phase = Phase.Lock;
            return new HeapStep(0, new Request(RequestKind.FutexWait, LibraryState.LockAddress(_used), 1));
        }

        _phase = Phase.Work;
        var arena = shared.Malloc[_used];
        return Leave(shared, _isFree ? arena.Free(_operand) : arena.Allocate(_operand));
    }

    private HeapStep Leave(LibraryState shared, HeapStep step)
    {
        if (!step.IsDone)
        {
            return step;
        }

        _result = step.Address;
        if (shared.Malloc.Unlock(_used))
        {
            _phase = Phase.Wake;
            return new HeapStep(0, new Request(RequestKind.FutexWake, LibraryState.LockAddress(_used), 1));
        }

        _phase = Phase.Idle;
        return step;
    }
}
