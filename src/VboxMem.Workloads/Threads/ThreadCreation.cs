using VboxMem.Kernel;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Workloads.Threads;

/// <summary>
/// pthread_create, step by step: a stack from the cache, or mapped without rights and made accessible above its guard page; the
/// thread's own data written at its upper end; the clone. The caller issues each request and hands the answer to <see cref="Resume"/>.
/// </summary>
internal struct ThreadCreation
{
    private const ulong PageBytes = 4096;

    private Phase _phase;
    private ulong _stack;

    private enum Phase : byte
    {
        Idle,
        Map,
        Protect,
        SetUp,
        Clone,
    }

    /// <summary>The stack of the thread that is being made, or was made last.</summary>
    public readonly ulong Stack => _stack;

    public readonly bool IsIdle => _phase == Phase.Idle;

    public Request Begin(LibraryState shared)
    {
        Invariant.Holds(IsIdle);
        if (shared.Stacks.TryTakeCached(out _stack))
        {
            return SetUp();
        }

        _phase = Phase.Map;
        return new Request(RequestKind.Mmap, ThreadStacks.MappingBytes, (ulong)(MapFlags.Anonymous | MapFlags.Stack));
    }

    /// <param name="last">The answer, no error.</param>
    /// <param name="program">What the thread will run, once its stack is known; asked for by <see cref="NeedsProgram"/>.</param>
    /// <returns>Kind None: the thread is there.</returns>
    public Request Resume(in Reply last, UserProgram? program)
    {
        switch (_phase)
        {
            case Phase.Map:
                _stack = (ulong)last.Value;
                _phase = Phase.Protect;
                return new Request(
                    RequestKind.Mprotect, _stack + ThreadStacks.GuardBytes, ThreadStacks.StackBytes, (ulong)MapFlags.ReadWrite);
            case Phase.Protect:
                return SetUp();
            case Phase.SetUp:
                _phase = Phase.Clone;
                return new Request(RequestKind.CloneThread, ThreadStacks.TidAddress(_stack), Program: program);
            default:
                _phase = Phase.Idle;
                return default;
        }
    }

    /// <summary>The next step is the clone.</summary>
    public readonly bool NeedsProgram => _phase == Phase.SetUp;

    public readonly void HashInto(StateHash hash)
    {
        hash.Add((ulong)_phase);
        hash.Add(_stack);
    }

    private Request SetUp()
    {
        _phase = Phase.SetUp;
        return new Request(
            RequestKind.Touch, _stack + ThreadStacks.MappingBytes - PageBytes, PageBytes, (ulong)TouchKind.Write);
    }
}
