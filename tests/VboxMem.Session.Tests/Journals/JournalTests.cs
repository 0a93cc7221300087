// Goal: a journal replays to the same state, whatever was done; what was tampered with is found where it is; no bad journal is taken.

using System.Text;
using VboxMem.Kernel.Time;
using VboxMem.Session.Journals;

namespace VboxMem.Session.Tests;

public sealed class JournalTests
{
    private const string Actions = """
        @3s sysctl -w vm.swappiness=80
        dd if=/dev/zero of=/data bs=1M count=150
        free
        dd if=/data of=/dev/null bs=1M &
        @12s swapoff -a
        echo 1 > /proc/sys/vm/drop_caches
        kill -USR1 web; sync
        @25s restart web
        expect alive(web)
        @33s swapon -a; prlimit --pid web --as=50000000
        sleep 4
        echo x > /proc/nope
        stop leaky
        wait
        @45s start job
        """;

    [Fact]
    public void A_replay_ends_in_the_same_state()
    {
        using var box = SmallBox.Boot();
        var ran = SmallBox.Run(box, Actions, SimTime.FromSeconds(50));
        var journal = Reread(ran.Journal);
        Assert.Equal(
            [
                "sysctl -w vm.swappiness=80", "dd if=/dev/zero of=/data bs=1M count=150", "dd if=/data of=/dev/null bs=1M &", "swapoff -a",
                "echo 1 > /proc/sys/vm/drop_caches", "kill -USR1 web; sync", "restart web", "swapon -a; prlimit --pid web --as=50000000",
                "echo x > /proc/nope", "stop leaky", "start job",
            ],
            journal.Entries.Where(static entry => entry.Command is not null).Select(static entry => entry.Command));
        Assert.Single(journal.Entries, static entry => entry.Command is null);
        Assert.Contains(journal.Entries, static entry => entry.EndedAt > entry.At);

        using var again = SmallBox.Boot();
        var result = new Replay(again, journal, box.Machine.Now, static () => false).Run();
        Assert.Equal(new ReplayResult(true, ""), result);
        Assert.Equal(box.ComputeStateHash(), again.ComputeStateHash());
    }

    [Fact]
    public void The_journal_changes_nothing()
    {
        using var box = SmallBox.Boot();
        SmallBox.Run(box, "@45s", SimTime.FromSeconds(50));
        using var bare = SmallBox.Boot();
        bare.RunFor(SimTime.FromSeconds(50));
        Assert.Equal(bare.ComputeStateHash(), box.ComputeStateHash());
    }

    // Interrupted in the middle of a command that lasts: the journal has it without an end.
    [Fact]
    public void An_interrupted_run_replays_to_where_it_was_interrupted()
    {
        using var box = SmallBox.Boot();
        var stop = box.Machine.Now.Plus(SimTime.FromMilliseconds(3050));
        var ran = SmallBox.Run(box, "@3s dd if=/dev/zero of=/data bs=1M count=500 conv=fsync\necho never > /proc/sys/vm/drop_caches", null, () => box.Machine.Now >= stop);
        Assert.True(ran.Time.WasCutShort);
        var journal = Reread(ran.Journal);
        var entry = Assert.Single(journal.Entries);
        Assert.Equal((null, null), (entry.Status, entry.EndedAt));

        using var again = SmallBox.Boot();
        Assert.Equal(new ReplayResult(true, ""), new Replay(again, journal, box.Machine.Now, static () => false).Run());
        Assert.Equal(box.ComputeStateHash(), again.ComputeStateHash());
    }

    [Theory]
    [InlineData("swappiness=80", "swappiness=81", "first differs between 5.658260s and 5.658260s: there its trace is ")]
    [InlineData("drop_caches", "compact_memory", "first differs between ")]
    [InlineData("restart web", "restart job", "first differs between 27.658260s and 32.6")]
    [InlineData("count=150", "count=151", "first differs between 5.658260s and ")]
    [InlineData("\"status\":1}", "\"status\":0}", "first differs between ")]
    public void What_was_tampered_with_is_found_at_its_moment(string before, string after, string start)
    {
        using var box = SmallBox.Boot();
        var ran = SmallBox.Run(box, Actions, SimTime.FromSeconds(50));
        var text = Encoding.UTF8.GetString(ran.Journal.ToBytes());
        Assert.Contains(before, text, StringComparison.Ordinal);
        var journal = Journal.TryParse("j", Encoding.UTF8.GetBytes(text.Replace(before, after, StringComparison.Ordinal)), out var problem);
        Assert.Equal("", problem);

        using var again = SmallBox.Boot();
        var result = new Replay(again, journal!, box.Machine.Now, static () => false).Run();
        Assert.False(result.HasArrived);
        Assert.StartsWith(start, result.Difference, StringComparison.Ordinal);
    }

