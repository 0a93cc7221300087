using System.Text;
using VboxMem.Tools.Parsing;

namespace VboxMem.Tools.Tests.Parsing;

public sealed class ParserTests
{
    private static byte[] Capture(string machine, string file) => Encoding.UTF8.GetBytes(ProcTree.Capture(machine, file)!);

    [Fact]
    public void Meminfo_keeps_every_line_of_a_real_machine_in_order()
    {
        var meminfo = Meminfo.Parse(Capture("swapleak-60", "meminfo"));
        var lines = ProcTree.Capture("swapleak-60", "meminfo")!.Split('\n', StringSplitOptions.RemoveEmptyEntries);

        Assert.Equal(lines.Length, meminfo.Fields.Count);
        for (var i = 0; i < lines.Length; i++)
        {
            var words = lines[i].Split([' ', ':'], StringSplitOptions.RemoveEmptyEntries);
            Assert.Equal((words[0], words[1]), (meminfo.Fields.Name(i), meminfo.Fields.Value(i).ToString(System.Globalization.CultureInfo.InvariantCulture)));
        }

        Assert.Equal((990904ul, 524284ul, 524284ul - 118028), (meminfo.MemTotal, meminfo.SwapTotal, meminfo.SwapFree));
    }

    [Fact]
    public void What_a_file_lacks_is_absent_and_not_zero()
    {
        var meminfo = Meminfo.Parse("MemTotal: 5 kB\nMemFree: 0 kB\n"u8);
        Assert.Equal(0ul, meminfo.MemFree);
        Assert.Null(meminfo.MemAvailable);
        Assert.Null(meminfo.Fields["MemFre"u8]);
        Assert.Null(VmStat.Parse("pgpgin 1\n"u8).PSwpIn);

        var stat = Stat.Parse("ctxt 7\n"u8);
        Assert.Equal((null, 7ul, null), (stat.Total, stat.ContextSwitches, stat.Interrupts));
    }

    [Fact]
    public void Names_that_begin_alike_are_told_apart_and_the_last_of_two_equal_ones_counts()
    {
        var meminfo = Meminfo.Parse("Active(anon): 1 kB\nActive: 2 kB\nInactive: 3 kB\nActive: 4 kB\n"u8);
        Assert.Equal((4ul, 3ul), (meminfo.Active, meminfo.Inactive));
    }

    [Fact]
    public void Stat_of_a_machine_with_eight_cpus()
    {
        var stat = Stat.Parse(Capture("cpus-8-1g", "stat"));
        Assert.Equal(Enumerable.Range(0, 8), stat.Cpus.Select(cpu => cpu.Key));
        var first = ProcTree.Capture("cpus-8-1g", "stat")!.Split('\n')[0].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var ticks = stat.Total!.Value;
        ulong[] values = [ticks.User, ticks.Nice, ticks.System, ticks.Idle, ticks.IoWait, ticks.Irq, ticks.SoftIrq, ticks.Steal, ticks.Guest, ticks.GuestNice];
        Assert.Equal(first[1..], values.Select(value => value.ToString(System.Globalization.CultureInfo.InvariantCulture)));
        Assert.Equal(11, stat.SoftIrqs.Count);
    }

    [Fact]
    public void Old_kernels_print_fewer_kinds_of_time()
    {
        var ticks = Stat.Parse("cpu 1 2 3 4\n"u8).Total;
        Assert.Equal(new CpuTicks(1, 2, 3, 4, 0, 0, 0, 0, 0, 0), ticks);
    }

    [Fact]
    public void Slabinfo_of_a_real_machine()
    {
        var caches = SlabInfo.Parse(Capture("ram-1g", "slabinfo")).Caches;
        Assert.Equal(187, caches.Count);
        Assert.Equal(new SlabCache("kernfs_node_cache", 11550, 11550, 136, 30, 1, 385, 385), caches.Single(cache => cache.Name == "kernfs_node_cache"));
    }

    [Fact]
    public void Diskstats_takes_lines_of_old_and_new_kernels()
    {
        var disks = DiskStats.Parse(" 259 0 nvme0n1 106 62 10898 78 4 16 160 15 0 104 97 0 0 0 0 1 3\n8 1 sda1 1 2 3 4 5 6 7 8 9 10 11\n"u8).Disks;
        Assert.Equal(new DiskCounters(259, 0, "nvme0n1", 106, 62, 10898, 78, 4, 16, 160, 15, 0, 104, 97), disks[0]);
        Assert.Equal(new DiskCounters(8, 1, "sda1", 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11), disks[1]);
    }

    [Fact]
    public void Uptime_is_exact_to_the_hundredth()
    {
        Assert.Equal(new Uptime(699, 897), Uptime.Parse("6.99 8.97\n"u8));
        Assert.Equal(new Uptime(123456789_05, 7), Uptime.Parse("123456789.05 0.07\n"u8));
    }

    private delegate object Parser(byte[] text);

