using System.Text;
using VboxMem.Kernel;
using VboxMem.Kernel.Block;

namespace VboxMem.Procfs.Tests.Proc;

// Goal: /proc/swaps and the swap lines of meminfo, byte for byte as captured.
public sealed class SwapsTests
{
    private static readonly DiskConfiguration _disk = new(
        "vda", 512UL << 20, ReadBytesPerSecond: 200 << 20, WriteBytesPerSecond: 200 << 20, LatencyNanoseconds: 100_000, SeekNanoseconds: 0,
        IsRotational: true);

    [Fact]
    public void Without_an_area_there_is_the_heading_alone() =>
        Assert.Equal("Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n", Read("/proc/swaps", [], []));

    [Fact]
    public void A_row_is_as_captured() => Assert.Equal(
        "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n/dev/vda                                partition\t524284\t\t0\t\t-2\n",
        Read("/proc/swaps", [_disk], [new SwapConfiguration(0)]));

    [Fact]
    public void A_figure_of_eight_digits_has_one_tab_behind_it() => Assert.EndsWith(
        "/dev/vda                                partition\t16777212\t0\t\t10\n",
        Read("/proc/swaps", [_disk with { Bytes = 16UL << 30 }], [new SwapConfiguration(0, 10)]));

    [Fact]
    public void Meminfo_shows_swap_and_adds_it_to_the_commit_limit()
    {
        var without = Read("/proc/meminfo", [_disk], []);
        var with = Read("/proc/meminfo", [_disk], [new SwapConfiguration(0)]);

        Assert.Contains("SwapTotal:             0 kB\nSwapFree:              0 kB\n", without);
        Assert.Contains("SwapTotal:        524284 kB\nSwapFree:         524284 kB\n", with);
        Assert.Equal(524284, CommitLimit(with) - CommitLimit(without));
    }

    private static long CommitLimit(string meminfo)
    {
        var line = meminfo.Split('\n').Single(line => line.StartsWith("CommitLimit:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], System.Globalization.CultureInfo.InvariantCulture);
    }

    private static string Read(string path, DiskConfiguration[] disks, SwapConfiguration[] swaps)
    {
        using var machine = Machine.Boot(new MachineConfiguration { RamBytes = 256UL << 20, Cpus = 1, Disks = disks, Swaps = swaps });
        Assert.Equal(FileTree.Errno.None, new MachineTree(machine).TryRead(path, out var content));
        return Encoding.UTF8.GetString(content.Span);
    }
}
