using VboxMem.Kernel.Sched;

namespace VboxMem.Kernel.Tests.Sched;

public sealed class TaskLimitsTests
{
    // MemTotal of the 4 GiB machine is 4016564 kB; about 1.9 thousand pages of that were freed late.
    [Theory]
    [InlineData(1002208, 31319)]
    [InlineData(1002239, 31319)]
    [InlineData(32, 20)]
    public void Stacks_of_all_threads_may_take_an_eighth_of_memory(long bootPages, long threads) =>
        Assert.Equal(threads, TaskLimits.MaxThreads(bootPages));

    [Theory]
    [InlineData(1, 32768)]
    [InlineData(32, 32768)]
    [InlineData(64, 65536)]
    [InlineData(8192, 4194304)]
    public void Pids_are_1024_a_cpu_but_32768_at_least(int cpus, int pids) => Assert.Equal(pids, TaskLimits.PidMax(cpus));

    [Theory]
    [InlineData(1, 256)]
    [InlineData(2, 440)]
    [InlineData(8, 488)]
    public void Interrupt_numbers_are_those_of_the_captured_logs(int cpus, int lines) => Assert.Equal(lines, InterruptLines.Count(cpus));
}
