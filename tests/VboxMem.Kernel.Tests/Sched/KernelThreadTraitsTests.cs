using VboxMem.Kernel.Sched;

namespace VboxMem.Kernel.Tests.Sched;

// Goal: every thread that boot makes is known by its name, and stands on the CPU its name says.
public sealed class KernelThreadTraitsTests
{
    [Fact]
    public void No_thread_of_a_large_machine_is_unknown()
    {
        foreach (var name in KernelThreads.Names(cpus: 16, nodes: 2, disks: 3))
        {
            Assert.NotEqual("kthread", KernelThreadTraits.Of(name).WaitChannel);
        }
    }

    [Theory]
    [InlineData("kworker/12:0H-events_highpri", 12, -1, -20)]
    [InlineData("kworker/3:1-mm_percpu_wq", 3, -1, 0)]
    [InlineData("kworker/u8:3-flush-254:0", -1, -1, 0)]
    [InlineData("kworker/R-writeback", -1, -1, -20)]
    [InlineData("ksoftirqd/10", 10, -1, 0)]
    [InlineData("rcu_exp_par_gp_kthread_worker/0", -1, -1, 0)]
    [InlineData("kswapd1", -1, 1, 0)]
    [InlineData("kcompactd0", -1, 0, 0)]
    public void Names_say_where_a_thread_runs(string name, int cpu, int node, int nice)
    {
        var traits = KernelThreadTraits.Of(name);

        Assert.Equal((cpu, node, nice), (traits.Cpu, traits.Node, traits.Nice));
    }
}
