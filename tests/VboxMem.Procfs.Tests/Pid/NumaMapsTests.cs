using System.Text.RegularExpressions;
using VboxMem.FileTree;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Procfs.Tests.Pid;

// Goal: numa_maps has Linux's words, and leaves out what Linux leaves out.
public sealed class NumaMapsTests
{
    private const string Shape =
        "^[0-9a-f]{8,} default( file=[^ ]+| heap| stack)?(( anon=[1-9][0-9]*)?( dirty=[1-9][0-9]*)?( mapped=[1-9][0-9]*)?( mapmax=[1-9][0-9]*)?"
        + "( swapcache=[1-9][0-9]*)?( active=[0-9]+)?( writeback=[1-9][0-9]*)?( N[0-9]+=[1-9][0-9]*)+ kernelpagesize_kB=4)?$";

    private const ulong Place = 0x2000_0000;
    private const MapFlags Anonymous = MapFlags.ReadWrite | MapFlags.Anonymous | MapFlags.Fixed;

    [Fact]
    public void Lines_have_the_shape_of_the_hosts_own()
    {
        using var box = Box.With(commandLine: "nokaslr norandmaps");
        var host = File.ReadAllText("/proc/self/numa_maps");
        Assert.All(MemoryAgreement.Lines(host).Where(static line => !line.Contains(" huge", StringComparison.Ordinal)), static line => Assert.Matches(Shape, line));

        const ulong heapStart = 0x5555_5557_f000;
        var ours = MemoryAgreement.Lines(box.Read(box.Start(new Requests([new Request(RequestKind.Brk, heapStart + (132 << 10))])), "numa_maps"));

        Assert.All(ours, static line => Assert.Matches(Shape, line));
        Assert.Single(ours, static line => line.Contains(" heap", StringComparison.Ordinal));
        Assert.Single(ours, static line => line.Contains(" stack", StringComparison.Ordinal));
    }

    // Facts 6.5: dirty anonymous pages alone have no "mapped"; pages of a file alone have nothing else.
    [Fact]
    public void Figures_that_say_nothing_are_left_out()
    {
        using var box = Box.With();
        Assert.Equal(Errno.None, box.Write("/sys/kernel/mm/transparent_hugepage/enabled", "never"));
        var lines = MemoryAgreement.Lines(box.Read(box.Start(new Requests(
        [
            new Request(RequestKind.Mmap, 1 << 20, (ulong)Anonymous | Place, ulong.MaxValue),
            new Request(RequestKind.Touch, Place, 3 * 4096, (ulong)TouchKind.Write),
            new Request(RequestKind.Mmap, 1 << 20, (ulong)(Anonymous | MapFlags.Shared) | (Place + (4 << 20)), ulong.MaxValue),
            new Request(RequestKind.Mmap, 1 << 20, (ulong)Anonymous | (Place + (8 << 20)), ulong.MaxValue),
        ])), "numa_maps"));

        Assert.Contains("20000000 default anon=3 dirty=3 active=0 N0=3 kernelpagesize_kB=4", lines);
        Assert.Contains("20400000 default file=/dev/zero\\040(deleted)", lines);
        Assert.Contains("20800000 default", lines);
        Assert.Contains(lines, static line => Regex.IsMatch(line, "^[0-9a-f]+ default file=/usr/bin/requests mapped=[0-9]+ active=0 N0=[0-9]+ kernelpagesize_kB=4$"));
    }

    [Fact]
    public void Memory_of_two_nodes_is_told_apart_and_a_huge_page_counts_as_its_pages()
    {
        using var machine = Kernel.Machine.Boot(new Kernel.MachineConfiguration
        {
            RamBytes = 512 << 20,
            Cpus = 2,
            InitrdBytes = 0,
            Nodes = [new() { RamBytes = 256 << 20, Cpus = 1 }, new() { RamBytes = 256 << 20, Cpus = 1 }],
        });
        var tree = new MachineTree(machine);
        const ulong bytes = 300 << 20;   // more than one node has
        var task = machine.Spawn(new Requests(
        [
            new Request(RequestKind.Mmap, bytes, (ulong)Anonymous | Place, ulong.MaxValue), new Request(RequestKind.Touch, Place, bytes, (ulong)TouchKind.Write),
        ]))!;
        machine.RunUntil(machine.Now.Plus(Kernel.Time.SimTime.FromSeconds(3)));
        Assert.Equal(Errno.None, tree.TryRead($"/proc/{task.Pid}/numa_maps", out var content));

        var line = MemoryAgreement.Lines(System.Text.Encoding.UTF8.GetString(content.Span)).Single(static line => line.StartsWith("20000000 ", StringComparison.Ordinal));

        Assert.Equal(bytes / 4096, MemoryAgreement.Figure(line, "N0") + MemoryAgreement.Figure(line, "N1"));
        Assert.True(MemoryAgreement.Figure(line, "N0") > 1000 && MemoryAgreement.Figure(line, "N1") > 1000, line);
        Assert.Contains(" N0=", line[..line.IndexOf(" N1=", StringComparison.Ordinal)], StringComparison.Ordinal);
    }

    [Fact]
    public void Kernel_threads_and_zombies_have_no_lines()
    {
        using var box = Box.With();

        Assert.Equal("", box.Read("/proc/2/numa_maps"));
        Assert.Equal("", box.Read(Zombie.In(box), "numa_maps"));
    }
}
