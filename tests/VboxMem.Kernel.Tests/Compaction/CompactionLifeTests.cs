// Goal: whatever a busy box does while its compaction is turned up, down and to any effort, every figure stays true and a copy goes the same way.

using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Auditing;
using VboxMem.Kernel.Sysctl;
using VboxMem.Kernel.Tests.Life;
using VboxMem.Kernel.Time;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Kernel.Tests.Compaction;

public sealed class CompactionLifeTests
{
    private const int Steps = 120;

    private static readonly (string Name, string[] Values)[] _settings =
    [
        ("compaction_proactiveness", ["100", "0", "50"]),
        ("extfrag_threshold", ["0", "1000", "500"]),
        ("watermark_boost_factor", ["15000", "0"]),
    ];

    private static readonly string[] _efforts = ["always", "defer", "defer+madvise", "madvise", "never"];

    [Theory]
    [InlineData(RandomMachineKind.SwapAndTwoCpus)]
    [InlineData(RandomMachineKind.OneCpuWithoutSwap)]
    [InlineData(RandomMachineKind.TwoNodes)]
    [InlineData(RandomMachineKind.HugePagesAlways)]
    [InlineData(RandomMachineKind.ManyThreads)]
    public void Every_figure_stays_true(RandomMachineKind kind)
    {
        var moved = Live(kind, seed: 21) + Live(kind, seed: 22);
        Assert.True(moved > 0, "nothing was moved");
    }

    /// <returns>Pages that compaction has moved.</returns>
    private static ulong Live(RandomMachineKind kind, ulong seed)
    {
        using var world = new RandomWorld(kind, seed);
        var machine = world.Machine;
        Assert.True(machine.TrySetThp(TransparentHugePages.IndexOf("enabled"), "always"u8));
        for (var step = 0; step < Steps && !machine.HasPanicked; step++)
        {
            if (step % 4 == 0) Turn(machine, step / 4);
            world.Step();
            Audit.Check(machine);
            if (step % 20 == 10) CheckCopy(machine);
        }

        return machine.Events[VmEvent.PgMigrateSuccess];
    }

    private static void Turn(Machine machine, int turn)
    {
        var (name, values) = _settings[turn % _settings.Length];
        Assert.Equal(SysctlResult.Done, machine.Sysctls.Write(name, System.Text.Encoding.ASCII.GetBytes(values[turn / 2 % values.Length])));
        Assert.True(machine.TrySetThp(TransparentHugePages.IndexOf("defrag"), System.Text.Encoding.ASCII.GetBytes(_efforts[turn % _efforts.Length])));
    }

    private static void CheckCopy(Machine machine)
    {
        using var copy = machine.Clone();
        var end = machine.Now.Plus(SimTime.FromMilliseconds(20));
        machine.RunUntil(end);
        copy.RunUntil(end);
        Assert.Equal(machine.ComputeStateHash(), copy.ComputeStateHash());
    }
}
