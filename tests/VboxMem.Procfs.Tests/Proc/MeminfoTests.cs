using VboxMem.Testing;

namespace VboxMem.Procfs.Tests.Proc;

public sealed class MeminfoTests
{
    public static TheoryData<string> Shapes => [.. Capture.Shapes];

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Figures_add_up_among_themselves_and_with_other_files(string shape)
    {
        using var box = Box.Like(Capture.Load(shape));
        var meminfo = Figures.Meminfo(box.Read("/proc/meminfo"));
        var vmstat = Figures.Vmstat(box.Read("/proc/vmstat"));

        Assert.Equal(meminfo["Slab"], meminfo["SReclaimable"] + meminfo["SUnreclaim"]);
        Assert.Equal(meminfo["Active"], meminfo["Active(anon)"] + meminfo["Active(file)"]);
        Assert.Equal(meminfo["Inactive"], meminfo["Inactive(anon)"] + meminfo["Inactive(file)"]);
        Assert.Equal(meminfo["CommitLimit"], meminfo["MemTotal"] / 4 / 2 * 4);
        Assert.Equal(meminfo["MemFree"], vmstat["nr_free_pages"] * 4);
        Assert.Equal(meminfo["KernelStack"], vmstat["nr_kernel_stack"]);
        Assert.True(meminfo["MemAvailable"] < meminfo["MemFree"] + meminfo["SReclaimable"]);
        Assert.True(meminfo["MemFree"] + meminfo["Slab"] + meminfo["KernelStack"] < meminfo["MemTotal"]);
        Assert.Equal(meminfo["MemTotal"], 4 * box.Read("/proc/zoneinfo").Split('\n')
            .Where(static line => line.Contains(" managed ", StringComparison.Ordinal)).Sum(static line => Figures.Numbers(line)[0]));
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Nodes_add_up_to_the_machine(string shape)
    {
        var capture = Capture.Load(shape);
        using var box = Box.Like(capture);
        var whole = Figures.Meminfo(box.Read("/proc/meminfo"));
        var nodes = capture.Nodes.Select(node => Figures.Meminfo(box.Read($"/sys/devices/system/node/node{node.Id}/meminfo"))).ToArray();

        foreach (var name in (string[])["MemTotal", "MemFree", "Slab", "SReclaimable", "KernelStack", "PageTables", "Shmem"])
        {
            Assert.Equal(whole[name], nodes.Sum(node => node[name]));
        }

        Assert.All(nodes, static node => Assert.Equal(node["MemTotal"], node["MemFree"] + node["MemUsed"]));
    }

    // Userland's pages and late boot allocations differ; what boot alone decides does not.
    [Theory]
    [MemberData(nameof(Shapes))]
    public void Constants_and_what_boot_decides_are_the_captured_figures(string shape)
    {
        var capture = Capture.Load(shape);
        using var box = Box.Like(capture);
        var ours = Figures.Meminfo(box.Read("/proc/meminfo"));

        foreach (var name in (string[])["VmallocTotal", "VmallocChunk", "Percpu", "HardwareCorrupted", "Hugepagesize", "SwapTotal"])
        {
            Assert.Equal(capture.Meminfo[name], ours[name]);
        }

        Assert.Equal(capture.Meminfo["DirectMap4k"] + capture.Meminfo["DirectMap2M"], ours["DirectMap4k"] + ours["DirectMap2M"]);
    }

    // How many large pages boot splits is measured: nine on ordinary machines, one or two more or less on others.
    [Theory]
    [MemberData(nameof(Shapes))]
    public void The_direct_map_is_split_as_on_the_captured_machines(string shape)
    {
        const long LargePageKilobytes = 2048;
        var capture = Capture.Load(shape);
        using var box = Box.Like(capture);
        var difference = Figures.Meminfo(box.Read("/proc/meminfo"))["DirectMap4k"] - capture.Meminfo["DirectMap4k"];

        var isOrdinary = capture.Machine is { Cpus: <= 2, RamMebibytes: >= 512, NodesMebibytes.Count: 1 };
        Assert.InRange(difference, isOrdinary ? 0 : -2 * LargePageKilobytes, isOrdinary ? 0 : LargePageKilobytes);
        Assert.Equal(0, difference % LargePageKilobytes);
    }

    [Fact]
    public void Huge_pages_leave_free_memory_and_the_commit_limit_at_once()
    {
        using var box = Box.With();
        var before = Figures.Meminfo(box.Read("/proc/meminfo"));

        Assert.Equal(VboxMem.FileTree.Errno.None, box.Write("/proc/sys/vm/nr_hugepages", "20"));

        var after = Figures.Meminfo(box.Read("/proc/meminfo"));
        Assert.Equal((20, 20, 0, 0), (after["HugePages_Total"], after["HugePages_Free"], after["HugePages_Rsvd"], after["HugePages_Surp"]));
        Assert.Equal(20 * 2048, after["Hugetlb"]);
        Assert.Equal(before["MemTotal"], after["MemTotal"]);
        Assert.Equal(before["CommitLimit"] - (20 * 1024), after["CommitLimit"]);
        Assert.True(before["MemFree"] - after["MemFree"] >= 19 * 2048);
    }
}
