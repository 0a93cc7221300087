// Goal: percentiles are those of the values, to the width of a bucket.
// Method: compared with sorting, for values of very different sizes.

using VboxMem.Kernel.Net;
using VboxMem.Kernel.Time;

namespace VboxMem.Kernel.Tests.Net;

public sealed class ResponseTimesTests
{
    [Fact]
    public void Nothing_measured_is_zero() => Assert.Equal((0UL, 0UL, 0UL), (
        new ResponseTimes().Count, new ResponseTimes().MaxNanoseconds, new ResponseTimes().PercentileNanoseconds(990)));

    [Theory]
    [InlineData(6)]
    [InlineData(20)]
    [InlineData(40)]
    [InlineData(63)]
    public void A_percentile_is_at_most_a_bucket_above_the_value_that_sorting_gives(int bits)
    {
        var random = new Prng(1, "times", (uint)bits);
        var times = new ResponseTimes();
        var values = new List<ulong>();
        for (var i = 0; i < 5000; i++)
        {
            var value = random.NextUInt64() >> (64 - bits + (int)random.NextBelow((ulong)bits));
            values.Add(value);
            times.Record(value);
        }

        values.Sort();
        foreach (var perMille in (int[])[1, 10, 500, 900, 990, 999, 1000])
        {
            var exact = values[((values.Count * perMille) + 999) / 1000 - 1];
            var shown = times.PercentileNanoseconds(perMille);
            Assert.InRange(shown, exact, exact + (exact / 32));
        }

        Assert.Equal((values[^1], 5000UL), (times.MaxNanoseconds, times.Count));
    }

    [Fact]
    public void The_extremes_have_buckets()
    {
        var times = new ResponseTimes();
        times.Record(0);
        times.Record(ulong.MaxValue);
        Assert.Equal((0UL, ulong.MaxValue), (times.PercentileNanoseconds(500), times.PercentileNanoseconds(1000)));
    }
}
