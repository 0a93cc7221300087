// Goal: every branch of memory management that matters is taken by some test, so that none is dead or untried.
// Method: scenarios on small machines, each an audited life of its own; their counts are added up, and what is left at zero is named.

using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Tests.Life;

namespace VboxMem.Kernel.Tests;

public sealed class ReachedPathsTests
{
    private readonly ulong[] _counts = new ulong[Enum.GetValues<ReachedPath>().Length];

    [Fact]
    public void The_scenarios_take_every_branch()
    {
        foreach (var kind in Enum.GetValues<RandomMachineKind>())
        {
            using var world = new RandomWorld(kind, 3);
            for (var step = 0; step < 150 && !world.Machine.HasPanicked; step++)
            {
                world.Step();
            }

            Add(world.Machine);
        }

        foreach (var scenario in PathScenarios.All)
        {
            using var machine = scenario();
            Auditing.Audit.Check(machine);
            Add(machine);
        }

        var never = Enum.GetValues<ReachedPath>().Where(path => _counts[(int)path] == 0).ToList();
        Assert.True(never.Count == 0, $"never taken: {string.Join(' ', never)}");
    }

    private void Add(Machine machine)
    {
        for (var path = 0; path < _counts.Length; path++)
        {
            _counts[path] += machine.Paths[(ReachedPath)path];
        }
    }
}
