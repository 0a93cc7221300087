// Goal: pressure figures come from real stalls and count exactly the time that tasks wait.
// Method: programs with known waits; the totals of PSI are nanoseconds and are compared as such.

using VboxMem.Kernel.Pressure;
using VboxMem.Kernel.Sched;

namespace VboxMem.Kernel.Tests.Sched;

public sealed class StallTests
{
    private const ulong Millisecond = 1_000_000;

    [Fact]
    public void Two_tasks_on_one_cpu_put_pressure_on_it_and_one_does_not()
    {
        using var box = new SchedBox();
        var before = Total(box, StallStates.CpuSome);
        box.Compute(200);
        box.Run(300);
        Assert.InRange(Total(box, StallStates.CpuSome) - before, 0UL, Millisecond);

        before = Total(box, StallStates.CpuSome);
        box.Compute(200);
        box.Compute(200);
        box.Run(600);
        Assert.InRange(Total(box, StallStates.CpuSome) - before, 395 * Millisecond, 405 * Millisecond);
    }

    [Fact]
    public void A_reader_alone_is_a_full_stall_and_beside_one_that_computes_a_partial_one()
    {
        using var box = new SchedBox(latencyNanoseconds: 10_000_000);
        box.Start([Script.Open("/mnt/one", 8 << 20), Script.ReadFile(0, 8 << 20)]);
        var (some, full) = (Total(box, StallStates.IoSome), Total(box, StallStates.IoFull));
        box.Run(2000);
        var someAlone = Total(box, StallStates.IoSome) - some;
        var fullAlone = Total(box, StallStates.IoFull) - full;
        Assert.True(someAlone > 100 * Millisecond, $"{someAlone} ns");
        Assert.InRange(fullAlone, someAlone * 9 / 10, someAlone);

        box.Compute(20_000);
        box.Start([Script.Open("/mnt/two", 8 << 20), Script.ReadFile(0, 8 << 20)]);
        (some, full) = (Total(box, StallStates.IoSome), Total(box, StallStates.IoFull));
        box.Run(2000);
        Assert.True(Total(box, StallStates.IoSome) - some > 100 * Millisecond);
        Assert.InRange(Total(box, StallStates.IoFull) - full, 0UL, Millisecond);
    }

    [Fact]
    public void Direct_reclaim_stalls_for_memory()
    {
        using var box = new SchedBox();
        box.Start([Script.Open("/mnt/file", 256 << 20), .. Enumerable.Repeat(Script.ReadFile(0, 4 << 20), 64)]);
        box.Start([Script.Map(14_000), Script.Write(0, 0, 14_000)]);
        box.Run(20_000);

        var some = box.Machine.Stalls.ReadAt(StallStates.MemorySome, box.Machine.Now);
        var full = box.Machine.Stalls.ReadAt(StallStates.MemoryFull, box.Machine.Now);
        Assert.True(some.Total.Nanoseconds > 0, "no stall");
        Assert.True(full.Total.Nanoseconds <= some.Total.Nanoseconds);
    }

    private static ulong Total(SchedBox box, StallStates state) => box.Machine.Stalls.ReadAt(state, box.Machine.Now).Total.Nanoseconds;
}