    [Fact]
    public void A_box_of_another_profile_differs_from_the_first_mark_on()
    {
        using var box = SmallBox.Boot();
        var ran = SmallBox.Run(box, Actions, SimTime.FromSeconds(50));
        using var other = SmallBox.Boot(SmallBox.Managed.Replace("8MiB", "9MiB", StringComparison.Ordinal));
        var result = new Replay(other, ran.Journal, box.Machine.Now, static () => false).Run();
        Assert.StartsWith("first differs between 2.658260s and 5.658260s: there its trace is ", result.Difference, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("x\n", "j:1: not JSON")]
    [InlineData("[]\n", "j:1: not a JSON object")]
    [InlineData("{}\n", "j:1: no ns: allowed are ns, trace, state, command, ended_ns, status and interrupted")]
    [InlineData("{\"ns\":1}\n", "j:1: no trace: allowed are")]
    [InlineData("{\"ns\":-1,\"trace\":\"00112233445566ff\"}\n", "j:1: ns: allowed are")]
    [InlineData("{\"ns\":1,\"ns\":1,\"trace\":\"00112233445566ff\"}\n", "j:1: ns: allowed are ns, trace, state, command, ended_ns, status and interrupted, each once")]
    [InlineData("{\"ns\":1,\"trace\":\"0011\"}\n", "j:1: trace: allowed are")]
    [InlineData("{\"ns\":1,\"trace\":\"00112233445566ff\",\"mood\":1}\n", "j:1: mood: allowed are")]
    [InlineData("{\"ns\":5,\"trace\":\"00112233445566ff\"}\n{\"ns\":4,\"trace\":\"00112233445566ff\"}\n", "j:2: goes back in time: 0.000000s follows 0.000000s")]
    [InlineData("{\"ns\":1,\"trace\":\"00112233445566ff\",\"command\":\"frobnicate\",\"ended_ns\":1,\"status\":0}\n", "j:1: frobnicate: command not found")]
    [InlineData("{\"ns\":1,\"trace\":\"00112233445566ff\",\"command\":\"sync\",\"ended_ns\":0,\"status\":0}\n", "j:1: ends before it begins")]
    [InlineData("{\"ns\":1,\"trace\":\"00112233445566ff\",\"command\":\"sync\",\"ended_ns\":3}\n", "j:1: ended_ns and status go together")]
    [InlineData("{\"ns\":1,\"trace\":\"00112233445566ff\",\"status\":3}\n", "j:1: ended_ns and status go together")]
    [InlineData("{\"ns\":1,\"trace\":\"00112233445566ff\",\"command\":\"sync\"}\n{\"ns\":2,\"trace\":\"00112233445566ff\",\"command\":\"sync\"}\n", "j:2: follows a command that has not ended")]
    [InlineData("{\"ns\":1,\"trace\":\"00112233445566ff\",\"command\":\"sync\",\"ended_ns\":9,\"status\":0}\n{\"ns\":2,\"trace\":\"00112233445566ff\",\"command\":\"sync\"}\n", "j:2: begins at ")]
    [InlineData("{\"ns\":1,\"trace\":\"00112233445566ff\"} {}\n", "j:1: more than one JSON value")]
    [InlineData("{\"ns\":1,\"trace\":\"00112233445566ff\"}", "j:1: the line does not end, so it may not be whole")]
    [InlineData("\n", "j:1: not JSON")]
    public void A_bad_journal_is_told_with_its_line(string text, string problem)
    {
        Assert.Null(Journal.TryParse("j", Encoding.UTF8.GetBytes(text), out var found));
        Assert.StartsWith(problem, found, StringComparison.Ordinal);
    }

    private static Journal Reread(Journal journal)
    {
        var bytes = journal.ToBytes();
        var again = Journal.TryParse("j", bytes, out var problem);
        Assert.Equal("", problem);
        Assert.Equal(bytes, again!.ToBytes());
        return again;
    }
}
