// Goal: scores by hand.
// Method: the worked example of a 4 GiB machine with 1 GiB of swap, 1273855 pages in all.

using VboxMem.Kernel.Oom;

namespace VboxMem.Kernel.Tests.Oom;

public sealed class OomScoreTests
{
    private const ulong TotalPages = 1_273_855;

    [Theory]
    [InlineData(950_944UL, 259_584UL, 9_719_808UL, 0, 1_212_901L, 1301L)]   // hog
    [InlineData(5_376UL, 1_216UL, 217_088UL, 0, 6_645L, 670L)]              // python3
    [InlineData(192UL, 192UL, 77_824UL, 0, 403L, 666L)]                     // systemd-logind
    [InlineData(288UL, 224UL, 110_592UL, -250, 539L - 250 * 1273, 500L)]    // systemd-journal: points below 0
    [InlineData(160UL, 96UL, 61_440UL, -900, 271L - 900 * 1273, 67L)]       // dbus-daemon
    [InlineData(0UL, 0UL, 0UL, 1000, 1_273_000L, 1332L)]
    [InlineData(0UL, 0UL, 0UL, -999, -999L * 1273, 1L)]
    public void Points_and_score(ulong resident, ulong swap, ulong tableBytes, int adj, long points, long score)
    {
        var candidate = new OomCandidate { ResidentPages = resident, SwapEntries = swap, PageTableBytes = tableBytes, OomScoreAdj = (short)adj };

        Assert.True(OomScore.TryBadness(candidate, TotalPages, out var found));
        Assert.Equal(points, found);
        Assert.Equal(score, OomScore.ProcScore(candidate, TotalPages));
    }

    [Fact]
    public void Who_may_not_be_killed_has_no_points_and_score_0()
    {
        var process = new OomCandidate { ResidentPages = 1_000_000, SwapEntries = 0, PageTableBytes = 0, OomScoreAdj = 0 };

        foreach (var spared in new[] { process with { OomScoreAdj = -1000 }, process with { IsUnkillable = true }, process with { IsReaped = true }, process with { IsInVfork = true } })
        {
            Assert.False(OomScore.TryBadness(spared, TotalPages, out _));
            Assert.Equal(0, OomScore.ProcScore(spared, TotalPages));
        }

        Assert.True(OomScore.TryBadness(process, TotalPages, out _));
    }

    [Theory]
    [InlineData(1000, 15)]
    [InlineData(999, 15)]
    [InlineData(941, 15)]
    [InlineData(500, 8)]
    [InlineData(58, 0)]
    [InlineData(59, 1)]
    [InlineData(0, 0)]
    [InlineData(-58, 0)]
    [InlineData(-59, -1)]
    [InlineData(-1000, -17)]
    public void The_older_scale_reads(int adj, int legacy) => Assert.Equal(legacy, OomScore.ToLegacyAdj((short)adj));

    [Theory]
    [InlineData(15, 1000)]
    [InlineData(14, 823)]
    [InlineData(1, 58)]
    [InlineData(0, 0)]
    [InlineData(-1, -58)]
    [InlineData(-16, -941)]
    [InlineData(-17, -1000)]
    public void The_older_scale_writes(int legacy, int adj)
    {
        Assert.True(OomScore.TryFromLegacyAdj(legacy, out var written));
        Assert.Equal(adj, written);
    }

    [Theory]
    [InlineData(16)]
    [InlineData(-18)]
    [InlineData(int.MaxValue)]
    [InlineData(int.MinValue)]
    public void The_older_scale_ends_at_15_and_minus_17(int legacy) => Assert.False(OomScore.TryFromLegacyAdj(legacy, out _));
}
