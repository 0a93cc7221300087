using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Auditing;
using VboxMem.Kernel.Block;
using VboxMem.Kernel.PageCache;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Time;

namespace VboxMem.Kernel.Tests.PageCache;

/// <summary>A booted machine with an ext4 disk at /mnt and a tmpfs at /, and programs that make requests on files one after the other.</summary>
internal sealed class FileBox : IDisposable
{
    private const ulong DiskBytes = 8UL << 30;

    public FileBox(int ramMebibytes = 128, ulong readBytesPerSecond = 200 << 20, ulong seed = 1) => Machine = Machine.Boot(
        AMachine.Of(ramMebibytes, seed: seed) with
        {
            Disks = [new DiskConfiguration("vda", DiskBytes, readBytesPerSecond, 200 << 20, 100_000, 0, IsRotational: false)],
            Mounts = [new MountConfiguration("/mnt", 0)],
        });

    private FileBox(Machine machine) => Machine = machine;

    public Machine Machine { get; }

    public FileSystems Files => Machine.FileSystems;

    public DiskCounters Disk => Machine.Disks.Disks[0].Counters;

    public FileBox Clone() => new(Machine.Clone());

    public void Dispose() => Machine.Dispose();

    public void Audit() => VboxMem.Kernel.Auditing.Audit.Check(Machine);

    public ulong Count(VmEvent kind) => Machine.Events[kind];

    public ulong Gauge(NodeStatItem item) => (ulong)Machine.Nodes[0].Stats.ReadExact((int)item);

    public void Sleep(ulong milliseconds) => Machine.RunUntil(Machine.Now.Plus(new SimTime(milliseconds * 1_000_000)));

    public static Request Open(string path, OpenFlags flags = OpenFlags.Read, ulong bytes = 0) => new(RequestKind.Open, (ulong)flags, bytes, Path: path);

    public static Request Read(ulong descriptor, ulong bytes) => new(RequestKind.Read, descriptor, bytes);

    public static Request Write(ulong descriptor, ulong bytes) => new(RequestKind.Write, descriptor, bytes);

    public static Request Close(ulong descriptor) => new(RequestKind.Close, descriptor);

    public static Request Seek(ulong descriptor, ulong position) => new(RequestKind.Seek, descriptor, position);

    public static Request Unlink(string path) => new(RequestKind.Unlink, Path: path);

    public static Request Stat(string path) => new(RequestKind.Stat, Path: path);

    /// <summary>Starts a task that makes these requests and then waits.</summary>
    public Process Start(params Request[] requests)
    {
        var task = Machine.Processes.TryCreate("task", Scheduler.InitPid, TaskState.Idle)!;
        task.Program = new Requests(requests);
        Machine.Scheduler.Start(task);
        return task;
    }

    /// <summary>The answers to requests that a new task makes; it stays, with its files open.</summary>
    public List<long> Run(params Request[] requests) => AnswersOf(Finish(Start(requests)));

    /// <summary>Lets time pass until a task has made all its requests.</summary>
    public Process Finish(Process task)
    {
        for (var step = 0; step < 100_000 && AnswersOf(task).Count < ((Requests)task.Program!).Count; step++)
        {
            Sleep(10);
        }

        Assert.Equal(((Requests)task.Program!).Count, AnswersOf(task).Count);
        return task;
    }

    public static List<long> AnswersOf(Process task) => ((Requests)task.Program!).Answers;

    private sealed class Requests(Request[] requests) : UserProgram
    {
        private int _next;

        public List<long> Answers { get; private init; } = [];

        public int Count => requests.Length;

        public override ProgramImage Image { get; } = new("/bin/requests", 4096, 0, 0, 0, 0, 0, []);

        public override Request Next(in Reply last)
        {
            if (_next > 0 && _next <= requests.Length)
            {
                Answers.Add(last.Value);
            }

            _next++;
            return _next <= requests.Length ? requests[_next - 1] : new Request(RequestKind.Pause);
        }

        public override UserProgram Clone() => new Requests(requests) { _next = _next, Answers = [.. Answers] };

        public override void HashInto(StateHash hash)
        {
            hash.Add((long)_next);
            foreach (var answer in Answers)
            {
                hash.Add(answer);
            }
        }
    }
}
