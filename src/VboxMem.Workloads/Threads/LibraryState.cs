using VboxMem.Kernel;
using VboxMem.Kernel.Sched;
using VboxMem.Workloads.Malloc;

namespace VboxMem.Workloads.Threads;

/// <summary>What the threads of a process share in user space: the C library's arenas and stacks, and the words they wait for.</summary>
internal sealed class LibraryState : UserSharedState
{
    /// <summary>Locks of the arenas lie in the C library's data; their addresses stand for them.</summary>
    private const ulong FirstLock = 0x1000;
    private const ulong LockBytes = 64;

    public LibraryState()
        : this(new ProcessMalloc(), new ThreadStacks())
    {
    }

    private LibraryState(ProcessMalloc malloc, ThreadStacks stacks) => (Malloc, Stacks) = (malloc, stacks);

    public ProcessMalloc Malloc { get; }

    public ThreadStacks Stacks { get; }

    public static ulong LockAddress(int arena) => FirstLock + ((ulong)arena * LockBytes);

    public override uint Load(ulong address)
    {
        if (address >= FirstLock && (address - FirstLock) / LockBytes < (ulong)Malloc.Count)
        {
            return Malloc.IsLocked((int)((address - FirstLock) / LockBytes)) ? 1u : 0;
        }

        return Stacks.TidAt(address);
    }

    public override void Store(ulong address, uint value) => Stacks.SetTid(address, value);

    public override UserSharedState Clone() => new LibraryState(Malloc.Clone(), Stacks.Clone());

    public override void HashInto(StateHash hash)
    {
        Malloc.HashInto(hash);
        Stacks.HashInto(hash);
    }
}
