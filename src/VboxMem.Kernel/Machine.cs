// The machine: everything that is state, how it boots, and how it moves on in simulated time.
//
// Determinism: the configuration decides every byte. A copy (Clone) run on ends with the same state hash as the original.

using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Boot;
using VboxMem.Kernel.Log;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Pressure;
using VboxMem.Kernel.Reclaim;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Slab;
using VboxMem.Kernel.Sysctl;
using VboxMem.Kernel.Time;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Kernel;

public sealed class Machine : IDisposable
{
    private readonly Node[] _nodes;
    private readonly VmstatUpkeep _vmstat;
    private LoadAverage _load;

    internal Machine(MachineLayout layout)
    {
        Layout = layout;
        Cpus = new CpuContext([.. layout.NodeOfCpu]);
        Frames = new PageFrames(layout.End);
        Events = new VmEvents();
        Tunables = new VmTunables();
        _nodes = MakeNodes(layout, Frames, Cpus);
        Allocator = new PageAllocator(Frames, _nodes, Cpus, Events, Tunables, new AllocationSlowPath());
        Slabs = new SlabAllocator(Allocator, Cpus);
        Vmalloc = new Vmalloc(Allocator, Slabs);
        Processes = new ProcessTable(Allocator, Slabs, Vmalloc);
        HugePages = new HugePages(Allocator, Events);
        Limits = new ZoneLimits(_nodes, Cpus, Tunables);
        _vmstat = new VmstatUpkeep(_nodes, Cpus);
        Sysctls = new VmSysctls(Tunables, Limits, _nodes, _vmstat, HugePages);
        Timeline = new Timeline();
        CpuTimes = new CpuTimes(Cpus.Count);
        Stalls = new StallTracker(Cpus.Count);
        Log = new KernelLog();
        ThpSettings = new TransparentHugePages(0);
        MmSettings = new MmSettings(layout.NodeCount);
    }

    private Machine(Machine other)
    {
        Layout = other.Layout;
        BootAllocations = other.BootAllocations;
        Cpus = other.Cpus.Clone();
        Frames = other.Frames.Clone();
        Events = other.Events.Clone();
        Tunables = other.Tunables.Clone();
        _nodes = new Node[other._nodes.Length];
        for (var node = 0; node < _nodes.Length; node++)
        {
            _nodes[node] = other._nodes[node].Clone(Frames, Cpus);
        }

        Allocator = new PageAllocator(Frames, _nodes, Cpus, Events, Tunables, new AllocationSlowPath())
        {
            FailInjection = other.Allocator.FailInjection,
        };
        Slabs = other.Slabs.Clone(Allocator, Cpus);
        Vmalloc = other.Vmalloc.Clone(Allocator, Slabs);
        Processes = other.Processes.Clone(Allocator, Slabs, Vmalloc);
        HugePages = other.HugePages.Clone(Allocator, Events);
        Limits = new ZoneLimits(_nodes, Cpus, Tunables);
        _vmstat = new VmstatUpkeep(_nodes, Cpus);
        Sysctls = new VmSysctls(Tunables, Limits, _nodes, _vmstat, HugePages);
        Timeline = other.Timeline.Clone();
        CpuTimes = other.CpuTimes.Clone();
        Stalls = other.Stalls.Clone();
        Log = other.Log.Clone();
        ThpSettings = other.ThpSettings.Clone();
        MmSettings = other.MmSettings.Clone();
        TimerInterrupts = other.TimerInterrupts;
        _load = other._load;
    }

    public MachineLayout Layout { get; }

    public MachineConfiguration Configuration => Layout.Configuration;

    public CpuContext Cpus { get; }

    public PageFrames Frames { get; }

    public ReadOnlySpan<Node> Nodes => _nodes;

    public VmEvents Events { get; }

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

    public Timeline Timeline { get; }

    public CpuTimes CpuTimes { get; }

    /// <summary>Pressure stall information. Nothing stalls yet: no task runs.</summary>
    public StallTracker Stalls { get; }

    public LoadAverage Load => _load;

    public KernelLog Log { get; }

    /// <summary>Local timer interrupts since boot, over all CPUs.</summary>
    public ulong TimerInterrupts { get; private set; }

    /// <summary>Time since the kernel started.</summary>
    public SimTime Now => Timeline.Now;

    /// <summary>Boots a machine to the moment before its first program runs.</summary>
    /// <exception cref="MachineLayoutException">The description contradicts itself.</exception>
    /// <exception cref="BootFailedException">RAM is too small.</exception>
    public static Machine Boot(MachineConfiguration configuration) => BootSequence.Run(configuration);

    /// <summary>A machine in the same state that shares nothing changeable with this one.</summary>
    public Machine Clone() => new(this);

    public void Dispose() => Frames.Dispose();

