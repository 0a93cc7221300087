using VboxMem.Testing;

namespace VboxMem.Tools.Tests.Dmesg;

public sealed class DmesgTests
{
    private static MemoryTree Box(string log)
    {
        var tree = new MemoryTree();
        tree["/dev/kmsg"] = log;
        tree["/proc/stat"] = "cpu  1 1 1 1\nbtime 1767225600\n";
        return tree;
    }

    private static string Run(string log, params string[] command)
    {
        var outcome = Ours.Run(Box(log), ProcpsVersion.V4_0_4, ["dmesg", .. command]);
        Assert.Equal(("", 0), (outcome.Error, outcome.Code));
        return outcome.Out;
    }

    [Fact]
    public void Escapes_are_undone_and_lines_indented() => Assert.Equal(
        "[    0.000000] one\\two\n[   61.234567] first\n               second\n",
        Run("6,0,0,-;one\\x5ctwo\n4,1,61234567,-;first\\x0asecond\n SUBSYSTEM=pci\n"));

    [Fact]
    public void Dates_are_boot_time_and_time_since_boot() => Assert.Equal(
        "[Thu Jan  1 00:01:01 2026] text\n", Run("6,0,61999999,-;text\n", "-T"));

    [Fact]
    public void Debian_13_shifts_the_facility_and_takes_ranges_of_levels()
    {
        const string log = "30,0,0,-;daemon info\n4,1,1,-;warn\n2,2,2,-;crit\n";
        Assert.StartsWith("<30>[", Run(log, "-r"), StringComparison.Ordinal);
        Assert.StartsWith("<7>[", Ours.Run(Box(log), ProcpsVersion.V4_0_2, ["dmesg", "-r"]).Out, StringComparison.Ordinal);
        Assert.Equal("warn\ncrit\n", Run(log, "-t", "-l", "warn+"));
        Assert.Equal("daemon info\nwarn\n", Run(log, "-t", "-l", "+warn"));
    }

    [Fact]
    public void An_empty_log_prints_nothing()
    {
        Assert.Equal("", Run(""));
        Assert.Equal("", Run("", "--json"));
    }

    [Fact]
    public void What_needs_more_than_the_file_is_refused()
    {
        foreach (var (option, message) in new[]
        {
            ("-C", "clear kernel buffer failed: Function not implemented"), ("-c", "clear kernel buffer failed: Function not implemented"),
            ("-D", "klogctl failed: Function not implemented"), ("-n1", "klogctl failed: Function not implemented"),
            ("-S", "--syslog is left out here"), ("-w", "--follow is left out here"), ("-Fx", "--file is left out here"),
            ("--since=now", "--since is left out here"), ("-Lalways", "--color=always is left out here"),
        })
            Assert.Equal(new Outcome("", $"dmesg: {message}\n", 1), Ours.Run(Box(""), ProcpsVersion.V4_0_4, ["dmesg", option]));
    }

    [Theory]
    [InlineData("6,0,0;text\n", "/dev/kmsg:1: the flags are missing before the \";\"")]
    [InlineData("6,0,0,-;text\nx,1,0,-;text\n", "/dev/kmsg:2: the priority is \"x\", allowed is a whole number from 0 to 18446744073709551615")]
    [InlineData("1024,0,0,-;text\n", "/dev/kmsg:1: the priority is 1024, allowed are 0 to 1023")]
    [InlineData("6,0,9999999999999999999,-;text\n", "/dev/kmsg:1: the time is 9999999999999999999 us, more than a hundred years after boot")]
    [InlineData("no record\n", "/dev/kmsg:1: expected \";\" in \"no record\"")]
    [InlineData(" SUBSYSTEM=pci\n", "/dev/kmsg:1: a line about a device stands before the first record")]
    public void A_damaged_record_is_named(string log, string problem) => Assert.Equal(
        new Outcome("", $"dmesg: read kernel buffer failed: {problem}\n", 1), Ours.Run(Box(log), ProcpsVersion.V4_0_4, ["dmesg"]));

    [Fact]
    public void Dates_without_a_boot_time_are_an_error_but_nothing_else_needs_it()
    {
        var box = Box("6,0,0,-;text\n");
        box.Remove("/proc/stat");
        Assert.Equal("dmesg: cannot open /proc/stat: No such file or directory\n", Ours.Run(box, ProcpsVersion.V4_0_4, ["dmesg", "-T"]).Error);
        Assert.Equal("[    0.000000] text\n", Ours.Run(box, ProcpsVersion.V4_0_4, ["dmesg"]).Out);
        box["/proc/stat"] = "btime 99999999999999\n";
        Assert.StartsWith("dmesg: /proc/stat: btime is ", Ours.Run(box, ProcpsVersion.V4_0_4, ["dmesg", "-e"]).Error, StringComparison.Ordinal);
    }
}
