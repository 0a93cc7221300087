// The stacks of a process's threads: mapped when none is left over, kept when a thread is done, given back above 40 MiB.
//
//   in use --joined--> cached --next thread--> in use
//                      cached, more than 40 MiB of them --> the oldest whose thread the kernel has let go of is unmapped
//
// Units    bytes. A stack is named by the address of its mapping: a guard page, then 8 MiB, at whose upper end the thread's own data lie.
// Models   glibc 2.36 to 2.41 nptl/allocatestack.c: allocate_stack, get_cached_stack, __nptl_free_stacks; nptl/pthread_create.c:
//          advise_stack_range (facts: virtual memory, 2).

using VboxMem.Kernel;

namespace VboxMem.Workloads.Threads;

internal sealed class ThreadStacks
{
    /// <summary>RLIMIT_STACK, and the guard page below.</summary>
    public const ulong StackBytes = 8 << 20;
    public const ulong GuardBytes = 4096;
    public const ulong MappingBytes = StackBytes + GuardBytes;

    private const ulong MostCachedBytes = 40 << 20;

    /// <summary>struct pthread and the static thread-local storage lie at the end; where the tid is, from there down.</summary>
    private const ulong TidBelowEnd = 0x670;

    /// <summary>What a thread that ends leaves of its stack untouched (PTHREAD_STACK_MIN), and what it stands on then.</summary>
    private const ulong KeptBytes = 16 << 10;
    private const ulong StandingBytes = 8 << 10;

    private readonly SortedDictionary<ulong, uint> _tids = [];

    /// <summary>Stacks no thread owns any more, the latest first.</summary>
    private readonly List<ulong> _cached = [];

    public int CachedCount => _cached.Count;

    public static ulong TidAddress(ulong stack) => stack + MappingBytes - TidBelowEnd;

    /// <summary>What a thread gives back of its stack when it ends: all but its upper end.</summary>
    public static (ulong Start, ulong Length) AdvisedAtEnd(ulong stack) => (stack + GuardBytes, StackBytes - StandingBytes - KeptBytes);

    /// <summary>A stack left over, whose thread the kernel has let go of: the latest.</summary>
    public bool TryTakeCached(out ulong stack)
    {
        for (var at = 0; at < _cached.Count; at++)
        {
            if (TryTake(at, out stack))
            {
                return true;
            }
        }

        stack = 0;
        return false;
    }

    /// <summary>A stack's thread is joined: it is kept for the next one.</summary>
    public void Cache(ulong stack) => _cached.Insert(0, stack);

    /// <summary>A stack to unmap, the oldest first, while too much is kept.</summary>
    public bool TryDrop(out ulong stack)
    {
        for (var at = _cached.Count - 1; at >= 0 && (ulong)_cached.Count * MappingBytes > MostCachedBytes; at--)
        {
            if (TryTake(at, out stack))
            {
                _tids.Remove(TidAddress(stack));
                return true;
            }
        }

        stack = 0;
        return false;
    }

    public uint TidAt(ulong address) => _tids.GetValueOrDefault(address);

    public void SetTid(ulong address, uint value) => _tids[address] = value;

    public ThreadStacks Clone()
    {
        var copy = new ThreadStacks();
        copy._cached.AddRange(_cached);
        foreach (var (address, tid) in _tids)
        {
            copy._tids.Add(address, tid);
        }

        return copy;
    }

    public void HashInto(StateHash hash)
    {
        foreach (var stack in _cached)
        {
            hash.Add(stack);
        }

        foreach (var (address, tid) in _tids)
        {
            hash.Add(address);
            hash.Add((ulong)tid);
        }
    }

    private bool TryTake(int at, out ulong stack)
    {
        stack = _cached[at];
        if (_tids.GetValueOrDefault(TidAddress(stack)) != 0)
        {
            return false;
        }

        _cached.RemoveAt(at);
        return true;
    }
}
