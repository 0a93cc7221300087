using VboxMem.FileTree;
using VboxMem.Testing;

namespace VboxMem.Tools.Tests.Sysctl;

public sealed class SysctlTests
{
    private static MemoryTree Box()
    {
        var tree = new MemoryTree();
        tree["/proc/sys/vm/swappiness"] = "60\n";
        tree["/proc/sys/vm/lowmem_reserve_ratio"] = "256\t256\t32\t0\t0\n";
        tree["/proc/sys/kernel/ostype"] = "Linux\n";
        return tree;
    }

    private static Outcome Sysctl(IFileTree tree, params string[] arguments) =>
        Ours.Run(tree, ProcpsVersion.V4_0_4, ["sysctl", .. arguments]);

    [Fact]
    public void Names_dotted_or_as_paths_values_alone_and_directories()
    {
        Assert.Equal(new Outcome("vm.swappiness = 60\n", "", 0), Sysctl(Box(), "vm.swappiness"));
        Assert.Equal(new Outcome("vm.swappiness = 60\n", "", 0), Sysctl(Box(), "vm/swappiness"));
        Assert.Equal(new Outcome("60\n", "", 0), Sysctl(Box(), "-n", "vm.swappiness"));
        Assert.Equal(new Outcome("vm.lowmem_reserve_ratio = 256\t256\t32\t0\t0\nvm.swappiness = 60\n", "", 0), Sysctl(Box(), "vm"));
        Assert.Equal("kernel.ostype = Linux\nvm.lowmem_reserve_ratio = 256\t256\t32\t0\t0\nvm.swappiness = 60\n", Sysctl(Box(), "-a").Out);
    }

    [Fact]
    public void An_unknown_name_is_reported_and_the_rest_still_read()
    {
        Assert.Equal(
            new Outcome("vm.swappiness = 60\n", "sysctl: cannot stat /proc/sys/vm/nosuch: No such file or directory\n", 1),
            Sysctl(Box(), "vm.nosuch", "vm.swappiness"));
        Assert.Equal(new Outcome("vm.swappiness = 60\n", "", 0), Sysctl(Box(), "-e", "vm.nosuch", "vm.swappiness"));
    }

    [Fact]
    public void Setting_writes_the_value_and_a_line_end_through_the_tree()
    {
        var box = new WritableTree(Box());
        Assert.Equal(new Outcome("vm.swappiness = 10\n", "", 0), Sysctl(box, "-w", "vm.swappiness=10"));
        Assert.Equal("10\n", box.WrittenText("/proc/sys/vm/swappiness"));
        Assert.Equal(new Outcome("", "", 0), Sysctl(box, "-q", "vm/swappiness = 11"));
        Assert.Equal("11\n", box.WrittenText("/proc/sys/vm/swappiness"));
        Assert.Equal(new Outcome("vm.swappiness = 12\n", "", 0), Sysctl(box, "--dry-run", "vm.swappiness=12"));
        Assert.Equal("11\n", box.WrittenText("/proc/sys/vm/swappiness"));
    }

    // The real one, on a real kernel: `sysctl vm.swappiness=999` prints the first of these and ends with 1.
    [Theory]
    [InlineData(Errno.EINVAL, "setting key \"vm.swappiness\": Invalid argument", 1)]
    [InlineData(Errno.EIO, "setting key \"vm.swappiness\": Input/output error", 1)]
    [InlineData(Errno.EROFS, "permission denied on key \"vm.swappiness\"", 1)]
    [InlineData(Errno.EACCES, "permission denied on key \"vm.swappiness\"", 1)]
    [InlineData(Errno.EPERM, "permission denied on key \"vm.swappiness\"", 1)]
    [InlineData(Errno.ENOENT, "\"vm.swappiness\" is an unknown key", 1)]
    public void A_refused_value_is_reported_with_the_kernels_reason(Errno refusal, string message, int code)
    {
        var box = new WritableTree(Box()) { Refusal = refusal };
        Assert.Equal(new Outcome("", $"sysctl: {message}\n", code), Sysctl(box, "vm.swappiness=999"));
    }

    [Fact]
    public void A_dash_covers_a_key_that_may_not_be_written_but_not_a_bad_value()
    {
        Assert.Equal(new Outcome("vm.swappiness = 9\n", "sysctl: permission denied on key \"vm.swappiness\", ignoring\n", 0),
            Sysctl(Box(), "--", "-vm.swappiness=9"));
        Assert.Equal(1, Sysctl(new WritableTree(Box()) { Refusal = Errno.EINVAL }, "--", "-vm.swappiness=999").Code);
    }

    [Fact]
    public void Versions_differ_in_what_minus_N_shows_of_a_setting_and_in_the_reason_for_a_directory()
    {
        string[] names = ["sysctl", "-N", "vm.swappiness=5"];
        Assert.Equal("5\n", Ours.Run(new WritableTree(Box()), ProcpsVersion.V4_0_2, names).Out);
        Assert.Equal("vm.swappiness\n", Ours.Run(new WritableTree(Box()), ProcpsVersion.V4_0_4, names).Out);
        string[] directory = ["sysctl", "--dry-run", "vm=5"];
        Assert.Equal("sysctl: setting key \"vm\": Invalid argument\n", Ours.Run(new AllWritable(Box()), ProcpsVersion.V4_0_2, directory).Error);
        Assert.Equal("sysctl: setting key \"vm\": Is a directory\n", Ours.Run(new AllWritable(Box()), ProcpsVersion.V4_0_4, directory).Error);
    }

    private sealed class AllWritable(IFileTree below) : IFileTree
    {
        public Errno TryStat(string path, out NodeStat stat)
        {
            var errno = below.TryStat(path, out stat);
            stat = stat with { Mode = Convert.ToInt32("777", 8) };
            return errno;
        }

        public Errno TryList(string path, out IReadOnlyList<string> names) => below.TryList(path, out names);

        public Errno TryReadLink(string path, out string target) => below.TryReadLink(path, out target);

        public Errno TryRead(string path, out ReadOnlyMemory<byte> content) => below.TryRead(path, out content);

        public Errno TryWrite(string path, ReadOnlySpan<byte> content) => below.TryWrite(path, content);
    }

    [Fact]
    public void Json_has_names_and_values()
    {
        Assert.Equal("""{"vm.lowmem_reserve_ratio":"256\t256\t32\t0\t0","vm.swappiness":"60"}""" + "\n", Sysctl(Box(), "--json", "vm").Out);
    }

    [Fact]
    public void Files_of_settings_are_refused()
    {
        foreach (var option in new[] { "-p", "-pfile", "-f", "--load=x", "--system" })
            Assert.Equal(new Outcome("", "sysctl: files of settings are not read here: give name=value on the command line\n", 1), Sysctl(Box(), option));
    }

    [Fact]
    public void The_registry_finds_every_tool_and_nothing_else()
    {
        var names = ToolRegistry.All.Select(tool => tool.Key).ToArray();
        Assert.Equal(names.Order(StringComparer.Ordinal).Distinct(), names);
        Assert.Superset(new HashSet<string> { "free", "pmap", "ps", "slabtop", "sysctl", "uptime", "vmstat", "w" }, names.ToHashSet());
        Assert.All(ToolRegistry.All, tool => Assert.Same(tool.Value, ToolRegistry.Find(tool.Key)));
        Assert.Null(ToolRegistry.Find("no-such-tool"));
    }
}
