// Each CPU's run time and waits against its time in /proc/stat, the context switches, and tasks that are known to wait.

using VboxMem.Kernel;
using VboxMem.Kernel.Sched;

namespace VboxMem.Procfs.Tests.Proc;

public sealed class SchedstatTests
{
    private const string NoStatistics = " 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n";

    [Fact]
    public void Run_time_is_that_of_the_cpu_and_time_slices_are_the_switches_to_tasks()
    {
        using var box = Box.With();
        ulong[] boot = [BusyTime(box, 0), BusyTime(box, 1)];   // run before there were tasks
        box.Machine.Spawn(new Spinner());
        box.Run(3_000);
        var lines = box.Read("/proc/schedstat").Split('\n');

        Assert.Equal("version 16", lines[0]);
        Assert.Equal($"timestamp {4294892296 + (box.Machine.Now.Nanoseconds / 4_000_000)}", lines[1]);
        var slices = 0UL;
        for (var cpu = 0; cpu < 2; cpu++)
        {
            var figures = lines[2 + (2 * cpu)].Split(' ');
            Assert.Equal([$"cpu{cpu}", "0", "0", "0", "0", "0", "0"], figures[..7]);
            Assert.Equal("domain0 3" + NoStatistics, lines[3 + (2 * cpu)] + "\n");
            Assert.Equal(BusyTime(box, cpu) - boot[cpu], ulong.Parse(figures[7]));
            slices += ulong.Parse(figures[9]);
        }

        Assert.InRange(slices, 1UL, box.Machine.Scheduler.ContextSwitches);   // workers of the clock's have no turn of their own
    }

    [Fact]
    public void Of_two_tasks_that_share_a_cpu_each_waits_half_of_the_time()
    {
        using var box = Box.With(cpus: 1);
        Process[] tasks = [box.Machine.Spawn(new Spinner())!, box.Machine.Spawn(new Spinner())!];
        box.Run(500);
        var before = (ulong)Figures.Numbers(box.Read("/proc/schedstat").Split('\n')[2])[7];
        ulong[] waited = [.. tasks.Select(static task => task.RunDelayNanoseconds)];
        var slices = Slices(box);
        box.Run(4_000);
        var after = (ulong)Figures.Numbers(box.Read("/proc/schedstat").Split('\n')[2])[7];

        Assert.All(tasks.Zip(waited), static pair => Assert.InRange(pair.First.RunDelayNanoseconds - pair.Second, 1_900_000_000UL, 2_100_000_000UL));
        Assert.InRange(after - before, 3_900_000_000UL, 4_100_000_000UL);
        Assert.InRange(Slices(box) - slices, 1000, 4_000_000_000 / 700_000);   // of 0.7 ms at least
    }

    [Fact]
    public void A_machine_of_two_nodes_with_a_cpu_each_is_one_domain_and_one_cpu_is_none()
    {
        using var two = Box.Like(VboxMem.Testing.Capture.Load("numa-1g-1g"));
        using var one = Box.With(cpus: 1);

        Assert.Equal(2, two.Read("/proc/schedstat").Split("\ndomain0 3 0 0 ").Length - 1);
        Assert.DoesNotContain("domain1", two.Read("/proc/schedstat"), StringComparison.Ordinal);
        Assert.DoesNotContain("domain", one.Read("/proc/schedstat"), StringComparison.Ordinal);
    }

    private static long Slices(Box box) => Figures.Numbers(box.Read("/proc/schedstat").Split('\n')[2])[8];

    private static ulong BusyTime(Box box, int cpu)
    {
        var busy = 0UL;
        foreach (var kind in (CpuTimeKind[])[CpuTimeKind.User, CpuTimeKind.Nice, CpuTimeKind.System])
        {
            busy += box.Machine.CpuTimes.Read(cpu, kind).Nanoseconds;
        }

        return busy;
    }

    /// <summary>A program that computes for ever.</summary>
    private sealed class Spinner : UserProgram
    {
        public override ProgramImage Image => Requests.File;

        public override Request Next(in Reply last) => new(RequestKind.Compute, 1_000_000);

        public override UserProgram Clone() => new Spinner();

        public override void HashInto(StateHash hash)
        {
        }
    }
}
