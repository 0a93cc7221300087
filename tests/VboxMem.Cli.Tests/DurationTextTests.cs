namespace VboxMem.Cli.Tests;

public sealed class DurationTextTests
{
    [Theory]
    [InlineData(0UL, "0.0 µs")]
    [InlineData(6_300UL, "6.3 µs")]
    [InlineData(9_960UL, "10 µs")]
    [InlineData(279_400UL, "279 µs")]
    [InlineData(999_600UL, "1.0 ms")]
    [InlineData(34_620_000UL, "34.6 ms")]
    [InlineData(99_960_000UL, "100 ms")]
    [InlineData(1_520_000_000UL, "1.5 s")]
    [InlineData(240_000_000_000UL, "240 s")]
    public void A_duration_has_the_unit_that_fits(ulong nanoseconds, string text) => Assert.Equal(text, DurationText.Of(nanoseconds));
}
