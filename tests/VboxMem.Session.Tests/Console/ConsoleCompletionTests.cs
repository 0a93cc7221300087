// Goal: the word at the cursor becomes what can stand there, and nothing else; no line makes it fail.

using VboxMem.Session.Console;
using VboxMem.Testing;

namespace VboxMem.Session.Tests;

public sealed class ConsoleCompletionTests : IClassFixture<ConsoleCompletionTests.LivedBox>
{
    private readonly Box _box;

    public ConsoleCompletionTests(LivedBox lived) => _box = lived.Box;

    [Theory]
    [InlineData("vmst|", 0, "vmstat")]
    [InlineData("cat /proc/mem|", 4, "/proc/meminfo")]
    [InlineData("cat proc/mem|", 4, "proc/meminfo")]
    [InlineData("cat /pr|", 4, "/proc/")]
    [InlineData("echo 3 > /proc/sys/vm/drop|", 9, "/proc/sys/vm/drop_caches")]
    [InlineData("echo 3 >/proc/sys/vm/drop|", 8, "/proc/sys/vm/drop_caches")]
    [InlineData("free | gre|", 7, "grep")]
    [InlineData("sync; swapo|", 6, "swapoff,swapon")]
    [InlineData("sync&&vmst|", 6, "vmstat")]
    [InlineData("sysctl -w vm.swapp|", 10, "vm.swappiness")]
    [InlineData("sysctl v|", 7, "vm.")]
    [InlineData("sysctl vm.swappiness=|", 7, "")]
    [InlineData("kill -KI|", 5, "-KILL")]
    [InlineData("kill -s US|", 8, "USR1,USR2")]
    [InlineData("kill -9 lea|", 8, "leaky")]
    [InlineData("killall we|", 8, "web")]
    [InlineData("systemctl r|", 10, "restart")]
    [InlineData("systemctl restart |", 18, "job,leaky,web")]
    [InlineData("systemctl restart web.|", 18, "web.service")]
    [InlineData("stop l|", 5, "leaky")]
    [InlineData("swapoff |", 8, "/dev/vdb")]
    [InlineData("swapon |", 7, "/dev/vda")]
    [InlineData("dd o|", 3, "of=")]
    [InlineData("prlimit --pid lea|", 14, "leaky")]
    [InlineData("prlimit --m|", 8, "--memlock=")]
    [InlineData("/usr/bin/sysctl vm.swapp|", 16, "vm.swappiness")]
    [InlineData("free --l|", 5, "--line,--lohi")]
    [InlineData("vmst| 1 5", 0, "vmstat")]
    [InlineData("cat '/proc/mem|", 4, "")]
    [InlineData("free # vmst|", 7, "")]
    [InlineData("cat /nowhere/|", 4, "")]
    [InlineData("frobnicate|", 0, "")]
    public void A_word_becomes_what_can_stand_there(string lineWithCursor, int start, string candidates)
    {
        var cursor = lineWithCursor.LastIndexOf('|');
        var completion = ConsoleCompletion.Complete(lineWithCursor.Remove(cursor, 1), cursor, _box.Tree, [.. _box.Workload.Groups.Names]);
        Assert.Equal((start, candidates), (completion.Start, string.Join(',', completion.Candidates)));
    }

    [Fact]
    public void What_all_begin_with_can_be_put_in_at_once()
    {
        Assert.Equal("swapo", ConsoleCompletion.Complete("sw", 2, _box.Tree, null).CommonStart);
        Assert.Equal("", ConsoleCompletion.Complete("nothing-like-it", 15, _box.Tree, null).CommonStart);
        Assert.Contains("free", ConsoleCompletion.Complete("", 0, _box.Tree, null).Candidates);
    }

    [Fact]
    public void Every_candidate_begins_with_the_word_and_no_line_fails()
    {
        string[] lines = ["cat /proc/1/st", "kill -TERM leak; sysctl -w vm.o", "free --", "grep x < /sys/ker", "systemctl stop w", "swapon -a && dd if=/de", "smem -"];
        var random = new Random(4);
        var completed = 0;
        for (var round = 0; round < 800; round++)
        {
            var line = DamagedText.Of(lines[round % lines.Length], "ab/.-|;&<> '\"\\=#\0\u00e9*", mostChanges: 3, random);
            var cursor = random.Next(line.Length + 1);
            var completion = ConsoleCompletion.Complete(line, cursor, _box.Tree, [.. _box.Workload.Groups.Names]);
            Assert.InRange(completion.Start, 0, cursor);
            Assert.All(completion.Candidates, candidate => Assert.StartsWith(line[completion.Start..cursor], candidate, StringComparison.Ordinal));
            Assert.Equal(completion.Candidates.Distinct().Order(StringComparer.Ordinal), completion.Candidates);
            completed += completion.Candidates.Count > 0 ? 1 : 0;
        }

        Assert.True(completed > 200, $"{completed}");
    }

    public sealed class LivedBox : IDisposable
    {
        public LivedBox()
        {
            Box = SmallBox.Boot();
            Box.RunFor(Kernel.Time.SimTime.FromSeconds(3));
        }

        public Box Box { get; }

        public void Dispose() => Box.Dispose();
    }
}
