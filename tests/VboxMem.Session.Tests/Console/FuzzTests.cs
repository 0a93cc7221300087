// Goal: no line, script or journal crashes or hangs the console, its checks, or a replay.
// Method: known ones with characters dropped, doubled, swapped or replaced, and whole words shuffled; seeded. Lines run on a box for a
// little while, after which its audit must still hold.

using System.Diagnostics;
using System.Text;
using VboxMem.Kernel.Auditing;
using VboxMem.Kernel.Time;
using VboxMem.Session.Console;
using VboxMem.Session.Journals;
using VboxMem.Session.Scripts;
using VboxMem.Testing;

namespace VboxMem.Session.Tests;

public sealed class FuzzTests
{
    private const string Alphabet = "abk019.%/*+-<>=!()[]{}|&;'\"\\$#~@:, \t\u00e9\0\n";

    private static readonly string[] _words =
    [
        "echo", "cat", "grep", "-E", "'a{2}|b*'", "sort", "-k2,2n", "head", "-n", "-3", "tail", "+2", "wc", "-l", "kill", "-9", "web", "killall", "pkill", "swapon", "swapoff", "-a",
        "/dev/vdb", "sync", "dd", "if=/dev/zero", "of=/x", "bs=4k", "count=3", "prlimit", "--pid", "--as=99999999", "choom", "-p", "1", "systemctl", "start", "stop", "restart", "job",
        "sleep", "0.01", "date", "+%s", "ls", "/proc", "/proc/[0-9]*/comm", "free", "vmstat", "slabtop", "sysctl", "-w", "vm.swappiness=7", "|", "|", ">", "2>&1", "/proc/sys/vm/drop_caches",
        "/dev/null", ";", "&&", "||", "&", "wait", "true", "false", "expect", "alive(web)", "for", "within", "5s", "@1s", "+10ms", "''", "\"x y\"", "*",
    ];

    private static readonly string[] _scripts =
    [
        "@1s free | head -n 2\n+5s echo 3 > /proc/sys/vm/drop_caches\nexpect meminfo.MemFree > 3MiB for 2s within 10s\n", "# x\ndd if=/dev/zero of=/y bs=1M count=3 &\nwait\nkill -TERM web",
        "@10s expect rss(\"(sd-pam)\") < 1MiB\r\n@1m\nsystemctl stop job; start web\n",
    ];

    private static readonly string[] _journals =
    [
        "{\"ns\":3658260000,\"trace\":\"9bbb2f3da48eadaf\",\"command\":\"sysctl -w vm.swappiness=80\",\"ended_ns\":3658260000,\"status\":0}\n{\"ns\":12658260000,\"trace\":\"9bbb2f3da48eadaf\"}\n",
        "{\"ns\":2658260000,\"trace\":\"f90b2f3da48eadaf\",\"state\":\"0000000000000001\"}\n{\"ns\":2658260000,\"trace\":\"f90b2f3da48eadaf\",\"command\":\"sync\"}\n",
    ];

    private static int Rounds => Environment.GetEnvironmentVariable("VBOXMEM_TESTS_LONG") is "1" ? 100_000 : 2_000;

    [Fact]
    public void Lines_run_or_are_refused()
    {
        var random = new Random(11);
        Box? box = null;
        BoxConsole? console = null;
        var (quiet, understood) = (Stream.Null, 0);
        for (var round = 0; round < Rounds; round++)
        {
            if (round % 500 == 0)
            {
                if (box is not null)
                {
                    Audit.Check(box.Machine);
                }

                box?.Dispose();
                box = SmallBox.Boot();
                console = box.MakeConsole(new BoxTime(box) { End = box.Machine.Now.Plus(SimTime.FromSeconds(120)) });
            }

            var line = LineOf(random);
            var clock = Stopwatch.StartNew();
            var problem = CommandChecks.ProblemOf(line, [.. box!.Workload.Groups.Names]);
            var canChange = CommandChecks.CanChange(line);
            var status = console!.Run(line, quiet, quiet);
            Assert.InRange(status, 0, 255);
            understood += problem is null && canChange ? 1 : 0;
            Assert.True(problem is null || problem.Length > 0);
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(20), $"took {clock.Elapsed}: {line}");
        }

        Audit.Check(box!.Machine);
        box.Dispose();
        Assert.True(understood > Rounds / 100, $"{understood} of {Rounds} understood");
    }

    [Fact]
    public void Scripts_are_read_or_refused_with_their_lines()
    {
        var random = new Random(12);
        var (read, refused) = (0, 0);
        for (var round = 0; round < Rounds; round++)
        {
            var text = DamagedText.Of(_scripts[round % _scripts.Length], Alphabet, mostChanges: 3, random);
            var script = Script.Parse("s", Encoding.UTF8.GetBytes(text), ["web", "job"], round % 2 == 0 ? SimTime.FromSeconds(90) : null, out var problems);
            _ = script is null ? refused++ : read++;
            Assert.Equal(script is null, problems.Count > 0);
            Assert.All(problems, static problem => Assert.Matches("^s:[0-9]+: .", problem));
        }

        Assert.True(read > Rounds / 50 && refused > Rounds / 4, $"{read} read, {refused} refused");
    }

    [Fact]
    public void Journals_are_read_or_refused_with_their_lines()
    {
        var random = new Random(13);
        var (read, refused) = (0, 0);
        for (var round = 0; round < Rounds; round++)
        {
            var text = DamagedText.Of(_journals[round % _journals.Length], Alphabet, mostChanges: 3, random);
            if (Journal.TryParse("j", Encoding.UTF8.GetBytes(text), out var problem) is { } journal)
            {
                read++;
                Assert.NotNull(Journal.TryParse("j", journal.ToBytes(), out _));
                if (read % 100 == 1)
                {
                    using var box = SmallBox.Boot();
                    new Replay(box, journal, SimTime.FromSeconds(5), static () => false).Run();
                }

                continue;
            }

            refused++;
            Assert.Matches("^j:[0-9]+: .", problem);
        }

        Assert.True(read > Rounds / 50 && refused > Rounds / 4, $"{read} read, {refused} refused");
    }

    /// <summary>A line that may or may not mean something.</summary>
    internal static string LineOf(Random random)
    {
        var line = string.Join(' ', Enumerable.Range(0, random.Next(1, 9)).Select(_ => _words[random.Next(_words.Length)]));
        return random.Next(3) == 0 ? DamagedText.Of(line, Alphabet, mostChanges: 3, random) : line;
    }
}
