// Goal: systemd starts services with what their units say, starts them again as their units say, stops them, and leaves no zombies.
// Method: small boxes with groups of simple programs; processes, control groups and units are looked at between runs.

using System.Text;
using VboxMem.Kernel.Auditing;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Time;
using VboxMem.Profiles;
using VboxMem.Workloads;
using VboxMem.Workloads.Programs;

namespace VboxMem.Session.Tests;

public sealed class SystemdTests
{
    [Fact]
    public void A_service_is_its_child_with_user_group_nice_adjustment_session_and_control_group_of_its_own()
    {
        using var box = BoxOf("""{ "name": "web", "program": "sleep", "count": 2, "user": "games", "nice": 5, "oom_score_adj": -500 }""");

        box.RunFor(SimTime.FromSeconds(1));

        var pids = box.Workload.Groups.MembersOf("web").ToArray();
        Assert.Equal(2, pids.Length);
        for (var instance = 0; instance < 2; instance++)
        {
            var task = box.Machine.Processes[pids[instance]];
            Assert.Equal(("web", 5u, 60u, 5, (short)-500), (task.Name, task.Uid, task.Gid, task.Nice, task.OomScoreAdj));
            Assert.Equal((1, task.Pid, task.Pid), (task.ParentPid, task.Session, task.ProcessGroup));
            Assert.Equal($"/system.slice/system-web.slice/web@{instance + 1}.service", task.Cgroup);
        }

        Assert.Equal(0, box.Machine.Processes[1].OomScoreAdj);
        Audit.Check(box.Machine);
    }

    [Fact]
    public void A_service_that_fails_is_started_again_after_delays_that_grow_to_their_limit()
    {
        // 100 ms growing to 1600 ms in 4 steps doubles each time: 100, 200, 400, 800, 1600, 1600. Each life takes 1 s.
        using var box = BoxOf("""
            { "name": "leaky", "program": "sleep", "hold": "1h", "restart": "on-failure", "restart_max_delay": "1600ms", "restart_steps": 4, "start_limit_interval": "0s" }
            """);
        box.RunFor(SimTime.FromMilliseconds(500));
        foreach (var delay in (int[])[100, 200, 400, 800, 1600, 1600])
        {
            box.Workload.Groups.Signal("leaky", Signal.Kill);
            box.RunFor(SimTime.FromMilliseconds((ulong)(delay - 10)));
            Assert.Empty(box.Workload.Groups.MembersOf("leaky"));
            Assert.False(box.Workload.Groups.HasEnded("leaky"));
            box.RunFor(SimTime.FromMilliseconds(100));
            Assert.Single(box.Workload.Groups.MembersOf("leaky"));
        }

        Assert.Equal(0, box.Machine.Processes.CountIn(TaskState.Zombie));
    }

    [Theory]
    [InlineData("no", Signal.Kill, false)]
    [InlineData("no", Signal.Terminate, false)]
    [InlineData("on-failure", Signal.Kill, true)]
    [InlineData("on-failure", Signal.SegmentationFault, true)]
    [InlineData("on-failure", Signal.Terminate, false)]
    [InlineData("always", Signal.Terminate, true)]
    public void Whether_it_is_started_again_depends_on_how_it_ended(string policy, Signal signal, bool isStartedAgain)
    {
        using var box = BoxOf($$"""{ "name": "web", "program": "sleep", "hold": "1h", "restart": "{{policy}}" }""");
        box.RunFor(SimTime.FromSeconds(1));
        box.Workload.Groups.Signal("web", signal);
        box.RunFor(SimTime.FromSeconds(1));
        Assert.Equal(isStartedAgain ? 1 : 0, box.Workload.Groups.MembersOf("web").Count());
        Assert.NotEqual(isStartedAgain, box.Workload.Groups.HasEnded("web"));
    }

