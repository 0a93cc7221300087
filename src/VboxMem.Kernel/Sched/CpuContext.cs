namespace VboxMem.Kernel.Sched;

/// <summary>The CPU whose turn it is: what smp_processor_id() answers anywhere in the kernel.</summary>
public sealed class CpuContext
{
    private readonly byte[] _nodeOfCpu;

    /// <param name="nodeOfCpu">Node of each CPU, in CPU order.</param>
    public CpuContext(ReadOnlySpan<byte> nodeOfCpu)
    {
        Invariant.Holds(nodeOfCpu.Length > 0);
        _nodeOfCpu = nodeOfCpu.ToArray();
    }

    public int Count => _nodeOfCpu.Length;

    public int Current { get; private set; }

    public int CurrentNode => _nodeOfCpu[Current];

    public int NodeOf(int cpu) => _nodeOfCpu[cpu];

    public void SwitchTo(int cpu)
    {
        Invariant.Holds((uint)cpu < (uint)_nodeOfCpu.Length);
        Current = cpu;
    }

    public CpuContext Clone() => new(_nodeOfCpu) { Current = Current };
}
