using VboxMem.Kernel.Auditing;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Kernel.Tests.Virtual;

/// <summary>A task with memory of its own that a test moves by hand, one request at a time, without a scheduler.</summary>
internal sealed class AProgram
{
    public const VmaFlags Private =
        VmaFlags.Read | VmaFlags.Write | VmaFlags.MayRead | VmaFlags.MayWrite | VmaFlags.MayExecute | VmaFlags.Account | VmaFlags.SoftDirty;

    public const ulong HugePages = 512;

    private readonly Machine _machine;
    private ulong _nextPage = 0x10_0000;   // 4 GiB, aligned to 1 GiB

    public AProgram(Machine machine, string name = "program")
    {
        _machine = machine;
        Task = machine.Processes.TryCreate(name, Scheduler.InitPid, TaskState.Sleeping)!;
        Assert.True(machine.Memory.TryCreate(Task.Pid, out var mm));
        Task.MemoryId = mm.Id;
    }

    private AProgram(Machine machine, Process task)
    {
        _machine = machine;
        Task = task;
    }

    public Process Task { get; }

    public MemoryDescriptor Memory => _machine.Memory[Task.MemoryId];

    /// <summary>Maps anonymous private memory at a border of 2 MiB, away from all else.</summary>
    /// <returns>Its first page.</returns>
    public ulong Map(ulong pages, VmaFlags more = VmaFlags.None)
    {
        var start = _nextPage;
        _nextPage += ((pages + HugePages - 1) & ~(HugePages - 1)) + HugePages;
        var wanted = new AreaDescription(start, start + pages, (Private | more) & (more.HasFlag(VmaFlags.NoReserve) ? ~VmaFlags.Account : ~VmaFlags.None), 0, start);
        if (!wanted.Flags.HasFlag(VmaFlags.NoReserve))
        {
            Assert.True(_machine.Memory.TryCommit(Task, (long)pages));
        }

        Assert.True(_machine.Memory.Areas.TryInsert(Memory, wanted, out var area));
        AreaAccounting.Add(Memory, area.Flags, pages);
        return start;
    }

    public void Write(ulong page, ulong pages = 1) => Assert.Equal(0, Touch(page, pages, TouchKind.Write));

    public void WriteZeros(ulong page, ulong pages = 1) => Assert.Equal(0, Touch(page, pages, TouchKind.WriteZeros));

    public void Read(ulong page, ulong pages = 1) => Assert.Equal(0, Touch(page, pages, TouchKind.Read));

    /// <summary>Touches pages, turn after turn, until that is done. Answers what the program is told.</summary>
    public long Touch(ulong page, ulong pages, TouchKind kind, ulong work = 0)
    {
        Task.Request = new Request(RequestKind.Touch, page << 12, pages << 12, (ulong)kind, work);
        Task.Progress = default;
        while (true)
        {
            _machine.Cpus.BeginTurn(_machine.Cpus.Current, _machine.Now);
            var result = _machine.UserAccess.Step(Task, out var answer);
            if (result == StepResult.Done)
            {
                Task.Request = default;
                return answer;
            }

            Assert.Equal(StepResult.Continue, result);
        }
    }

    /// <summary>Forks.</summary>
    public AProgram Fork()
    {
        var child = _machine.Processes.TryCreate("child", Task.Pid, TaskState.Sleeping)!;
        Task.Progress = default;
        StepResult result;
        do
        {
            _machine.Cpus.BeginTurn(_machine.Cpus.Current, _machine.Now);
            result = _machine.Memory.StepCopy(Task, child, out var error);
            Assert.Equal(SystemCallError.None, error);
        }
        while (result != StepResult.Done);
        return new AProgram(_machine, child) { _nextPage = _nextPage };
    }

    public void Zap(ulong page, ulong pages)
    {
        for (var end = page + pages; page < end;)
        {
            _machine.Cpus.BeginTurn(_machine.Cpus.Current, _machine.Now);
            page = _machine.Zaps.Zap(Memory, Memory.Find(page)!, page, end);
        }
    }

    public void Exit()
    {
        _machine.Memory.TearDownAtOnce(Task);
        foreach (var child in _machine.Processes.Tasks.Where(child => child.ParentPid == Task.Pid))
        {
            child.ParentPid = Scheduler.InitPid;
        }

        _machine.Processes.Reap(Task);
    }

    /// <summary>The frame behind a page: what its PTE holds.</summary>
    public PageTableEntry EntryOf(ulong page)
    {
        var table = _machine.Memory.Tables.FindPteTable(Memory, page);
        return table == Pfn.None ? default : _machine.Memory.Tables.Entries(table)[PageTables.IndexOf(page, PageTables.PteShift)];
    }

    public PageTableEntry HugeEntryOf(ulong page)
    {
        var table = _machine.Memory.Tables.FindPmdTable(Memory, page);
        return table == Pfn.None ? default : _machine.Memory.Tables.Entries(table)[PageTables.IndexOf(page, PageTables.PmdShift)];
    }

    public static void Check(Machine machine) => Auditing.Audit.Check(machine);
}
