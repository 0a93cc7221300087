// The nodes that all index trees of a machine are made of: 64 slots each, one object of the radix_tree_node cache each.
//
// Invariants
//   N1  A node in use has a slab object of its own. Node 0 is none.
//   N2  Entries counts the slots that are not empty, Values those that hold values.
//   N3  A node whose entries are all values is on the shadow list of its memory node, if its tree keeps shadows; no other is.
//
// Models   Linux 6.12 struct xa_node; mm/workingset.c: workingset_update_node, shadow_nodes (facts: reclaim, 4).

using System.Runtime.CompilerServices;
using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Slab;

namespace VboxMem.Kernel.PageCache;

/// <summary>What is known of a node besides its slots.</summary>
internal struct IndexNode
{
    /// <summary>The node above; 0: it is the top of its tree.</summary>
    public int Parent;

    /// <summary>Tree it belongs to; 0: not in use.</summary>
    public int Tree;

    /// <summary>Slab that holds it.</summary>
    public Pfn Slab;

    /// <summary>Neighbours on the shadow list of its memory node.</summary>
    public int Previous;
    public int Next;

    /// <summary>Bits of the index that the levels below take: 0 for a leaf.</summary>
    public byte Shift;

    /// <summary>Slot of the parent it is in.</summary>
    public byte Slot;
    public byte Entries;
    public byte Values;
    public bool IsOnShadowList;

    public readonly void HashInto(StateHash hash)
    {
        hash.Add(((ulong)(uint)Parent << 32) | (uint)Tree);
        hash.Add(((ulong)(uint)Previous << 32) | (uint)Next);
        hash.Add(((ulong)Slab.Index << 32) | ((ulong)Shift << 24) | ((ulong)Slot << 16) | ((ulong)Entries << 8) | Values);
        hash.Add(IsOnShadowList);
    }
}

internal sealed class IndexNodes
{
    public const int SlotBits = 6;
    public const int Slots = 1 << SlotBits;
    public const int SlotMask = Slots - 1;

    private const int ChunkBits = 8;
    private const int ChunkMask = (1 << ChunkBits) - 1;

    private readonly PageAllocator _allocator;
    private readonly SlabCache _cache;
    private readonly List<int> _unused = [];
    private readonly ShadowList[] _shadows;

    /// <summary>In chunks that stay where they are; plain arrays, as every look at a page of a file passes here several times.</summary>
    private IndexEntry[][] _slots = [];
    private IndexNode[][] _nodes = [];
    private int _count = 1;

    public IndexNodes(PageAllocator allocator, SlabAllocator slabs)
    {
        _allocator = allocator;
        _cache = slabs["radix_tree_node"];
        _shadows = new ShadowList[allocator.Nodes.Length];
    }

    private IndexNodes(IndexNodes other, PageAllocator allocator, SlabAllocator slabs)
        : this(allocator, slabs)
    {
        _slots = Array.ConvertAll(other._slots, chunk => (IndexEntry[])chunk.Clone());
        _nodes = Array.ConvertAll(other._nodes, chunk => (IndexNode[])chunk.Clone());
        _unused.AddRange(other._unused);
        other._shadows.CopyTo(_shadows, 0);
        _count = other._count;
    }

    /// <summary>One past the highest node ever in use.</summary>
    public int End => _count;

    public ref IndexNode this[int node] => ref _nodes[node >> ChunkBits][node & ChunkMask];

    public IndexNodes Clone(PageAllocator allocator, SlabAllocator slabs) => new(this, allocator, slabs);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Span<IndexEntry> SlotsOf(int node) => new(_slots[node >> ChunkBits], (node & ChunkMask) << SlotBits, Slots);

    /// <summary>Nodes with nothing but shadows on a memory node (workingset_nodes).</summary>
    public ulong ShadowNodes(int memoryNode) => _shadows[memoryNode].Count;

