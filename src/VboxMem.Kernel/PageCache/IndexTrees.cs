// All index trees of a machine: which page of an object is where. One tree for each inode, and those of the swap cache.
//
//   head --> node (shift 12) --> node (shift 6) --> leaf (shift 0) --> entry        index = 6 bits a level, at most 64 bits
//   head --> entry                                                                  where there is index 0 and nothing else
//
// Invariants
//   T1  A node has at least one entry. A tree without entries has an empty head.
//   T2  Only leaves hold folios and values; the head does where index 0 is all there is.
//   T3  The top node is no higher than its largest index needs: with slot 0 alone it is replaced by what is in that slot.
//   T4  A store that lacks memory for its nodes has changed nothing.
//
// Models   Linux 6.12 lib/xarray.c: xas_expand, xas_create, xas_delete_node, xas_shrink, xa_delete_node (facts: reclaim, 4, 7.5).
// Departs  entries have one index each (no folio of several pages takes one slot), and there are no marks: the dirty pages of an
//          inode are writeback's own index. Nodes are freed at once, not after a grace period.

using System.Runtime.CompilerServices;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Slab;

namespace VboxMem.Kernel.PageCache;

internal sealed partial class IndexTrees
{
    /// <summary>Nodes that one store may need: 11 levels, and as many above an index 0 that was alone.</summary>
    private const int MostNodes = 22;

    private readonly IndexNodes _nodes;
    private readonly List<int> _unused = [];
    private Tree[] _trees = new Tree[64];
    private int _treeCount = 1;

    /// <summary>The leaf found last: pages are mostly asked for in order. No part of the state.</summary>
    private int _lastTree;
    private ulong _lastBlock;
    private int _lastLeaf;

    public IndexTrees(PageAllocator allocator, SlabAllocator slabs) => _nodes = new IndexNodes(allocator, slabs);

    private IndexTrees(IndexTrees other, PageAllocator allocator, SlabAllocator slabs)
    {
        _nodes = other._nodes.Clone(allocator, slabs);
        _trees = (Tree[])other._trees.Clone();
        _treeCount = other._treeCount;
        _unused.AddRange(other._unused);
    }

    public IndexNodes Nodes => _nodes;

    public IndexTrees Clone(PageAllocator allocator, SlabAllocator slabs) => new(this, allocator, slabs);

    /// <summary>Makes an empty tree.</summary>
    /// <param name="owner">Whose: an inode; below 0 for others.</param>
    /// <param name="keepsShadows">Its values are shadows, which may be dropped (false for tmpfs, whose values are swap entries).</param>
    public int Make(int owner, bool keepsShadows)
    {
        int tree;
        if (_unused.Count > 0)
        {
            tree = _unused[^1];
            _unused.RemoveAt(_unused.Count - 1);
        }
        else
        {
            tree = _treeCount++;
            if (tree == _trees.Length)
            {
                Array.Resize(ref _trees, 2 * tree);
            }
        }

        Of(tree) = new Tree { Owner = owner, IsUsed = true, KeepsShadows = keepsShadows };
        return tree;
    }

    /// <summary>Gives up an empty tree.</summary>
    public void Drop(int tree)
    {
        ref var dropped = ref Of(tree);
        Invariant.Holds(dropped.IsUsed && dropped.Head.IsNone);
        dropped = default;
        _unused.Add(tree);
    }

    public int OwnerOf(int tree) => Of(tree).Owner;

    public bool IsEmpty(int tree) => Of(tree).Head.IsNone;

    /// <summary>Nothing is in the tree that anyone else would free: it is empty, or a lone value stands in its head (mapping_shrinkable).</summary>
    public bool IsShrinkable(int tree) => Of(tree).Head.IsNone || Of(tree).Head.IsValue;

    public IndexEntry Find(int tree, ulong index)
    {
        var entry = Of(tree).Head;
        if (!entry.IsNode)
        {
            return index == 0 ? entry : IndexEntry.None;
        }

        var node = FindLeaf(tree, entry, index);
        return node == 0 ? IndexEntry.None : _nodes.SlotsOf(node)[(int)index & IndexNodes.SlotMask];
    }

