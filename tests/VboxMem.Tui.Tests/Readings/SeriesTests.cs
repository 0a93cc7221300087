// Goal: a column of a graph says what the samples in it say, and stands still while time passes within it.

using VboxMem.Tui.Readings;

namespace VboxMem.Tui.Tests.Readings;

public sealed class SeriesTests
{
    private static readonly History _history = Make(95);

    [Fact]
    public void A_rate_is_the_increase_a_second_between_the_ends_of_a_column()
    {
        var rates = Series.Rates(_history, TimeSpan.FromSeconds(90), 10, 4, static sample => sample.Faults);

        Assert.Equal([550, 650, 750, 850], rates);   // faults are the square of ten times the second, over ten
    }

    [Fact]
    public void A_level_is_the_mean_of_a_column_or_its_least()
    {
        Assert.Equal([75.5, 85.5], Series.Levels(_history, TimeSpan.FromSeconds(90), 10, 2, static sample => sample.FreePages));
        Assert.Equal([71, 81], Series.Levels(_history, TimeSpan.FromSeconds(90), 10, 2, static sample => sample.FreePages, isLeast: true));
    }

    [Fact]
    public void Columns_stand_at_whole_multiples_of_their_length()
    {
        var before = Series.Rates(_history, TimeSpan.FromSeconds(91), 10, 4, static sample => sample.Faults);
        var after = Series.Rates(_history, TimeSpan.FromSeconds(95), 10, 4, static sample => sample.Faults);

        Assert.Equal(before[..3], after[..3]);
        Assert.NotEqual(before[3], after[3]);
    }

    [Fact]
    public void Between_two_samples_the_last_column_is_that_of_the_earlier_one()
    {
        var between = TimeSpan.FromSeconds(40.4);

        Assert.Equal(
            Series.Rates(_history, TimeSpan.FromSeconds(40), 1, 10, static sample => sample.Faults), Series.Rates(_history, between, 1, 10, static sample => sample.Faults));
        Assert.Equal(40, Series.Levels(_history, between, 1, 10, static sample => sample.FreePages)[^1]);
    }

    [Fact]
    public void What_was_before_the_first_sample_is_not_known()
    {
        var rates = Series.Rates(_history, TimeSpan.FromSeconds(20), 10, 4, static sample => sample.Faults);

        Assert.True(double.IsNaN(rates[0]) && double.IsNaN(rates[1]));
        Assert.Equal(150, rates[3]);
    }

    [Fact]
    public void Nothing_of_what_comes_after_the_moment_is_in_it()
    {
        Assert.Equal(
            Series.Levels(Make(40), TimeSpan.FromSeconds(40), 1, 10, static sample => sample.FreePages),
            Series.Levels(_history, TimeSpan.FromSeconds(40), 1, 10, static sample => sample.FreePages));
    }

    private static History Make(int seconds)
    {
        var history = new History();
        for (var second = 1; second <= seconds; second++)
        {
            history.Add(new Sample { At = TimeSpan.FromSeconds(second), FreePages = (ulong)second, Faults = (ulong)(second * second * 5) });
        }

        return history;
    }
}
