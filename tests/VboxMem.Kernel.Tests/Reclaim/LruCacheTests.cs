using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Auditing;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Reclaim;

namespace VboxMem.Kernel.Tests.Reclaim;

// Goal: a folio is on the list its flags say, through batches of 31, and its counters with it.
public sealed class LruCacheTests
{
    private readonly Machine _machine = AMachine.Booted();

    private LruCache Lru => _machine.Lru;

    [Fact]
    public void Pages_count_as_inactive_when_the_thirty_first_comes()
    {
        for (var i = 0; i < 30; i++)
        {
            Lru.Add(Anonymous());
        }

        Assert.Equal(0UL, Lru.Vectors[0].SizePages(LruList.InactiveAnon));
        CheckLists();

        Lru.Add(Anonymous());

        Assert.Equal(31UL, Lru.Vectors[0].SizePages(LruList.InactiveAnon));
        Assert.Equal(31, Node.Stats.ReadExact((int)NodeStatItem.InactiveAnon));
        CheckLists();
    }

    [Fact]
    public void The_last_reference_takes_a_folio_off_its_list_and_frees_it()
    {
        var folio = Anonymous();
        Lru.Add(folio);
        Lru.Drain();
        Assert.Equal(1UL, Lru.Vectors[0].SizePages(LruList.InactiveAnon));

        Lru.Put(folio);

        Assert.Equal(0UL, Lru.Vectors[0].SizePages(LruList.InactiveAnon));
        Assert.Equal(FrameOwner.PerCpuList, _machine.Frames[folio].Owner);
        CheckLists();
    }

    [Fact]
    public void A_huge_folio_goes_to_its_list_at_once()
    {
        Lru.Add(Anonymous(order: 9));

        Assert.Equal(512UL, Lru.Vectors[0].SizePages(LruList.InactiveAnon));
        CheckLists();
    }

    [Fact]
    public void The_second_access_activates_and_ages_the_clock()
    {
        var folio = File();
        Lru.Add(folio);
        Lru.Drain();
        var age = Lru.Vectors[0].NonresidentAge;

        Lru.MarkAccessed(folio);
        Assert.True(_machine.Frames[folio].Has(PageFlags.Referenced));
        Lru.MarkAccessed(folio);
        Lru.Drain();

        Assert.Equal(1UL, Lru.Vectors[0].SizePages(LruList.ActiveFile));
        Assert.Equal(1UL, _machine.Events[VmEvent.PgActivate]);
        Assert.Equal(age + 1, Lru.Vectors[0].NonresidentAge);
        Assert.False(_machine.Frames[folio].Has(PageFlags.Referenced));
        CheckLists();
    }

    [Fact]
    public void A_page_still_in_the_batch_of_new_ones_becomes_active_there_uncounted()
    {
        var folio = File();
        Lru.Add(folio);

        Lru.MarkAccessed(folio);
        Lru.MarkAccessed(folio);
        Lru.Drain();

        Assert.Equal(1UL, Lru.Vectors[0].SizePages(LruList.ActiveFile));
        Assert.Equal(0UL, _machine.Events[VmEvent.PgActivate]);
    }

    [Fact]
    public void A_locked_page_is_counted_unevictable_until_the_last_lock_goes()
    {
        var folio = Anonymous();
        Lru.Add(folio);
        Lru.Drain();
        Lru.Lock(folio);
        Lru.Lock(folio);
        Lru.Drain();

        Assert.Equal(1UL, Lru.Vectors[0].SizePages(LruList.Unevictable));
        Assert.Equal(1UL, _machine.Events[VmEvent.UnevictablePgSMlocked]);
        Assert.Equal(1UL, _machine.Events[VmEvent.UnevictablePgSCulled]);
        CheckLists();

        Lru.Unlock(folio);
        Lru.Drain();
        Assert.Equal(1UL, Lru.Vectors[0].SizePages(LruList.Unevictable));

        Lru.Unlock(folio);
        Lru.Drain();
        Assert.Equal(1UL, Lru.Vectors[0].SizePages(LruList.InactiveAnon));
        Assert.Equal(1UL, _machine.Events[VmEvent.UnevictablePgSMunlocked]);
        Assert.Equal(1UL, _machine.Events[VmEvent.UnevictablePgSRescued]);
        CheckLists();
    }

    [Fact]
    public void An_unwanted_file_page_goes_to_the_tail_where_it_is_next_to_go()
    {
        Lru.Add(File());
        Lru.Add(File());
        var folio = File();
        Lru.Add(folio);
        Lru.Drain();

        Lru.DeactivateFile(folio);
        Lru.Drain();

        Assert.Equal(folio, Lru.Vectors[0].TailOf(LruList.InactiveFile));
        Assert.Equal(1UL, _machine.Events[VmEvent.PgRotated]);
        CheckLists();
    }

    [Fact]
    public void A_page_given_up_moves_to_the_file_lists()
    {
        var folio = Anonymous();
        Lru.Add(folio);
        Lru.Drain();

        Lru.MarkLazyFree(folio);
        Lru.Drain();

        Assert.Equal(1UL, Lru.Vectors[0].SizePages(LruList.InactiveFile));
        Assert.Equal(1UL, _machine.Events[VmEvent.PgLazyfree]);
        CheckLists();
    }

    [Fact]
    public void A_folio_written_for_reclaim_comes_to_the_tail()
    {
        var folio = File();
        Lru.Add(folio);
        Lru.Add(File());
        Lru.Drain();
        _machine.Frames[folio].Set(PageFlags.Writeback | PageFlags.Reclaim);

        Lru.EndWriteback(folio);
        Lru.Drain();

        Assert.Equal(folio, Lru.Vectors[0].TailOf(LruList.InactiveFile));
        Assert.False(_machine.Frames[folio].HasAny(PageFlags.Writeback | PageFlags.Reclaim));
        Assert.Equal(1UL, _machine.Events[VmEvent.PgRotated]);
    }

    [Fact]
    public void The_audit_notices_a_flag_that_names_another_list()
    {
        var folio = Anonymous();
        Lru.Add(folio);
        Lru.Drain();
        _machine.Frames[folio].Set(PageFlags.Active);

        Assert.Throws<InvariantBrokenException>(CheckLists);
    }

    [Fact]
    public void An_isolated_folio_is_on_no_list_and_comes_back()
    {
        var folio = Anonymous();
        Lru.Add(folio);
        Lru.Drain();

        Assert.True(Lru.TryIsolate(folio));
        Assert.False(Lru.TryIsolate(folio));
        Assert.Equal(0UL, Lru.Vectors[0].SizePages(LruList.InactiveAnon));

        Lru.PutBack(folio);
        Lru.DrainAll();
        Assert.Equal(1UL, Lru.Vectors[0].SizePages(LruList.InactiveAnon));
        CheckLists();
    }

    /// <summary>Lists, counters and batches alone: these folios are in no cache and no page table.</summary>
    private void CheckLists() => LruAudit.Check(_machine, FrameCensus.Take(_machine));

    private Node Node => _machine.Nodes[0];

    private Pfn Anonymous(int order = 0)
    {
        var folio = Allocate(FrameOwner.Anonymous, order);
        _machine.Frames[folio].Set(PageFlags.SwapBacked | PageFlags.UpToDate);
        return folio;
    }

    private Pfn File() => Allocate(FrameOwner.File, order: 0);

    private Pfn Allocate(FrameOwner owner, int order)
    {
        Assert.True(_machine.Allocator.TryAllocate(GfpFlags.HighUserMovable, order, owner, out var folio));
        return folio;
    }
}
