using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Auditing;
using VboxMem.Kernel.Block;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Swap;
using VboxMem.Kernel.Time;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Kernel.Tests.Swap;

/// <summary>A booted machine with swap disks, and one address space that is filled, swapped out and looked at by hand.</summary>
internal sealed class SwapBox : IDisposable
{
    public const ulong FirstPage = 0x10_0000;

    public SwapBox(params (int Mebibytes, bool IsRotational, int Priority)[] swaps)
        : this(AMachine.Of(128), swaps)
    {
    }

    public SwapBox(MachineConfiguration configuration, params (int Mebibytes, bool IsRotational, int Priority)[] swaps)
    {
        Machine = Machine.Boot(configuration with
        {
            Disks = [.. swaps.Select((swap, disk) => ADisk($"vd{(char)('a' + disk)}", swap.Mebibytes, swap.IsRotational))],
            Swaps = [.. swaps.Select((swap, disk) => new SwapConfiguration(disk, swap.Priority))],
        });
        Owner = Machine.Processes.TryCreate("owner", Scheduler.InitPid, TaskState.Idle)!;
        Assert.True(Machine.Memory.TryCreate(Owner.Pid, out var memory));
        Memory = memory;
        Owner.MemoryId = memory.Id;
        const VmaFlags flags = VmaFlags.Read | VmaFlags.Write | VmaFlags.MayRead | VmaFlags.MayWrite | VmaFlags.Account;
        Assert.True(Machine.Memory.Areas.TryMap(memory, new AreaDescription(FirstPage, FirstPage + 4096, flags, 0, FirstPage), out var area));
        Area = area;
        Assert.True(Machine.ReverseMap.TryPrepareAnon(memory, area));
    }

    public Machine Machine { get; }

    public SwapSpace Swap => Machine.Swap;

    public Process Owner { get; }

    public MemoryDescriptor Memory { get; }

    public Vma Area { get; }

    public static DiskConfiguration ADisk(string name, int mebibytes, bool isRotational) => new(
        name, (ulong)mebibytes << 20, ReadBytesPerSecond: 200 << 20, WriteBytesPerSecond: 200 << 20, LatencyNanoseconds: 100_000,
        SeekNanoseconds: isRotational ? 1_000_000u : 0, IsRotational: isRotational);

    public void Dispose() => Machine.Dispose();

    public ulong Count(VmEvent kind) => Machine.Events[kind];

    public long Gauge(NodeStatItem item) => Machine.Nodes[0].Stats.ReadExact((int)item);

    public void Run(ulong milliseconds) => Machine.RunUntil(Machine.Now.Plus(new SimTime(milliseconds * 1_000_000)));

    public ref PageTableEntry EntryOf(int page)
    {
        Assert.True(Machine.Memory.Tables.TryMakePteTable(Memory, FirstPage + (ulong)page, out var table));
        return ref Machine.Memory.Tables.Entries(table)[PageTables.IndexOf(FirstPage + (ulong)page, PageTables.PteShift)];
    }

    /// <summary>Maps a written anonymous page, as a fault does.</summary>
    public Pfn Map(int page, bool isZero = false)
    {
        ref var entry = ref EntryOf(page);
        Assert.True(Machine.Allocator.TryAllocate(GfpFlags.HighUserMovable, 0, FrameOwner.Anonymous, out var folio));
        FolioMapping.AddNewAnon(Machine, folio, Area, FirstPage + (ulong)page);
        Machine.Frames[folio].Set(PageFlags.UpToDate | (isZero ? PageFlags.ZeroFilled : 0));
        Memory.RssAnonPages++;
        Machine.Lru.Add(folio);
        entry = PageTableEntry.Of(folio, AreaProtection.Of(Area, isWritable: true) | EntryBits.Dirty);
        return folio;
    }

    /// <summary>Maps a page that is on its LRU list already.</summary>
    public Pfn MapOnList(int page)
    {
        var folio = Map(page);
        Machine.Lru.Drain();
        return folio;
    }

    /// <summary>Gives a mapped page a slot, unmaps it and begins to write it, as reclaim does.</summary>
    public SwapEntry SwapOut(Pfn folio, out PageOutResult result)
    {
        Assert.True(Swap.TryAdd(folio));
        var entry = SwapEntry.Unpack(Machine.Frames[folio].Private);
        Assert.Equal(UnmapResult.Unmapped, Machine.ReverseMap.TryUnmap(folio));
        result = Swap.Write(folio);
        Swap.Plug.Flush();
        return entry;
    }

