// Figures in few columns are those of the base library, digit by digit.

using System.Globalization;
using VboxMem.Tui.Widgets;
using Xunit;

namespace VboxMem.Tui.Tests.Widgets;

public sealed class SizesTests
{
    [Fact]
    public void Numbers_with_decimals_are_written_as_the_base_library_writes_them()
    {
        var random = new Random(1);
        for (var i = 0; i < 200_000; i++)
        {
            var value = (i % 3) switch
            {
                0 => random.Next(1 << 20) / 1024.0,
                1 => random.NextDouble() * 1000,
                _ => random.Next(100_000) / 16.0,
            };
            Assert.Equal(value.ToString("0.00", CultureInfo.InvariantCulture), Sizes.Fixed(value, 2));
            Assert.Equal(value.ToString("0.0", CultureInfo.InvariantCulture), Sizes.Fixed(value, 1));
            Assert.Equal(value.ToString("0", CultureInfo.InvariantCulture), Sizes.Fixed(value, 0));
        }
    }

    [Theory]
    [InlineData(0, "0K")]
    [InlineData(999, "999K")]
    [InlineData(1000, "0.98M")]
    [InlineData(10_235, "10.0M")]
    [InlineData(102_348, "99.9M")]
    [InlineData(1_447_034, "1.38G")]
    public void Kilobytes_take_at_most_five_columns(ulong kilobytes, string text) => Assert.Equal(text, Sizes.Kilobytes(kilobytes));
}
