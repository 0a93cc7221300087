using VboxMem.Kernel.Sched;

namespace VboxMem.Procfs.Tests.Pid;

// Goal: stat has 52 fields that say what status and statm say, and those of kernel threads are a running kernel's.
public sealed class StatTests
{
    [Fact]
    public void A_process_has_the_constant_fields_of_a_captured_one()
    {
        using var box = Box.With();
        var ours = FieldsOf(box.Read(box.Start(new Requests([])), "stat"));
        var captured = FieldsOf(CapturedProcess.Read("nginx_stat"));

        Assert.Equal(52, ours.Length);
        int[] alike = [3, 7, 8, 9, 11, 13, 16, 17, 18, 19, 20, 21, 25, 29, 30, 31, 32, 34, 35, 36, 37, 38, 40, 41, 42, 43, 44, 52];
        Assert.Equal(alike.Select(field => captured[field - 1]), alike.Select(field => ours[field - 1]));
    }

    [Fact]
    public void Sizes_are_those_of_statm_and_addresses_lie_in_order()
    {
        using var box = Box.With();
        var task = box.Start(new Requests([]));
        var fields = FieldsOf(box.Read(task, "stat"));
        var statm = Figures.Numbers(box.Read(task, "statm").TrimEnd());

        Assert.Equal(statm[0] * 4096, long.Parse(fields[22]));
        Assert.Equal(statm[1], long.Parse(fields[23]));
        ulong[] addresses = [.. new[] { 26, 27, 45, 46, 47, 28, 48, 49, 50, 51 }.Select(field => ulong.Parse(fields[field - 1]))];
        Assert.Equal(addresses.Order(), addresses);
        Assert.Equal((ulong)task.CommandLine.Length, addresses[7] - addresses[6]);
    }

    // Captured: "10707 10446 191 155 0 10498 0" beside VmSize 42828, VmRSS 41784, VmExe 620, VmData + VmStk 41992 kB.
    [Fact]
    public void Statm_is_in_pages_what_status_is_in_kilobytes()
    {
        using var box = Box.With();
        var statm = Figures.Numbers(box.Read(box.Start(new Requests([])), "statm").TrimEnd());

        Assert.Equal([104L, 25L, 0L, 43L, 0L], [statm[0], statm[3], statm[4], statm[5], statm[6]]);
        Assert.Equal(Layout.Of(CapturedProcess.Read("nginx_statm"), columns: false), Layout.Of(string.Join(' ', statm) + "\n", columns: false));
    }

