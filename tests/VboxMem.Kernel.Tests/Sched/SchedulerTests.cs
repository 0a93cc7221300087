// Goal: CPU time goes where the fair scheduler puts it, none of it gets lost, and simulated CPUs keep step.
// Method: programs that compute and sleep for known times.

using VboxMem.Kernel.Auditing;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Time;

namespace VboxMem.Kernel.Tests.Sched;

public sealed class SchedulerTests
{
    private const ulong Millisecond = 1_000_000;

    [Fact]
    public void Equals_share_a_cpu_equally()
    {
        using var box = new SchedBox();
        var tasks = new[] { box.Compute(10_000), box.Compute(10_000), box.Compute(10_000) };

        box.Run(900);

        Assert.All(tasks, static task => Assert.InRange(SchedBox.Ran(task), 295 * Millisecond, 305 * Millisecond));
    }

    [Theory]
    [InlineData(0, 5, 1024, 335)]
    [InlineData(0, 19, 1024, 15)]
    [InlineData(-5, 0, 3121, 1024)]
    public void Nice_values_weigh(int one, int other, ulong oneWeight, ulong otherWeight)
    {
        using var box = new SchedBox();
        var (first, second) = (box.Compute(60_000, one), box.Compute(60_000, other));

        box.Run(4000);

        var share = SchedBox.Ran(first) / (double)(SchedBox.Ran(first) + SchedBox.Ran(second));
        Assert.Equal(oneWeight / (double)(oneWeight + otherWeight), share, 0.02);
    }

    [Fact]
    public void Two_cpus_run_two_tasks_at_once_and_a_third_shares()
    {
        using var box = new SchedBox(cpus: 2);
        var tasks = new[] { box.Compute(10_000), box.Compute(10_000), box.Compute(10_000) };

        box.Run(1000);

        var sum = 0UL;
        foreach (var task in tasks)
        {
            sum += SchedBox.Ran(task);
            Assert.True(SchedBox.Ran(task) > 400 * Millisecond, $"{SchedBox.Ran(task)} ns");
        }

        Assert.InRange(sum, 1980 * Millisecond, 2001 * Millisecond);
    }

    [Fact]
    public void No_turn_is_longer_than_50_microseconds_or_32_pages_and_the_cpus_keep_step()
    {
        using var box = new SchedBox(cpus: 2);
        box.Compute(1000);
        var toucher = box.Start([Script.Map(8000), Script.Write(0, 0, 8000)]);
        box.RunUntil(() => toucher.Request.Kind == RequestKind.Touch && toucher.Progress.Position > 0);
        var before = toucher.Progress.Position;
        for (var i = 0; i < 200 && toucher.Request.Kind == RequestKind.Touch; i++)
        {
            var now = box.Machine.Now;
            box.Machine.RunUntil(now.Plus(new SimTime(1)));   // at most one turn on each CPU
            Assert.InRange(toucher.Progress.Position - before, 0UL, 32UL);
            before = toucher.Progress.Position;
            for (var cpu = 0; cpu < 2; cpu++)
            {
                Assert.True(Accounted(box.Machine, cpu) <= now.Nanoseconds + 1 + CpuContext.LongestTurnNanoseconds + 20_000);
            }
        }

        Assert.True(before > 500, $"{before} pages touched");
    }

    [Fact]
    public void The_time_of_every_cpu_adds_up_to_the_uptime()
    {
        using var box = new SchedBox(cpus: 3);
        box.Compute(300);
        box.Compute(200, nice: 5);
        box.Start([Script.Open("/mnt/file", 4 << 20), Script.ReadFile(0, 4 << 20), Script.Sleep(20), Script.Compute(10)], rounds: 5);

        for (var i = 0; i < 50; i++)
        {
            box.Run(23);
            for (var cpu = 0; cpu < 3; cpu++)
            {
                Assert.InRange(Accounted(box.Machine, cpu), box.Machine.Now.Nanoseconds, box.Machine.Now.Nanoseconds + 250_000);   // a turn's last step may be long
            }
        }

        Assert.True(Sum(box.Machine, CpuTimeKind.Nice) >= 200 * Millisecond);
        Assert.True(Sum(box.Machine, CpuTimeKind.User) >= 300 * Millisecond);
        Assert.True(Sum(box.Machine, CpuTimeKind.IoWait) > 5 * Millisecond);
        Audit.Check(box.Machine);
    }

