// The figures of the machine's memory, or of one node's, that user space may see: sums over nodes and zones, and what follows
// from them. Reading one gathers it anew; nothing is kept.
//
// Gauges are the shared counters without the CPUs' private parts, as on Linux: they may lag by threshold x CPUs until the
// next fold.
//
// Units    pages of 4 KiB unless the name says otherwise; node counters as NodeStatItem says.
// Models   Linux 6.12 si_meminfo, si_meminfo_node, global_node_page_state, global_zone_page_state and the sums in
//          meminfo_proc_show and node_read_meminfo (facts: physical memory, 9.3 to 9.5).

using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Virtual;
using VboxMem.Kernel.Writeback;

namespace VboxMem.Kernel.Accounting;

/// <summary>A view of the counters of some nodes: all of a machine's, or one.</summary>
public readonly ref struct MemoryInfo
{
    private readonly Machine _machine;
    private readonly ReadOnlySpan<Node> _nodes;

    private MemoryInfo(Machine machine, ReadOnlySpan<Node> nodes)
    {
        _machine = machine;
        _nodes = nodes;
    }

    public static MemoryInfo Of(Machine machine) => new(machine, machine.Nodes);

    public static MemoryInfo OfNode(Machine machine, int node) => new(machine, machine.Nodes.Slice(node, 1));

    /// <summary>Pages the page allocator owns: MemTotal.</summary>
    public long TotalPages
    {
        get
        {
            var pages = 0L;
            foreach (var node in _nodes)
            {
                pages += (long)node.ManagedPages;
            }

            return pages;
        }
    }

    /// <summary>Free pages of the buddy allocator, those on per-CPU lists left out: MemFree.</summary>
    public long FreePages => this[ZoneStatItem.FreePages];

    /// <summary>File pages on the active and inactive lists.</summary>
    public long FileLruPages => this[NodeStatItem.ActiveFile] + this[NodeStatItem.InactiveFile];

    /// <summary>Reclaimable slab and other reclaimable kernel pages: KReclaimable.</summary>
    public long ReclaimableKernelPages => this[NodeStatItem.SlabReclaimable] + this[NodeStatItem.KernelMiscReclaimable];

    /// <summary>Pages of page cache without the swap cache: Buffers and Cached together.</summary>
    public long CachePages => Math.Max(0, this[NodeStatItem.FilePages] - this[NodeStatItem.Swapcached]);

    /// <summary>MemAvailable of the whole machine.</summary>
    public long AvailablePages => AvailableMemory.Pages(
        FreePages, (long)_machine.Limits.TotalReservePages, FileLruPages, ReclaimableKernelPages, LowMarkPages);

    /// <summary>CommitLimit of the whole machine.</summary>
    public long CommitLimitPages => Overcommit.CommitLimitPages(
        TotalPages,
        HugeTlbPages,
        _machine.Swap.TotalPages,
        _machine.Tunables.OvercommitRatio,
        (long)_machine.Tunables.OvercommitKilobytes);

    /// <summary>Committed_AS of the whole machine.</summary>
    public long CommittedPages => Math.Max(0, _machine.Memory.CommittedPages);

    /// <summary>The machine's limits of dirty pages at this moment.</summary>
    public DirtyLimits DirtyLimits
    {
        get
        {
            var tunables = _machine.Tunables;
            var settings = new DirtySettings(
                tunables.DirtyRatio, tunables.DirtyBackgroundRatio, (long)tunables.DirtyBytes, (long)tunables.DirtyBackgroundBytes);
            return DirtyLimits.For(
                settings, DirtyLimits.DirtyablePages(FreePages, (long)_machine.Limits.TotalReservePages, FileLruPages));
        }
    }

    /// <summary>Populated pages of all CPUs' copies in the per-CPU allocator: Percpu.</summary>
    public long PerCpuAllocatorPages =>
        ((long)MachineLayout.PerCpuFirstChunkPages * _machine.Cpus.Count) + _machine.BootAllocations.ExtraPerCpuPagesTotal;

    /// <summary>Huge pages in the pools of these nodes. All are free: nothing maps huge pages yet.</summary>
    public long HugeTlbCount
    {
        get
        {
            var count = 0L;
            foreach (var node in _nodes)
            {
                count += _machine.HugePages.PoolOf(node.Id).Count;
            }

            return count;
        }
    }

    public long HugeTlbPages => HugeTlbCount * HugePages.PagesPerHugePage;

    /// <summary>struct pages that boot made, in pages of their own: 512 for each present section.</summary>
    public long BootDescriptorPages => _machine.Layout.PresentSections * (long)PageGeometry.PageblockPages;

    private long LowMarkPages
    {
        get
        {
            var pages = 0L;
            foreach (var node in _nodes)
            {
                foreach (var zone in node.Zones)
                {
                    pages += (long)zone.MarkPages(WatermarkLevel.Low);
                }
            }

            return pages;
        }
    }

    /// <summary>A node counter, added up over the nodes; never below zero.</summary>
    public long this[NodeStatItem item]
    {
        get
        {
            var sum = 0L;
            foreach (var node in _nodes)
            {
                sum += node.Stats.ReadShared((int)item);
            }

            return Math.Max(0, sum);
        }
    }

    /// <summary>A zone counter, added up over the nodes' zones; never below zero.</summary>
    public long this[ZoneStatItem item]
    {
        get
        {
            var sum = 0L;
            foreach (var node in _nodes)
            {
                foreach (var zone in node.Zones)
                {
                    sum += zone.Stats.ReadShared((int)item);
                }
            }

            return Math.Max(0, sum);
        }
    }

    /// <summary>Allocation placement events, added up over the nodes' zones. Exact.</summary>
    public long this[NumaEvent kind]
    {
        get
        {
            var sum = 0UL;
            foreach (var node in _nodes)
            {
                foreach (var zone in node.Zones)
                {
                    sum += zone.NumaEvents(kind);
                }
            }

            return (long)sum;
        }
    }
}