    // Lines of a running kernel (6.18), start and CPU time left out.
    [Theory]
    [InlineData("kthreadd", "S 0 0 0 0 -1 2129984", "20 0 1 0", "0 0 0 0")]
    [InlineData("pool_workqueue_release", "S 2 0 0 0 -1 2129984", "20 0 1 0", "17 0 0 0")]
    [InlineData("kworker/R-rcu_gp", "I 2 0 0 0 -1 69238880", "0 -20 1 0", "17 0 0 0")]
    [InlineData("kworker/0:0H-events_highpri", "I 2 0 0 0 -1 69238880", "0 -20 1 0", "17 0 0 0")]
    [InlineData("kworker/0:0-events", "I 2 0 0 0 -1 69238880", "20 0 1 0", "17 0 0 0")]
    [InlineData("ksoftirqd/1", "S 2 0 0 0 -1 69238848", "20 0 1 0", "17 1 0 0")]
    [InlineData("migration/1", "S 2 0 0 0 -1 69238848", "-100 0 1 0", "17 1 99 1")]
    [InlineData("rcu_preempt", "I 2 0 0 0 -1 2129984", "20 0 1 0", "17 0 0 0")]
    [InlineData("rcu_exp_par_gp_kthread_worker/0", "S 2 0 0 0 -1 2129984", "20 0 1 0", "17 0 0 0")]
    [InlineData("rcu_tasks_rude_kthread", "I 2 0 0 0 -1 2129984", "20 0 1 0", "17 0 0 0")]
    [InlineData("kdevtmpfs", "S 2 0 0 0 -1 2130240", "20 0 1 0", "17 0 0 0")]
    [InlineData("kauditd", "S 2 0 0 0 -1 2097216", "20 0 1 0", "17 0 0 0")]
    [InlineData("khungtaskd", "S 2 0 0 0 -1 2129984", "20 0 1 0", "17 0 0 0")]
    [InlineData("oom_reaper", "S 2 0 0 0 -1 2097216", "20 0 1 0", "17 0 0 0")]
    [InlineData("kcompactd0", "S 2 0 0 0 -1 2162752", "20 0 1 0", "17 0 0 0")]
    [InlineData("ksmd", "S 2 0 0 0 -1 2097216", "25 5 1 0", "17 0 0 0")]
    [InlineData("khugepaged", "S 2 0 0 0 -1 2097216", "39 19 1 0", "17 0 0 0")]
    [InlineData("kswapd0", "S 2 0 0 0 -1 2230336", "20 0 1 0", "17 0 0 0")]
    [InlineData("irq/9-acpi", "S 2 0 0 0 -1 2129984", "-51 0 1 0", "17 0 50 1")]
    public void Kernel_threads_read_as_on_a_running_kernel(string name, string family, string priority, string scheduling)
    {
        using var box = Box.With();
        var task = box.Machine.Processes.Tasks.Single(task => task.Name == name);
        var text = box.Read(task, "stat");
        var fields = FieldsOf(text);

        Assert.StartsWith($"{task.Pid} ({name}) ", text, StringComparison.Ordinal);
        Assert.Equal(family, string.Join(' ', fields[2..9]));
        Assert.Equal(priority, string.Join(' ', fields[17..21]));
        Assert.Equal("0 0 18446744073709551615 0 0 0 0 0 0 0 2147483647 0 1 0 0", string.Join(' ', fields[22..37]));
        Assert.Equal(scheduling, string.Join(' ', fields[37..41]));
        Assert.Equal("0 0 0 0 0 0 0 0 0 0 0", string.Join(' ', fields[41..52]));
    }

    // A zombie of a running kernel that had exited with code 3: flags 0x40804c, exit_code 768.
    [Theory]
    [InlineData(Signal.None, "4227148", "768")]
    [InlineData(Signal.Terminate, "4228172", "15")]
    [InlineData(Signal.Kill, "4228172", "9")]
    public void A_zombie_shows_how_it_has_died(Signal killedBy, string flags, string exitCode)
    {
        using var box = Box.With();
        var zombie = Zombie.In(box, exitCode: 3, killedBy: killedBy);
        var fields = FieldsOf(box.Read(zombie, "stat"));

        Assert.Equal(["Z", flags, "0", "0", "1", exitCode], [fields[2], fields[8], fields[22], fields[23], fields[34], fields[51]]);
        Assert.Equal("0 0 0 0 0 0 0\n", box.Read(zombie, "statm"));
        Assert.Equal("", box.Read(zombie, "cmdline"));
    }

    [Fact]
    public void A_forked_child_that_has_not_called_exec_is_marked_so()
    {
        using var box = Box.With();
        var parent = box.Start(new Requests([new Request(RequestKind.Fork, Program: new Requests([]))]));

        Assert.Equal("4194304", FieldsOf(box.Read(parent, "stat"))[8]);
        Assert.Equal("4194368", FieldsOf(box.Read($"/proc/{parent.Pid + 1}/stat"))[8]);
    }

    [Fact]
    public void Arguments_end_in_zero_bytes_and_kernel_threads_have_none()
    {
        using var box = Box.With();

        Assert.Equal("/usr/bin/requests\0--all\0", box.Read(box.Start(new Requests([])), "cmdline"));
        Assert.Equal("", box.Read("/proc/2/cmdline"));
        Assert.Equal("kthreadd\n", box.Read("/proc/2/comm"));
    }

    /// <summary>Field 1 and 2, and what follows the last parenthesis.</summary>
    private static string[] FieldsOf(string stat)
    {
        var end = stat.LastIndexOf(')');
        return [stat[..stat.IndexOf(' ', StringComparison.Ordinal)], stat[..(end + 1)], .. stat[(end + 2)..].TrimEnd('\n').Split(' ')];
    }
}
