// Goal: caches are found by every name the kernel gives them, and their flags are those their accounting needs.

using VboxMem.Kernel.Slab;

namespace VboxMem.Kernel.Tests.Slab;

public sealed class SlabCacheTableTests
{
    [Fact]
    public void A_merged_cache_is_found_under_the_name_it_is_shown_with()
    {
        Assert.Equal(SlabCacheTable.IndexOf("PING"), SlabCacheTable.IndexOf("UNIX"));
        Assert.Equal(SlabCacheTable.IndexOf("anon_vma_chain"), SlabCacheTable.IndexOf("fs_cache"));
        Assert.False(SlabCacheTable.TryIndexOf("size-64", out _));
        Assert.Throws<KeyNotFoundException>(() => SlabCacheTable.IndexOf("size-64"));
    }

    [Fact]
    public void Caches_have_the_same_index_on_every_machine() =>
        Assert.Equal(
            SlabCacheTable.For(nodes: 1).Select(cache => cache.Name),
            SlabCacheTable.For(nodes: 8).Select(cache => cache.Name));

    [Theory]
    [InlineData(1, 256)]
    [InlineData(5, 256)]
    [InlineData(6, 320)]
    public void A_cache_of_caches_grows_with_the_nodes(int nodes, int size)
    {
        var cache = SlabCacheTable.For(nodes)[SlabCacheTable.IndexOf("kmem_cache")];

        Assert.Equal(size, cache.Geometry(8, 8).Size);
    }

    [Theory]
    [InlineData("dentry", SlabFlags.ReclaimAccount | SlabFlags.Account)]
    [InlineData("ext4_inode_cache", SlabFlags.ReclaimAccount | SlabFlags.Account | SlabFlags.Constructor)]
    [InlineData("buffer_head", SlabFlags.ReclaimAccount)]
    [InlineData("shmem_inode_cache", SlabFlags.Account | SlabFlags.Constructor)]
    [InlineData("kmalloc-64", SlabFlags.None)]
    [InlineData("dma-kmalloc-64", SlabFlags.CacheDma)]
    public void Accounting_follows_the_flags_of_facts_7_4(string name, SlabFlags flags) =>
        Assert.Equal(flags, SlabCacheTable.For(nodes: 1)[SlabCacheTable.IndexOf(name)].Flags);

    [Fact]
    public void Populations_are_never_negative() =>
        Assert.All(SlabCacheTable.For(nodes: 2), cache =>
        {
            Assert.True(cache.Population.OnOtherCpu >= 0);
            Assert.True(cache.Population.OnBootCpu(nodes: 1, memoryBlocks: 0) >= 0);
        });

    [Fact]
    public void Boot_population_adds_up_over_cpus_nodes_and_memory_blocks()
    {
        var population = new SlabPopulation(100, PerCpu: 10, PerNode: 5, PerMemoryBlock: 2);

        Assert.Equal(100 + 10 + 2 * 5 + 8 * 2, population.OnBootCpu(nodes: 2, memoryBlocks: 8));
        Assert.Equal(population.OnBootCpu(2, 8) + 3 * 10, population.AtBoot(cpus: 4, nodes: 2, memoryBlocks: 8));
    }
}
