// The machine: everything that is state, how it boots, and how it moves on in simulated time.
//
// Determinism: the configuration decides every byte. A copy (Clone) run on ends with the same state hash as the original.

using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Block;
using VboxMem.Kernel.Boot;
using VboxMem.Kernel.Compaction;
using VboxMem.Kernel.Log;
using VboxMem.Kernel.Net;
using VboxMem.Kernel.Oom;
using VboxMem.Kernel.PageCache;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Pressure;
using VboxMem.Kernel.Reclaim;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Slab;
using VboxMem.Kernel.Swap;
using VboxMem.Kernel.Sysctl;
using VboxMem.Kernel.Time;
using VboxMem.Kernel.Virtual;
using VboxMem.Kernel.Writeback;

namespace VboxMem.Kernel;

public sealed partial class Machine : IDisposable
{
    private readonly Node[] _nodes;
    private readonly MachineEvents _events;

    internal Machine(MachineLayout layout)
    {
        Layout = layout;
        Cpus = new CpuContext([.. layout.NodeOfCpu]);
        Frames = new PageFrames(layout.End);
        Events = new VmEvents();
        Paths = new ReachedPaths();
        Tunables = new VmTunables();
        _nodes = Node.MakeAll(layout, Frames, Cpus, Paths);
        SlowPath = new AllocationSlowPath(this);
        Allocator = new PageAllocator(Frames, _nodes, Cpus, Events, Tunables, SlowPath);
        Slabs = new SlabAllocator(Allocator, Cpus);
        Vmalloc = new Vmalloc(Allocator, Slabs);
        Processes = new ProcessTable(Allocator, Slabs, Vmalloc) { PidMax = TaskLimits.PidMax(Cpus.Count) };
        HugePages = new HugePages(Allocator, Events);
        Limits = new ZoneLimits(_nodes, Cpus, Tunables);
        var vmstat = new VmstatUpkeep(_nodes, Cpus);
        Sysctls = new VmSysctls(Tunables, Limits, _nodes, vmstat, HugePages);
        Timeline = new Timeline();
        CpuTimes = new CpuTimes(Cpus.Count);
        Stalls = new StallTracker(Cpus.Count);
        Log = new KernelLog();
        LogLimits = new LogRateLimits();
        ThpSettings = new TransparentHugePages(0);
        MmSettings = new MmSettings(layout.NodeCount);
        KernelSettings = new KernelSettings(isRandom: !Configuration.HasBootOption("norandmaps"));
        Streams = new ProcessStreams();
        Scheduler = new Scheduler(Cpus, CpuTimes, Stalls, Timeline, Processes, Costs);
        Disks = new DiskQueue(Configuration.Disks, Timeline, Cpus, Events);
        Shrinkers = new ShrinkerTable(this);
        Lru = new LruCache(this);
        Workingset = new RefaultDetector(this);
        Memory = new MemoryDescriptors(this);
        ReverseMap = new ReverseMap(this);
        HugeFolios = new HugeFolio(this);
        PageCache = new PageCacheStore(this);
        FileSystems = new FileSystems(this);
        Sysctls.ActsOn = this;
        FileSystems.AddShrinkers(Shrinkers);
        Swap = new SwapSpace(this);
        Sockets = new Sockets(this);
        ServiceTimes = new ServiceTimes();
        Dirty = new DirtyPages(this);
        Kswapds = Kswapd.MakeAll(this);
        (Kcompactds, CompactionHints, Migration) = (Kcompactd.MakeAll(this), ZoneHints.MakeAll(this), new FolioMigration(this));
        Flushers = Flusher.MakeAll(this);
        LaptopMode = new LaptopMode(this);
        (Faults, UserAccess, MemoryCalls, Exec, Zaps) = (new PageFault(this), new UserAccess(this), new MemoryCalls(this), new Exec(this), new ZapRange(this));
        (FilePages, FileCalls, Reclaimer, Oom) = (new FilePages(this), new FileCalls(this), new Reclaimer(this), new OomKiller(this));
        OomReaper = new OomReaper(this);
        _events = new MachineEvents(this, vmstat);
    }

