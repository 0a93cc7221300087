using System.Text;

namespace VboxMem.Procfs.Tests;

public sealed class ProcTextTests
{
    [Theory]
    [InlineData(0, "     0|")]
    [InlineData(42, "    42|")]
    [InlineData(123456, "123456|")]
    [InlineData(1234567, "1234567|")]
    [InlineData(-7, "    -7|")]
    public void Numbers_are_right_aligned_and_push_when_too_wide(long value, string expected) =>
        Assert.Equal(expected, Written(text => text.Number(value, 6).Literal("|"u8)));

    [Fact]
    public void The_largest_counters_print_whole()
    {
        Assert.Equal("18446744073709551615", Written(static text => text.Number(ulong.MaxValue)));
        Assert.Equal("18446744073709551615", Written(static text => text.Number(ulong.MaxValue, 6)));
        Assert.Equal("-9223372036854775808", Written(static text => text.Number(long.MinValue, 6)));
    }

    [Theory]
    [InlineData(0, "0.00")]
    [InlineData(5, "0.05")]
    [InlineData(699, "6.99")]
    [InlineData(1234567, "12345.67")]
    public void Hundredths_have_two_places(ulong hundredths, string expected) =>
        Assert.Equal(expected, Written(text => text.Hundredths(hundredths)));

    [Fact]
    public void Text_is_padded_on_the_asked_side() =>
        Assert.Equal("ab  |  ab|abcde", Written(static text => text.TextLeft("ab", 4).Literal("|"u8).TextRight("ab", 4).Literal("|"u8).TextLeft("abcde", 4)));

    [Fact]
    public void The_buffer_grows_and_is_used_again()
    {
        var text = new ProcText(capacity: 4);
        for (var line = 0; line < 1000; line++)
        {
            text.Literal("0123456789"u8).Number(7L, 8).NewLine();
        }

        Assert.Equal(19_000, text.Written.Length);
        text.Clear();
        Assert.Equal("12", Encoding.ASCII.GetString(text.Number(12L).Written));
    }

    private static string Written(Action<ProcText> write)
    {
        var text = new ProcText(capacity: 1);
        write(text);
        return Encoding.UTF8.GetString(text.Written);
    }
}
