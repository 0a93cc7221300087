// Takes the kernel memory that boot keeps for good: slab objects, pages of drivers and subsystems, hash tables, per-CPU
// chunks, vmalloc areas.
//
// Numbers  populations of slab caches: SlabPopulation (fitted to captures); hash tables: SystemHashTables (computed);
//          per-CPU pages, vmalloc areas and driver pages: measured on the captured machines (MemTotal minus all else).
// Models   what Linux 6.12's initcalls allocate on a machine without daemons.

using System.Numerics;
using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Slab;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Kernel.Boot;

internal sealed class BootAllocator
{
    /// <summary>Per-CPU pages populated beyond the first chunk, per CPU.</summary>
    private const int ExtraPerCpuPages = 3;

    /// <summary>Areas of BPF programs, consoles, tracing and others on a machine without modules.</summary>
    private const int VmallocPages = 1059;

    /// <summary>Function tracing's own pages (the log: "ftrace: allocated 168 pages with 3 groups").</summary>
    private const int FtracePages = 168;

    /// <summary>Single pages of drivers and other subsystems.</summary>
    private const int DriverPages = 200;

    /// <summary>
    /// kmallocs above 8 KiB that stay: 294 to 313 pages on every captured machine (Slab of meminfo less the slabs of slabinfo). How
    /// large each is was not seen; the smallest possible is taken, four pages.
    /// </summary>
    private const int LargeKmallocs = 76;
    private const int LargeKmallocBytes = 16 << 10;

    /// <summary>Tables below the top one for all of vmalloc's space, made in advance (preallocate_vmalloc_pages): PUD tables for 32 TiB.</summary>
    private const int VmallocTables = 64;

    /// <summary>With five levels P4D tables for 12800 TiB, and two PUD tables made by need: for areas at the bottom and per-CPU chunks at the top.</summary>
    private const int FiveLevelVmallocTables = 50;
    private const int FiveLevelVmallocTablesInUse = 2;

    /// <summary>The atomic DMA pools have a page for every 8192 of RAM (128 KiB a GiB), and at least 32.</summary>
    private const ulong RamPagesPerDmaPoolPage = 8192;
    private const ulong SmallestDmaPoolPages = 32;

    private readonly List<SlabHolding> _objects = [];
    private readonly List<KernelBlock> _blocks = [];
    private readonly PageAllocator _allocator;
    private readonly SlabAllocator _slabs;
    private readonly Vmalloc _vmalloc;
    private readonly CpuContext _cpus;

    private BootAllocator(PageAllocator allocator, SlabAllocator slabs, Vmalloc vmalloc, CpuContext cpus)
    {
        _allocator = allocator;
        _slabs = slabs;
        _vmalloc = vmalloc;
        _cpus = cpus;
    }

    /// <summary>Takes all of boot's memory.</summary>
    /// <exception cref="BootFailedException">RAM is too small for it.</exception>
    public static BootAllocations Run(
        PageAllocator allocator, SlabAllocator slabs, Vmalloc vmalloc, CpuContext cpus, MachineLayout layout, ulong kernelPages)
    {
        var boot = new BootAllocator(allocator, slabs, vmalloc, cpus);
        var hashTables = SystemHashTables.For(kernelPages, cpus.Count);
        var extraPerCpuPages = ExtraPerCpuPages * cpus.Count;
        boot.MakeKernelTables(layout.Configuration.PageTableLevels);
        boot.PopulateSlabs(layout);
        boot.MakeLargeKmallocs();
        boot.MakeHashTables(layout, hashTables);
        boot.MakeDmaPools(kernelPages);
        boot.TakePages(FtracePages, FrameOwner.Kernel);
        boot.TakePages(DriverPages, FrameOwner.Kernel);
        boot.TakePages(extraPerCpuPages, FrameOwner.PerCpuArea);
        boot.TakeArea(VmallocPages, "boot");
        return new BootAllocations([.. boot._objects], [.. boot._blocks], [.. hashTables], (uint)extraPerCpuPages);
    }

    private void MakeKernelTables(int levels)
    {
        for (var table = 0; levels == 5 && table < FiveLevelVmallocTables; table++)
        {
            var taken = Take(GfpFlags.Kernel, 0, FrameOwner.PageTable);
            _blocks.Add(new KernelBlock(taken, FrameOwner.PageTable, IsTopLevel: true));
        }

        for (var table = 0; table < (levels == 5 ? FiveLevelVmallocTablesInUse : VmallocTables); table++)
        {
            TakeBlock(GfpFlags.Kernel, 0, FrameOwner.PageTable);
            _allocator.Nodes[_allocator.ZoneOf(_blocks[^1].Block).Node].Stats.Add((int)NodeStatItem.PageTablePages, 1);
        }
    }

    private void MakeLargeKmallocs()
    {
        for (var made = 0; made < LargeKmallocs; made++)
        {
            if (!_slabs.TryAllocateLarge(LargeKmallocBytes, GfpFlags.Kernel, out var block))
            {
                throw new BootFailedException("RAM is too small: no memory for large kmallocs");
            }

            _blocks.Add(new KernelBlock(block, FrameOwner.LargeKmalloc));
        }
    }