    private Machine(Machine other)
    {
        Layout = other.Layout;
        BootAllocations = other.BootAllocations;
        Cpus = other.Cpus.Clone();
        Frames = other.Frames.Clone();
        Events = other.Events.Clone();
        Paths = other.Paths.Clone();
        Tunables = other.Tunables.Clone();
        _nodes = new Node[other._nodes.Length];
        for (var node = 0; node < _nodes.Length; node++)
        {
            _nodes[node] = other._nodes[node].Clone(Frames, Cpus, Paths);
        }

        SlowPath = other.SlowPath.Clone(this);
        Allocator = new PageAllocator(Frames, _nodes, Cpus, Events, Tunables, SlowPath)
        {
            FailInjection = other.Allocator.FailInjection,
            UncountedPages = other.Allocator.UncountedPages,
        };
        Slabs = other.Slabs.Clone(Allocator, Cpus);
        Vmalloc = other.Vmalloc.Clone(Allocator, Slabs);
        Processes = other.Processes.Clone(Allocator, Slabs, Vmalloc);
        HugePages = other.HugePages.Clone(Allocator, Events);
        Limits = new ZoneLimits(_nodes, Cpus, Tunables);
        var vmstat = new VmstatUpkeep(_nodes, Cpus);
        Sysctls = new VmSysctls(Tunables, Limits, _nodes, vmstat, HugePages);
        Timeline = other.Timeline.Clone();
        CpuTimes = other.CpuTimes.Clone();
        Stalls = other.Stalls.Clone();
        Log = other.Log.Clone();
        LogLimits = other.LogLimits.Clone();
        ThpSettings = other.ThpSettings.Clone();
        MmSettings = other.MmSettings.Clone();
        KernelSettings = other.KernelSettings.Clone();
        Streams = other.Streams.Clone();
        Scheduler = other.Scheduler.Clone(Cpus, CpuTimes, Stalls, Timeline, Processes);
        Disks = other.Disks.Clone(Timeline, Cpus, Events);
        Shrinkers = new ShrinkerTable(this);
        Lru = other.Lru.Clone(this);
        Workingset = other.Workingset.Clone(this);
        Memory = other.Memory.Clone(this);
        ReverseMap = other.ReverseMap.Clone(this);
        HugeFolios = other.HugeFolios.Clone(this);
        PageCache = other.PageCache.Clone(this);
        FileSystems = other.FileSystems.Clone(this);
        Sysctls.ActsOn = this;
        FileSystems.AddShrinkers(Shrinkers);
        Swap = other.Swap.Clone(this);
        Sockets = other.Sockets.Clone(this);
        ServiceTimes = other.ServiceTimes.Clone();
        Dirty = other.Dirty.Clone(this);
        Kswapds = Kswapd.CloneAll(other.Kswapds, this);
        (Kcompactds, CompactionHints) = (Kcompactd.CloneAll(other.Kcompactds), ZoneHints.CloneAll(other.CompactionHints));
        Migration = new FolioMigration(this);
        Flushers = Flusher.CloneAll(other.Flushers, this);
        LaptopMode = other.LaptopMode.Clone(this);
        (Faults, UserAccess, MemoryCalls, Exec, Zaps) = (new PageFault(this), new UserAccess(this), new MemoryCalls(this), new Exec(this), new ZapRange(this));
        (FilePages, FileCalls, Reclaimer, Oom) = (new FilePages(this), new FileCalls(this), new Reclaimer(this), new OomKiller(this));
        OomReaper = other.OomReaper.Clone(this);
        _events = other._events.Clone(this, vmstat);
        HasPanicked = other.HasPanicked;
    }

    public MachineLayout Layout { get; }

    public MachineConfiguration Configuration => Layout.Configuration;

    public CpuContext Cpus { get; }

    public PageFrames Frames { get; }

    public ReadOnlySpan<Node> Nodes => _nodes;

    public VmEvents Events { get; }

    /// <summary>Branches taken so far: for tests, no part of the state.</summary>
    public ReachedPaths Paths { get; }

    public VmTunables Tunables { get; }

    public VmSysctls Sysctls { get; }

    public ZoneLimits Limits { get; }

    public PageAllocator Allocator { get; }

    public SlabAllocator Slabs { get; }

    public Vmalloc Vmalloc { get; }

    public HugePages HugePages { get; }

    public ProcessTable Processes { get; }

    /// <summary>What boot took for good; shared by all copies of a machine, which never change it.</summary>
    public BootAllocations BootAllocations { get; internal set; } = null!;

    public TransparentHugePages ThpSettings { get; internal set; }

    /// <summary>Other settings of /sys/kernel/mm.</summary>
    public MmSettings MmSettings { get; }

    /// <summary>Settings of /proc/sys/kernel.</summary>
    public KernelSettings KernelSettings { get; }

    public Timeline Timeline { get; }

    public CpuTimes CpuTimes { get; }

    /// <summary>Pressure stall information.</summary>
    public StallTracker Stalls { get; }

    public Scheduler Scheduler { get; }

    public Costs Costs => Configuration.Costs;

    public DiskQueue Disks { get; }

    /// <summary>Address spaces.</summary>
    public MemoryDescriptors Memory { get; }

    public LruCache Lru { get; }

