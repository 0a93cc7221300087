// Physical memory as firmware and early boot lay it out: nodes, zones, holes, and what is reserved.
//
// Two ways lead to a layout: the recipe, from RAM size and machine kind alone, and explicit figures per zone.
// Top-down, as memblock does it, boot takes: kernel image (where physical KASLR puts it, or at 16 MiB with nokaslr),
// initrd and swiotlb at the top of low RAM, and on each node page descriptors, per-CPU areas, node data, hash tables.
//
// Units    pages.
// Models   facts: physical memory, 1.1 to 1.3. The captured machines win where they differ: 66 early pages a CPU, not 68, and
//          early page tables on the last node. Each zone's managed pages are within 3 of every captured machine's.
// Departs  the kernel image's size is that of Debian's 6.12.107 cloud kernel; early page tables are a constant.

using VboxMem.Kernel.Time;

namespace VboxMem.Kernel.Physical;

/// <summary>The machine cannot be laid out as described: the user's mistake, in words.</summary>
public sealed class MachineLayoutException(string message) : Exception(message);

/// <summary>The dentry and inode hash tables boot sizes by RAM.</summary>
/// <param name="DentryBuckets">Entries of 8 bytes.</param>
/// <param name="InodeBuckets">Entries of 8 bytes.</param>
public readonly record struct HashTableSizes(ulong DentryBuckets, ulong InodeBuckets)
{
    public uint Pages => (uint)(((DentryBuckets + InodeBuckets) * 8) / PageGeometry.PageBytes);
}

public sealed class MachineLayout
{
    /// <summary>Frames 0x9f to 0xff: EBDA, video memory, ROMs.</summary>
    private static readonly Pfn _lowHoleStart = new(0x9f);
    private static readonly Pfn _lowHoleEnd = new(0x100);

    /// <summary>16 MiB: where the image lies with nokaslr, and the lowest place KASLR considers.</summary>
    private static readonly Pfn _lowestImageStart = new(0x1000);

    private const uint GibibytePages = 1u << 18;
    private const uint SwiotlbPages = 16384;

    // The image of 6.12.107, in order: kept, freed late, kept, ... (code and rodata; gap; data; init; data; decrypted; bss).
    private static readonly (uint Pages, bool Late)[] _imageParts =
        [(6848, false), (320, true), (628, false), (985, true), (663, false), (507, true), (1320, false)];

    private const uint NodeDataPages = 43;
    private const uint PerCpuFirstChunkPages = 66;

    // Early page tables lie at the top of memory, a few other early pages on node 0.
    private const uint EarlyPagesOnFirstNode = 3;
    private const uint EarlyPagesOnLastNode = 9;
    private const uint EarlyPagesAbove4Gib = 196;

    private readonly List<MemoryRange> _memory = [];
    private readonly List<ReservedRange> _reserved = [];
    private readonly int _nodes;

    private MachineLayout(MachineConfiguration configuration)
    {
        Configuration = configuration;
        _nodes = Math.Max(1, configuration.Nodes.Count);
        NodeOfCpu = AssignCpus(configuration);
    }

    public MachineConfiguration Configuration { get; }

    public int NodeCount => _nodes;

    /// <summary>Node of each CPU, in CPU order.</summary>
    public byte[] NodeOfCpu { get; }

    /// <summary>All zones of all nodes, five a node, in index order.</summary>
    public IReadOnlyList<ZoneExtent> Zones { get; private set; } = [];

    public BootMemory Memory { get; private set; } = new([], []);

    public HashTableSizes HashTables { get; private set; }

    /// <summary>First frame of the kernel image.</summary>
    public Pfn ImageStart { get; private set; }

    /// <summary>One past the last frame of RAM.</summary>
    public Pfn End => _memory[^1].Frames.End;

    /// <summary>Present sections of 128 MiB.</summary>
    public uint PresentSections { get; private set; }

    public bool HasMemoryAbove4Gib => End.Index > PageGeometry.Dma32EndPfn;

    /// <summary>Lays a machine out.</summary>
    /// <exception cref="MachineLayoutException">The description contradicts itself or leaves no room to boot.</exception>
    public static MachineLayout Create(MachineConfiguration configuration)
    {
        var layout = new MachineLayout(configuration);
        if (configuration.Zones.Count > 0)
        {
            layout.FollowExplicitZones();
        }
        else
        {
            layout.FollowRecipe();
        }

        return layout;
    }

