using VboxMem.Testing;

namespace VboxMem.Tools.Tests.Swapon;

public sealed class SwaponTests
{
    private const string Heading = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n";

    private static Outcome Run(string? swaps, params string[] command)
    {
        var tree = new MemoryTree();
        tree["/proc/uptime"] = "1.00 1.00\n";
        if (swaps is not null) tree["/proc/swaps"] = swaps;
        return Ours.Run(tree, ProcpsVersion.V4_0_4, ["swapon", .. command]);
    }

    [Fact]
    public void A_table_of_areas() => Assert.Equal(
        "NAME       TYPE       SIZE USED PRIO\n/dev/vdb   partition 1024M 512K   -2\n/swap file file         2G   0B    5\n",
        Run(Heading + "/dev/vdb partition 1048572 512 -2\n/swap\\040file file 2097152 0 5\n", "--show").Out);

    [Fact]
    public void Json_is_in_kilobytes() => Assert.Equal(
        """{"areas":[{"name":"/dev/vdb","type":"partition","sizeKilobytes":1048572,"usedKilobytes":512,"priority":-2}]}""" + "\n",
        Run(Heading + "/dev/vdb partition 1048572 512 -2\n", "--show", "--json").Out);

    [Fact]
    public void Making_an_area_swap_is_refused()
    {
        foreach (var command in new[] { "/dev/vdb", "-a", "-L x", "-p 5 /dev/vdb", "-d /dev/vdb", "--fixpgsz", "-e x", "-U u", "-o pri=1" })
            Assert.Equal(new Outcome("", "swapon: areas can be shown here (--show, --summary), not made swap\n", 1), Run(Heading, command.Split(' ')));
    }

    [Theory]
    [InlineData(null, "cannot open /proc/swaps: No such file or directory")]
    [InlineData("nonsense\n", "/proc/swaps:1: expected \"Filename\", found \"nonsense\"")]
    [InlineData(Heading + "/dev/vdb partition x 1 -2\n", "/proc/swaps:2: the size is \"x\", allowed is a whole number from 0 to 18446744073709551615")]
    [InlineData(Heading + "/dev/vdb\n", "/proc/swaps:2: the line ends before the type")]
    public void Damage_is_named(string? swaps, string problem) =>
        Assert.Equal(new Outcome("", $"swapon: {problem}\n", 255), Run(swaps, "--show"));
}