    /// <summary>Lets simulated time pass.</summary>
    /// <param name="end">When to stop; not before <see cref="Now"/>.</param>
    public void RunUntil(SimTime end)
    {
        while (Timeline.TryAdvance(end, out var due))
        {
            CpuTimes.AccountIdle(Now);
            Handle(due);
        }

        CpuTimes.AccountIdle(Now);
    }

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

    /// <summary>Fingerprint of the whole state.</summary>
    public ulong ComputeStateHash()
    {
        var hash = new StateHash();
        hash.Add((long)Cpus.Current);
        Frames.HashInto(hash);
        Events.HashInto(hash);
        Tunables.HashInto(hash);
        foreach (var node in _nodes)
        {
            node.HashInto(hash);
        }

        Slabs.HashInto(hash);
        Vmalloc.HashInto(hash);
        Processes.HashInto(hash);
        HugePages.HashInto(hash);
        Timeline.HashInto(hash);
        CpuTimes.HashInto(hash);
        Stalls.HashInto(hash);
        _load.HashInto(hash);
        HashLog(hash);
        ThpSettings.HashInto(hash);
        MmSettings.HashInto(hash);
        hash.Add(TimerInterrupts);
        hash.Add(Allocator.FailInjection.IsArmed);
        hash.Add(Allocator.FailInjection.RequestsLeft);
        return hash.Value;
    }

    /// <summary>Starts the periodic work of an idle machine.</summary>
    internal void StartTimers()
    {
        for (var cpu = 0; cpu < Cpus.Count; cpu++)
        {
            // Spread over the tick, as round_jiffies spreads the CPUs.
            Timeline.Post(Now.Plus(SimTime.FromTicks(1 + (ulong)(3 * cpu))), EventKind.VmstatUpdate, (uint)cpu);
        }

        Timeline.Post(Now.Plus(LoadAverage.Period), EventKind.LoadAverageSample, 0);
    }

    private static Node[] MakeNodes(MachineLayout layout, PageFrames frames, CpuContext cpus)
    {
        var distances = new List<IReadOnlyList<int>>();
        var hasCpus = new List<bool>();
        for (var node = 0; node < layout.NodeCount; node++)
        {
            distances.Add(layout.DistancesFrom(node));
            hasCpus.Add(layout.NodeOfCpu.Contains((byte)node));
        }

        var orders = Zonelist.NodeOrders(distances, hasCpus);
        var nodes = new Node[layout.NodeCount];
        for (var node = 0; node < nodes.Length; node++)
        {
            var zones = new Zone[Zone.TypesPerNode];
            for (var type = 0; type < zones.Length; type++)
            {
                var extent = layout.Zones[(node * Zone.TypesPerNode) + type];
                if (extent.IsPopulated)
                {
                    frames.AssignZone(extent.Start, extent.End, extent.Index);
                    if (!extent.Start.IsAlignedTo(PageGeometry.PageblockOrder))
                    {
                        // Boot types pageblocks from their first frame on; one that begins before its zone is never typed.
                        frames.SetPageblockType(extent.Start, MigrateType.Unmovable);
                    }
                }

                zones[type] = new Zone(extent, frames, cpus);
            }

            nodes[node] = new Node(node, zones, orders[node], cpus);
        }

        return nodes;
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

    private void HashLog(StateHash hash)
    {
        hash.Add(Log.NextSequence);
        foreach (var record in Log.RecordsFrom(0))
        {
            hash.Add(record.Nanoseconds);
            hash.Add(((ulong)record.Facility << 8) | (ulong)record.Level);
            hash.Add(record.Text);
        }
    }

    private void Handle(TimedEvent due)
    {
        switch (due.Kind)
        {
            case EventKind.VmstatUpdate:
                UpdateVmstat((int)due.Operand);
                break;
            case EventKind.LoadAverageSample:
                TimerInterrupts++;
                _load.Sample(Processes.CountIn(TaskState.Running) + Processes.CountIn(TaskState.DiskSleep));
                Timeline.Post(Now.Plus(LoadAverage.Period), EventKind.LoadAverageSample, 0);
                break;
            default:
                throw new InvariantBrokenException($"event {due.Kind} at {Now} has no handler");
        }
    }

    /// <summary>The once-a-second upkeep of a CPU. Its kworker runs where there is work, and on CPU 0, which looks for it.</summary>
    private void UpdateVmstat(int cpu)
    {
        Cpus.SwitchTo(cpu);
        if (_vmstat.Refresh(cpu) || cpu == 0)
        {
            TimerInterrupts++;
            Processes.CountRoundTrip();
        }

        var interval = (ulong)Math.Max(1, Tunables.StatIntervalSeconds);
        Timeline.Post(Now.Plus(SimTime.FromSeconds(interval)), EventKind.VmstatUpdate, (uint)cpu);
    }
}
