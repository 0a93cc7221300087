// Goal: a session goes to any moment of its line and is there exactly as it was; going back changes nothing of what it becomes; doing
// something in the past forks it; what it is asked about its past is right.

using System.Text;
using VboxMem.FileTree;
using VboxMem.Kernel.Time;
using VboxMem.Session.History;

namespace VboxMem.Session.Tests.History;

public sealed class LiveSessionTests
{
    private static readonly string[] _commands =
    [
        "sysctl -w vm.swappiness=80", "echo 3 > /proc/sys/vm/drop_caches", "dd if=/dev/zero of=/data bs=1M count=60", "systemctl restart web", "swapoff -a",
        "swapon -a", "sleep 1.5; echo 1 > /proc/sys/vm/drop_caches; sleep 0.7; kill -TERM leak", "sync", "dd if=/data of=/dev/null bs=64k &", "free", "vmstat 1 2",
        "prlimit --pid leak --as=90000000", "killall -9 leak", "sysctl -w vm.swappiness=10 vm.vfs_cache_pressure=50",
    ];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Going_back_changes_nothing_of_what_a_box_becomes(int seed)
    {
        using var straight = SessionBox.Start();
        using var wandering = SessionBox.Start();
        var (random, ways) = (new Random(seed), new Random(seed + 100));
        for (var round = 0; round < 14; round++)
        {
            var command = _commands[random.Next(_commands.Length)];
            var next = straight.Now.Plus(new SimTime((ulong)random.NextInt64(9_000_000_000)));
            SessionBox.Do(straight, command);
            SessionBox.Do(wandering, command);
            Assert.Equal(straight.Now, wandering.Now);
            straight.TryAdvanceTo(next);
            wandering.TryAdvanceTo(next);
            var front = wandering.Now;
            for (var trips = ways.Next(4); trips > 0; trips--)
            {
                wandering.GoTo(new SimTime((ulong)ways.NextInt64((long)wandering.Begin.Nanoseconds, (long)front.Nanoseconds)));
                wandering.TryAdvanceTo(wandering.Now.Plus(new SimTime((ulong)ways.NextInt64((long)(front.Nanoseconds - wandering.Now.Nanoseconds)))));
                SessionBox.Do(wandering, "free");
            }

            if (ways.Next(2) == 0)
            {
                wandering.TryAdvanceTo(front);
            }

            wandering.GoTo(front);
            Assert.Equal((front, false, 0), (wandering.Now, wandering.IsInPast, wandering.Fork));
        }

        Assert.Equal(straight.Box.ComputeStateHash(), wandering.Box.ComputeStateHash());
        Assert.Equal(straight.Kills, wandering.Kills);
        Assert.Equal(straight.BelowMin, wandering.BelowMin);
        Assert.Equal(straight.Save().ToBytes(), wandering.Save().ToBytes());
    }

    [Fact]
    public void Every_moment_is_as_it_was()
    {
        using var session = SessionBox.Start();
        var seen = new List<(SimTime At, ulong State, string Files)>();
        for (var round = 0; round < 40; round++)
        {
            SessionBox.Advance(session, 2.2);
            if (round % 5 == 2)
            {
                SessionBox.Do(session, _commands[round % _commands.Length]);
            }

            seen.Add((session.Now, session.Box.ComputeStateHash(), FilesOf(session)));
        }

        var random = new Random(5);
        var tree = session.Tree;
        for (var trip = 0; trip < 25; trip++)
        {
            var (at, state, files) = seen[random.Next(seen.Count)];
            session.GoTo(at);
            Assert.Equal((at, state), (session.Now, session.Box.ComputeStateHash()));
            Assert.Equal(files, FilesOf(session));
            Assert.Same(tree, session.Tree);
        }
    }

    // The moments in the middle of a command that lasts are as good as others.
    [Fact]
    public void The_middle_of_a_command_is_a_moment_too()
    {
        using var session = SessionBox.Start();
        SessionBox.Advance(session, 3);
        var seen = new List<(SimTime At, ulong State)>();
        var start = session.Now;
        var status = session.Do("sleep 1; echo 1 > /proc/sys/vm/drop_caches; sleep 2; dd if=/dev/zero of=/data bs=1M count=30; systemctl restart web", Stream.Null, Stream.Null, () =>
        {
            seen.Add((session.Now, session.Box.ComputeStateHash()));
            return true;
        });
        Assert.Equal(0, status);
        Assert.True(seen.Count > 30 && seen[0].At == start && seen[^1].At < session.Now);
        Assert.All(seen.Zip(seen.Skip(1)), static pair => Assert.InRange(pair.Second.At.Nanoseconds - pair.First.At.Nanoseconds, 1UL, 100_000_000UL));
        for (var index = seen.Count - 1; index >= 0; index -= Math.Max(seen.Count / 20, 1))
        {
            session.GoTo(seen[index].At);
            Assert.Equal(seen[index].State, session.Box.ComputeStateHash());
        }
    }

