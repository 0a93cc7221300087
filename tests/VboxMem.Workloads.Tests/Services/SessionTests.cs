// Goal: logins and jobs come and go, each with the standing it has on a real box, and nothing of them stays behind.

using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Time;

namespace VboxMem.Workloads.Tests.Services;

public sealed class SessionTests : IDisposable
{
    private const short Shielded = -1000;

    private readonly ServiceBox _box = new();

    public void Dispose() => _box.Dispose();

    [Fact]
    public void A_login_is_three_processes_of_its_own_session_and_control_group_and_not_shielded()
    {
        var listener = _box.Start("sshd", Logins(SimTime.FromSeconds(5)), Shielded);
        _box.RunUntil(() => Shells().Any(), seconds: 60);

        var shell = Shells().First();
        var user = _box.Services.Single(task => task.Pid == shell.ParentPid);
        var monitor = _box.Services.Single(task => task.Pid == user.ParentPid);
        Assert.Equal(listener.Pid, monitor.ParentPid);
        Assert.Equal(("bash", "sshd-session", "sshd-session"), (shell.Name, user.Name, monitor.Name));
        Assert.Equal((Shielded, 0, 0, 0), (listener.OomScoreAdj, monitor.OomScoreAdj, user.OomScoreAdj, shell.OomScoreAdj));
        Assert.Equal((0u, true, shell.Uid), (monitor.Uid, shell.Uid >= 1000, user.Uid));
        Assert.Equal((shell.Pid, shell.Pid, 34816), (shell.Session, shell.ProcessGroup, shell.Terminal));
        Assert.EndsWith("@pts/0", ServiceBox.TitleOf(user), StringComparison.Ordinal);
        Assert.EndsWith(" [priv]", ServiceBox.TitleOf(monitor), StringComparison.Ordinal);
        Assert.Equal($"/user.slice/user-{shell.Uid}.slice/session-1.scope", shell.Cgroup);
    }

    [Fact]
    public void Sessions_end_and_are_reaped_and_their_terminals_used_again()
    {
        var listener = _box.Start("sshd", Logins(SimTime.FromSeconds(2), hold: SimTime.FromSeconds(4)), Shielded);
        var (most, logins) = (0, new HashSet<int>());
        for (var second = 0; second < 120; second++)
        {
            _box.Run(1);
            logins.UnionWith(Shells().Select(static shell => shell.Pid));
            most = Math.Max(most, Shells().Count());
            Assert.Equal(Shells().Count(), Shells().Select(static shell => shell.Terminal).Distinct().Count());
            Assert.All(_box.Services.Where(task => task != listener), static task => Assert.Equal(0, task.OomScoreAdj));
            Assert.InRange(_box.Zombies.Count(), 0, 2);
        }

        Assert.InRange(logins.Count, 25, 90);
        Assert.InRange(most, 2, 10);
        Assert.All(Shells(), static shell => Assert.InRange(shell.Terminal, 34816, 34825));
        _box.Audit();
    }

    [Fact]
    public void No_more_sessions_than_there_are_places()
    {
        _box.Start("sshd", Logins(SimTime.FromSeconds(1), hold: SimTime.FromSeconds(600)) with { Connections = 3 });
        _box.Run(60);

        Assert.Equal(3, Shells().Count());
    }

    [Fact]
    public void Commands_of_a_shell_are_children_that_exec_and_are_reaped()
    {
        _box.Start("sshd", Logins(SimTime.FromSeconds(600)) with { Pause = SimTime.FromMilliseconds(100), Every = SimTime.FromSeconds(1) });
        _box.RunUntil(() => Shells().Any());
        var seen = new HashSet<string>();
        for (var look = 0; look < 8000; look++)
        {
            _box.Run(0.002);
            seen.UnionWith(_box.Services.Select(static task => task.Name));
        }

        Assert.Superset(new HashSet<string> { "bash", "ls", "cat", "grep", "tail", "df", "ps" }, seen);
        Assert.InRange(_box.Zombies.Count(), 0, 1);
    }

    [Fact]
    public void A_job_of_cron_takes_its_memory_holds_it_and_is_gone()
    {
        _box.Start("cron", new ProgramParameters(SizeBytes: 12 << 20, Every: SimTime.FromSeconds(10), Hold: SimTime.FromSeconds(2)));
        _box.RunUntil(() => _box.Services.Any(static task => task.Name == "python3.13"), seconds: 15, step: 0.01);
        var (job, parent) = (_box.Services.Single(static task => task.Name == "python3.13"), _box.Titled("/usr/sbin/CRON -f")!);
        var started = _box.Machine.Now;
        Assert.Equal((parent.Pid, job.Pid), (job.ParentPid, job.Session));
        Assert.Equal("cron", parent.Name);
        _box.Run(1);
        Assert.InRange(_box.MemoryOf(job).RssAnonPages, 3072UL, 3700UL);
        _box.RunUntil(() => _box.Services.Count() == 1, seconds: 5, step: 0.01);
        Assert.InRange((_box.Machine.Now.Nanoseconds - started.Nanoseconds) / 1_000_000, 2000UL, 3500UL);

        var before = _box.Machine.Processes.ForkCount;
        _box.Run(60);
        Assert.Equal(12UL, _box.Machine.Processes.ForkCount - before);   // six jobs, each of them forked twice
        Assert.Empty(_box.Zombies);
    }

    private static ProgramParameters Logins(SimTime every, SimTime? hold = null) => new(Every: every, Hold: hold);

    private IEnumerable<Process> Shells() =>
        _box.Services.Where(static task => task is { CommandLine: "-bash\0", Name: "bash" } && task.Terminal != 0);
}
