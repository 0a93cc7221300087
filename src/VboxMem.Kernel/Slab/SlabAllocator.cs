// All slab caches of the machine, and kmalloc on top of them.
//
// Models   Linux 6.12 mm/slab_common.c, mm/slub.c: kmalloc and ___kmalloc_large_node (facts: physical memory, 7.1).

using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Sched;

namespace VboxMem.Kernel.Slab;

public sealed class SlabAllocator
{
    private readonly PageAllocator _allocator;
    private readonly SlabCache[] _caches;

    public SlabAllocator(PageAllocator allocator, CpuContext cpus)
    {
        _allocator = allocator;
        var table = SlabCacheTable.For(allocator.Nodes.Length);
        _caches = new SlabCache[table.Length];
        for (var id = 0; id < _caches.Length; id++)
        {
            _caches[id] = new SlabCache(id, table[id], allocator, cpus);
        }
    }

    private SlabAllocator(SlabAllocator other, PageAllocator allocator, CpuContext cpus)
    {
        _allocator = allocator;
        _caches = new SlabCache[other._caches.Length];
        for (var id = 0; id < _caches.Length; id++)
        {
            _caches[id] = other._caches[id].Clone(allocator, cpus);
        }
    }

    /// <summary>All caches, in the order of /proc/slabinfo.</summary>
    public ReadOnlySpan<SlabCache> Caches => _caches;

    /// <summary>The cache that serves objects of a kind, by its own name or one merged into it.</summary>
    public SlabCache this[string name] => _caches[SlabCacheTable.IndexOf(name)];

    public SlabAllocator Clone(PageAllocator allocator, CpuContext cpus) => new(this, allocator, cpus);

    /// <summary>The cache that serves a kmalloc of at most 8 KiB.</summary>
    /// <param name="bytes">Size asked for, 1 to <see cref="KmallocCaches.MaxCacheBytes"/>.</param>
    /// <param name="gfp">Decides the family: for DMA, reclaimable, charged to a cgroup, or none of these.</param>
    public SlabCache KmallocCacheFor(int bytes, GfpFlags gfp) => _caches[KmallocCaches.IndexFor(
        bytes,
        KmallocCaches.FamilyFor(
            (gfp & GfpFlags.Dma) != 0, (gfp & GfpFlags.Reclaimable) != 0, (gfp & GfpFlags.Account) != 0))];

    /// <summary>kmalloc above 8 KiB: whole pages, counted as unreclaimable slab.</summary>
    /// <returns>False when the pages cannot be had.</returns>
    public bool TryAllocateLarge(int bytes, GfpFlags gfp, out Pfn block)
    {
        if (!_allocator.TryAllocate(gfp | GfpFlags.Compound, KmallocCaches.PageOrderFor(bytes), FrameOwner.LargeKmalloc, out block))
        {
            return false;
        }

        AccountLarge(block, 1);
        return true;
    }

    public void FreeLarge(Pfn block)
    {
        AccountLarge(block, -1);
        _allocator.Free(block);
    }

    public void HashInto(StateHash hash)
    {
        foreach (var cache in _caches)
        {
            cache.HashInto(hash);
        }
    }

    private void AccountLarge(Pfn block, int sign)
    {
        var node = _allocator.Nodes[_allocator.ZoneOf(block).Node];
        node.Stats.Add((int)NodeStatItem.SlabUnreclaimable, (long)sign << _allocator.Frames[block].Order);
    }
}