    [Fact]
    public void Doing_something_in_the_past_forks_the_session()
    {
        using var session = SessionBox.Start();
        SessionBox.Advance(session, 5);
        SessionBox.Do(session, "sysctl -w vm.swappiness=80");
        SessionBox.Advance(session, 20);
        SessionBox.Do(session, "sysctl -w vm.swappiness=90");
        SessionBox.Advance(session, 60);
        var front = session.Front;

        session.GoTo(session.Begin.Plus(SimTime.FromSeconds(10)));
        Assert.Equal(0, SessionBox.Do(session, "free"));
        Assert.Equal((true, 0, front), (session.IsInPast, session.Fork, session.Front));
        Assert.Equal("80\n", Read(session, "/proc/sys/vm/swappiness"));

        Assert.Equal(0, SessionBox.Do(session, "systemctl stop leaky"));
        Assert.False(session.IsInPast);
        Assert.Equal([new SessionFork(1, 0, session.Begin.Plus(SimTime.FromSeconds(10)), front)], session.Forks);
        Assert.Equal(["sysctl -w vm.swappiness=80", "systemctl stop leaky"], session.Journal.Where(static entry => entry.Command is not null).Select(static entry => entry.Command));
        SessionBox.Advance(session, 90);
        Assert.Equal("80\n", Read(session, "/proc/sys/vm/swappiness"));
        Assert.Empty(session.Box.Workload.Groups.MembersOf("leaky"));

        using var straight = SessionBox.Start();
        SessionBox.Advance(straight, 5);
        SessionBox.Do(straight, "sysctl -w vm.swappiness=80");
        SessionBox.Advance(straight, 5);
        SessionBox.Do(straight, "systemctl stop leaky");
        straight.TryAdvanceTo(session.Now);
        Assert.Equal(straight.Box.ComputeStateHash(), session.Box.ComputeStateHash());
        Assert.Equal(straight.Save().ToBytes(), session.Save().ToBytes());
        Assert.Equal(straight.Kills, session.Kills);
    }

    [Fact]
    public void An_interrupted_command_stays_interrupted()
    {
        using var session = SessionBox.Start();
        SessionBox.Advance(session, 2);
        var stop = session.Now.Plus(SimTime.FromMilliseconds(2500));
        Assert.Equal(130, session.Do("sleep 4; echo never > /proc/sys/vm/drop_caches", Stream.Null, Stream.Null, () => session.Now < stop));
        Assert.InRange(session.Now.Nanoseconds, stop.Nanoseconds, stop.Nanoseconds + 100_000_000);
        SessionBox.Advance(session, 3);
        stop = session.Now.Plus(SimTime.FromMilliseconds(20));
        Assert.Equal(130, session.Do("dd if=/dev/zero of=/data bs=1M count=900", Stream.Null, Stream.Null, () => session.Now < stop));
        SessionBox.Do(session, "sysctl -w vm.swappiness=11");
        SessionBox.Advance(session, 9);
        var (now, state) = (session.Now, session.Box.ComputeStateHash());
        Assert.Equal([true, true, false], session.Journal.Where(static entry => entry.Command is not null).Select(static entry => entry.IsInterrupted));
        session.GoTo(session.Begin);
        session.TryAdvanceTo(now);
        Assert.Equal(state, session.Box.ComputeStateHash());
    }

    [Fact]
    public void Kills_and_dips_are_those_up_to_now()
    {
        using var session = SessionBox.Start();
        SessionBox.Advance(session, 60);
        var (kills, dips) = (session.Kills, session.BelowMin);
        Assert.True(kills.Count > 1);
        Assert.NotEmpty(dips);
        Assert.Equal(kills[^1].At, session.LastKillBefore(session.Now));
        Assert.Equal(kills[^2].At, session.LastKillBefore(kills[^1].At));
        Assert.Null(session.LastKillBefore(kills[0].At));
        Assert.Equal(dips[^1].At, session.LastBelowMinBefore(session.Now));
        Assert.All(dips, static dip => Assert.True(dip.FreePages < dip.MinPages && dip.Zone is "DMA" or "DMA32", dip.ToString()));

        session.GoTo(kills[0].At);
        Assert.Equal([kills[0]], session.Kills);
        session.GoTo(dips[0].At);
        Assert.Equal(dips[0], Assert.Single(session.BelowMin));
        SessionBox.Do(session, "systemctl stop leaky");
        SessionBox.Advance(session, 20);
        Assert.DoesNotContain(session.Kills, kill => kill.At > dips[0].At);
    }