    /// <summary>Distance from a node to every node, in order: 10 to itself, 20 to others unless the description says else.</summary>
    public IReadOnlyList<int> DistancesFrom(int node)
    {
        if (Configuration.Nodes.Count > 0 && Configuration.Nodes[node].Distances.Count > 0)
        {
            return Configuration.Nodes[node].Distances;
        }

        var distances = new int[_nodes];
        for (var other = 0; other < _nodes; other++)
        {
            distances[other] = other == node ? 10 : 20;
        }

        return distances;
    }

    /// <summary>The span of a node, holes included.</summary>
    public PfnRange SpanOf(int node)
    {
        var ranges = _memory.FindAll(range => range.Node == node);
        return new PfnRange(ranges[0].Frames.Start, ranges[^1].Frames.End);
    }

    private static byte[] AssignCpus(MachineConfiguration configuration)
    {
        if (configuration.Nodes.Count == 0)
        {
            return new byte[configuration.Cpus];
        }

        var nodeOfCpu = new List<byte>();
        for (var node = 0; node < configuration.Nodes.Count; node++)
        {
            for (var cpu = 0; cpu < configuration.Nodes[node].Cpus; cpu++)
            {
                nodeOfCpu.Add((byte)node);
            }
        }

        return [.. nodeOfCpu];
    }

    private void FollowRecipe()
    {
        LayOutRam();
        PresentSections = CountSections();
        Reserve(new PfnRange(new Pfn(1), _lowHoleStart), BootPurpose.LowMegabyte);
        PlaceInitrd();
        PlaceKernelImage();
        if (HasMemoryAbove4Gib)
        {
            TakeFromTop(SwiotlbPages, LowRamEnd(), node: -1, BootPurpose.Swiotlb);
        }

        for (var node = 0; node < _nodes; node++)
        {
            TakeFromTop(SectionsOf(node) * 512, End, node, BootPurpose.PageDescriptors);
            TakeFromTop(NodeDataPages + EarlyPagesOf(node), End, node, BootPurpose.EarlyKernel);
            var cpus = (uint)NodeOfCpu.Count(owner => owner == node);
            TakeFromTop(cpus * PerCpuFirstChunkPages, End, node, BootPurpose.PerCpuFirstChunk);
        }

        HashTables = SizeHashTables();
        if (_nodes == 1)
        {
            TakeFromTop(HashTables.Pages, End, 0, BootPurpose.HashTables);
        }

        Finish(MakeZones());
    }

    private uint EarlyPagesOf(int node)
    {
        var pages = node == 0 ? EarlyPagesOnFirstNode : 0;
        return node < _nodes - 1 ? pages : pages + EarlyPagesOnLastNode + (HasMemoryAbove4Gib ? EarlyPagesAbove4Gib : 0);
    }

    private void LayOutRam()
    {
        var configuration = Configuration;
        var ramPages = configuration.RamBytes / PageGeometry.PageBytes;
        var (threshold, topLow) = configuration.Kind switch
        {
            MachineKind.Pc => ((7 * GibibytePages / 2) - 1, 3 * GibibytePages),
            MachineKind.Q35 => ((11 * GibibytePages / 4) - 1, 2 * GibibytePages),
            _ => (3 * GibibytePages, 3 * GibibytePages),
        };
        var lowPages = ramPages <= threshold ? (uint)ramPages : topLow;
        var acpiPages = configuration.Kind switch
        {
            MachineKind.Pc => 0x20u,
            MachineKind.Q35 => 0x21u,
            _ => 0u,
        };

        var placed = 0UL;
        for (var node = 0; node < _nodes; node++)
        {
            var pages = _nodes == 1 ? ramPages : configuration.Nodes[node].RamBytes / PageGeometry.PageBytes;
            AddRam(node, placed, pages, lowPages, acpiPages);
            placed += pages;
        }

        if (placed != ramPages)
        {
            throw new MachineLayoutException("the nodes' RAM does not add up to the machine's RAM");
        }
    }

