namespace VboxMem.Kernel.Sched;

/// <summary>
/// What the threads of a process share in user space besides the pages: words that they and the kernel look at (futexes, tids), and
/// the bookkeeping of their C library. Plain data, written above the kernel; every program of the group gets it with each
/// <see cref="Reply"/>. It is copied at fork and with the machine, and gone after exec.
/// </summary>
public abstract class UserSharedState
{
    /// <summary>The 32-bit word at an address.</summary>
    public abstract uint Load(ulong address);

    /// <summary>The kernel writes a word: the tid of a new thread, 0 when the thread has ended.</summary>
    public abstract void Store(ulong address, uint value);

    public abstract UserSharedState Clone();

    public abstract void HashInto(StateHash hash);
}
