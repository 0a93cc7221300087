// Goal: arguments of any characters come back from the line they are written as.

using VboxMem.Workloads;

namespace VboxMem.Profiles.Tests.Import;

public sealed class ArgumentTextTests
{
    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("a\nb\tc", @"a\nb\tc")]
    [InlineData(@"C:\new", @"C:\\new")]
    [InlineData("\u0007\u2028", @"\u0007\u2028")]
    [InlineData("größe", "größe")]
    public void An_argument_is_a_line_and_comes_back(string argument, string line)
    {
        Assert.Equal(line, ArgumentText.Escape(argument));
        Assert.Equal(argument, ArgumentText.Unescape(line));
    }

    [Fact]
    public void Any_characters_come_back()
    {
        var random = new Random(5);
        for (var round = 0; round < 2000; round++)
        {
            var argument = string.Concat(Enumerable.Range(0, random.Next(8)).Select(_ => (char)(random.Next(3) == 0 ? '\\' : random.Next(0x3000))));
            Assert.Equal(argument, ArgumentText.Unescape(ArgumentText.Escape(argument)));
            Assert.DoesNotContain(ArgumentText.Escape(argument), char.IsControl);
        }
    }
}