    [Fact]
    public void A_service_that_ends_too_often_stays_down_until_it_is_started_by_order()
    {
        using var box = BoxOf("""{ "name": "web", "program": "sleep", "hold": "10ms", "restart": "always" }""");
        box.RunFor(SimTime.FromSeconds(5));
        Assert.True(box.Workload.Groups.HasEnded("web"));
        Assert.Equal((UnitState.Failed, 5), (UnitOf(box).State, UnitOf(box).Starts));
        Assert.Null(box.Workload.Groups.Start("web"));
        box.RunFor(SimTime.FromSeconds(5));
        Assert.Equal((UnitState.Failed, 10), (UnitOf(box).State, UnitOf(box).Starts));
    }

    [Fact]
    public void A_stopped_service_gets_a_TERM_and_is_not_started_again()
    {
        using var box = BoxOf("""{ "name": "web", "program": "sleep", "hold": "1h", "restart": "always" }""");
        box.RunFor(SimTime.FromSeconds(1));
        Assert.Null(box.Workload.Groups.Stop("web"));
        box.RunFor(SimTime.FromSeconds(1));
        Assert.True(box.Workload.Groups.HasEnded("web"));
        Assert.Equal(UnitState.Inactive, UnitOf(box).State);
        Assert.Null(box.Workload.Groups.Start("web"));
        box.RunFor(SimTime.FromSeconds(1));
        Assert.Single(box.Workload.Groups.MembersOf("web"));
    }

    [Fact]
    public void Children_that_a_service_leaves_behind_are_told_to_end_with_it()
    {
        using var box = BoxOf("""{ "name": "web", "program": "fork", "size": "1MiB", "part": "64k", "number": 3, "hold": "1h" }""");
        box.RunFor(SimTime.FromSeconds(1));
        var pids = box.Workload.Groups.MembersOf("web").ToArray();
        Assert.Equal(4, pids.Length);
        box.Machine.Kill(pids[0], Signal.Kill);
        box.RunFor(SimTime.FromSeconds(1));
        Assert.Empty(box.Workload.Groups.MembersOf("web"));
        Assert.Equal(0, box.Machine.Processes.CountIn(TaskState.Zombie));
    }

    [Fact]
    public void A_copy_of_the_machine_goes_on_as_the_original_does()
    {
        using var box = BoxOf("""{ "name": "web", "program": "sleep", "hold": "300ms", "restart": "always", "restart_sec": "700ms", "start_limit_interval": "0s" }""");
        box.RunFor(SimTime.FromMilliseconds(2500));
        using var copy = box.Machine.Clone();
        box.RunFor(SimTime.FromSeconds(5));
        copy.RunUntil(box.Machine.Now);
        Assert.Equal(box.Machine.ComputeStateHash(), copy.ComputeStateHash());
    }

    [Theory]
    [InlineData(0, 100)]
    [InlineData(1, 177)]   // 100 * 10^(1/4) = 177.8 ms
    [InlineData(2, 316)]
    [InlineData(3, 562)]
    [InlineData(4, 1000)]
    [InlineData(9, 1000)]
    public void Delays_grow_by_equal_factors(int nth, ulong milliseconds)
    {
        var rules = new Restarting(RestartPolicy.Always, SimTime.FromMilliseconds(100), SimTime.FromSeconds(1), 4, 5, SimTime.FromSeconds(10));
        Assert.Equal(milliseconds, rules.DelayBefore(nth).Nanoseconds / 1_000_000);
    }

    private static Unit UnitOf(Box box) => ((Systemd)box.Machine.Processes[1].Program!).Units[0];

    private static Box BoxOf(string group)
    {
        var json = $$"""{ "machine": { "ram": "256MiB" }, "init": "systemd", "groups": [ {{group}} ] }""";
        var result = ProfileLoader.LoadJson(Encoding.UTF8.GetBytes(json), "test.json", "test", [], new Dictionary<string, string>());
        Assert.Empty(result.Errors);
        return Box.Boot(result.Profile!);
    }
}
