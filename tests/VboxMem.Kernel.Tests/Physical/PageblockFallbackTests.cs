// Goal: which pageblocks are claimed for another type, and from which block is stolen otherwise (facts: physical memory, 4.2).
// Method: a zone in which one pageblock alone has anything free, and its other pages are of a known kind.

using VboxMem.Kernel.Physical;

namespace VboxMem.Kernel.Tests.Physical;

public sealed class PageblockFallbackTests : IDisposable
{
    private const int ChunkOrder = 5;
    private const int ChunkPages = 1 << ChunkOrder;
    private const int Chunks = (int)(PageGeometry.PageblockPages / ChunkPages);

    private readonly Machine _machine = AMachine.Booted(128);
    private readonly Zone _zone;
    private readonly Pfn _pageblock;

    public PageblockFallbackTests()
    {
        _zone = _machine.Nodes[0][ZoneType.Dma32];
        _machine.Allocator.DrainAllPerCpuPages();
        _pageblock = TakeEverything();
    }

    public void Dispose() => _machine.Dispose();

    // Chunks of 32 pages that are free, can be moved, and cannot.
    [Theory]
    [InlineData(MigrateType.Unmovable, MigrateType.Movable, 8, 8, 0, true)]      // half is free
    [InlineData(MigrateType.Unmovable, MigrateType.Movable, 7, 9, 0, false)]
    [InlineData(MigrateType.Unmovable, MigrateType.Movable, 7, 8, 1, true)]      // half is free or of our kind
    [InlineData(MigrateType.Unmovable, MigrateType.Movable, 1, 8, 7, true)]
    [InlineData(MigrateType.Reclaimable, MigrateType.Movable, 1, 8, 7, true)]
    [InlineData(MigrateType.Reclaimable, MigrateType.Unmovable, 8, 0, 8, true)]  // whose kind the others are, nobody knows
    [InlineData(MigrateType.Reclaimable, MigrateType.Unmovable, 7, 0, 9, false)]
    [InlineData(MigrateType.Movable, MigrateType.Unmovable, 1, 7, 8, true)]
    [InlineData(MigrateType.Movable, MigrateType.Unmovable, 1, 6, 9, false)]
    public void A_pageblock_is_claimed_when_half_of_it_is_free_or_alike(
        MigrateType wanted, MigrateType owner, int free, int movable, int kernel, bool isClaimed)
    {
        Assert.Equal(Chunks, free + movable + kernel);
        Fill(owner, movable, kernel);

        Assert.True(TryTake(wanted, out var block));

        Assert.Equal(_pageblock, block.AlignDown(PageGeometry.PageblockOrder));
        Assert.Equal(isClaimed ? wanted : owner, _machine.Frames.PageblockType(_pageblock));
        Assert.Equal(free * ChunkPages - 1, FreePages(isClaimed ? wanted : owner));
        Assert.Equal(0, FreePages(isClaimed ? owner : wanted));
    }

    [Fact]
    public void Movable_pages_do_not_claim_for_less_than_sixteen_free_pages()
    {
        Fill(MigrateType.Unmovable, movable: Chunks, kernel: 0);
        Free(_pageblock, 3, MigrateType.Unmovable);

        Assert.True(TryTake(MigrateType.Movable, out _));

        Assert.Equal(MigrateType.Unmovable, _machine.Frames.PageblockType(_pageblock));
        Assert.Equal(0UL, _zone.BoostPages);
    }

    [Fact]
    public void What_is_not_claimed_is_stolen_from_the_smallest_block()
    {
        Fill(MigrateType.Movable, movable: Chunks, kernel: 0);
        var small = _pageblock.Plus(4 * ChunkPages);
        Free(_pageblock, ChunkOrder, MigrateType.Movable);
        Free(small, 3, MigrateType.Movable);

        Assert.True(TryTake(MigrateType.Unmovable, out var block));

        Assert.Equal(small, block);
        Assert.False(TryTake(MigrateType.Unmovable, out _, avoidMixing: true));
    }

    [Theory]
    [InlineData(15000u)]
    [InlineData(100u)]
    [InlineData(0u)]
    public void Each_try_to_claim_a_part_boosts_the_marks_up_to_a_limit(uint factor)
    {
        _machine.Tunables[Kernel.Sysctl.VmTunables.IndexOf("watermark_boost_factor")] = factor;
        Fill(MigrateType.Movable, movable: Chunks - 1, kernel: 0);
        var limit = _zone.Marks.HighPages * factor / 10000;
        limit = limit == 0 ? 0 : Math.Max(limit, PageGeometry.PageblockPages);

        for (var tries = 1UL; tries <= 20; tries++)
        {
            Assert.True(TryTake(MigrateType.Unmovable, out _));
            Assert.Equal(Math.Min(tries * PageGeometry.PageblockPages, limit), _zone.BoostPages);
        }
    }

    private bool TryTake(MigrateType type, out Pfn block, bool avoidMixing = false)
    {
        var mode = FallbackMode.Normal;
        return PageblockFallback.TryTake(_zone, _machine.Frames, _machine.Tunables, 0, type, avoidMixing, ref mode, out block);
    }

    /// <summary>Gives the pageblock its type and its pages in use; the rest of it is freed.</summary>
    private void Fill(MigrateType type, int movable, int kernel)
    {
        _machine.Frames.SetPageblockType(_pageblock, type);
        for (var chunk = 0; chunk < Chunks; chunk++)
        {
            var first = _pageblock.Plus((uint)(chunk * ChunkPages));
            _machine.Frames[first].SetHead(chunk < Chunks - kernel ? FrameOwner.Anonymous : FrameOwner.Kernel, ChunkOrder);
        }

        for (var chunk = 0; chunk < Chunks - kernel - movable; chunk++)
        {
            Free(_pageblock.Plus((uint)(chunk * ChunkPages)), ChunkOrder, type);
        }
    }

    private void Free(Pfn block, int order, MigrateType type)
    {
        if (_machine.Frames[block].Order > order)
        {
            for (var rest = block.Plus(1u << order); rest < block.Plus(1u << _machine.Frames[block].Order); rest = rest.Plus(1u << order))
            {
                _machine.Frames[rest].SetHead(_machine.Frames[block].Owner, order);
            }
        }

        _zone.Buddy.Free(block, order, type);
    }

    private long FreePages(MigrateType type)
    {
        var pages = 0L;
        for (var order = 0; order <= PageGeometry.MaxOrder; order++)
        {
            pages += (long)_zone.Buddy.FreeBlocks(order, type) << order;
        }

        return pages;
    }

    /// <summary>Empties the zone's free lists.</summary>
    /// <returns>The first pageblock of a largest block that was free.</returns>
    private Pfn TakeEverything()
    {
        var largest = Pfn.None;
        for (var order = PageGeometry.MaxOrder; order >= 0; order--)
        {
            for (var type = MigrateType.Unmovable; type <= MigrateType.HighAtomic; type++)
            {
                while (_zone.Buddy.TryTake(order, type, out var block))
                {
                    _machine.Frames[block].SetHead(FrameOwner.Kernel, order);
                    largest = largest == Pfn.None ? block : largest;
                }
            }
        }

        return largest;
    }
}
