using VboxMem.Kernel.Time;

namespace VboxMem.Kernel.Tests.Time;

public sealed class PrngTests
{
    // Golden: these draws are part of every recorded session.
    [Fact]
    public void The_first_draws_of_a_stream_are_pinned()
    {
        var random = new Prng(1, "golden");
        Assert.Equal(GoldenDraws, new[] { random.NextUInt64(), random.NextUInt64(), random.NextUInt64() });
    }

    // The published generator's first outputs from the state 1, 2, 3, 4.
    [Fact]
    public void The_generator_is_xoshiro256_starstar()
    {
        var random = Prng.FromState(1, 2, 3, 4);
        Assert.Equal(
            [11520, 0, 1509978240, 1215971899390074240],
            new[] { random.NextUInt64(), random.NextUInt64(), random.NextUInt64(), random.NextUInt64() });
    }

    [Fact]
    public void Streams_of_other_names_instances_and_seeds_differ()
    {
        var draws = new HashSet<ulong>
        {
            new Prng(1, "a").NextUInt64(), new Prng(1, "b").NextUInt64(), new Prng(2, "a").NextUInt64(), new Prng(1, "a", 1).NextUInt64(),
        };
        Assert.Equal(4, draws.Count);
    }

    [Fact]
    public void A_split_costs_one_draw_and_what_is_drawn_from_it_none()
    {
        var (split, whole) = (new Prng(1, "golden"), new Prng(1, "golden"));
        var part = split.Split();
        Assert.NotEqual(part.NextUInt64(), whole.NextUInt64());
        Assert.Equal(whole.NextUInt64(), split.NextUInt64());
    }

    [Fact]
    public void Draws_below_a_bound_are_even()
    {
        var random = new Prng(3, "even");
        var counts = new int[10];
        for (var i = 0; i < 100_000; i++)
        {
            counts[random.NextBelow(10)]++;
        }

        Assert.All(counts, static count => Assert.InRange(count, 9_600, 10_400));
    }

    private static readonly ulong[] GoldenDraws = [15680886806208828396, 2073810729673413116, 3034593067559600702];
}