    [Fact]
    public void The_cpu_time_of_tasks_is_the_cpus_time()
    {
        using var box = new SchedBox(cpus: 2);
        var (user, system) = (Sum(box.Machine, CpuTimeKind.User), Sum(box.Machine, CpuTimeKind.System));
        var (userOfTasks, systemOfTasks) = OfTasks(box.Machine);
        box.Compute(120);
        box.Start([Script.Map(2000), Script.Write(0, 0, 2000)]);

        box.Run(500);

        var after = OfTasks(box.Machine);
        Assert.Equal(Sum(box.Machine, CpuTimeKind.User) - user, after.User - userOfTasks);
        Assert.Equal(Sum(box.Machine, CpuTimeKind.System) - system, after.System - systemOfTasks);
    }

    [Fact]
    public void A_sleeper_wakes_on_time_on_an_idle_cpu_and_soon_on_a_busy_one()
    {
        using var box = new SchedBox();
        var sleeper = box.Start([Script.Sleep(50), Script.Compute(1)], rounds: 10);
        box.Run(600);
        Assert.Equal(RequestKind.Pause, sleeper.Request.Kind);   // 10 rounds of 51 ms

        box.Compute(5000);
        box.Compute(5000);
        var among = box.Start([Script.Sleep(50), Script.Compute(1)], rounds: 10);
        box.Run(700);
        Assert.Equal(RequestKind.Pause, among.Request.Kind);   // little more: who has slept goes first
    }

    [Fact]
    public void Context_switches_are_counted_by_kind()
    {
        using var box = new SchedBox();
        var sleeper = box.Start([Script.Sleep(1)], rounds: 20);
        var (one, other) = (box.Compute(100), box.Compute(100));

        box.Run(400);

        Assert.InRange(sleeper.VoluntarySwitches, 20UL, 22UL);
        Assert.True(one.InvoluntarySwitches > 20 && other.InvoluntarySwitches > 20, $"{one.InvoluntarySwitches}, {other.InvoluntarySwitches}");
        Assert.True(box.Machine.Scheduler.ContextSwitches > one.InvoluntarySwitches + other.InvoluntarySwitches + 20);
    }

    [Fact]
    public void The_load_average_counts_those_who_run_and_those_who_wait_for_a_disk()
    {
        using var box = new SchedBox(latencyNanoseconds: 500_000_000);
        box.Compute(100_000);
        box.Start([Script.Open("/mnt/file", 512 << 20), .. Enumerable.Repeat(Script.ReadFile(0, 1 << 20), 512)]);

        box.Run(31_000);

        // Six samples of two: 2 * (1 - (1884/2048)^6) = 0.79.
        Assert.InRange(box.Machine.Load.Hundredths.One, 70u, 81u);
    }

    private static ulong Accounted(Machine machine, int cpu)
    {
        var sum = 0UL;
        for (var kind = 0; kind < CpuTimes.Kinds; kind++)
        {
            sum += machine.CpuTimes.Read(cpu, (CpuTimeKind)kind).Nanoseconds;
        }

        return sum;
    }

    private static ulong Sum(Machine machine, CpuTimeKind kind)
    {
        var sum = 0UL;
        for (var cpu = 0; cpu < machine.Cpus.Count; cpu++)
        {
            sum += machine.CpuTimes.Read(cpu, kind).Nanoseconds;
        }

        return sum;
    }

    private static (ulong User, ulong System) OfTasks(Machine machine)
    {
        var (user, system) = (0UL, 0UL);
        foreach (var task in machine.Processes.Tasks)
        {
            user += task.UserNanoseconds;
            system += task.SystemNanoseconds;
        }

        return (user, system);
    }
}
