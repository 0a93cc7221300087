namespace VboxMem.Kernel.Sched;

/// <summary>The CPUs on which a task may run (cpus_ptr).</summary>
/// <param name="Cpu">The only one; -1: any.</param>
/// <param name="Node">The node whose CPUs alone it may use; -1: any.</param>
public readonly record struct CpuAffinity(int Cpu, int Node)
{
    public static CpuAffinity Any { get; } = new(-1, -1);

    public bool Allows(CpuContext cpus, int cpu) => (Cpu < 0 || Cpu == cpu) && (Node < 0 || Node == cpus.NodeOf(cpu));

    /// <summary>Of a kernel thread. A node without CPUs binds nothing (kswapd and kcompactd of such a node run anywhere).</summary>
    internal static CpuAffinity Of(in KernelThreadTraits traits, CpuContext cpus) => new(traits.Cpu, HasCpus(cpus, traits.Node) ? traits.Node : -1);

    /// <summary>The first CPU that it allows.</summary>
    internal int FirstOf(CpuContext cpus)
    {
        var cpu = 0;
        while (!Allows(cpus, cpu))
        {
            cpu++;
        }

        return cpu;
    }

    private static bool HasCpus(CpuContext cpus, int node)
    {
        for (var cpu = 0; cpu < cpus.Count; cpu++)
        {
            if (cpus.NodeOf(cpu) == node)
            {
                return true;
            }
        }

        return false;
    }
}