    /// <summary>Takes a clean swap-cache page out of memory, as reclaim does when it meets it again.</summary>
    public void Evict(Pfn folio)
    {
        Machine.Lru.Drain();
        Machine.Lru.Get(folio);
        Swap.RemoveFromCache(folio, Machine.Workingset.Evict(folio));
        Machine.Lru.Put(folio);   // the cache's
        Machine.Lru.Put(folio);
    }

    /// <summary>Maps pages, writes them to swap, and evicts them.</summary>
    public SwapEntry[] SwapOutPages(int count)
    {
        var (folios, entries) = (new Pfn[count], new SwapEntry[count]);
        for (var page = 0; page < count; page++)
        {
            folios[page] = Map(page);
            entries[page] = SwapOut(folios[page], out _);
        }

        Run(1000);
        foreach (var folio in folios)
        {
            Evict(folio);
        }

        return entries;
    }

    /// <summary>Maps shared memory, writes its pages, and takes them all to swap and out of memory.</summary>
    public SwapEntry[] SwapOutShared(int count, out int inode)
    {
        inode = Machine.FilePages.CreateShmem((ulong)count * PageGeometry.PageBytes, isReserved: false);
        const int first = 8192;
        const VmaFlags flags = VmaFlags.Read | VmaFlags.Write | VmaFlags.MayRead | VmaFlags.MayWrite | VmaFlags.Shared | VmaFlags.MayShare;
        var description = new AreaDescription(FirstPage + first, FirstPage + first + (ulong)count, flags, inode, 0);
        Assert.True(Machine.Memory.Areas.TryMap(Memory, description, out _));
        Touch(first, count, TouchKind.Write);
        Run(100);
        Machine.Lru.Drain();
        var (folios, entries) = (new Pfn[count], new SwapEntry[count]);
        for (var page = 0; page < count; page++)
        {
            folios[page] = Machine.PageCache.Find(inode, (ulong)page);
            Assert.Equal(UnmapResult.Unmapped, Machine.ReverseMap.TryUnmap(folios[page]));
            Assert.True(Machine.PageCache.TryMoveToSwap(folios[page]));
            entries[page] = SwapEntry.Unpack(Machine.Frames[folios[page]].Private);
            Assert.Equal(PageOutResult.Started, Swap.Write(folios[page]));
        }

        Swap.Plug.Flush();
        Run(1000);
        foreach (var folio in folios)
        {
            Evict(folio);
        }

        return entries;
    }

    /// <summary>Starts a task that makes one request and then sleeps for good.</summary>
    public Process Start(Request request) => Start(Machine, request);

    public static Process Start(Machine machine, Request request)
    {
        var task = machine.Processes.TryCreate("task", Scheduler.InitPid, TaskState.Idle)!;
        task.Program = new OneRequest(request);
        machine.Scheduler.Start(task);
        return task;
    }

    /// <summary>Starts a task in the address space that accesses pages once.</summary>
    public Process Touch(int page, int count, TouchKind kind)
    {
        const ulong bytes = PageGeometry.PageBytes;
        var task = Start(new Request(RequestKind.Touch, (FirstPage + (ulong)page) * bytes, (ulong)count * bytes, (ulong)kind));
        task.MemoryId = Memory.Id;
        return task;
    }

    public static long AnswerOf(Process task) => ((OneRequest)task.Program!).Answer;

    /// <summary>Recounts swap.</summary>
    public void Audit() => SwapAudit.Check(Machine, FrameCensus.Take(Machine));

    private sealed class OneRequest(Request request) : UserProgram
    {
        private bool _isMade;

        public long Answer { get; private set; } = long.MinValue;

        public override ProgramImage Image { get; } = new("/bin/one", 4096, 0, 0, 0, 0, 0, []);

        public override Request Next(in Reply last)
        {
            if (_isMade)
            {
                Answer = last.Value;
                return new Request(RequestKind.Pause);
            }

            _isMade = true;
            return request;
        }

        public override UserProgram Clone() => new OneRequest(request) { _isMade = _isMade, Answer = Answer };

        public override void HashInto(StateHash hash) => hash.Add(Answer);
    }
}