    /// <summary>Caches of kernel objects that give some back under pressure.</summary>
    public ShrinkerTable Shrinkers { get; }

    /// <summary>Tells pages that were evicted too early when they come back.</summary>
    public RefaultDetector Workingset { get; }

    public PageCacheStore PageCache { get; }

    /// <summary>Mounts, inodes, names, open files.</summary>
    public FileSystems FileSystems { get; }

    public SwapSpace Swap { get; }

    public Sockets Sockets { get; }

    /// <summary>What clients outside the box have measured.</summary>
    public ServiceTimes ServiceTimes { get; }

    /// <summary>One for each node.</summary>
    public Kswapd[] Kswapds { get; }

    /// <summary>One for each node.</summary>
    internal Kcompactd[] Kcompactds { get; }

    /// <summary>What compaction remembers of each zone, by the zone's index.</summary>
    internal ZoneHints[] CompactionHints { get; }

    internal FolioMigration Migration { get; }

    /// <summary>The kernel has panicked: nothing runs any more.</summary>
    public bool HasPanicked { get; private set; }

    /// <summary>Where the programs that are started get their streams of chance from.</summary>
    internal ProcessStreams Streams { get; }

    internal AllocationSlowPath SlowPath { get; }

    internal ReverseMap ReverseMap { get; }

    internal HugeFolio HugeFolios { get; }

    internal PageFault Faults { get; }

    internal UserAccess UserAccess { get; }

    internal MemoryCalls MemoryCalls { get; }

    internal Exec Exec { get; }

    internal ZapRange Zaps { get; }

    internal FilePages FilePages { get; }

    internal DirtyPages Dirty { get; }

    internal FileCalls FileCalls { get; }

    /// <summary>One for each disk.</summary>
    internal Flusher[] Flushers { get; }

    internal LaptopMode LaptopMode { get; }

    internal Reclaimer Reclaimer { get; }

    internal OomKiller Oom { get; }

    internal OomReaper OomReaper { get; }

    public LoadAverage Load => _events.Load;

    public KernelLog Log { get; }

    /// <summary>Rate limits of the messages that may come over and over.</summary>
    public LogRateLimits LogLimits { get; }

    /// <summary>Host memory outside the garbage collector that a copy of this machine takes.</summary>
    public long UnmanagedBytes => Frames.TouchedBytes + Memory.Tables.UnmanagedBytes;

    /// <summary>Local timer interrupts since boot, over all CPUs.</summary>
    public ulong TimerInterrupts
    {
        get
        {
            var interrupts = 0UL;
            for (var cpu = 0; cpu < Cpus.Count; cpu++)
            {
                interrupts += TimerInterruptsOf(cpu);
            }

            return interrupts;
        }
    }

    /// <summary>Local timer interrupts of a CPU since boot.</summary>
    public ulong TimerInterruptsOf(int cpu) => _events.IdleInterruptsOf(cpu) + Scheduler.TimerInterruptsOf(cpu);

    /// <summary>Time since the kernel started.</summary>
    public SimTime Now => Timeline.Now;

    /// <summary>Boots a machine to the moment before its first program runs.</summary>
    /// <exception cref="MachineLayoutException">The description contradicts itself.</exception>
    /// <exception cref="BootFailedException">RAM is too small.</exception>
    public static Machine Boot(MachineConfiguration configuration) => BootSequence.Run(configuration);

    /// <summary>Starts the periodic work of an idle machine.</summary>
    internal void StartTimers() => _events.StartTimers();

    /// <summary>A machine in the same state that shares nothing changeable with this one.</summary>
    public Machine Clone() => new(this);

    public void Dispose()
    {
        Memory.Dispose();
        Frames.Dispose();
    }

    /// <summary>Lets simulated time pass: always what is due first, an event or the CPU that is furthest behind.</summary>
    /// <param name="end">When to stop; not before <see cref="Now"/>. A CPU's turn under way then is finished.</param>
    public void RunUntil(SimTime end)
    {
        while (!HasPanicked)
        {
            var queue = Scheduler.NextToRun();
            var limit = queue is null || queue.Clock > end ? end : queue.Clock;
            if (limit > Timeline.Now || Timeline.IsDue(limit))
            {
                if (Timeline.TryAdvance(limit, out var due))
                {
                    Cpus.BeginTurn(Cpus.Current, Now);
                    _events.Handle(due);
                    continue;
                }
            }

            if (queue is null || queue.Clock >= end)
            {
                break;
            }

            Scheduler.RunTurn(queue, this);
            ProcessExit.ReleaseDead(this);
        }

        Scheduler.AccountIdle(Now);
    }

