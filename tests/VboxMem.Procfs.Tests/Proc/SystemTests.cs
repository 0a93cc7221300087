using VboxMem.FileTree;
using VboxMem.Kernel.Time;
using VboxMem.Testing;

namespace VboxMem.Procfs.Tests.Proc;

public sealed class SystemTests
{
    [Fact]
    public void Uptime_and_idle_time_run_with_the_clock()
    {
        using var box = Box.With(cpus: 4);
        box.Machine.RunUntil(SimTime.FromMilliseconds(100_019));
        var early = box.Read("/proc/uptime").Split(' ');
        box.Machine.RunUntil(SimTime.FromMilliseconds(200_019));
        var late = box.Read("/proc/uptime").Split(' ');

        Assert.Equal(("100.01", "200.01"), (early[0], late[0]));
        Assert.Equal(400m, decimal.Parse(late[1]) - decimal.Parse(early[1]));   // four idle CPUs
    }

    [Fact]
    public void The_first_cpu_line_is_the_sum_of_the_others_and_all_time_is_accounted_for()
    {
        using var box = Box.With(cpus: 4);
        box.Machine.RunUntil(SimTime.FromSeconds(60));
        var cpus = box.Read("/proc/stat").Split('\n').Where(static line => line.StartsWith("cpu", StringComparison.Ordinal)).Select(Figures.Numbers).ToArray();

        Assert.Equal(5, cpus.Length);
        Assert.InRange(cpus[0].Sum(), 4 * 6000 - 20, 4 * 6000);   // each kind is cut to a tick
        for (var kind = 0; kind < 10; kind++)
        {
            Assert.InRange(cpus[0][kind] - cpus.Skip(1).Sum(cpu => cpu[kind]), 0, 3);
        }
    }

    [Fact]
    public void Timer_interrupts_count_once_as_interrupts_and_once_as_timer_softirqs()
    {
        using var box = Box.With();
        box.Machine.RunUntil(SimTime.FromSeconds(10));
        var lines = box.Read("/proc/stat").Split('\n');
        var interrupts = Figures.Numbers(lines.Single(static line => line.StartsWith("intr", StringComparison.Ordinal)));
        var softirqs = Figures.Numbers(lines.Single(static line => line.StartsWith("softirq", StringComparison.Ordinal)));

        Assert.Equal((long)box.Machine.TimerInterrupts, interrupts[0]);
        Assert.All(interrupts.Skip(1), static count => Assert.Equal(0, count));
        Assert.Equal((interrupts[0], 0, interrupts[0]), (softirqs[0], softirqs[1], softirqs[2]));
        Assert.Equal(11, softirqs.Length);
    }