    /// <summary>Adds RAM [offset, offset + pages) of a node: its part below the hole, then its part above 4 GiB.</summary>
    private void AddRam(int node, ulong offset, ulong pages, uint lowPages, uint acpiPages)
    {
        var end = offset + pages;
        if (offset < lowPages)
        {
            var lowStart = offset == 0 ? _lowHoleEnd : new Pfn((uint)offset);
            if (offset == 0)
            {
                _memory.Add(new MemoryRange(new PfnRange(new Pfn(1), _lowHoleStart), node));
            }

            var lowEnd = end >= lowPages ? lowPages - acpiPages : (uint)end;
            _memory.Add(new MemoryRange(new PfnRange(lowStart, new Pfn(lowEnd)), node));
        }

        if (end > lowPages)
        {
            var highStart = Math.Max(offset, lowPages) - lowPages + PageGeometry.Dma32EndPfn;
            var highEnd = end - lowPages + PageGeometry.Dma32EndPfn;
            _memory.Add(new MemoryRange(new PfnRange(new Pfn((uint)highStart), new Pfn((uint)highEnd)), node));
        }
    }

    private Pfn LowRamEnd()
    {
        var end = _memory[0].Frames.End;
        foreach (var range in _memory)
        {
            end = range.Frames.End.Index <= PageGeometry.Dma32EndPfn ? range.Frames.End : end;
        }

        return end;
    }

    private void PlaceInitrd()
    {
        var pages = (uint)((Configuration.InitrdBytes + PageGeometry.PageBytes - 1) / PageGeometry.PageBytes);
        TakeFromTop(pages, LowRamEnd(), node: -1, BootPurpose.Initrd);
    }

    private void PlaceKernelImage()
    {
        var pages = 0u;
        foreach (var part in _imageParts)
        {
            pages += part.Pages;
        }

        ImageStart = ChooseImageStart(pages);
        var start = ImageStart;
        foreach (var (partPages, late) in _imageParts)
        {
            Reserve(new PfnRange(start, start.Plus(partPages)), late ? BootPurpose.KernelInit : BootPurpose.KernelImage);
            start = start.Plus(partPages);
        }
    }

    /// <summary>Physical KASLR: any 2 MiB-aligned place from 16 MiB on where the image fits, drawn from the machine's seed.</summary>
    private Pfn ChooseImageStart(uint pages)
    {
        var slots = new List<(Pfn First, uint Count)>();
        var total = 0UL;
        foreach (var free in FreeNow())
        {
            var first = AlignUp(free.Start < _lowestImageStart ? _lowestImageStart : free.Start, PageGeometry.PageblockOrder);
            if (first.Index + pages <= free.End.Index)
            {
                var count = ((free.End.Index - pages - first.Index) >> PageGeometry.PageblockOrder) + 1;
                slots.Add((first, count));
                total += count;
            }
        }

        if (total == 0)
        {
            throw new MachineLayoutException("RAM is too small: the kernel image needs 44 MiB in one piece above 16 MiB");
        }

        if (Configuration.CommandLine.Split(' ').Contains("nokaslr"))
        {
            return slots[0].First;
        }

        var random = new Prng(Configuration.Seed, "kaslr");
        var chosen = random.NextBelow(total);
        foreach (var (first, count) in slots)
        {
            if (chosen < count)
            {
                return first.Plus((uint)chosen << PageGeometry.PageblockOrder);
            }

            chosen -= count;
        }

        throw new InvariantBrokenException("a drawn slot lies outside all slots");
    }

    private HashTableSizes SizeHashTables()
    {
        var taken = 0u;
        foreach (var range in _reserved)
        {
            taken += range.Purpose is BootPurpose.PageDescriptors or BootPurpose.KernelImage or BootPurpose.KernelInit
                ? range.Frames.Pages
                : 0;
        }

        var pages = ((ulong)PresentPages() - taken + 255) & ~255UL;
        var extraShift = 0;
        for (var adapt = 1UL << 24; adapt < pages; adapt <<= 2)
        {
            extraShift++;
        }

        return new HashTableSizes(RoundUpToPowerOfTwo(pages >> (1 + extraShift)), RoundUpToPowerOfTwo(pages >> (2 + extraShift)));
    }

    private uint PresentPages()
    {
        var pages = 0u;
        foreach (var range in _memory)
        {
            pages += range.Frames.Pages;
        }

        return pages;
    }

    private uint CountSections()
    {
        var sections = 0u;
        for (var node = 0; node < _nodes; node++)
        {
            sections += SectionsOf(node);
        }

        return sections;
    }