    /// <summary>Starts a program as a child of init or of another process, as a service is started: a new process whose first act is exec.</summary>
    /// <param name="program">What it runs.</param>
    /// <param name="uid">Its user.</param>
    /// <param name="nice">-20..19.</param>
    /// <param name="oomScoreAdj">-1000..1000.</param>
    /// <param name="cgroup">Its control group.</param>
    /// <param name="gid">Its group; null: the number of its user.</param>
    /// <param name="parentPid">Its parent, a process that lives.</param>
    /// <returns>Null when there is no memory for the task (ENOMEM), or too many there are (EAGAIN).</returns>
    public Process? Spawn(
        UserProgram program, uint uid = 0, int nice = 0, short oomScoreAdj = 0, string cgroup = "/", uint? gid = null,
        int parentPid = Scheduler.InitPid)
    {
        if (Processes.TryCreate(program.Image.Comm, parentPid, TaskState.Idle) is not { } task)
        {
            return null;
        }

        task.Flags = ProcessFlags.ForkedWithoutExec;
        task.ProcessGroup = task.Session = task.Pid;
        task.Cgroup = cgroup;
        task.Uid = uid;
        task.Gid = gid ?? uid;
        task.Nice = nice;
        task.OomScoreAdj = oomScoreAdj;
        task.OomScoreAdjMin = oomScoreAdj;
        task.Request = new Request(RequestKind.Execute, Path: program.Image.Path, Program: program);
        Scheduler.Start(task);
        return task;
    }

    /// <summary>Lets init (pid 1) become a program, as the kernel does at the end of boot. It must not run one yet.</summary>
    /// <param name="program">What it runs.</param>
    /// <param name="nice">-20..19.</param>
    /// <param name="oomScoreAdj">-1000..1000.</param>
    /// <param name="uid">Its user.</param>
    /// <param name="gid">Its group; null: the number of its user.</param>
    public void StartInit(UserProgram program, int nice = 0, short oomScoreAdj = 0, uint uid = 0, uint? gid = null)
    {
        var init = Processes[Scheduler.InitPid];
        Invariant.Holds(init.Program is null && init.Request.Kind == RequestKind.None);
        init.Uid = uid;
        init.Gid = gid ?? uid;
        init.Nice = nice;
        init.OomScoreAdj = oomScoreAdj;
        init.OomScoreAdjMin = oomScoreAdj;
        init.ProcessGroup = init.Session = Scheduler.InitPid;
        init.Request = new Request(RequestKind.Execute, Path: program.Image.Path, Program: program);
        Scheduler.Start(init);
    }

    /// <summary>Sends a signal to a task's process from outside, as kill(1) by root does; <see cref="Signal.None"/> only looks for it.</summary>
    /// <returns>NoProcess (ESRCH) when there is no such task.</returns>
    public SystemCallError Kill(int pid, Signal signal)
    {
        if (!Processes.TryGet(pid, out var task) || task.Has(ProcessFlags.New))
        {
            return SystemCallError.NoProcess;
        }

        if (signal != Signal.None)
        {
            SignalDelivery.Send(Scheduler, task, signal);
        }

        return SystemCallError.None;
    }

    /// <summary>The kernel has panicked, and has said why: nothing runs any more.</summary>
    internal void StopForPanic() => HasPanicked = true;

    /// <summary>A write to a file of transparent_hugepage. Where it starts or stops khugepaged, min_free_kbytes follows.</summary>
    /// <param name="setting">Index in <see cref="TransparentHugePages.Settings"/>.</param>
    /// <param name="text">What was written.</param>
    /// <returns>False where Linux answers EINVAL; nothing has changed then.</returns>
    public bool TrySetThp(int setting, ReadOnlySpan<byte> text)
    {
        if (!TransparentHugePages.Settings[setting].TryParse(text, out var value))
        {
            return false;
        }

        ThpSettings[setting] = value;
        if (TransparentHugePages.Settings[setting].DecidesKhugepaged)
        {
            Report(Limits.Recompute(ThpSettings.IsKhugepagedEnabled));
        }

        return true;
    }

    private void Report(MinFreeChange change)
    {
        var user = Tunables.UserMinFreeKilobytes;
        if (change.IsRefused)
        {
            Log.Print(
                (long)Now.Nanoseconds,
                LogLevel.Warning,
                $"min_free_kbytes is not updated to {change.WantedKilobytes} because user defined value {user} is preferred");
        }
        else if (change.IsRaise && user >= 0)
        {
            Log.Print(
                (long)Now.Nanoseconds,
                LogLevel.Info,
                $"raising min_free_kbytes from {change.BeforeKilobytes} to {change.WantedKilobytes} to help transparent hugepage allocations");
        }
    }
}
