// Goal: the plan of each experiment names the moments that its figures are compared at, and groups that its profile has.

using VboxMem.Profiles;
using VboxMem.Testing.Experiments;

namespace VboxMem.Conformance.Tests.Experiments;

public sealed class MomentPlanTests
{
    public static TheoryData<string> Names => new(Experiment.Names);

    [Theory, MemberData(nameof(Names))]
    public void Every_moment_of_the_figures_is_planned(string name)
    {
        var planned = MomentPlan.Load(name).Select(static moment => moment.Name).ToArray();

        Assert.Equal(ExperimentTexts.Start, planned[0]);
        Assert.Equal(planned.Distinct(), planned);
        Assert.All(FigureTable.Load().Of(name), rule => Assert.Contains(rule.Moment, planned.Append(FigureRule.NoMoment)));
    }

    [Theory, MemberData(nameof(Names))]
    public void Every_group_of_the_plan_is_one_of_the_profile(string name)
    {
        var result = ProfileLoader.Load(ExperimentRunner.ProfileOf(name), [], new Dictionary<string, string>());
        Assert.Equal([], result.Errors);
        Assert.Equal(name, result.Profile!.Name);
        Assert.All(
            MomentPlan.Load(name).Where(static moment => moment.After.Length > 0),
            moment => Assert.Contains(moment.After, result.Profile.Workload.Groups.Select(static group => group.Name)));
    }

    [Theory, MemberData(nameof(Names))]
    public void The_profile_is_the_captured_machine(string name)
    {
        var captured = Experiment.Load(name).Machine;
        var machine = ProfileLoader.Load(ExperimentRunner.ProfileOf(name), [], new Dictionary<string, string>()).Profile!.Machine;

        Assert.Equal(((ulong)captured.RamMebibytes << 20, captured.Cpus, captured.CommandLine), (machine.RamBytes, machine.Cpus, machine.CommandLine));
        Assert.Equal((captured.HasExt4Disk ? 1 : 0) + (captured.SwapMebibytes > 0 ? 1 : 0), machine.Disks.Count);
        Assert.Equal(captured.SwapMebibytes > 0 ? [(ulong)captured.SwapMebibytes << 20] : [], machine.Swaps.Select(swap => machine.Disks[swap.Disk].Bytes));
        if (captured.WriteLimitBytesPerSecond is { } limit) Assert.Equal((ulong)limit, machine.Disks[0].WriteBytesPerSecond);
    }
}
