using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.PageCache;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Tests.PageCache;
using VboxMem.Kernel.Tests.Reclaim;
using VboxMem.Kernel.Time;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Kernel.Tests.Virtual;

// Goal: whatever runs for every page costs no managed memory: touching, faulting, the LRU, reclaim and swap.
// Method: lets a box run until its tables and buffers have grown to what they need, then counts bytes while it goes on.
public sealed class TouchAllocationTests
{
    [Fact]
    public void Pages_are_touched_touched_again_and_unmapped_without_managed_memory()
    {
        using var machine = AMachine.Booted(512);
        Assert.True(machine.TrySetThp(TransparentHugePages.IndexOf("enabled"), "never"u8));
        var program = new AProgram(machine);
        var start = program.Map(50_000);

        AssertNoneAllocated(() =>
        {
            Touch(machine, program, start, 50_000, TouchKind.Write);
            Touch(machine, program, start, 50_000, TouchKind.Write);
            Touch(machine, program, start, 50_000, TouchKind.Read);
            Zap(machine, program, start, 50_000);
        });
    }

    [Fact]
    public void Huge_pages_are_touched_and_unmapped_without_managed_memory()
    {
        using var machine = AMachine.Booted(512);
        Assert.True(machine.TrySetThp(TransparentHugePages.IndexOf("enabled"), "always"u8));
        var program = new AProgram(machine);
        var start = program.Map(100 * AProgram.HugePages);

        AssertNoneAllocated(() =>
        {
            Touch(machine, program, start, 100 * AProgram.HugePages, TouchKind.Write);
            Zap(machine, program, start, 100 * AProgram.HugePages);
        });
        Assert.True(machine.Events[VmEvent.ThpFaultAlloc] >= 200);
    }

    [Fact]
    public void Reading_a_file_larger_than_memory_over_and_over_costs_no_managed_memory()
    {
        using var box = new FileBox(ramMebibytes: 128);
        const ulong Bytes = 256 << 20;
        var task = box.Machine.Processes.TryCreate("reader", Scheduler.InitPid, TaskState.Idle)!;
        task.Program = new Rereader("/mnt/f", Bytes);
        box.Machine.Scheduler.Start(task);

        AssertNoneAllocatedWhile(box.Machine, warmUpSeconds: 60, seconds: 10, VmEvent.PgStealKswapd);
    }

    [Fact]
    public void Touching_more_than_memory_with_swap_costs_no_managed_memory()
    {
        using var box = new ReclaimBox(swapMebibytes: 256);
        box.StartWriter(40_000, rounds: 100_000);

        AssertNoneAllocatedWhile(box.Machine, warmUpSeconds: 60, seconds: 10, VmEvent.PSwpIn);
    }

    // As AProgram does it, without the assertions, which allocate.
    private static void Touch(Machine machine, AProgram program, ulong page, ulong pages, TouchKind kind)
    {
        program.Task.Request = new Request(RequestKind.Touch, page << 12, pages << 12, (ulong)kind);
        program.Task.Progress = default;
        do
        {
            machine.Cpus.BeginTurn(0, machine.Now);
        }
        while (machine.UserAccess.Step(program.Task, out _) == StepResult.Continue);
    }

    private static void Zap(Machine machine, AProgram program, ulong page, ulong pages)
    {
        for (var end = page + pages; page < end;)
        {
            machine.Cpus.BeginTurn(0, machine.Now);
            page = machine.Zaps.Zap(program.Memory, program.Memory.Find(page)!, page, end);
        }
    }

    private static void AssertNoneAllocated(Action action)
    {
        action();   // whatever is made once is made now
        var before = GC.GetAllocatedBytesForCurrentThread();
        action();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    /// <param name="machine">The box.</param>
    /// <param name="warmUpSeconds">Simulated time until nothing grows any more.</param>
    /// <param name="seconds">Simulated time that is watched.</param>
    /// <param name="proof">An event that must have happened often in that time.</param>
    private static void AssertNoneAllocatedWhile(Machine machine, ulong warmUpSeconds, ulong seconds, VmEvent proof)
    {
        machine.RunUntil(machine.Now.Plus(SimTime.FromSeconds(warmUpSeconds)));
        var (events, end) = (machine.Events[proof], machine.Now.Plus(SimTime.FromSeconds(seconds)));
        var before = GC.GetAllocatedBytesForCurrentThread();
        machine.RunUntil(end);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.True(machine.Events[proof] - events > 10_000);
    }

    /// <summary>Reads a file from end to end, again and again.</summary>
    private sealed class Rereader(string path, ulong bytes) : UserProgram
    {
        private int _step;

        public override ProgramImage Image { get; } = new("/bin/rereader", 4096, 0, 0, 0, 0, 0, []);

        public override Request Next(in Reply last) => _step++ switch
        {
            0 => new Request(RequestKind.Open, (ulong)OpenFlags.Create, bytes, Path: path),
            var step when step % 2 == 1 => new Request(RequestKind.Read, 0, bytes),
            _ => new Request(RequestKind.Seek, 0, 0),
        };

        public override UserProgram Clone() => new Rereader(path, bytes) { _step = _step };

        public override void HashInto(StateHash hash) => hash.Add((long)_step);
    }
}
