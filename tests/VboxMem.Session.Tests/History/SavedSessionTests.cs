// Goal: a saved session is walked again to the same end, by the screen and by replay; what was tampered with is told in words and where;
// no damaged file is taken, and none crashes the reader.

using System.Text;
using VboxMem.Kernel.Time;
using VboxMem.Profiles;
using VboxMem.Session.History;
using VboxMem.Session.Journals;
using VboxMem.Testing;

namespace VboxMem.Session.Tests.History;

public sealed class SavedSessionTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("vbox-session-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_dump_of_a_past_moment_is_replayed_to_that_moment()
    {
        using var session = Lived();
        session.GoTo(new SimTime((session.Begin.Nanoseconds + session.Front.Nanoseconds) / 2));
        var folder = Path.Combine(_folder, "dump");
        session.WriteDump(folder);
        var record = RunRecord.TryRead(folder, out var problem);
        Assert.Equal("", problem);
        var journal = Journal.TryRead(Path.Combine(folder, Journal.FileName), out problem);
        Assert.Equal("", problem);
        Assert.True(journal!.Entries.Count < session.Journal.Count);
        using var box = Box.Boot(session.Box.Profile);
        Assert.Equal(new ReplayResult(true, ""), new Replay(box, journal, record!.Reached, static () => false).Run());
        Assert.Equal(session.Box.ComputeStateHash(), box.ComputeStateHash());
    }

    [Fact]
    public void A_saved_session_is_walked_again_to_the_same_end()
    {
        using var session = Lived();
        var file = Path.Combine(_folder, "session");
        session.Save().Write(file);
        session.Save().Write(file);
        Assert.Equal([file], Directory.GetFileSystemEntries(_folder));
        var saved = SavedSession.TryRead(file, out var problem);
        Assert.Equal("", problem);
        Assert.Equal(File.ReadAllBytes(file), saved!.ToBytes());

        using var again = Open(saved);
        Assert.Equal((again.Begin, session.Front, true), (again.Now, again.Front, again.IsInPast));
        Assert.Equal(File.ReadAllBytes(file), again.Save().ToBytes());
        var random = new Random(3);
        while (again.IsInPast)
        {
            again.TryAdvanceTo(new SimTime(Math.Min(again.Now.Nanoseconds + (ulong)random.NextInt64(5_000_000_000), again.Front.Nanoseconds)));
            if (random.Next(4) == 0)
            {
                again.GoTo(again.Now.Plus(new SimTime((ulong)random.NextInt64(9_000_000_000))));
            }

            if (random.Next(4) == 0)
            {
                again.GoTo(new SimTime((ulong)random.NextInt64((long)again.Begin.Nanoseconds, (long)again.Now.Nanoseconds)));
                SessionBox.Do(again, again.Now < again.Front && again.Front.Nanoseconds - again.Now.Nanoseconds > 5_000_000_000 ? "vmstat 1 2" : "free");
            }
        }

        Assert.Equal("", again.Difference);
        Assert.Equal((session.Front, 0), (again.Front, again.Fork));
        again.GoTo(session.Front);
        session.GoTo(session.Front);
        Assert.Equal(session.Box.ComputeStateHash(), again.Box.ComputeStateHash());
        Assert.Equal(session.Kills, again.Kills);
        SessionBox.Advance(session, 33);
        SessionBox.Advance(again, 33);
        Assert.Equal(session.Save().ToBytes(), again.Save().ToBytes());
    }

    [Fact]
    public void Replay_takes_it()
    {
        using var session = Lived();
        var saved = session.Save();
        using var box = Box.Boot(SessionBox.Profile());
        Assert.Equal(new ReplayResult(true, ""), new Replay(box, saved.Journal, saved.Record.Reached, static () => false).Run());
        Assert.Equal(saved.Record.StateHash, box.ComputeStateHash());
    }

    [Fact]
    public void Somebody_may_go_another_way_from_the_middle()
    {
        using var session = Lived();
        using var again = Open(session.Save());
        again.GoTo(again.Begin.Plus(SessionBox.Seconds(9.5)));   // in the middle of a command
        Assert.Equal(again.Begin.Plus(SessionBox.Seconds(9.5)), again.Now);
        SessionBox.Do(again, "sysctl -w vm.swappiness=3");
        Assert.Equal(1, again.Fork);
        SessionBox.Advance(again, 20);
        var forked = again.Save();
        Assert.Equal([true, false], forked.Journal.Entries.Where(static entry => entry.Command is not null).TakeLast(2).Select(static entry => entry.IsInterrupted));
        using var third = Open(forked);
        third.GoTo(third.Front);
        Assert.Equal(("", again.Box.ComputeStateHash()), (third.Difference, third.Box.ComputeStateHash()));
        using var box = Box.Boot(SessionBox.Profile());
        Assert.Equal(new ReplayResult(true, ""), new Replay(box, forked.Journal, forked.Record.Reached, static () => false).Run());
        Assert.Equal(forked.Record.StateHash, box.ComputeStateHash());
    }

    // Of two commands of one moment the second has not been done yet.
    [Fact]
    public void What_was_to_come_at_this_moment_is_forgotten_too()
    {
        using var session = SessionBox.Start();
        SessionBox.Do(session, "sysctl -w vm.swappiness=80");
        SessionBox.Advance(session, 5);
        using var again = Open(session.Save());
        SessionBox.Do(again, "sysctl -w vm.vfs_cache_pressure=7");
        SessionBox.Advance(again, 5);
        Assert.Equal(["sysctl -w vm.vfs_cache_pressure=7"], again.Journal.Select(static entry => entry.Command));
        using var third = Open(Reread(again.Save()));
        third.GoTo(third.Front);
        Assert.Equal(("", again.Box.ComputeStateHash()), (third.Difference, third.Box.ComputeStateHash()));
    }

    [Fact]
    public void A_panic_at_the_end_is_reached_too()
    {
        const string Json = """
            { "machine": { "ram": "160MiB", "cpus": 1 }, "groups": [ { "name": "leaky", "program": "leak", "per_second": "40MiB" } ],
              "timeline": [ { "at": "1s", "do": "write", "to": "/proc/sys/vm/panic_on_oom", "text": "1" } ] }
            """;
        using var session = SessionBox.Start(Json);
        Assert.Equal(130, SessionBox.Do(session, "sleep 100; echo 1 > /proc/sys/vm/drop_caches"));
        Assert.True(session.HasPanicked);
        using var again = LiveSession.Open(Reread(session.Save()), SessionBox.Profile(Json));
        again.GoTo(again.Front);
        Assert.Equal(("", true), (again.Difference, again.HasPanicked));
        Assert.Equal(session.Box.ComputeStateHash(), again.Box.ComputeStateHash());
    }

    [Theory]
    [InlineData("swappiness=80", "swappiness=81", "^first differs between 5\\.65.* and [0-9.]+s: there its trace is ")]
    [InlineData("count=60", "count=61", "^first differs between [0-9.]+s and [0-9.]+s: ")]
    [InlineData("\"status\":0}", "\"status\":7}", "^first differs between 5[0-9.]+s and 5[0-9.]+s: 'sysctl -w vm.swappiness=80' has come to 0 at 5[0-9.]+s, recorded is 7 at ")]
    [InlineData("\"state_hash\":\"", "\"state_hash\":\"0", "^first differs between [0-9.]+s and 5[0-9.]+s: at the end its state is ")]
    public void What_was_tampered_with_is_told(string before, string after, string difference)
    {
        using var session = Lived();
        var text = Encoding.UTF8.GetString(session.Save().ToBytes());
        Assert.Contains(before, text, StringComparison.Ordinal);
        text = text.Replace(before, after, StringComparison.Ordinal);
        text = text.Contains("\"state_hash\":\"0", StringComparison.Ordinal) ? text.Remove(text.IndexOf("\"state_hash\":\"0", StringComparison.Ordinal) + 20, 1) : text;
        var saved = SavedSession.TryParse("s", Encoding.UTF8.GetBytes(text), out var problem);
        Assert.Equal("", problem);
        using var again = Open(saved!);
        again.TryAdvanceTo(saved!.Record.Reached);
        Assert.Matches(difference, again.Difference);
        Assert.False(again.IsInPast);
        SessionBox.Advance(again, 3);
        again.GoTo(again.Begin);
        again.GoTo(again.Front);

        using var third = Open(Reread(again.Save()));   // what it has become is a session like any other
        third.GoTo(third.Front);
        Assert.Equal(("", again.Box.ComputeStateHash()), (third.Difference, third.Box.ComputeStateHash()));
    }

    [Theory]
    [InlineData("", "s: not a saved session: its first line begins with {\"vbox_mem_session\":1,")]
    [InlineData("{}\n", "s: not a saved session")]
    [InlineData("{\"vbox_mem_session\":1,\"version\":\"1\"}\n", "s: not the record of a run")]
    [InlineData("{\"vbox_mem_session\":1,\"version\":\n", "s: not JSON, at line ")]
    [InlineData("{\"vbox_mem_session\":2,\"version\":\"1\",\"seed\":1,\"simulated_nanoseconds\":5,\"state_hash\":\"1\",\"profile\":{}}\n", "s: a session of another format than 1")]
    [InlineData("{\"vbox_mem_session\":1,\"version\":\"1\",\"seed\":1,\"simulated_nanoseconds\":5,\"state_hash\":\"1\",\"profile\":{}}\nx\n", "s:2: not JSON")]
    [InlineData("{\"vbox_mem_session\":1,\"version\":\"1\",\"seed\":1,\"simulated_nanoseconds\":5,\"state_hash\":\"1\",\"profile\":{}}\n{\"ns\":6,\"trace\":\"00112233445566ff\"}\n", "s: what begins at 0.000000s is not over at the end of the session")]
    public void A_bad_file_is_told(string text, string problem)
    {
        Assert.Null(SavedSession.TryParse("s", Encoding.UTF8.GetBytes(text), out var found));
        Assert.StartsWith(problem, found, StringComparison.Ordinal);
    }

    [Fact]
    public void Files_are_read_or_refused_in_one_line()
    {
        using var session = SessionBox.Start("""{ "machine": { "ram": "128MiB", "cpus": 1 }, "groups": [ { "name": "web", "program": "sleep" } ] }""");
        SessionBox.Do(session, "sysctl -w vm.swappiness=80");
        session.Do("sleep 3; echo 1 > /proc/sys/vm/drop_caches", Stream.Null, Stream.Null, static () => false);
        SessionBox.Advance(session, 31);
        var good = session.Save().ToBytes();
        var random = new Random(16);
        var (read, refused) = (0, 0);
        for (var round = 0; round < (Mutator.IsLongMode ? 100_000 : 1_500); round++)
        {
            var content = Mutator.Mutate(random, good);
            if (SavedSession.TryParse("s", content, out var problem) is not { } saved)
            {
                refused++;
                Assert.Matches("^s(:[0-9]+)?: [^\\p{C}]+$", problem);
                continue;
            }

            read++;
            Assert.Equal("", problem);
            if (saved.TryLoadProfile("s", out var errors) is not { } profile)
            {
                Assert.NotEmpty(errors);
                continue;
            }

            if (read % 12 == 0 && saved.Record.Reached < SimTime.FromSeconds(100))
            {
                using var walked = LiveSession.Open(saved, profile);
                walked.GoTo(walked.Front);
                Assert.False(walked.IsInPast);
            }
        }

        Assert.True(read > 50 && refused > 100, $"{read} read, {refused} refused");
    }

    /// <summary>A session with a bit of everything, whose present is in the past.</summary>
    private static LiveSession Lived()
    {
        var session = SessionBox.Start();
        SessionBox.Advance(session, 3);
        SessionBox.Do(session, "sysctl -w vm.swappiness=80");
        SessionBox.Do(session, "dd if=/dev/zero of=/data bs=1M count=60");
        session.TryAdvanceTo(session.Begin.Plus(SessionBox.Seconds(8.7)));
        SessionBox.Do(session, "echo 1 > /proc/sys/vm/drop_caches; sleep 2; systemctl restart web; swapoff -a");
        SessionBox.Advance(session, 4);
        SessionBox.Do(session, "free");
        session.Do("sleep 2; swapon -a; sleep 90; echo 3 > /proc/sys/vm/drop_caches", Stream.Null, Stream.Null, () => session.Now < session.Begin.Plus(SimTime.FromSeconds(35)));
        SessionBox.Do(session, "dd if=/data of=/dev/null bs=64k &");
        SessionBox.Advance(session, 15);
        session.GoTo(session.Begin.Plus(SimTime.FromSeconds(20)));
        return session;
    }

    private static LiveSession Open(SavedSession saved) => LiveSession.Open(saved, ProfileOf(saved));

    private static Profile ProfileOf(SavedSession saved)
    {
        var profile = saved.TryLoadProfile("s", out var problems);
        Assert.Empty(problems);
        return profile!;
    }

    private static SavedSession Reread(SavedSession saved)
    {
        var again = SavedSession.TryParse("s", saved.ToBytes(), out var problem);
        Assert.Equal("", problem);
        return again!;
    }
}
