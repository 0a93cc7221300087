// The kernel memory behind a swap area: its map, one byte a slot, and all that goes with it.
//
// Units    bytes.
// Models   Linux 6.12 swapon: vzalloc of swap_map, kvmalloc of zeromap and cluster_info; swap_cgroup_swapon; init_swap_address_space;
//          alloc_swap_info (facts: reclaim, 6.1).
// Departs  the 8-byte pointers to a CPU's current cluster come out of the per-CPU allocator's room; that room is not counted here.

using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Slab;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Kernel.Swap;

internal sealed class SwapAreaMemory
{
    private const int PageBytes = (int)PageGeometry.PageBytes;
    private const int AreaBytes = 768;
    private const int ExtentBytes = 48;
    private const int TreeBytes = 192;
    private const int ClusterBytes = 24;
    private const int CgroupBytes = 2;
    private const int PointerBytes = 8;
    private const string Purpose = "swapon";

    private readonly List<SlabObject> _objects = [];
    private readonly List<int> _cachesOfObjects = [];
    private readonly List<Pfn> _blocks = [];
    private readonly List<VmallocArea> _mapped = [];
    private readonly List<Pfn> _pages = [];

    /// <summary>Slab objects.</summary>
    public IReadOnlyList<SlabObject> Objects => _objects;

    /// <summary>kmalloc blocks above 8 KiB.</summary>
    public IReadOnlyList<Pfn> LargeBlocks => _blocks;

    /// <summary>Single pages: the owners of the swapped pages by cgroup.</summary>
    public IReadOnlyList<Pfn> Pages => _pages;

    public SwapAreaMemory Clone()
    {
        var copy = new SwapAreaMemory();
        copy._objects.AddRange(_objects);
        copy._cachesOfObjects.AddRange(_cachesOfObjects);
        copy._blocks.AddRange(_blocks);
        copy._mapped.AddRange(_mapped);
        copy._pages.AddRange(_pages);
        return copy;
    }

    public void HashInto(StateHash hash)
    {
        foreach (var used in _objects)
        {
            hash.Add((ulong)used.Slab.Index);
        }

        foreach (var block in _blocks)
        {
            hash.Add((ulong)block.Index);
        }

        foreach (var area in _mapped)
        {
            hash.Add(area.Pages.AsSpan());
        }

        foreach (var page in _pages)
        {
            hash.Add((ulong)page.Index);
        }
    }

    /// <summary>Allocates what an area needs, in swapon's order.</summary>
    /// <returns>False: there is no memory, and nothing is kept.</returns>
    public bool TryAllocate(Machine machine, uint slots, bool hasClusters)
    {
        var trees = (int)((slots + SwapCache.SlotsPerTree - 1) / SwapCache.SlotsPerTree);
        var clusters = (int)((slots + SwapClusters.SlotsPerCluster - 1) / SwapClusters.SlotsPerCluster);
        var isDone = TryMap(machine, AreaBytes)
            && TryMap(machine, slots, isVmalloc: true)
            && TryCgroupMap(machine, slots)
            && TryMap(machine, ExtentBytes)
            && TryMap(machine, (slots + 7) / 8)
            && (!hasClusters || TryMap(machine, (long)clusters * ClusterBytes))
            && TryMap(machine, (long)trees * TreeBytes);
        if (!isDone)
        {
            Free(machine);
        }

        return isDone;
    }

    /// <summary>The stocks of slots of all CPUs, made with the first area and kept.</summary>
    public bool TryAllocateStocks(Machine machine)
    {
        for (var stock = 0; stock < 2 * machine.Cpus.Count; stock++)
        {
            if (!TryMap(machine, SwapSlotCache.Capacity * PointerBytes))
            {
                Free(machine);
                return false;
            }
        }

        return true;
    }

    public void Free(Machine machine)
    {
        for (var i = 0; i < _objects.Count; i++)
        {
            machine.Slabs.Caches[_cachesOfObjects[i]].Free(_objects[i]);
        }

        foreach (var block in _blocks)
        {
            machine.Slabs.FreeLarge(block);
        }

        foreach (var area in _mapped)
        {
            machine.Vmalloc.Free(area);
        }

        foreach (var page in _pages)
        {
            machine.Allocator.Free(page);
        }

        _objects.Clear();
        _cachesOfObjects.Clear();
        _blocks.Clear();
        _mapped.Clear();
        _pages.Clear();
    }

    /// <summary>Two bytes a slot in pages of their own, and a vmalloc array of pointers to these.</summary>
    private bool TryCgroupMap(Machine machine, uint slots)
    {
        const int slotsPerPage = PageBytes / CgroupBytes;
        var pages = (slots + slotsPerPage - 1) / slotsPerPage;
        if (!TryMap(machine, pages * PointerBytes, isVmalloc: true))
        {
            return false;
        }

        for (var i = 0u; i < pages; i++)
        {
            if (!machine.Allocator.TryAllocate(GfpFlags.Kernel | GfpFlags.Zero, 0, FrameOwner.Kernel, out var page))
            {
                return false;
            }

            _pages.Add(page);
        }

        return true;
    }

    /// <summary>kvmalloc: from a slab, in one block while that is easy, or page by page.</summary>
    private bool TryMap(Machine machine, long bytes, bool isVmalloc = false)
    {
        if (!isVmalloc && bytes <= KmallocCaches.MaxCacheBytes)
        {
            var cache = machine.Slabs.KmallocCacheFor((int)bytes, GfpFlags.Kernel);
            if (!cache.TryAllocate(GfpFlags.Kernel, out var used))
            {
                return false;
            }

            _objects.Add(used);
            _cachesOfObjects.Add(cache.Id);
            return true;
        }

        const GfpFlags attempt = (GfpFlags.Kernel | GfpFlags.NoWarn | GfpFlags.NoRetry | GfpFlags.Zero) & ~GfpFlags.DirectReclaim;
        const long largestBlock = PageBytes << PageGeometry.MaxOrder;
        if (!isVmalloc && bytes <= largestBlock && machine.Slabs.TryAllocateLarge((int)bytes, attempt, out var block))
        {
            _blocks.Add(block);
            return true;
        }

        var pages = (int)((bytes + PageBytes - 1) / PageBytes);
        if (!machine.Vmalloc.TryAllocate(pages, FrameOwner.Vmalloc, Purpose, out var area))
        {
            return false;
        }

        _mapped.Add(area!);
        return true;
    }
}
