// How a tree grows and shrinks: nodes on the way to an index are made before anything is changed, and go when nothing is left in them.

using VboxMem.Kernel.Slab;

namespace VboxMem.Kernel.PageCache;

internal sealed partial class IndexTrees
{
    private void FreeNode(int node)
    {
        _lastLeaf = 0;
        _nodes.Free(node);
    }

    /// <summary>Shift of the smallest top node that covers an index.</summary>
    private static int TopShift(ulong index)
    {
        var shift = 0;
        while (index >> shift >= IndexNodes.Slots)
        {
            shift += IndexNodes.SlotBits;
        }

        return shift;
    }

    private int CountMissing(int tree, ulong index)
    {
        var head = Of(tree).Head;
        if (!head.IsNode)
        {
            if (index == 0)
            {
                return 0;
            }

            // Each level once to reach the index; where a lone entry is pushed down, once more below the top for it.
            var levels = (TopShift(index) / IndexNodes.SlotBits) + 1;
            return head.IsNone ? levels : (2 * levels) - 1;
        }

        if (!Covers(head.Node, index))
        {
            int shift = _nodes[head.Node].Shift;
            var top = TopShift(index);
            return ((top - shift) / IndexNodes.SlotBits) + (top / IndexNodes.SlotBits);
        }

        var node = head.Node;
        for (int shift = _nodes[node].Shift; shift != 0; shift -= IndexNodes.SlotBits)
        {
            var next = _nodes.SlotsOf(node)[(int)(index >> shift) & IndexNodes.SlotMask];
            if (next.IsNone)
            {
                return shift / IndexNodes.SlotBits;
            }

            node = next.Node;
        }

        return 0;
    }

    /// <summary>Makes what is missing on the way to an index. Answers the leaf, or 0 where the head takes the entry.</summary>
    private int MakePath(int tree, ulong index, ref ReadOnlySpan<SlabObject> memory)
    {
        ref var head = ref Of(tree).Head;
        if (!head.IsNode && index == 0)
        {
            return 0;
        }

        if (head.IsNone)
        {
            head = IndexEntry.OfNode(_nodes.Make(tree, Take(ref memory), TopShift(index), parent: 0, slot: 0));
        }

        while (!head.IsNode || !Covers(head.Node, index))
        {
            Raise(tree, ref head, Take(ref memory));
        }

        var node = head.Node;
        for (int shift = _nodes[node].Shift; shift != 0; shift -= IndexNodes.SlotBits)
        {
            var slot = (int)(index >> shift) & IndexNodes.SlotMask;
            var next = _nodes.SlotsOf(node)[slot];
            if (next.IsNone)
            {
                next = IndexEntry.OfNode(_nodes.Make(tree, Take(ref memory), shift - IndexNodes.SlotBits, node, slot));
                _nodes.SlotsOf(node)[slot] = next;
                _nodes[node].Entries++;
            }

            node = next.Node;
        }

        return node;
    }

    /// <summary>Puts a new top node above the head, which becomes its slot 0.</summary>
    private void Raise(int tree, ref IndexEntry head, SlabObject memory)
    {
        var shift = head.IsNode ? _nodes[head.Node].Shift + IndexNodes.SlotBits : 0;
        var top = _nodes.Make(tree, memory, shift, parent: 0, slot: 0);
        _nodes.SlotsOf(top)[0] = head;
        _nodes[top].Entries = 1;
        if (head.IsNode)
        {
            _nodes[head.Node].Parent = top;
            _nodes[head.Node].Slot = 0;
        }
        else if (head.IsValue)
        {
            _nodes[top].Values = 1;
        }

        head = IndexEntry.OfNode(top);
        UpdateShadows(tree, top);
    }

    private static SlabObject Take(ref ReadOnlySpan<SlabObject> memory)
    {
        var taken = memory[0];
        memory = memory[1..];
        return taken;
    }

    /// <summary>Frees a node that has become empty, and those above it that become so; lowers the top.</summary>
    private void DeleteEmpty(int tree, int node)
    {
        while (_nodes[node].Entries == 0)
        {
            var (parent, slot) = (_nodes[node].Parent, _nodes[node].Slot);
            FreeNode(node);
            if (parent == 0)
            {
                Of(tree).Head = IndexEntry.None;
                return;
            }

            _nodes.SlotsOf(parent)[slot] = IndexEntry.None;
            _nodes[parent].Entries--;
            node = parent;
        }

        if (_nodes[node].Parent == 0)
        {
            Lower(tree, node);
        }
    }

    /// <summary>Takes top nodes away as long as slot 0 is all they hold.</summary>
    private void Lower(int tree, int top)
    {
        while (_nodes[top].Entries == 1 && !_nodes.SlotsOf(top)[0].IsNone)
        {
            var below = _nodes.SlotsOf(top)[0];
            Of(tree).Head = below;
            _nodes[top].Entries = 0;
            _nodes[top].Values = 0;
            FreeNode(top);
            if (!below.IsNode)
            {
                return;
            }

            _nodes[below.Node].Parent = 0;
            top = below.Node;
        }
    }
}
