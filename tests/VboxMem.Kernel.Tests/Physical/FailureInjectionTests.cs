// Goal: wherever an allocation fails, what had been taken is given back and the caller is told.
// Method: run a short scenario with its n-th page allocation failing, for every n until none fails any more.

using VboxMem.Kernel.Auditing;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Sched;

namespace VboxMem.Kernel.Tests.Physical;

public sealed class FailureInjectionTests
{
    [Fact]
    public void A_scenario_survives_the_failure_of_every_single_allocation()
    {
        using var origin = AMachine.Booted(96);
        var failures = 0;
        for (var n = 0UL; ; n++)
        {
            using var machine = origin.Clone();
            machine.Allocator.FailInjection = new FailPageAlloc(n, IsArmed: true);
            var told = RunScenario(machine);
            if (machine.Allocator.FailInjection.IsArmed)
            {
                Assert.Equal(0, told);   // the scenario has no n-th allocation: nothing failed, nobody was told
                break;
            }

            failures++;
            Audit.Check(machine);
        }

        Assert.True(failures > 40, $"only {failures} allocations could fail: the scenario is too short to mean anything");
    }

    [Fact]
    public void A_failed_fork_leaves_nothing_behind()
    {
        using var machine = AMachine.Booted(96);
        DrainSlabs(machine);
        var tasks = machine.Processes.Count;
        machine.Allocator.FailInjection = new FailPageAlloc(RequestsLeft: 2, IsArmed: true);
        Process? task = null;
        while (machine.Allocator.FailInjection.IsArmed)
        {
            task = machine.Processes.TryCreate("forked", 1, TaskState.Sleeping);
            tasks += task is null ? 0 : 1;
        }

        Assert.Null(task);
        Assert.Equal(tasks, machine.Processes.Count);
        Audit.Check(machine);
    }

    /// <summary>Forks, areas, large kmallocs and huge pages, all given back at the end.</summary>
    /// <returns>How many of the calls said that they failed.</returns>
    private static int RunScenario(Machine machine)
    {
        var told = 0;
        var tasks = new List<Process>();
        for (var i = 0; i < 8; i++)
        {
            machine.Cpus.SwitchTo(i % 2);
            if (machine.Processes.TryCreate($"task{i}", 1, TaskState.Sleeping) is { } task)
            {
                tasks.Add(task);
            }
            else
            {
                told++;
            }
        }

        told += machine.Vmalloc.TryAllocate(20, FrameOwner.Vmalloc, "test", out var area) ? 0 : 1;
        told += machine.Slabs.TryAllocateLarge(100_000, GfpFlags.Kernel, out var large) ? 0 : 1;
        machine.HugePages.Resize(2);
        told += machine.HugePages.Total == 2 ? 0 : 1;

        machine.HugePages.Resize(0);
        if (large != Pfn.None)
        {
            machine.Slabs.FreeLarge(large);
        }

        if (area is not null)
        {
            machine.Vmalloc.Free(area);
        }

        tasks.ForEach(machine.Processes.Reap);
        return told;
    }

    /// <summary>Forks until the next task needs new slabs.</summary>
    private static void DrainSlabs(Machine machine)
    {
        var slabs = machine.Slabs["task_struct"].SlabCount;
        while (machine.Slabs["task_struct"].SlabCount == slabs)
        {
            Assert.NotNull(machine.Processes.TryCreate("filler", 1, TaskState.Sleeping));
        }
    }
}
