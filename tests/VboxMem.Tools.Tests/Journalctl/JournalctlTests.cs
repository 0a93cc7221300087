using VboxMem.Testing;

namespace VboxMem.Tools.Tests.Journalctl;

public sealed class JournalctlTests
{
    private static MemoryTree Box(string log)
    {
        var tree = new MemoryTree();
        tree["/dev/kmsg"] = log;
        tree["/proc/stat"] = "cpu  1 1 1 1\nbtime 1795523993\n";
        tree["/proc/sys/kernel/hostname"] = "vbox\n";
        return tree;
    }

    private static Outcome Run(string log, string command) => Ours.Run(Box(log), ProcpsVersion.V4_0_4, Comparison.Split(command));

    [Fact]
    public void Lines_have_date_host_and_writer() => Assert.Equal(
        "Nov 24 12:39:53 vbox kernel: first\n                             second\nNov 24 12:39:54 vbox systemd[1]: hello\nNov 24 12:39:54 vbox unknown: no writer\n",
        Run("6,0,0,-;first\\x0asecond\n30,1,1000000,-;systemd[1]: hello\n12,2,1000001,-;no writer\n", "journalctl -k").Out);

    [Fact]
    public void Debian_13_writes_offsets_with_a_colon() =>
        Assert.StartsWith("2026-11-24T12:39:53+00:00 vbox kernel: ", Run("6,0,0,-;x\n", "journalctl -k -o short-iso").Out, StringComparison.Ordinal);

    [Fact]
    public void Json_is_the_entries() => Assert.Equal(
        """{"entries":[{"priority":6,"facility":3,"microsecondsSinceBoot":5,"identifier":"systemd","processId":"1","message":"hello"}]}""" + "\n",
        Run("30,1,5,-;systemd[1]: hello\n", "journalctl -k --json").Out);

    [Fact]
    public void Only_the_kernels_messages_are_here()
    {
        Assert.Equal(new Outcome("", "only messages of the kernel are here: -k shows them\n", 1), Run("", "journalctl"));
        foreach (var option in new[] { "-u sshd", "-f", "--since now", "--disk-usage", "-x", "--list-boots", "-t kernel", "-D /x" })
            Assert.Equal(1, Run("6,0,0,-;x\n", $"journalctl -k {option}").Code);
        Assert.Equal("-o json is left out here\n", Run("", "journalctl -k -o json").Error);
        Assert.Equal("Data from the specified boot (-2) is not available: No such boot ID in journal\n", Run("", "journalctl -k -b -2").Error);
    }

    [Theory]
    [InlineData("(?i)x")]
    [InlineData("a++")]
    [InlineData("(*UTF)x")]
    [InlineData("\\bx")]
    [InlineData("\\p{L}")]
    [InlineData("[[:alpha:]]")]
    [InlineData("[a-z-[aeiou]]")]
    [InlineData("[]x]")]
    [InlineData("(x)\\1")]
    [InlineData("ü")]
    public void Patterns_that_the_engines_read_differently_are_refused(string pattern)
    {
        var outcome = Run("6,0,0,-;x\n", $"journalctl -k -g {pattern}");
        Assert.Equal(("", 1), (outcome.Out, outcome.Code));
        Assert.StartsWith($"pattern \"{pattern}\" is more than can be matched here: ", outcome.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("(")]
    [InlineData("[a")]
    [InlineData("*")]
    [InlineData("x\\")]
    public void Wrong_patterns_are_said_to_be_wrong(string pattern) =>
        Assert.StartsWith($"Bad pattern \"{pattern}\": ", Run("6,0,0,-;x\n", $"journalctl -k -g {pattern}").Error, StringComparison.Ordinal);

    [Fact]
    public void A_pattern_that_takes_for_ever_is_an_error() => Assert.Equal(
        "the pattern takes too long to match\n",
        Run($"6,0,0,-;{new string('a', 60)}b\n", "journalctl -k -g (a+)+c$|(a|a)+$").Error);
}
