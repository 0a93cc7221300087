using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Time;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Kernel.Tests.Virtual;

/// <summary>A program with memory that the scheduler runs: it does what it is told, and pauses until it is told more.</summary>
internal sealed class ARunningProgram
{
    private readonly Machine _machine;
    private readonly Orders _orders = new();
    private ulong _nextPage = 0x20_0000;

    public ARunningProgram(Machine machine)
    {
        _machine = machine;
        Task = machine.Processes.TryCreate("runner", Scheduler.InitPid, TaskState.Idle)!;
        Assert.True(machine.Memory.TryCreate(Task.Pid, out var mm));
        Task.MemoryId = mm.Id;
        Task.Program = _orders;
        machine.Scheduler.Start(Task);
        Sleep(1);
    }

    public Process Task { get; }

    public MemoryDescriptor Memory => _machine.Memory[Task.MemoryId];

    /// <summary>Maps a file from its start.</summary>
    /// <returns>The first page.</returns>
    public ulong MapFile(int inode, ulong pages, VmaFlags more)
    {
        var start = _nextPage;
        _nextPage += (pages + 1023) & ~511UL;
        var flags = VmaFlags.Read | VmaFlags.MayRead | VmaFlags.MayWrite | VmaFlags.SoftDirty | more;
        Assert.True(_machine.Memory.Areas.TryInsert(Memory, new AreaDescription(start, start + pages, flags, inode, 0), out var area));
        AreaAccounting.Add(Memory, area.Flags, pages);
        return start;
    }

    public void Read(ulong page, ulong pages = 1) => Assert.Equal(0, Do(page, pages, TouchKind.Read));

    public void Write(ulong page, ulong pages = 1) => Assert.Equal(0, Do(page, pages, TouchKind.Write));

    public long Do(ulong page, ulong pages, TouchKind kind) =>
        Do(new Request(RequestKind.Touch, page << 12, pages << 12, (ulong)kind));

    public long Do(Request request)
    {
        var answers = _orders.Answers.Count;
        _orders.Pending.Add(request);
        Assert.Equal(SystemCallError.None, _machine.Kill(Task.Pid, Signal.User1));
        for (var step = 0; step < 10_000 && _orders.Answers.Count == answers && Task.State != TaskState.Zombie; step++)
        {
            Sleep(1);
        }

        return _orders.Answers.Count > answers ? _orders.Answers[^1] : long.MinValue;
    }

    public void Sleep(ulong milliseconds) => _machine.RunUntil(_machine.Now.Plus(SimTime.FromMilliseconds(milliseconds)));

    private sealed class Orders : UserProgram
    {
        private bool _isBusy;

        public List<Request> Pending { get; private init; } = [];

        public List<long> Answers { get; private init; } = [];

        public override ProgramImage Image { get; } = new("/bin/runner", 4096, 0, 0, 0, 0, 0, []);

        public override ulong HandledSignals => 1UL << (int)Signal.User1;

        public override Request Next(in Reply last)
        {
            if (_isBusy)
            {
                Answers.Add(last.Value);
                _isBusy = false;
            }

            if (Pending.Count == 0)
            {
                return new Request(RequestKind.Pause);
            }

            var next = Pending[0];
            Pending.RemoveAt(0);
            _isBusy = true;
            return next;
        }

        public override UserProgram Clone() => new Orders { Pending = [.. Pending], Answers = [.. Answers], _isBusy = _isBusy };

        public override void HashInto(StateHash hash)
        {
            hash.Add(_isBusy);
            hash.Add((long)Pending.Count);
            foreach (var answer in Answers)
            {
                hash.Add(answer);
            }
        }
    }
}
