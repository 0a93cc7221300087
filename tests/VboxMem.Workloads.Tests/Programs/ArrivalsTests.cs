// Goal: clients come at the asked rate, by chance, and without regard to whether anybody keeps up.

using VboxMem.Kernel.Time;
using VboxMem.Workloads.Programs;

namespace VboxMem.Workloads.Tests;

public sealed class ArrivalsTests
{
    private const int Seconds = 2000;

    [Theory]
    [InlineData(0)]
    [InlineData(30)]
    [InlineData(100)]
    public void As_many_come_as_the_rate_says(uint jitter)
    {
        var arrivals = new Arrivals(new Prng(1, "clients"), 100, parts: 2, jitter);
        arrivals.StartAt(SimTime.FromSeconds(7));
        var (count, last) = (0, 0UL);
        while (arrivals.Next < SimTime.FromSeconds(7 + Seconds).Nanoseconds)
        {
            Assert.True(arrivals.Next >= last);
            last = arrivals.Take();
            count++;
        }

        // 50 a second: a standard deviation of 0.3 % by chance, of 1.3 % by a jitter of 100 %.
        Assert.InRange(count, 50 * Seconds * 95 / 100, 50 * Seconds * 105 / 100);
    }

    [Fact]
    public void Jitter_makes_seconds_differ_beyond_chance()
    {
        Assert.InRange(VarianceOfSeconds(0), 90, 110);      // Poisson: as large as the mean
        Assert.InRange(VarianceOfSeconds(60), 1100, 1500);  // and that of evenly spread rates, 60 * 60 / 3, on top
    }

    [Fact]
    public void A_copy_goes_on_alike()
    {
        var arrivals = new Arrivals(new Prng(1, "clients"), 10, parts: 1, 20);
        arrivals.StartAt(SimTime.FromSeconds(1));
        arrivals.Take();
        var copy = arrivals;
        for (var i = 0; i < 100; i++)
        {
            Assert.Equal(arrivals.Take(), copy.Take());
        }
    }

    private static long VarianceOfSeconds(uint jitter)
    {
        var arrivals = new Arrivals(new Prng(3, "clients"), 100, parts: 1, jitter);
        arrivals.StartAt(SimTime.Zero);
        var counts = new long[20 * Seconds];
        while (arrivals.Next < SimTime.FromSeconds((ulong)counts.Length).Nanoseconds)
        {
            counts[arrivals.Take() / SimTime.NanosecondsPerSecond]++;
        }

        var mean = counts.Sum() / counts.Length;
        return counts.Sum(count => (count - mean) * (count - mean)) / counts.Length;
    }
}