    /// <summary>The node that has held nothing but shadows for longest; 0: none.</summary>
    public int OldestShadowNode(int memoryNode) => _shadows[memoryNode].First;

    public bool TryAllocate(GfpFlags gfp, out SlabObject made) => _cache.TryAllocate(gfp, out made);

    public void GiveBack(SlabObject unused) => _cache.Free(unused);

    /// <summary>An empty node in a slab object that was allocated for it.</summary>
    public int Make(int tree, SlabObject memory, int shift, int parent, int slot)
    {
        int node;
        if (_unused.Count > 0)
        {
            node = _unused[^1];
            _unused.RemoveAt(_unused.Count - 1);
        }
        else
        {
            node = _count++;
            if (node >> ChunkBits == _nodes.Length)
            {
                _nodes = [.. _nodes, new IndexNode[1 << ChunkBits]];
                _slots = [.. _slots, new IndexEntry[1 << (ChunkBits + SlotBits)]];
            }
        }

        this[node] = new IndexNode { Tree = tree, Slab = memory.Slab, Shift = (byte)shift, Parent = parent, Slot = (byte)slot };
        return node;
    }

    public void Free(int node)
    {
        ref var freed = ref this[node];
        if (freed.IsOnShadowList)
        {
            RemoveShadow(node, ref freed);
        }

        SlotsOf(node).Clear();
        _cache.Free(new SlabObject(freed.Slab));
        freed = default;
        _unused.Add(node);
    }

    /// <summary>Keeps N3 after a node's counts have changed.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Update(int node)
    {
        ref var updated = ref this[node];
        var isShadows = updated.Entries != 0 && updated.Entries == updated.Values;
        if (isShadows == updated.IsOnShadowList)
        {
            return;
        }

        Relist(node, ref updated, isShadows);
    }

    public int MemoryNodeOf(int node) => _allocator.ZoneOf(this[node].Slab).Node;

    public void HashInto(StateHash hash)
    {
        hash.Add((long)_count);
        for (var node = 1; node < _count; node++)
        {
            this[node].HashInto(hash);
            if (this[node].Tree != 0)
            {
                hash.Add<IndexEntry>(SlotsOf(node));
            }
        }

        foreach (var node in _unused)
        {
            hash.Add((long)node);
        }

        hash.Add<ShadowList>(_shadows);
    }

    private void Relist(int node, ref IndexNode updated, bool isShadows)
    {
        if (isShadows)
        {
            AddShadow(node, ref updated);
        }
        else
        {
            RemoveShadow(node, ref updated);
        }
    }

    private void AddShadow(int node, ref IndexNode added)
    {
        ref var list = ref ListOf(added.Slab, 1);
        added.IsOnShadowList = true;
        added.Previous = list.Last;
        added.Next = 0;
        if (list.Last == 0)
        {
            list.First = node;
        }
        else
        {
            this[list.Last].Next = node;
        }

        list.Last = node;
        list.Count++;
    }

    private void RemoveShadow(int node, ref IndexNode removed)
    {
        ref var list = ref ListOf(removed.Slab, -1);
        Invariant.Holds(list.Count > 0 && (removed.Previous != 0 || list.First == node));
        removed.IsOnShadowList = false;
        if (removed.Previous == 0)
        {
            list.First = removed.Next;
        }
        else
        {
            this[removed.Previous].Next = removed.Next;
        }

        if (removed.Next == 0)
        {
            list.Last = removed.Previous;
        }
        else
        {
            this[removed.Next].Previous = removed.Previous;
        }

        list.Count--;
        (removed.Previous, removed.Next) = (0, 0);
    }

    private ref ShadowList ListOf(Pfn slab, long change)
    {
        var memoryNode = _allocator.ZoneOf(slab).Node;
        _allocator.Nodes[memoryNode].Stats.Add((int)NodeStatItem.WorkingsetNodes, change);
        return ref _shadows[memoryNode];
    }

    private struct ShadowList
    {
        public int First;
        public int Last;
        public ulong Count;
    }
}
