using VboxMem.Kernel.PageCache;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Time;

namespace VboxMem.Kernel.Tests.PageCache;

// Goal: a tree holds what was stored, in as few nodes as Linux would use, and gives every node back.
public sealed class IndexTreesTests
{
    private const GfpFlags Gfp = GfpFlags.Kernel;

    [Fact]
    public void Index_zero_alone_needs_no_node()
    {
        using var machine = AMachine.Booted();
        var trees = new IndexTrees(machine.Allocator, machine.Slabs);
        var tree = trees.Make(7, keepsShadows: true);

        Assert.True(trees.TryStore(tree, 0, IndexEntry.OfFolio(new Pfn(5)), Gfp));

        Assert.Equal(new Pfn(5), trees.Find(tree, 0).Folio);
        Assert.Equal(0, NodesInUse(trees));
        Assert.Equal(7, trees.OwnerOf(tree));
    }

    [Fact]
    public void A_file_of_800_MiB_takes_3200_leaves_and_51_nodes_above()
    {
        using var machine = AMachine.Booted();
        var trees = new IndexTrees(machine.Allocator, machine.Slabs);
        var tree = trees.Make(1, keepsShadows: true);
        for (var index = 0UL; index < 204_800; index++)
        {
            Assert.True(trees.TryStore(tree, index, IndexEntry.OfFolio(new Pfn((uint)index + 1)), Gfp));
        }

        Assert.Equal(3_200 + 50 + 1, NodesInUse(trees));
        Assert.Equal(new Pfn(204_800), trees.Find(tree, 204_799).Folio);
        Assert.Equal(64 - 5, trees.Run(tree, 69).Length);
    }

    [Fact]
    public void A_tree_shrinks_back_to_its_lone_first_entry()
    {
        using var machine = AMachine.Booted();
        var trees = new IndexTrees(machine.Allocator, machine.Slabs);
        var tree = trees.Make(1, keepsShadows: true);
        Assert.True(trees.TryStore(tree, 0, IndexEntry.OfFolio(new Pfn(1)), Gfp));
        Assert.True(trees.TryStore(tree, 1UL << 30, IndexEntry.OfFolio(new Pfn(2)), Gfp));
        Assert.Equal((2 * 6) - 1, NodesInUse(trees));

        trees.Erase(tree, 1UL << 30);

        Assert.Equal(0, NodesInUse(trees));
        Assert.Equal(new Pfn(1), trees.Find(tree, 0).Folio);
    }

    [Fact]
    public void A_leaf_of_shadows_alone_is_listed_until_a_folio_comes_in_and_can_be_dropped()
    {
        using var machine = AMachine.Booted();
        var trees = new IndexTrees(machine.Allocator, machine.Slabs);
        var tree = trees.Make(1, keepsShadows: true);
        for (var index = 0UL; index < 128; index++)
        {
            Assert.True(trees.TryStore(tree, index, IndexEntry.OfValue((index << 1) | 1), Gfp));
        }

        Assert.Equal(2UL, trees.Nodes.ShadowNodes(0));
        Assert.True(trees.TryStore(tree, 3, IndexEntry.OfFolio(new Pfn(9)), Gfp));
        Assert.Equal(1UL, trees.Nodes.ShadowNodes(0));

        Assert.Equal(tree, trees.DropShadows(trees.Nodes.OldestShadowNode(0)));

        Assert.Equal(0UL, trees.Nodes.ShadowNodes(0));
        Assert.True(trees.Find(tree, 64).IsNone);
        Assert.Equal(new Pfn(9), trees.Find(tree, 3).Folio);
        Assert.False(trees.TryNext(tree, 64, ulong.MaxValue, out _, out _));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Random_stores_and_erasures_agree_with_a_sorted_map(ulong seed)
    {
        using var machine = AMachine.Booted();
        var trees = new IndexTrees(machine.Allocator, machine.Slabs);
        var tree = trees.Make(1, keepsShadows: true);
        var random = new Prng(seed, "index-trees");
        var model = new SortedDictionary<ulong, IndexEntry>();
        for (var step = 0; step < 4_000; step++)
        {
            var index = random.NextUInt64() >> (int)(34 + (random.NextUInt64() % 30));
            if (random.NextUInt64() % 5 < 2 && model.Count > 0)
            {
                index = model.Keys.ElementAt((int)(random.NextUInt64() % (ulong)model.Count));
                trees.Erase(tree, index);
                model.Remove(index);
                continue;
            }

            var entry = random.NextUInt64() % 2 == 0 ? IndexEntry.OfFolio(new Pfn((uint)step + 1)) : IndexEntry.OfValue(((ulong)step << 1) | 1);
            Assert.True(trees.TryStore(tree, index, entry, Gfp));
            model[index] = entry;
        }

        var indices = new ulong[model.Count + 1];
        var entries = new IndexEntry[model.Count + 1];
        Assert.Equal(model.Count, trees.Gather(tree, 0, ulong.MaxValue, indices, entries));
        Assert.Equal(model.Keys, indices[..model.Count]);
        Assert.Equal(model.Values, entries[..model.Count]);
        foreach (var index in model.Keys)
        {
            trees.Erase(tree, index);
        }

        Assert.Equal(0, NodesInUse(trees));
        trees.Drop(tree);
    }

    private static int NodesInUse(IndexTrees trees)
    {
        var used = 0;
        for (var node = 1; node < trees.Nodes.End; node++)
        {
            used += trees.Nodes[node].Tree != 0 ? 1 : 0;
        }

        return used;
    }
}