    /// <summary>The slots of one leaf from an index on, so that a run of pages is found at the price of one; empty where there is no leaf.</summary>
    public ReadOnlySpan<IndexEntry> Run(int tree, ulong index)
    {
        ref var found = ref Of(tree);
        if (found.Head.IsNode)
        {
            var node = FindLeaf(tree, found.Head, index);
            return node == 0 ? [] : _nodes.SlotsOf(node)[((int)index & IndexNodes.SlotMask)..];
        }

        return index == 0 && !found.Head.IsNone ? new ReadOnlySpan<IndexEntry>(in found.Head) : [];
    }

    /// <summary>The first entry at or after an index, and before an end.</summary>
    public bool TryNext(int tree, ulong start, ulong end, out ulong index, out IndexEntry entry)
    {
        index = start;
        entry = Of(tree).Head;
        if (!entry.IsNode)
        {
            return start == 0 && end > 0 && !entry.IsNone;
        }

        var top = entry.Node;
        var node = top;
        while (index < end && (node != top || Covers(top, index)))
        {
            var shift = _nodes[node].Shift;
            var slots = _nodes.SlotsOf(node);
            var first = (int)(index >> shift) & IndexNodes.SlotMask;
            var slot = first;
            while (slot < IndexNodes.Slots && slots[slot].IsNone)
            {
                slot++;
            }

            if (slot != first)
            {
                index = ((index >> shift >> IndexNodes.SlotBits << IndexNodes.SlotBits) + (ulong)slot) << shift;
            }

            if (slot == IndexNodes.Slots)
            {
                if (index == 0)
                {
                    return false;   // past the last index there can be
                }

                node = top;
                continue;
            }

            entry = slots[slot];
            if (shift == 0)
            {
                return index < end;
            }

            node = entry.Node;
        }

        return false;
    }

    /// <summary>Gathers entries in order, from an index on and before an end (xas_for_each).</summary>
    /// <returns>How many were found; less than there is room for means there are no more.</returns>
    public int Gather(int tree, ulong start, ulong end, Span<ulong> indices, Span<IndexEntry> entries)
    {
        var count = 0;
        while (count < indices.Length && TryNext(tree, start, end, out var index, out var entry))
        {
            indices[count] = index;
            entries[count++] = entry;
            start = index + 1;
            if (start == 0)
            {
                break;
            }
        }

        return count;
    }

    /// <summary>Puts an entry, not None, at an index.</summary>
    /// <returns>False: no memory for the nodes.</returns>
    public bool TryStore(int tree, ulong index, IndexEntry entry, GfpFlags gfp)
    {
        Invariant.Holds(!entry.IsNone && !entry.IsNode);
        if (Of(tree).Head is { IsNode: true } head && FindLeaf(tree, head, index) is var found and not 0)
        {
            Put(tree, found, index, entry);
            return true;
        }

        Span<SlabObject> memory = stackalloc SlabObject[MostNodes];
        var needed = CountMissing(tree, index);
        for (var i = 0; i < needed; i++)
        {
            if (!_nodes.TryAllocate(gfp, out memory[i]))
            {
                while (--i >= 0)
                {
                    _nodes.GiveBack(memory[i]);
                }

                return false;
            }
        }

        var unused = (ReadOnlySpan<SlabObject>)memory[..needed];
        var leaf = MakePath(tree, index, ref unused);
        Invariant.Holds(unused.IsEmpty);
        Put(tree, leaf, index, entry);
        return true;
    }

    /// <summary>Replaces an entry that is there by another.</summary>
    public void Replace(int tree, ulong index, IndexEntry entry)
    {
        Invariant.Holds(!entry.IsNone && !Find(tree, index).IsNone);
        Put(tree, LeafOf(tree, index), index, entry);
    }

