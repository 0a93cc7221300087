// Goal: CPUs that all have work share it, as on Linux, without moving what is bound to a CPU or runs alone.
// Method: programs that compute for ever, some on and off; what each has got after some seconds; moves are seen by a task's CPU.

using VboxMem.Kernel.Auditing;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Time;

namespace VboxMem.Kernel.Tests.Sched;

public sealed class LoadBalanceTests
{
    private const ulong ForEver = 1_000_000;

    [Theory]
    [InlineData(2, 4)]
    [InlineData(2, 3)]
    [InlineData(4, 6)]
    [InlineData(3, 7)]
    public void Busy_programs_share_all_cpus(int cpus, int programs)
    {
        using var box = new SchedBox(cpus);
        var tasks = Enumerable.Range(0, programs).Select(_ => box.Compute(ForEver)).ToArray();

        AssertShared(box, tasks, cpus);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    public void Programs_whose_neighbours_on_the_other_cpu_have_ended_come_to_share_both(int programs)
    {
        using var box = new SchedBox(cpus: 2);
        var tasks = new List<Process>();
        for (var i = 0; i < programs; i++)
        {
            tasks.Add(box.Compute(ForEver));
            box.Compute(300 + (ulong)(i * 10));
        }

        Assert.All(tasks, static task => Assert.Equal(0, task.Cpu));

        box.Run(4000);
        AssertShared(box, [.. tasks], 2);
    }

    [Fact]
    public void A_new_program_goes_to_the_cpu_with_least_load()
    {
        using var box = new SchedBox(cpus: 3);
        var tasks = Enumerable.Range(0, 6).Select(_ => box.Compute(ForEver)).ToArray();
        box.Run(1);

        Assert.All(Enumerable.Range(0, 3), cpu => Assert.Equal(2, tasks.Count(task => task.Cpu == cpu)));
    }

    [Fact]
    public void Load_counts_by_weight()
    {
        using var box = new SchedBox(cpus: 2);
        var strong = box.Compute(ForEver);
        var weak = Enumerable.Range(0, 4).Select(_ => box.Compute(ForEver, nice: 10)).ToArray();
        box.Run(500);
        var before = SchedBox.Ran(strong);

        box.Run(2000);

        // Four of nice 10 (110 each) have less weight than one of nice 0 (1024): it has a CPU nearly to itself.
        Assert.True(SchedBox.Ran(strong) - before > 1_800_000_000, $"{SchedBox.Ran(strong) - before} ns");
        Assert.True(weak.Count(task => task.Cpu != strong.Cpu) >= 3);
    }

    [Fact]
    public void A_bound_task_stays_where_it_is_however_long_the_queue()
    {
        using var box = new SchedBox(cpus: 2);
        var bound = box.Compute(ForEver);
        Bind(bound, bound.Cpu);
        var sleeper = box.Start([Script.Sleep(3), Script.Compute(2)], rounds: 1_000_000);
        Bind(sleeper, sleeper.Cpu);
        var (cpuOfBound, cpuOfSleeper) = (bound.Cpu, sleeper.Cpu);
        _ = Enumerable.Range(0, 5).Select(_ => box.Compute(ForEver)).ToArray();

        for (var i = 0; i < 500; i++)
        {
            box.Run(3);
            Assert.Equal(cpuOfBound, bound.Cpu);
            Assert.Equal(cpuOfSleeper, sleeper.Cpu);
        }
    }

    [Fact]
    public void One_program_for_each_cpu_is_left_in_peace()
    {
        using var box = new SchedBox(cpus: 4);
        var tasks = Enumerable.Range(0, 4).Select(_ => box.Compute(ForEver)).ToArray();
        box.Run(1);
        var cpus = tasks.Select(static task => task.Cpu).ToArray();

        for (var i = 0; i < 300; i++)
        {
            box.Run(7);
            Assert.Equal(cpus, tasks.Select(static task => task.Cpu));
        }
    }

    [Fact]
    public void A_sleeper_wakes_on_an_idle_cpu_rather_than_behind_a_busy_task()
    {
        using var box = new SchedBox(cpus: 2);
        var busy = box.Compute(ForEver);
        box.Run(1);
        var sleeper = box.Start([Script.Sleep(5), Script.Compute(1)], rounds: 100_000);

        box.Run(3000);

        Assert.InRange(SchedBox.Ran(sleeper), 480_000_000UL, 505_000_000UL);
        Assert.Equal(0UL, busy.InvoluntarySwitches);
        Assert.True(sleeper.RunDelayNanoseconds < 1_000_000, $"{sleeper.RunDelayNanoseconds} ns");
    }

    [Fact]
    public void Counts_hold_and_copies_go_the_same_way_while_tasks_move()
    {
        using var box = new SchedBox(cpus: 3);
        for (var i = 0; i < 5; i++)
        {
            box.Start([Script.Sleep((ulong)(1 + i)), Script.Compute((ulong)(3 + (4 * i)))], nice: i - 2, rounds: 1_000_000);
            box.Start([Script.Open($"/mnt/file{i}", 1 << 20), Script.ReadFile(0, 1 << 20), Script.Compute(3)], rounds: 1_000_000);
        }

        for (var i = 0; i < 20; i++)
        {
            box.Run((ulong)(11 + (i * 7)));
            Audit.Check(box.Machine);
            using var copy = box.Machine.Clone();
            var end = copy.Now.Plus(SimTime.FromMilliseconds(150));
            copy.RunUntil(end);
            using var again = box.Machine.Clone();
            again.RunUntil(end);
            Assert.Equal(copy.ComputeStateHash(), again.ComputeStateHash());
            Audit.Check(copy);
        }
    }

    private static void AssertShared(SchedBox box, Process[] tasks, int cpus)
    {
        var before = tasks.Select(SchedBox.Ran).ToArray();
        box.Run(24_000);

        var fair = 24_000_000_000.0 * cpus / tasks.Length;
        for (var i = 0; i < tasks.Length; i++)
        {
            Assert.InRange((SchedBox.Ran(tasks[i]) - before[i]) / fair, 0.95, 1.05);
        }

        Audit.Check(box.Machine);
    }

    private static void Bind(Process task, int cpu) => task.Affinity = new CpuAffinity(cpu, -1);
}