    [Fact]
    public void An_idle_box_has_one_running_task_the_reader()
    {
        using var box = Box.With();
        var tasks = box.Machine.Processes.Count;

        Assert.Equal($"0.00 0.00 0.00 1/{tasks + 1} {box.Machine.Processes.LastPid}\n", box.Read("/proc/loadavg"));
        Assert.Contains("\nprocs_running 1\nprocs_blocked 0\n", box.Read("/proc/stat"), StringComparison.Ordinal);
        Assert.Contains($"\nprocesses {tasks}\n", box.Read("/proc/stat"), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_cpu_has_a_block_in_cpuinfo_and_an_empty_line_behind_it()
    {
        using var box = Box.With(cpus: 2);
        var blocks = box.Read("/proc/cpuinfo").Split("\n\n");

        Assert.Equal(3, blocks.Length);
        Assert.Empty(blocks[2]);
        Assert.StartsWith("processor\t: 1\nvendor_id\t: AuthenticAMD\ncpu family\t: 15\nmodel\t\t: 107\nmodel name\t: ", blocks[1], StringComparison.Ordinal);
        Assert.Contains("\ncpu MHz\t\t: 2700.000\n", blocks[1], StringComparison.Ordinal);
        Assert.Contains("\nbogomips\t: 5400.00\n", blocks[1], StringComparison.Ordinal);
        Assert.Contains("\nphysical id\t: 0\nsiblings\t: 2\ncore id\t\t: 1\ncpu cores\t: 2\napicid\t\t: 1\ninitial apicid\t: 1\n", blocks[1], StringComparison.Ordinal);
        Assert.DoesNotContain("pdpe1gb", blocks[0], StringComparison.Ordinal);
        Assert.Equal(
            "processor vendor_id cpu_family model model_name stepping microcode cpu_MHz cache_size physical_id siblings core_id cpu_cores "
            + "apicid initial_apicid fpu fpu_exception cpuid_level wp flags bugs bogomips TLB_size clflush_size cache_alignment "
            + "address_sizes power_management",
            string.Join(' ', blocks[0].Split('\n').Select(static line => line.Split(':')[0].TrimEnd('\t').Replace(' ', '_'))));
    }

    [Fact]
    public void Without_swap_and_disks_their_files_are_as_good_as_empty()
    {
        using var box = Box.With();

        Assert.Equal("Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n", box.Read("/proc/swaps"));
        Assert.Empty(box.Read("/proc/diskstats"));
    }

    [Theory]
    [InlineData("ostype", "Linux\n")]
    [InlineData("osrelease", "6.12.107+deb13-cloud-amd64\n")]
    [InlineData("version", "#1 SMP PREEMPT_DYNAMIC Debian 6.12.107-1 (2026-08-29)\n")]
    [InlineData("hostname", "vbox\n")]
    [InlineData("panic", "-1\n")]
    [InlineData("printk", "4\t4\t1\t7\n")]
    [InlineData("pid_max", "32768\n")]
    public void Files_of_sys_kernel_say_what_the_box_is(string name, string content)
    {
        using var box = Box.With(commandLine: "quiet nokaslr panic=-1");

        Assert.Equal(content, box.Read($"/proc/sys/kernel/{name}"));
    }

    [Fact]
    public void Where_programs_lie_can_be_set()
    {
        const string Path = "/proc/sys/kernel/randomize_va_space";
        using var box = Box.With(commandLine: "nokaslr");
        Assert.Equal("2\n", box.Read(Path));
        Assert.Equal(Errno.None, box.Write(Path, "1\n"));
        Assert.Equal("1\n", box.Read(Path));
        Assert.Equal(Errno.EINVAL, box.Write(Path, "much"));
        Assert.Equal("1\n", box.Read(Path));
        using var fixedBox = Box.With(commandLine: "nokaslr norandmaps");
        Assert.Equal("0\n", fixedBox.Read(Path));
    }

    [Fact]
    public void A_command_line_without_options_leaves_their_defaults()
    {
        using var box = Box.With(commandLine: "nokaslr");

        Assert.Equal("0\n", box.Read("/proc/sys/kernel/panic"));
        Assert.Equal("7\t4\t1\t7\n", box.Read("/proc/sys/kernel/printk"));
    }

    // SigQ of the captured machines' init: half of threads-max.
    [Theory]
    [InlineData("ram-128m", 312)]
    [InlineData("ram-256m", 815)]
    [InlineData("ram-512m", 1822)]
    [InlineData("ram-1g", 3835)]
    [InlineData("ram-2g", 7861)]
    [InlineData("ram-4g", 15654)]
    [InlineData("ram-8g", 31758)]
    [InlineData("cpus-1-1g", 3836)]
    [InlineData("cpus-8-1g", 3829)]
    [InlineData("numa-1g-1g", 7872)]
    [InlineData("numa-4g-4g", 31805)]
    public void Threads_are_bounded_by_the_memory_that_is_free_when_the_first_is_made(string shape, int half)
    {
        using var box = Box.Like(Capture.Load(shape));

        var ours = int.Parse(box.Read("/proc/sys/kernel/threads-max")) / 2;
        Assert.InRange(ours, half, shape == "ram-256m" ? half + 1 : half);   // that box has some pages more than the captured machine
        Assert.Contains($"\nSigQ:\t0/{ours}\n", box.Read("/proc/1/status"), StringComparison.Ordinal);
    }
}