    /// <summary>Replaces an entry that is known, on one way down the tree; <see cref="IndexEntry.None"/> takes it out.</summary>
    public void Exchange(int tree, ulong index, IndexEntry known, IndexEntry entry)
    {
        var leaf = LeafOf(tree, index);
        if (leaf == 0)
        {
            Invariant.Holds(index == 0 && Of(tree).Head == known && !known.IsNone);
            Of(tree).Head = entry;
            return;
        }

        ref var slot = ref _nodes.SlotsOf(leaf)[(int)index & IndexNodes.SlotMask];
        Invariant.Holds(slot == known && !known.IsNone);
        PutInLeaf(tree, leaf, ref slot, entry);
        if (entry.IsNone)
        {
            DeleteEmpty(tree, leaf);
        }
    }

    /// <summary>Takes an entry out; the nodes that it leaves empty are freed.</summary>
    public void Erase(int tree, ulong index)
    {
        var leaf = LeafOf(tree, index);
        Put(tree, leaf, index, IndexEntry.None);
        if (leaf != 0)
        {
            DeleteEmpty(tree, leaf);
        }
    }

    /// <summary>Drops a node that holds nothing but shadows, with them (xa_delete_node).</summary>
    /// <returns>The tree it was in.</returns>
    public int DropShadows(int node)
    {
        Invariant.Holds(_nodes[node].IsOnShadowList);
        var tree = _nodes[node].Tree;
        _nodes[node].Entries = 0;
        _nodes[node].Values = 0;
        _nodes.Update(node);
        DeleteEmpty(tree, node);
        return tree;
    }

    public void HashInto(StateHash hash)
    {
        _nodes.HashInto(hash);
        foreach (ref readonly var tree in _trees.AsSpan(0, _treeCount))
        {
            hash.Add(tree.Head.Word);
            hash.Add(((ulong)(uint)tree.Owner << 2) | (tree.IsUsed ? 2UL : 0) | (tree.KeepsShadows ? 1UL : 0));
        }

        foreach (var tree in _unused)
        {
            hash.Add((long)tree);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref Tree Of(int tree) => ref _trees[tree];

    private bool Covers(int top, ulong index) => index >> _nodes[top].Shift < IndexNodes.Slots;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int FindLeaf(int tree, IndexEntry head, ulong index) =>
        _lastLeaf != 0 && _lastTree == tree && _lastBlock == index >> IndexNodes.SlotBits ? _lastLeaf : WalkToLeaf(tree, head, index);

    private int WalkToLeaf(int tree, IndexEntry head, ulong index)
    {
        var node = head.Node;
        if (!Covers(node, index))
        {
            return 0;
        }

        for (int shift = _nodes[node].Shift; shift != 0; shift -= IndexNodes.SlotBits)
        {
            var next = _nodes.SlotsOf(node)[(int)(index >> shift) & IndexNodes.SlotMask];
            if (next.IsNone)
            {
                return 0;
            }

            node = next.Node;
        }

        (_lastTree, _lastBlock, _lastLeaf) = (tree, index >> IndexNodes.SlotBits, node);
        return node;
    }

    /// <summary>The leaf of an entry that exists; 0: it is in the head.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int LeafOf(int tree, ulong index)
    {
        var head = Of(tree).Head;
        return head.IsNode ? FindLeaf(tree, head, index) : 0;
    }

    private void Put(int tree, int leaf, ulong index, IndexEntry entry)
    {
        if (leaf == 0)
        {
            Invariant.Holds(index == 0);
            Of(tree).Head = entry;
            return;
        }

        PutInLeaf(tree, leaf, ref _nodes.SlotsOf(leaf)[(int)index & IndexNodes.SlotMask], entry);
    }

    private void PutInLeaf(int tree, int leaf, ref IndexEntry slot, IndexEntry entry)
    {
        ref var node = ref _nodes[leaf];
        node.Entries += (byte)((slot.IsNone ? 1 : 0) - (entry.IsNone ? 1 : 0));
        node.Values += (byte)((entry.IsValue ? 1 : 0) - (slot.IsValue ? 1 : 0));
        slot = entry;
        UpdateShadows(tree, leaf);
    }

    private void UpdateShadows(int tree, int node)
    {
        if (Of(tree).KeepsShadows)
        {
            _nodes.Update(node);
        }
    }

    private struct Tree
    {
        public IndexEntry Head;
        public int Owner;
        public bool IsUsed;
        public bool KeepsShadows;
    }
}
