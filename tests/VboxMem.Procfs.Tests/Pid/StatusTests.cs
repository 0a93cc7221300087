using VboxMem.Kernel;
using VboxMem.Kernel.Sched;

namespace VboxMem.Procfs.Tests.Pid;

// Goal: status has the lines a captured kernel prints, for every kind of task, and figures that are the machine's.
public sealed class StatusTests
{
    // SigIgn and SigCgt are the captured shell's doing; FDSize and context switches differ in length alone.
    [Theory]
    [InlineData("init_status")]
    [InlineData("nginx_status")]
    public void A_process_has_the_lines_of_a_captured_one(string captured)
    {
        using var box = Box.With();
        var task = box.Start(new Requests([]));

        Assert.Equal(Mask(CapturedProcess.Read(captured)), Mask(box.Read(task, "status")));
    }

    [Fact]
    public void Memory_of_a_process_adds_up()
    {
        using var box = Box.With();
        var status = new Fields(box.Read(box.Start(new Requests([])), "status"));

        Assert.Equal(status["VmRSS"], status["RssAnon"] + status["RssFile"] + status["RssShmem"]);
        Assert.Equal(100 + 60 + 8, status["VmExe"] + status["VmLib"]);   // program, library, vdso
        Assert.Equal(100, status["VmExe"]);
        Assert.Equal(132, status["VmStk"]);
        Assert.Equal(12 + 20 + 8, status["VmData"]);
        Assert.Equal(100 + 40 + 12 + 20 + 60 + 20 + 8 + 132 + 16 + 8, status["VmSize"]);   // 16 kB of vvar
        Assert.Equal(status["VmSize"], status["VmPeak"]);
    }

    [Fact]
    public void Peaks_stay_when_memory_is_given_back()
    {
        using var box = Box.With();
        const ulong bytes = 4 << 20;
        var anonymous = (ulong)(Kernel.Virtual.MapFlags.ReadWrite | Kernel.Virtual.MapFlags.Anonymous);
        var task = box.Start(new Requests(
        [
            new Request(RequestKind.Mmap, bytes, anonymous | FixedPlace, ulong.MaxValue),
            new Request(RequestKind.Touch, Place, bytes, (ulong)TouchKind.Write),
            new Request(RequestKind.Munmap, Place, bytes),
        ]));

        var status = new Fields(box.Read(task, "status"));
        Assert.Equal(4096, status["VmPeak"] - status["VmSize"]);
        Assert.Equal(4096, status["VmHWM"] - status["VmRSS"]);
    }

    // Facts: no lines of memory, Kthread 1, all signals ignored; names longer than 15 characters are whole.
    [Fact]
    public void A_kernel_thread_has_no_memory_and_ignores_signals()
    {
        using var box = Box.With(cpus: 2);
        var text = box.Read(Find(box, "kworker/1:0H-events_highpri"), "status");

        Assert.StartsWith("Name:\tkworker/1:0H-events_highpri\nUmask:\t0022\nState:\tI (idle)\n", text, StringComparison.Ordinal);
        Assert.Contains("\nFDSize:\t64\n", text, StringComparison.Ordinal);
        Assert.Contains("\nKthread:\t1\nThreads:\t1\n", text, StringComparison.Ordinal);
        Assert.Contains("\nSigIgn:\tffffffffffffffff\n", text, StringComparison.Ordinal);
        Assert.Contains("\nCpus_allowed:\t2\nCpus_allowed_list:\t1\n", text, StringComparison.Ordinal);
    }

    // Against a zombie of a running kernel.
    [Fact]
    public void A_zombie_has_neither_umask_nor_memory_nor_descriptors()
    {
        using var box = Box.With();
        var text = box.Read(Zombie.In(box), "status");

        Assert.StartsWith("Name:\trequests\nState:\tZ (zombie)\nTgid:\t", text, StringComparison.Ordinal);
        Assert.Contains("\nFDSize:\t0\nGroups:\t \n", text, StringComparison.Ordinal);
        Assert.Contains("\nKthread:\t0\nThreads:\t1\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Only_root_has_capabilities()
    {
        using var box = Box.With();

        Assert.Contains("\nCapEff:\t0000000000000000\nCapBnd:\t000001ffffffffff\n",
            box.Read(box.Start(new Requests([]), uid: 1000), "status"), StringComparison.Ordinal);
        Assert.Contains("\nCapEff:\t000001ffffffffff\nCapBnd:\t000001ffffffffff\n", box.Read("/proc/1/status"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, "1", "0")]
    [InlineData(2, "3", "0-1")]
    [InlineData(8, "ff", "0-7")]
    [InlineData(12, "fff", "0-11")]
    [InlineData(40, "ff,ffffffff", "0-39")]
    public void Allowed_cpus_are_as_wide_as_the_machine(int cpus, string mask, string list)
    {
        using var box = Box.With(cpus: cpus);

        Assert.Contains($"\nCpus_allowed:\t{mask}\nCpus_allowed_list:\t{list}\n", box.Read("/proc/2/status"), StringComparison.Ordinal);
    }

    [Fact]
    public void Caught_signals_are_those_the_program_handles()
    {
        using var box = Box.With();
        var task = box.Start(new Requests([]) { Handled = (1UL << (int)Signal.Hangup) | (1UL << (int)Signal.Terminate) });

        Assert.Contains("\nSigCgt:\t0000000000004001\n", box.Read(task, "status"), StringComparison.Ordinal);
    }

    [Fact]
    public void Line_breaks_in_names_are_escaped_here_alone()
    {
        using var box = Box.With();
        var task = box.Start(new Requests([]));
        task.Name = "a\nb\\c";

        Assert.StartsWith("Name:\ta\\nb\\\\c\nUmask", box.Read(task, "status"), StringComparison.Ordinal);
        Assert.Equal("a\nb\\c\n", box.Read(task, "comm"));
    }

    private const ulong Place = 0x2000_0000;
    private const ulong FixedPlace = Place | (ulong)Kernel.Virtual.MapFlags.Fixed;

    private static Process Find(Box box, string name) => box.Machine.Processes.Tasks.Single(task => task.Name == name);

    private static string Mask(string status) => string.Join('\n', status.Split('\n').Select(static line =>
        line.StartsWith("Name", StringComparison.Ordinal) ? "Name"
        : line.StartsWith("Sig", StringComparison.Ordinal) && !line.StartsWith("SigQ", StringComparison.Ordinal) ? line[..8]
        : Layout.Of(line, columns: line.StartsWith("Vm", StringComparison.Ordinal) || line.StartsWith("Rss", StringComparison.Ordinal))));

    /// <summary>The numbers of status by their labels.</summary>
    private sealed class Fields(string text)
    {
        public long this[string label] => Figures.Numbers(
            text.Split('\n').Single(line => line.StartsWith(label + ":", StringComparison.Ordinal)))[0];
    }
}
