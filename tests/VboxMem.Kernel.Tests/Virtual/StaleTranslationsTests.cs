using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Tests.Swap;

namespace VboxMem.Kernel.Tests.Virtual;

// Goal: reclaim interrupts the CPUs that run a process when it takes its pages, once for each page that was written to and is written out,
// and waits for them; a process that does not run, or runs on reclaim's own CPU, costs nothing.
public sealed class StaleTranslationsTests
{
    private const int Pages = 40;

    [Fact]
    public void Each_written_page_of_a_process_that_runs_elsewhere_interrupts_its_cpu()
    {
        var asleep = SwapOut(runsOn: -1, out var undisturbed);
        Assert.Equal(0UL, undisturbed.Interrupts);

        var running = SwapOut(runsOn: 1, out var disturbed);
        var each = (ulong)disturbed.Cost;
        Assert.Equal(Pages * each, disturbed.Interrupts);
        Assert.Equal(asleep + (Pages * each), running);
    }

    [Fact]
    public void What_reclaim_takes_from_the_process_on_its_own_cpu_interrupts_nobody()
    {
        Assert.Equal(SwapOut(runsOn: -1, out _), SwapOut(runsOn: 0, out var own));
        Assert.Equal(0UL, own.Interrupts);
    }

    [Fact]
    public void Pages_that_were_not_written_to_are_told_about_together_at_the_end()
    {
        using var box = new SwapBox((64, false, -1));
        var (stale, queue) = (box.Machine.ReverseMap.Stale, box.Machine.Scheduler.Queues[1]);
        queue.Current = box.Owner;
        var each = box.Machine.Costs.TlbShootdown;

        stale.Gather(box.Memory, wasWritten: false);
        stale.TellBeforeWrite();
        stale.Gather(box.Memory, wasWritten: false);
        Assert.Equal(0UL, queue.InterruptNanoseconds);

        stale.TellAll();
        stale.TellAll();
        Assert.Equal(each, queue.InterruptNanoseconds);
        queue.Current = null;
    }

    [Fact]
    public void The_interrupted_task_pays_in_its_next_turn()
    {
        Assert.Equal(TimeOfATurn(interrupted: 0) + 1_000_000, TimeOfATurn(interrupted: 1_000_000));
    }

    /// <returns>Time that reclaim, on CPU 0, spends on swapping out the pages of a process.</returns>
    private static ulong SwapOut(int runsOn, out (ulong Interrupts, uint Cost) seen)
    {
        using var box = new SwapBox((64, false, -1));
        var folios = new List<Pfn>();
        for (var page = 0; page < Pages; page++)
        {
            folios.Add(box.Map(page));
        }

        box.Machine.Lru.Drain();
        foreach (var folio in folios)
        {
            Assert.True(box.Machine.Lru.TryIsolate(folio));
        }

        box.Machine.Cpus.BeginTurn(0, box.Machine.Now);
        if (runsOn >= 0)
        {
            box.Machine.Scheduler.Queues[runsOn].Current = box.Owner;
        }

        box.Machine.Reclaimer.ReclaimIsolated(folios);
        Assert.Equal((ulong)Pages, box.Count(VmEvent.PSwpOut));
        seen = (box.Machine.Scheduler.Queues[1].InterruptNanoseconds, box.Machine.Costs.TlbShootdown);
        if (runsOn >= 0)
        {
            box.Machine.Scheduler.Queues[runsOn].Current = null;
        }

        return box.Machine.Cpus.SystemNanoseconds;
    }

    private static ulong TimeOfATurn(ulong interrupted)
    {
        using var machine = AMachine.Booted();
        var program = new ARunningProgram(machine);
        var queue = machine.Scheduler.Queues[program.Task.Cpu];
        machine.Scheduler.Wake(program.Task);
        queue.InterruptNanoseconds = interrupted;
        var before = program.Task.SystemNanoseconds;
        machine.Scheduler.RunTurn(queue, machine);
        Assert.Equal(0UL, queue.InterruptNanoseconds);
        return program.Task.SystemNanoseconds - before;
    }
}
