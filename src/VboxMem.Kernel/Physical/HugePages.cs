// The pool of persistent huge pages (hugetlb) of the default size, 2 MiB: set aside by root, free until mapped.
//
// Invariants
//   H1  Total is the number of blocks in the pool; each is an order-9 block tagged HugeTlb.
//
// Units    huge pages of 512 frames.
// Models   Linux 6.12 mm/hugetlb.c: set_max_huge_pages (facts: physical memory, 6.2).
// Departs  nothing maps huge pages yet: none is reserved or surplus. No gigantic pages: the CPU has no 1 GiB pages.

using VboxMem.Kernel.Accounting;

namespace VboxMem.Kernel.Physical;

public sealed class HugePages
{
    public const int PagesPerHugePage = (int)PageGeometry.PageblockPages;

    private const GfpFlags Gfp =
        GfpFlags.HighUserMovable | GfpFlags.Compound | GfpFlags.NoWarn | GfpFlags.RetryMayFail | GfpFlags.ThisNode;

    private readonly PageAllocator _allocator;
    private readonly VmEvents _events;
    private readonly List<Pfn>[] _pools;
    private int _nextNodeToGrow;
    private int _nextNodeToShrink;

    public HugePages(PageAllocator allocator, VmEvents events)
    {
        _allocator = allocator;
        _events = events;
        _pools = new List<Pfn>[allocator.Nodes.Length];
        for (var node = 0; node < _pools.Length; node++)
        {
            _pools[node] = [];
        }
    }

    private HugePages(HugePages other, PageAllocator allocator, VmEvents events)
    {
        _allocator = allocator;
        _events = events;
        _nextNodeToGrow = other._nextNodeToGrow;
        _nextNodeToShrink = other._nextNodeToShrink;
        _pools = new List<Pfn>[other._pools.Length];
        for (var node = 0; node < _pools.Length; node++)
        {
            _pools[node] = [.. other._pools[node]];
        }
    }

    /// <summary>Huge pages in the pool, all nodes.</summary>
    public int Total
    {
        get
        {
            var total = 0;
            foreach (var pool in _pools)
            {
                total += pool.Count;
            }

            return total;
        }
    }

    public IReadOnlyList<Pfn> PoolOf(int node) => _pools[node];

    public HugePages Clone(PageAllocator allocator, VmEvents events) => new(this, allocator, events);

    /// <summary>Grows or shrinks the pool, node by node in turn. Gets what can be had: read the size back.</summary>
    public void Resize(ulong wanted)
    {
        while ((ulong)Total < wanted)
        {
            if (!TryGrow())
            {
                return;
            }
        }

        while ((ulong)Total > wanted)
        {
            Shrink();
        }
    }

    public void HashInto(StateHash hash)
    {
        hash.Add(((long)_nextNodeToGrow << 32) | (uint)_nextNodeToShrink);
        foreach (var pool in _pools)
        {
            foreach (var page in pool)
            {
                hash.Add((ulong)page.Index);
            }
        }
    }

    private bool TryGrow()
    {
        for (var tried = 0; tried < _pools.Length; tried++)
        {
            var node = TakeTurn(ref _nextNodeToGrow);
            var request = new AllocationRequest(Gfp, PageGeometry.PageblockOrder, node);
            if (_allocator.TryAllocate(request, FrameOwner.HugeTlb, out var page))
            {
                _events.Count(VmEvent.HtlbBuddyAllocSuccess);
                _pools[node].Add(page);
                return true;
            }

            _events.Count(VmEvent.HtlbBuddyAllocFail);
        }

        return false;
    }

    private void Shrink()
    {
        int node;
        do
        {
            node = TakeTurn(ref _nextNodeToShrink);
        }
        while (_pools[node].Count == 0);

        _allocator.Free(_pools[node][^1]);
        _pools[node].RemoveAt(_pools[node].Count - 1);
    }

    private int TakeTurn(ref int next)
    {
        var node = next;
        next = (next + 1) % _pools.Length;
        return node;
    }
}
