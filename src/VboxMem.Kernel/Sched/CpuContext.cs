using VboxMem.Kernel.Time;

namespace VboxMem.Kernel.Sched;

/// <summary>
/// The CPU whose turn it is, what smp_processor_id() answers anywhere in the kernel, and the time it spends in its turn. A turn
/// is short, so that CPUs see each other's work as real ones do: at most <see cref="LongestTurn"/> or about 32 pages.
/// </summary>
public sealed class CpuContext
{
    /// <summary>Time after which a turn ends at the next page.</summary>
    public const ulong LongestTurnNanoseconds = 50_000;

    /// <summary>Pages after which a turn ends.</summary>
    public const int MostPagesInTurn = 32;

    private readonly byte[] _nodeOfCpu;
    private SimTime _turnStart;
    private int _pages;

    /// <param name="nodeOfCpu">Node of each CPU, in CPU order.</param>
    public CpuContext(ReadOnlySpan<byte> nodeOfCpu)
    {
        Invariant.Holds(nodeOfCpu.Length > 0);
        _nodeOfCpu = nodeOfCpu.ToArray();
    }

    public int Count => _nodeOfCpu.Length;

    public int Current { get; private set; }

    public int CurrentNode => _nodeOfCpu[Current];

    /// <summary>Time spent in this turn in the program itself, and in the kernel.</summary>
    public ulong UserNanoseconds { get; private set; }

    public ulong SystemNanoseconds { get; private set; }

    /// <summary>The moment on this CPU: where its turn began and what it has spent since.</summary>
    public SimTime Now => new(_turnStart.Nanoseconds + UserNanoseconds + SystemNanoseconds);

    /// <summary>True when the work at hand should stop at the next convenient point and be taken up again in a later turn.</summary>
    public bool IsTurnOver =>
        _pages >= MostPagesInTurn || UserNanoseconds + SystemNanoseconds >= LongestTurnNanoseconds;

    /// <summary>Pages that may be worked on before the turn is over; below 1 when it is.</summary>
    public int PagesLeft => MostPagesInTurn - _pages;

    public int NodeOf(int cpu) => _nodeOfCpu[cpu];

    public void SwitchTo(int cpu)
    {
        Invariant.Holds((uint)cpu < (uint)_nodeOfCpu.Length);
        Current = cpu;
    }

    /// <summary>Begins a CPU's turn, or an interrupt on it, at a moment.</summary>
    public void BeginTurn(int cpu, SimTime now)
    {
        SwitchTo(cpu);
        _turnStart = now;
        UserNanoseconds = 0;
        SystemNanoseconds = 0;
        _pages = 0;
    }

    public void SpendInKernel(ulong nanoseconds) => SystemNanoseconds += nanoseconds;

    public void SpendInProgram(ulong nanoseconds) => UserNanoseconds += nanoseconds;

    /// <summary>Counts pages worked on towards the end of the turn.</summary>
    public void CountPages(int pages) => _pages += pages;

    public CpuContext Clone()
    {
        var copy = new CpuContext(_nodeOfCpu);
        copy.BeginTurn(Current, Now);
        return copy;
    }
}
