using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Block;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Sysctl;
using VboxMem.Kernel.Time;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Kernel.Tests.Reclaim;

/// <summary>A booted machine of which tasks ask more memory than it has: with the scheduler, kswapd and, if wanted, a swap disk.</summary>
internal sealed class ReclaimBox : IDisposable
{
    private const ulong FirstPage = 0x10_0000;
    private const VmaFlags Writable =
        VmaFlags.Read | VmaFlags.Write | VmaFlags.MayRead | VmaFlags.MayWrite | VmaFlags.MayExecute | VmaFlags.Account;

    public ReclaimBox(int ramMebibytes = 128, int swapMebibytes = 0, int cpus = 2)
    {
        var configuration = AMachine.Of(ramMebibytes, cpus);
        if (swapMebibytes > 0)
        {
            var disk = new DiskConfiguration("vda", (ulong)swapMebibytes << 20, 200 << 20, 200 << 20, 100_000, 0, IsRotational: false);
            configuration = configuration with { Disks = [disk], Swaps = [new SwapConfiguration(0)] };
        }

        Machine = Machine.Boot(configuration);
        Assert.True(Machine.TrySetThp(TransparentHugePages.IndexOf("enabled"), "never"u8));
        Assert.Equal(SysctlResult.Done, Machine.Sysctls.Write("overcommit_memory", "1"u8));
    }

    private ReclaimBox(Machine machine) => Machine = machine;

    public Machine Machine { get; }

    public ulong this[VmEvent kind] => Machine.Events[kind];

    public ulong this[ReachedPath path] => Machine.Paths[path];

    public long Gauge(NodeStatItem item) => Machine.Nodes[0].Stats.ReadExact((int)item);

    public void Dispose() => Machine.Dispose();

    public ReclaimBox Clone() => new(Machine.Clone());

    /// <summary>Starts a task that maps memory, writes it page by page, as often as asked, and then sleeps.</summary>
    public Process StartWriter(ulong pages, int rounds = 1, ulong nanosecondsPerPage = 0)
    {
        var task = Machine.Processes.TryCreate("writer", Scheduler.InitPid, TaskState.Idle)!;
        Assert.True(Machine.Memory.TryCreate(task.Pid, out var memory));
        task.MemoryId = memory.Id;
        Assert.True(Machine.Memory.TryCommit(task, (long)pages));
        Assert.True(Machine.Memory.Areas.TryInsert(
            memory, new AreaDescription(FirstPage, FirstPage + pages, Writable, 0, FirstPage), out var area));
        AreaAccounting.Add(memory, area.Flags, pages);
        task.Program = new Writer(FirstPage << 12, pages << 12, rounds, nanosecondsPerPage);
        Machine.Scheduler.Start(task);
        return task;
    }

    public void Run(ulong milliseconds) => Machine.RunUntil(Machine.Now.Plus(SimTime.FromMilliseconds(milliseconds)));

    public void Audit() => Auditing.Audit.Check(Machine);

    /// <summary>Writes its memory round after round.</summary>
    private sealed class Writer(ulong start, ulong bytes, int rounds, ulong nanosecondsPerPage) : UserProgram
    {
        private int _roundsLeft = rounds;

        public override ProgramImage Image { get; } = new("/bin/writer", 4096, 0, 0, 0, 0, 0, []);

        public override Request Next(in Reply last) => _roundsLeft-- > 0
            ? new Request(RequestKind.Touch, start, bytes, (ulong)TouchKind.Write, nanosecondsPerPage)
            : new Request(RequestKind.Pause);

        public override UserProgram Clone() => new Writer(start, bytes, _roundsLeft, nanosecondsPerPage);

        public override void HashInto(StateHash hash) => hash.Add((long)_roundsLeft);
    }
}
