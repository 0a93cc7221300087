using VboxMem.Testing;

namespace VboxMem.Procfs.Tests.Proc;

public sealed class PagetypeinfoTests
{
    public static TheoryData<string> Shapes => [.. Capture.Shapes];

    // Which type a block has depends on what ran; how many blocks a zone has does not.
    [Theory]
    [MemberData(nameof(Shapes))]
    public void Every_zone_has_the_captured_number_of_pageblocks(string shape)
    {
        var capture = Capture.Load(shape);
        using var box = Box.Like(capture);

        Assert.Equal(BlocksOfZones(capture.Text("pagetypeinfo")), BlocksOfZones(box.Read("/proc/pagetypeinfo")));
    }

    [Theory]
    [InlineData("ram-1g")]
    [InlineData("ram-8g")]
    [InlineData("numa-4g-4g")]
    public void Types_add_up_to_buddyinfo(string shape)
    {
        using var box = Box.Like(Capture.Load(shape));
        var byZone = box.Read("/proc/pagetypeinfo").Split('\n')
            .Where(static line => line.Contains(", type ", StringComparison.Ordinal))
            .GroupBy(static line => line[..line.IndexOf(", type", StringComparison.Ordinal)].Replace("   ", "", StringComparison.Ordinal))
            .Select(static rows => string.Join(' ', SumOfColumns(rows)));

        Assert.Equal(
            box.Read("/proc/buddyinfo").Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => string.Join(' ', Columns(line))),
            byZone);
    }

    private static List<string> BlocksOfZones(string text) => text.Split('\n')
        .Where(static line => line.StartsWith("Node", StringComparison.Ordinal) && !line.Contains("type", StringComparison.Ordinal))
        .Select(static line => $"{line[..20]} {Columns(line).Sum()}")
        .ToList();

    /// <summary>The numbers behind the zone's (and the type's) name.</summary>
    private static long[] Columns(string line) => Figures.Numbers(line[22..]);

    private static long[] SumOfColumns(IEnumerable<string> rows) => rows.Select(Columns)
        .Aggregate(static (sums, row) => sums.Zip(row, static (left, right) => left + right).ToArray());
}
