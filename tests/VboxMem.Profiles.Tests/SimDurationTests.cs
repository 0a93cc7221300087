namespace VboxMem.Profiles.Tests;

public sealed class SimDurationTests
{
    [Theory]
    [InlineData("0s", 0)]
    [InlineData("250ms", 250_000_000)]
    [InlineData("90s", 90_000_000_000)]
    [InlineData("10m", 600_000_000_000)]
    [InlineData("1h30m", 5_400_000_000_000)]
    [InlineData("1d", 86_400_000_000_000)]
    [InlineData("  2m ", 120_000_000_000)]
    public void Spans_are_read_as_people_write_them(string text, ulong nanoseconds)
    {
        Assert.True(SimDuration.TryParse(text, out var duration));
        Assert.Equal(nanoseconds, duration.Nanoseconds);
    }

    [Theory]
    [InlineData("")]
    [InlineData("10")]
    [InlineData("s")]
    [InlineData("-5s")]
    [InlineData("1.5h")]
    [InlineData("5x")]
    [InlineData("5s5")]
    [InlineData("99999999999999999999s")]
    [InlineData("11000d")]
    [InlineData("3000d3000d")]
    public void Anything_else_is_refused(string text) => Assert.False(SimDuration.TryParse(text, out _));
}