    /// <summary>Sections whose first RAM belongs to a node.</summary>
    private uint SectionsOf(int node)
    {
        var sections = 0u;
        var next = 0u;
        foreach (var range in _memory)
        {
            var first = Math.Max(range.Frames.Start.Index / PageGeometry.SectionPages, next);
            var end = (range.Frames.End.Index + PageGeometry.SectionPages - 1) / PageGeometry.SectionPages;
            if (end > first)
            {
                sections += range.Node == node ? end - first : 0;
                next = end;
            }
        }

        return sections;
    }

    private List<ZoneExtent> MakeZones()
    {
        var zones = new List<ZoneExtent>();
        for (var node = 0; node < _nodes; node++)
        {
            var span = SpanOf(node);
            var movableStart = MovableStart(node, span);
            uint[] limits = [0, PageGeometry.DmaEndPfn, PageGeometry.Dma32EndPfn, uint.MaxValue];
            for (var type = ZoneType.Dma; type <= ZoneType.Device; type++)
            {
                var (start, end) = type switch
                {
                    ZoneType.Movable => (movableStart.Index, span.End.Index),
                    ZoneType.Device => (0u, 0u),
                    _ => (Math.Max(limits[(int)type], span.Start.Index), Math.Min(limits[(int)type + 1], movableStart.Index)),
                };
                zones.Add(MakeZone(node, type, start, end));
            }
        }

        return zones;
    }

    private ZoneExtent MakeZone(int node, ZoneType type, uint start, uint end)
    {
        var index = (byte)((node * Zone.TypesPerNode) + (int)type);
        if (start >= end)
        {
            return new ZoneExtent(index, node, type, Pfn.None, 0, 0);
        }

        var span = new PfnRange(new Pfn(start), new Pfn(end));
        var present = 0u;
        foreach (var range in _memory)
        {
            if (range.Node == node && range.Frames.Start < span.End && range.Frames.End > span.Start)
            {
                present += Math.Min(range.Frames.End.Index, end) - Math.Max(range.Frames.Start.Index, start);
            }
        }

        return new ZoneExtent(index, node, type, span.Start, span.Pages, present);
    }

    /// <summary>movablecore= spread evenly over the nodes and taken from the top of each; the node's end when there is none.</summary>
    private Pfn MovableStart(int node, PfnRange span)
    {
        var total = (Configuration.MovableBytes / PageGeometry.PageBytes) + PageGeometry.LargestBlockPages - 1;
        var wanted = (total & ~(ulong)(PageGeometry.LargestBlockPages - 1)) / (ulong)_nodes;
        for (var i = _memory.Count - 1; i >= 0 && wanted > 0; i--)
        {
            var range = _memory[i];
            if (range.Node != node)
            {
                continue;
            }

            if (range.Frames.Pages >= wanted)
            {
                return AlignUp(new Pfn(range.Frames.End.Index - (uint)wanted), PageGeometry.MaxOrder);
            }

            wanted -= range.Frames.Pages;
        }

        return wanted == 0 ? span.End : throw new MachineLayoutException($"movable memory leaves node {node} nothing else");
    }

    private void FollowExplicitZones()
    {
        var zones = new List<ZoneExtent>();
        for (var node = 0; node < _nodes; node++)
        {
            for (var type = ZoneType.Dma; type <= ZoneType.Device; type++)
            {
                var index = (byte)((node * Zone.TypesPerNode) + (int)type);
                var given = Configuration.Zones.FirstOrDefault(zone => zone.Node == node && zone.Zone == type);
                if (given is null || given.PresentPages == 0)
                {
                    zones.Add(new ZoneExtent(index, node, type, Pfn.None, 0, 0));
                    continue;
                }

                AddExplicitZone(given);
                zones.Add(new ZoneExtent(index, node, type, new Pfn(given.StartPfn), given.SpannedPages, given.PresentPages));
            }
        }

        _memory.Sort((left, right) => left.Frames.Start.CompareTo(right.Frames.Start));
        PresentSections = CountSections();
        HashTables = SizeHashTables();
        Finish(zones);
    }

