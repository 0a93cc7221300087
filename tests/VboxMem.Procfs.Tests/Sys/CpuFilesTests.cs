// CPUs and memory blocks in sysfs: of captured machines where they have the file, else of the machine's own description.

using VboxMem.FileTree;
using VboxMem.Testing;

namespace VboxMem.Procfs.Tests.Sys;

public sealed class CpuFilesTests
{
    private const string Cpu = "/sys/devices/system/cpu/";
    private const string Memory = "/sys/devices/system/memory/";

    [Fact]
    public void Sets_of_cpus_are_lists_and_masks_of_all_of_them()
    {
        using var box = Box.With(cpus: 8);

        Assert.Equal(("0-7\n", "0-7\n", "0-7\n"), (box.Read(Cpu + "online"), box.Read(Cpu + "possible"), box.Read(Cpu + "present")));
        Assert.Equal(("\n", "8191\n"), (box.Read(Cpu + "offline"), box.Read(Cpu + "kernel_max")));
        Assert.Equal(("ff\n", "0-7\n", "08\n", "3\n", "3\n"), (
            box.Read(Cpu + "cpu3/topology/package_cpus"), box.Read(Cpu + "cpu3/topology/core_siblings_list"),
            box.Read(Cpu + "cpu3/topology/thread_siblings"), box.Read(Cpu + "cpu3/topology/core_cpus_list"), box.Read(Cpu + "cpu3/topology/core_id")));
    }

    [Fact]
    public void A_node_is_a_package_and_each_cpu_leads_to_its_node()
    {
        using var box = Box.Like(Capture.Load("numa-1g-1g"));

        Assert.Equal(("1\n", "0\n", "2\n"), (
            box.Read(Cpu + "cpu1/topology/physical_package_id"), box.Read(Cpu + "cpu1/topology/core_id"), box.Read(Cpu + "cpu1/topology/package_cpus")));
        Assert.Equal(box.Read("/sys/devices/system/node/node1/meminfo"), box.Read(Cpu + "cpu1/node1/meminfo"));
        Assert.Equal(Errno.ENOENT, box.Tree.TryRead(Cpu + "cpu0/online", out _));
    }

    [Theory]
    [InlineData("cpu1/online", "0")]
    [InlineData("online", "0")]
    [InlineData("smt/control", "off")]
    public void Cpus_stay_as_they_are(string file, string text)
    {
        using var box = Box.With();

        Assert.Equal(Errno.EACCES, box.Write(Cpu + file, text));
    }

    [Theory]
    [InlineData("ram-128m")]
    [InlineData("ram-1g")]
    [InlineData("ram-4g")]
    [InlineData("ram-8g")]
    [InlineData("numa-4g-4g")]
    public void Memory_blocks_are_the_captured_ones(string shape)
    {
        var capture = Capture.Load(shape);
        using var box = Box.Like(capture);
        var captured = capture.Text("sys_memory_blocks").Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(static line => line.Split(" = ", 2)).Where(static pair => !pair[0].Contains("power/", StringComparison.Ordinal) && !pair[0].EndsWith("uevent", StringComparison.Ordinal))
            .ToDictionary(static pair => pair[0], static pair => pair[1]);

        Assert.Equal(captured.Keys.Order(StringComparer.Ordinal), box.Paths.Where(static path => path.StartsWith(Memory, StringComparison.Ordinal))
            .Select(static path => path[Memory.Length..]).Order(StringComparer.Ordinal));
        Assert.All(captured, pair => Assert.Equal(pair.Value + "\n", box.Read(Memory + pair.Key)));
    }

    [Fact]
    public void From_64_gibibytes_on_blocks_are_as_large_as_divides_the_end_of_memory()
    {
        using var box = Box.With(ramMebibytes: 96 << 10);

        // 3 GiB lie below the 4 GiB line, so memory ends at 97 GiB.
        Assert.Equal("40000000\n", box.Read(Memory + "block_size_bytes"));
        Assert.Equal(("00000060\n", "Normal\n"), (box.Read(Memory + "memory96/phys_index"), box.Read(Memory + "memory96/valid_zones")));
        Assert.Equal("none\n", box.Read(Memory + "memory0/valid_zones"));
    }
}