    [Fact]
    public void An_observer_sees_each_moment_of_a_line_once()
    {
        using var session = SessionBox.Start();
        var observer = new Recorder(session);
        session.Add(observer);
        SessionBox.Advance(session, 30);
        var seen = observer.Seen.ToList();
        Assert.Equal(30, seen.Count);
        session.GoTo(session.Begin.Plus(SimTime.FromSeconds(12)));
        Assert.Equal(session.Now, Assert.Single(observer.Moves));
        SessionBox.Advance(session, 5);
        Assert.Equal(seen, observer.Seen);
        SessionBox.Do(session, "systemctl stop leaky");
        Assert.True(observer.Seen.Count is >= 17 and < 22, $"{observer.Seen.Count}");
        SessionBox.Advance(session, 30);
        Assert.Equal(seen.Take(17), observer.Seen.Take(17));
        Assert.NotEqual(seen.Skip(20), observer.Seen.Skip(20).Take(10));
        Assert.All(observer.Seen.Select(static (look, index) => (look, index)), entry => Assert.Equal(session.Begin.Plus(SimTime.FromSeconds((ulong)entry.index + 1)), entry.look.At));
    }

    [Fact]
    public void Nothing_is_written_past_the_journal()
    {
        using var session = SessionBox.Start();
        Assert.Equal(Errno.EROFS, session.Tree.TryWrite("/proc/sys/vm/swappiness", "1"u8));
        Assert.Equal(Errno.EROFS, session.Tree.TrySignal(1, 15));
    }

    [Fact]
    public void A_panic_can_be_gone_back_from()
    {
        using var session = SessionBox.Start("""
            { "machine": { "ram": "160MiB", "cpus": 1 }, "groups": [ { "name": "leaky", "program": "leak", "per_second": "40MiB" } ],
              "timeline": [ { "at": "1s", "do": "write", "to": "/proc/sys/vm/panic_on_oom", "text": "1" } ] }
            """);
        SessionBox.Advance(session, 120);
        Assert.True(session.HasPanicked);
        var (now, state) = (session.Now, session.Box.ComputeStateHash());
        session.GoTo(session.Begin.Plus(SimTime.FromSeconds(1)));
        Assert.False(session.HasPanicked);
        Assert.False(session.TryAdvanceTo(session.Begin.Plus(SimTime.FromSeconds(120))));
        Assert.Equal((now, state), (session.Now, session.Box.ComputeStateHash()));
        session.GoTo(session.Begin.Plus(SimTime.FromSeconds(1)));
        SessionBox.Do(session, "echo 0 > /proc/sys/vm/panic_on_oom");
        SessionBox.Advance(session, 30);
        Assert.Single(session.Kills);
    }

    [Fact]
    public void Checkpoints_keep_to_their_budget_and_every_moment_can_still_be_reached()
    {
        const long Budget = 60 << 20;
        using var session = SessionBox.Start(budgetBytes: Budget);
        var seen = new List<(SimTime At, ulong Trace)>();
        while (session.Now < session.Begin.Plus(SimTime.FromSeconds(900)))
        {
            SessionBox.Advance(session, 37);
            seen.Add((session.Now, session.Box.ComputeTraceHash()));
        }

        var (count, bytes) = session.CheckpointCost;
        Assert.InRange(count, 3, 14);
        Assert.InRange(bytes, Budget / 3, Budget * 3 / 2);
        foreach (var (at, trace) in seen.AsEnumerable().Reverse().Where(static (_, index) => index % 4 == 0))
        {
            session.GoTo(at);
            Assert.Equal((at, trace), (session.Now, session.Box.ComputeTraceHash()));
        }
    }

    private static string Read(LiveSession session, string path)
    {
        Assert.Equal(Errno.None, session.Tree.TryRead(path, out var content));
        return Encoding.UTF8.GetString(content.Span);
    }

    private static string FilesOf(LiveSession session) =>
        string.Concat(((string[])["/proc/meminfo", "/proc/vmstat", "/proc/zoneinfo", "/proc/stat", "/proc/buddyinfo", "/proc/swaps", "/proc/pressure/memory"]).Select(path => Read(session, path)));

    private sealed class Recorder(LiveSession session) : ISessionObserver
    {
        public List<(SimTime At, ulong Trace)> Seen { get; } = [];

        public List<SimTime> Moves { get; } = [];

        public SimTime? NextLook => (Seen.Count > 0 ? Seen[^1].At : session.Begin).Plus(SimTime.FromSeconds(1));

        public void Look() => Seen.Add((session.Now, session.Box.ComputeTraceHash()));

        public void Moved(SimTime now) => Moves.Add(now);

        public void Forked(SimTime at) => Seen.RemoveAll(look => look.At > at);
    }
}
