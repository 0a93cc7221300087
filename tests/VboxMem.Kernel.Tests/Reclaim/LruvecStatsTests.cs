using VboxMem.Kernel.PageCache;
using VboxMem.Kernel.Reclaim;
using VboxMem.Kernel.Tests.PageCache;
using VboxMem.Kernel.Time;

namespace VboxMem.Kernel.Tests.Reclaim;

// Goal: what reclaim is told of the lists is what the last round of statistics found, however the lists have changed since.
public sealed class LruvecStatsTests
{
    private const ulong FilePages = 1024;

    [Fact]
    public void Statistics_follow_the_lists_at_the_next_round_only()
    {
        using var box = new FileBox();
        ToRound(box, 3);
        var vector = box.Machine.Lru.Vectors[0];
        var before = vector.Stats;

        Read(box);
        Assert.True(vector.Sizes.InactiveFilePages >= before.Sizes.InactiveFilePages + FilePages);
        Assert.Equal(before, vector.Stats);

        ToRound(box, 4);
        Assert.Equal(vector.Sizes, vector.Stats.Sizes);
    }

    [Fact]
    public void A_copy_of_a_machine_has_its_rounds_at_the_same_moments()
    {
        using var box = new FileBox();
        ToRound(box, 3);
        Read(box);
        using var copy = box.Clone();
        Assert.Equal(box.Machine.Lru.Vectors[0].Stats, copy.Machine.Lru.Vectors[0].Stats);

        ToRound(box, 4);
        ToRound(copy, 4);
        Assert.Equal(box.Machine.Lru.Vectors[0].Stats, copy.Machine.Lru.Vectors[0].Stats);
        Assert.Equal(box.Machine.ComputeStateHash(), copy.Machine.ComputeStateHash());
    }

    private static void Read(FileBox box)
    {
        box.Run(FileBox.Open("/mnt/file", OpenFlags.Read | OpenFlags.Create, FilePages << 12), FileBox.Read(0, FilePages << 12));
        box.Machine.Lru.DrainAll();
    }

    private static void ToRound(FileBox box, ulong round) =>
        box.Machine.RunUntil(new SimTime(LruvecStats.Period.Nanoseconds * round));
}