    /// <summary>
    /// A zone by its figures: the hole of the DMA zone is below 1 MiB, any other at the zone's end; reserved pages lie at the
    /// start of the DMA zone and at the top of others, late-freed pages next to them.
    /// </summary>
    private void AddExplicitZone(ZoneConfiguration zone)
    {
        var isDma = zone.Zone == ZoneType.Dma;
        if (zone.StartPfn == 0 || (!isDma && !new Pfn(zone.StartPfn).IsAlignedTo(PageGeometry.MaxOrder)))
        {
            throw new MachineLayoutException(
                $"zone {zone.Zone} of node {zone.Node}: start_pfn {zone.StartPfn} must be above 0 and, but for DMA, a multiple of 1024");
        }

        var ranges = new List<PfnRange>();
        var hole = zone.SpannedPages - zone.PresentPages;
        var start = new Pfn(zone.StartPfn);
        if (isDma && hole > 0 && start < _lowHoleStart)
        {
            ranges.Add(new PfnRange(start, _lowHoleStart));
            ranges.Add(new PfnRange(_lowHoleStart.Plus(hole), start.Plus(zone.SpannedPages)));
        }
        else
        {
            ranges.Add(new PfnRange(start, start.Plus(zone.PresentPages)));
        }

        foreach (var range in ranges)
        {
            _memory.Add(new MemoryRange(range, zone.Node));
        }

        var reserved = zone.PresentPages - zone.ManagedPages;
        if (!isDma)
        {
            ranges.Reverse();
        }

        TakeExplicit(ranges, reserved, BootPurpose.Unspecified, fromTop: !isDma);
        TakeExplicit(ranges, zone.LateFreedPages, BootPurpose.UnspecifiedLate, fromTop: !isDma);
    }

    private void TakeExplicit(List<PfnRange> ranges, uint pages, BootPurpose purpose, bool fromTop)
    {
        for (var i = 0; i < ranges.Count && pages > 0; i++)
        {
            var range = ranges[i];
            var part = Math.Min(pages, range.Pages);
            var taken = fromTop
                ? new PfnRange(new Pfn(range.End.Index - part), range.End)
                : new PfnRange(range.Start, range.Start.Plus(part));
            if (part == 0)
            {
                continue;
            }

            Reserve(taken, purpose);
            ranges[i] = fromTop ? new PfnRange(range.Start, taken.Start) : new PfnRange(taken.End, range.End);
            pages -= part;
        }

        Invariant.Holds(pages == 0);
    }

    private void Finish(List<ZoneExtent> zones)
    {
        Zones = zones;
        _reserved.Sort((left, right) => left.Frames.Start.CompareTo(right.Frames.Start));
        Memory = new BootMemory(_memory, _reserved);
    }

    private void Reserve(PfnRange frames, BootPurpose purpose) => _reserved.Add(new ReservedRange(frames, purpose));

    /// <summary>Takes pages top-down, below a limit and from one node's RAM (or any, with node -1), in one piece if it can.</summary>
    private void TakeFromTop(uint pages, Pfn limit, int node, BootPurpose purpose)
    {
        if (pages == 0)
        {
            return;
        }

        var pieces = new List<PfnRange>();
        foreach (var free in FreeNow(node))
        {
            var end = free.End < limit ? free.End : limit;
            if (free.Start < end)
            {
                pieces.Add(new PfnRange(free.Start, end));
            }
        }

        for (var i = pieces.Count - 1; i >= 0; i--)
        {
            if (pieces[i].Pages >= pages)
            {
                Reserve(new PfnRange(new Pfn(pieces[i].End.Index - pages), pieces[i].End), purpose);
                return;
            }
        }

        throw new MachineLayoutException(
            $"RAM is too small: boot finds no {pages} pages in one piece for {purpose}" + (node > 0 ? $" on node {node}" : string.Empty));
    }

    /// <summary>RAM not yet taken, ascending.</summary>
    private List<PfnRange> FreeNow(int node = -1)
    {
        _reserved.Sort((left, right) => left.Frames.Start.CompareTo(right.Frames.Start));
        var boot = new BootMemory(node < 0 ? _memory : _memory.FindAll(range => range.Node == node), _reserved);
        return boot.FreeRanges(new PfnRange(Pfn.None, End)).ToList();
    }

    private static Pfn AlignUp(Pfn pfn, int order) => new((pfn.Index + (1u << order) - 1) & ~((1u << order) - 1));

    private static ulong RoundUpToPowerOfTwo(ulong value) => System.Numerics.BitOperations.RoundUpToPowerOf2(value);
}