    private static readonly Dictionary<string, Parser> Parsers = new()
    {
        ["meminfo"] = text => Meminfo.Parse(text),
        ["vmstat"] = text => VmStat.Parse(text),
        ["stat"] = text => Stat.Parse(text),
        ["slabinfo"] = text => SlabInfo.Parse(text),
        ["diskstats"] = text => DiskStats.Parse(text),
        ["uptime"] = text => Uptime.Parse(text),
    };

    [Theory]
    [InlineData("meminfo", "MemTotal: 5 kB\nMemFree 6 kB\n", "/proc/meminfo:2: expected \":\" in \"MemFree 6 kB\"")]
    [InlineData("meminfo", "\n\nMemFree: abc kB\n", "/proc/meminfo:3: MemFree is \"abc\", allowed is a whole number from 0 to 18446744073709551615")]
    [InlineData("meminfo", "MemFree: -5 kB\n", "/proc/meminfo:1: MemFree is \"-5\", allowed is a whole number from 0 to 18446744073709551615")]
    [InlineData("meminfo", "MemFree: 18446744073709551616 kB\n", "/proc/meminfo:1: MemFree is \"18446744073709551616\", allowed is a whole number from 0 to 18446744073709551615")]
    [InlineData("meminfo", "MemFree: 1.5 kB\n", "/proc/meminfo:1: MemFree is \"1.5\", allowed is a whole number from 0 to 18446744073709551615")]
    [InlineData("meminfo", "MemTotal: 990920 kB\nMemFree:   ", "/proc/meminfo:2: the line ends before MemFree, a number")]
    [InlineData("meminfo", "MemTotal: 990920 kB\nMemFree:   95", "/proc/meminfo:2: MemFree has no unit: the line is cut off, or not of meminfo; allowed is kB")]
    [InlineData("meminfo", "MemFree: 95 MB\n", "/proc/meminfo:1: MemFree has the unit \"MB\", allowed is kB")]
    [InlineData("meminfo", ": 95 kB\n", "/proc/meminfo:1: the line has no name before \":\"")]
    [InlineData("vmstat", "pgpgin 1\npgpgout\n", "/proc/vmstat:2: the line ends before pgpgout, a number")]
    [InlineData("vmstat", "pgpgin 1 2\n", "/proc/vmstat:1: \" 2\" behind the number; allowed is \"name NUMBER\"")]
    [InlineData("stat", "cpu 1 2 3\n", "/proc/stat:1: the line ends before idle time, a number")]
    [InlineData("stat", "cpux 1 2 3 4\n", "/proc/stat:1: the number of the CPU is \"x\", allowed is a whole number from 0 to 18446744073709551615")]
    [InlineData("stat", "cpu9999999999 1 2 3 4\n", "/proc/stat:1: CPU 9999999999: allowed are 0 to 2147483647")]
    [InlineData("stat", "cpu 1 2 3 4\nintr\n", "/proc/stat:2: the line ends before intr, a number")]
    [InlineData("stat", "softirq 1 2 x\n", "/proc/stat:1: softirq is \"x\", allowed is a whole number from 0 to 18446744073709551615")]
    [InlineData("slabinfo", "slabinfo - version: 1.1\n", "/proc/slabinfo:1: \"slabinfo - version: 1.1\" where \"slabinfo - version: 2.N\" is expected")]
    [InlineData("slabinfo", "slabinfo - version: 2.1\nfoo 1 2\n", "/proc/slabinfo:2: the line ends before objsize, a number")]
    [InlineData("slabinfo", "slabinfo - version: 2.1\nfoo 1 2 3 4 5 6\n", "/proc/slabinfo:2: expected \":\", found \"6\"")]
    [InlineData("slabinfo", "slabinfo - version: 2.1\ntwo words 1 2 3 4 5 : tunables 0 0 0 : slabdata 0 0 0\n", "/proc/slabinfo:2: active_objs is \"words\", allowed is a whole number from 0 to 18446744073709551615")]
    [InlineData("diskstats", "8 0\n", "/proc/diskstats:1: the line ends before the name of the disk")]
    [InlineData("diskstats", "8 0 sda 1 2 3\n", "/proc/diskstats:1: the line ends before time of reads, a number")]
    [InlineData("diskstats", "4294967296 0 sda\n", "/proc/diskstats:1: the major number is 4294967296, allowed are 0 to 4294967295")]
    [InlineData("uptime", "12 34\n", "/proc/uptime:1: the uptime is \"12\", allowed are seconds with two digits behind the point")]
    [InlineData("uptime", "12.34\n", "/proc/uptime:1: the line ends before the idle time")]
    [InlineData("uptime", "18446744073709551615.00 0.00\n", "/proc/uptime:1: the uptime of 18446744073709551615 s is too large")]
    [InlineData("meminfo", "M\u0001\t\u001bxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n", "/proc/meminfo:1: expected \":\" in \"M\\x01\\x09\\x1bxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…\"")]
    public void A_malformed_file_is_answered_with_its_name_the_line_and_what_is_allowed(string file, string text, string message)
    {
        var failure = Assert.Throws<ProcFormatException>(() => Parsers[file](Encoding.UTF8.GetBytes(text)));
        Assert.Equal(message, failure.Message);
    }
}