    private void PopulateSlabs(MachineLayout layout)
    {
        var nodes = _allocator.Nodes.Length;
        var memoryBlocks = (int)layout.PresentSections;
        for (var cpu = 0; cpu < _cpus.Count; cpu++)
        {
            _cpus.SwitchTo(cpu);
            for (var id = _slabs.Caches.Length - 1; id >= 0; id--)
            {
                var cache = _slabs.Caches[id];
                var population = cache.Description.Population;
                var objects = cpu == 0 ? population.OnBootCpu(nodes, memoryBlocks) : population.OnOtherCpu;
                for (var i = 0; i < objects; i++)
                {
                    Keep(cache);
                }

                if (objects == 0 && (population.Warm == WarmSlabs.EveryCpu || (population.Warm == WarmSlabs.BootCpu && cpu == 0)))
                {
                    // An object came and went: the CPU keeps the slab.
                    cache.Free(Allocate(cache));
                }
            }
        }

        _cpus.SwitchTo(0);
    }

    private void Keep(SlabCache cache)
    {
        var slab = Allocate(cache).Slab;
        if (_objects.Count > 0 && _objects[^1] is var last && last.Cache == cache.Id && last.Slab == slab)
        {
            _objects[^1] = last with { Objects = last.Objects + 1 };
        }
        else
        {
            _objects.Add(new SlabHolding(cache.Id, slab, 1));
        }
    }

    private static SlabObject Allocate(SlabCache cache) => cache.TryAllocate(GfpFlags.Kernel, out var made)
        ? made
        : throw new BootFailedException($"RAM is too small: no memory for slab cache {cache.Description.Name}");

    private void MakeHashTables(MachineLayout layout, SystemHashTable[] tables)
    {
        if (layout.NodeCount > 1)
        {
            // Spread over the nodes: from vmalloc, the two large ones too.
            TakeArea((int)(layout.HashTables.DentryBytes / PageGeometry.PageBytes), "Dentry cache");
            TakeArea((int)(layout.HashTables.InodeBytes / PageGeometry.PageBytes), "Inode-cache");
        }

        foreach (var table in tables)
        {
            if (layout.NodeCount > 1 || table.Order > PageGeometry.MaxOrder)
            {
                TakeArea((int)table.Pages, table.Name);
            }
            else
            {
                TakeExact(table);
            }
        }

        TakeBlock(GfpFlags.Kernel, 0, FrameOwner.Kernel);   // the quota hash: one page on any machine
    }

    /// <summary>A block cut to size: the pages behind the table's end go back (alloc_pages_exact).</summary>
    private void TakeExact(SystemHashTable table)
    {
        var block = Take(GfpFlags.Kernel, table.Order);
        for (var page = 0u; page < 1u << table.Order; page++)
        {
            var pfn = block.Plus(page);
            ref var frame = ref _allocator.Frames[pfn];
            frame.SetHead(FrameOwner.Kernel, 0);
            frame.ReferenceCount = 1;
            if (page < table.Pages)
            {
                _blocks.Add(new KernelBlock(pfn, FrameOwner.Kernel));
            }
        }

        for (var page = table.Pages; page < 1u << table.Order; page++)
        {
            _allocator.Free(block.Plus(page));
        }
    }

    /// <summary>Three pools for atomic coherent DMA: anywhere, below 16 MiB, below 4 GiB.</summary>
    private void MakeDmaPools(ulong kernelPages)
    {
        var pages = Math.Clamp(kernelPages / RamPagesPerDmaPoolPage, SmallestDmaPoolPages, PageGeometry.LargestBlockPages);
        pages = BitOperations.RoundUpToPowerOf2(pages);
        foreach (var zone in (ReadOnlySpan<GfpFlags>)[GfpFlags.None, GfpFlags.Dma, GfpFlags.Dma32])
        {
            TakeBlock(GfpFlags.Kernel | zone, BitOperations.Log2(pages), FrameOwner.Kernel);
        }
    }

    private void TakePages(int pages, FrameOwner owner)
    {
        for (var page = 0; page < pages; page++)
        {
            TakeBlock(GfpFlags.Kernel, 0, owner);
        }
    }

    private void TakeBlock(GfpFlags gfp, int order, FrameOwner owner) =>
        _blocks.Add(new KernelBlock(Take(gfp, order, owner), owner));

    private Pfn Take(GfpFlags gfp, int order, FrameOwner owner = FrameOwner.Kernel) =>
        _allocator.TryAllocate(gfp, order, owner, out var block)
            ? block
            : throw new BootFailedException($"RAM is too small: no block of order {order} for the kernel");

    private void TakeArea(int pages, string purpose)
    {
        if (!_vmalloc.TryAllocate(pages, FrameOwner.Vmalloc, purpose, out _))
        {
            throw new BootFailedException($"RAM is too small: no memory for a vmalloc area of {pages} pages ({purpose})");
        }
    }
}
