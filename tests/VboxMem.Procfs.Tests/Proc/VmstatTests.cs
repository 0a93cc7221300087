using VboxMem.FileTree;
using VboxMem.Testing;

namespace VboxMem.Procfs.Tests.Proc;

public sealed class VmstatTests
{
    [Theory]
    [InlineData("ram-128m")]
    [InlineData("ram-1g")]
    [InlineData("ram-8g")]
    [InlineData("numa-4g-4g")]
    public void Descriptors_of_present_sections_are_the_captured_count(string shape)
    {
        var capture = Capture.Load(shape);
        using var box = Box.Like(capture);

        Assert.Equal(capture.Vmstat["nr_memmap_boot_pages"], Figures.Vmstat(box.Read("/proc/vmstat"))["nr_memmap_boot_pages"]);
    }

    // The thresholds are a fifth and a tenth of what can be dirtied. Free pages differ by what userland took, and by what lies on the CPUs'
    // own lists, which were 3169 pages on the captured machine.
    [Fact]
    public void Dirty_thresholds_follow_free_memory_and_the_sysctls()
    {
        using var box = Box.With();
        var before = Figures.Vmstat(box.Read("/proc/vmstat"));
        var parked = box.Machine.Nodes[0].Zones.ToArray().SelectMany(static zone => zone.PerCpu.ToArray()).Sum(static list => (long)list.CountPages) - 3169;
        Assert.InRange(before["nr_dirty_threshold"] + (parked / 5), 44307, 44700);
        Assert.InRange(before["nr_dirty_background_threshold"] + (parked / 10), 22126, 22350);

        Assert.Equal(Errno.None, box.Write("/proc/sys/vm/dirty_bytes", "40960000"));

        Assert.Equal(10000, Figures.Vmstat(box.Read("/proc/vmstat"))["nr_dirty_threshold"]);
    }

    [Fact]
    public void Placement_events_of_the_nodes_add_up()
    {
        var capture = Capture.Load("numa-1g-1g");
        using var box = Box.Like(capture);
        var whole = Figures.Vmstat(box.Read("/proc/vmstat"));
        var first = Figures.Vmstat(box.Read("/sys/devices/system/node/node0/numastat"));
        var second = Figures.Vmstat(box.Read("/sys/devices/system/node/node1/numastat"));

        Assert.Equal(whole["numa_hit"], first["numa_hit"] + second["numa_hit"]);
        Assert.Equal(whole["numa_local"], first["local_node"] + second["local_node"]);
        Assert.True(first["numa_hit"] > 0);
    }
}
