using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Time;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Kernel.Tests.Virtual;

// Goal: taking pages out of all page tables leaves what Linux leaves: swap entries, nothing, or the page itself.
public sealed class ReverseMapTests
{
    private readonly Machine _machine = Machine.Boot(AMachine.Of(512) with
    {
        Disks = [new Kernel.Block.DiskConfiguration("vda", 1UL << 30, 200 << 20, 200 << 20, 100_000, 0, IsRotational: false)],
    });

    public ReverseMapTests()
    {
        Assert.True(_machine.Swap.TrySwapOn(0));
        Assert.True(_machine.TrySetThp(TransparentHugePages.IndexOf("enabled"), "madvise"u8));
        Assert.True(_machine.TrySetThp(TransparentHugePages.IndexOf("hugepages-2048kB/enabled"), "inherit"u8));
    }

    [Fact]
    public void A_page_that_two_map_leaves_a_swap_entry_with_each_and_comes_back_shared()
    {
        var parent = new AProgram(_machine);
        var page = parent.Map(1);
        parent.Write(page);
        var child = parent.Fork();
        var folio = Unmap(parent.EntryOf(page).Pfn);

        Assert.True(parent.EntryOf(page).IsSwap);
        Assert.True(child.EntryOf(page).IsSwap);
        Assert.Equal(2, _machine.Swap.CountOf(child.EntryOf(page).Swap));
        Assert.Equal(1UL, parent.Memory.SwapEntryPages);
        Assert.Equal(0UL, parent.Memory.RssPages);
        AProgram.Check(_machine);

        child.Write(page);
        parent.Read(page);

        Assert.Equal(folio, parent.EntryOf(page).Pfn);
        Assert.NotEqual(folio, child.EntryOf(page).Pfn);
        Assert.Equal(0UL, child.Task.MajorFaults);
        Assert.False(parent.EntryOf(page).Has(EntryBits.Writable));
        AProgram.Check(_machine);
    }

    // The entry remembers that the page was one program's alone: a read makes it writable again, a write frees the slot.
    [Fact]
    public void A_page_of_ones_own_comes_back_writable()
    {
        var program = new AProgram(_machine);
        var page = program.Map(2);
        program.Write(page, 2);
        Unmap(program.EntryOf(page).Pfn);
        Unmap(program.EntryOf(page + 1).Pfn);
        Assert.True(program.EntryOf(page).Has(EntryBits.WriteThrough));

        program.Read(page);
        program.Write(page + 1);

        Assert.True(program.EntryOf(page).Has(EntryBits.Writable));
        Assert.True(_machine.Frames[program.EntryOf(page).Pfn].Has(PageFlags.SwapCache | PageFlags.AnonExclusive));
        Assert.False(_machine.Frames[program.EntryOf(page + 1).Pfn].Has(PageFlags.SwapCache));
        Assert.Equal(0UL, program.Memory.SwapEntryPages);
        AProgram.Check(_machine);
    }

    // The split took from 1 ms to 3 ms on CPU 1.
    [Theory]
    [InlineData(0, 500_000, 1)]
    [InlineData(0, 2_000_000, -1)]
    [InlineData(1, 2_000_000, 1)]
    [InlineData(0, 3_000_000, 1)]
    public void What_another_cpu_is_splitting_cannot_be_looked_at_meanwhile(int cpu, ulong nanoseconds, int expected)
    {
        var program = new AProgram(_machine);
        var page = program.Map(2);
        program.Write(page, 2);
        var start = _machine.Now;
        _machine.Cpus.BeginTurn(1, start.Plus(new SimTime(3_000_000)));
        _machine.ReverseMap.NoteLocked(program.EntryOf(page).Pfn, start.Plus(new SimTime(1_000_000)));
        using var copy = _machine.Clone();
        Assert.Equal(_machine.ComputeStateHash(), copy.ComputeStateHash());

        foreach (var machine in new[] { _machine, copy })
        {
            machine.Cpus.BeginTurn(cpu, start.Plus(new SimTime(nanoseconds)));
            Assert.Equal(expected, machine.ReverseMap.CountReferences(program.EntryOf(page + 1).Pfn, out _));
        }
    }

    [Fact]
    public void A_page_of_a_locked_area_stays()
    {
        var program = new AProgram(_machine);
        var page = program.Map(1, VmaFlags.Locked);
        program.Write(page);
        _machine.Lru.DrainAll();
        var folio = program.EntryOf(page).Pfn;
        Assert.True(_machine.Frames[folio].Has(PageFlags.Mlocked | PageFlags.Unevictable));

        Assert.Equal(UnmapResult.StillMapped, _machine.ReverseMap.TryUnmap(folio));
        Assert.Equal(0, _machine.ReverseMap.CountReferences(folio, out var seen));

        Assert.Equal(VmaFlags.Locked, seen & VmaFlags.Locked);
        AProgram.Check(_machine);
    }

    [Fact]
    public void A_huge_page_in_the_swap_cache_leaves_512_entries()
    {
        var program = new AProgram(_machine);
        var page = program.Map(AProgram.HugePages, VmaFlags.HugePage);
        program.Write(page, AProgram.HugePages);
        var head = Unmap(program.HugeEntryOf(page).Pfn);

        Assert.Equal(1UL, _machine.Events[VmEvent.ThpSplitPmd]);
        Assert.Equal(AProgram.HugePages, program.Memory.SwapEntryPages);
        Assert.Equal(program.EntryOf(page).Swap.Plus(511), program.EntryOf(page + 511).Swap);
        AProgram.Check(_machine);

        program.Read(page + 3);

        Assert.Equal(head.Plus(3), program.EntryOf(page + 3).Pfn);
        Assert.Equal(1UL, program.Memory.RssAnonPages);
        AProgram.Check(_machine);
    }

    [Fact]
    public void A_huge_page_in_the_swap_cache_can_be_split()
    {
        var program = new AProgram(_machine);
        var page = program.Map(AProgram.HugePages, VmaFlags.HugePage);
        program.Write(page, AProgram.HugePages);
        var head = program.HugeEntryOf(page).Pfn;
        Assert.True(_machine.Swap.TryAdd(head));
        _machine.Lru.Get(head);
        _machine.Frames[head].Set(PageFlags.Locked);

        Assert.True(_machine.HugeFolios.TrySplit(head, null));

        _machine.Lru.UnlockPage(head);
        _machine.Lru.Put(head);
        Assert.Equal(AProgram.HugePages, program.Memory.RssAnonPages);
        Assert.True(_machine.Frames[head.Plus(7)].Has(PageFlags.SwapCache));
        AProgram.Check(_machine);
        program.Exit();
        AProgram.Check(_machine);
    }

    [Fact]
    public void A_copied_machine_finds_its_own_entries()
    {
        var program = new AProgram(_machine);
        var page = program.Map(64);
        program.Write(page, 64);
        program.Fork();
        using var copy = _machine.Clone();

        Assert.Equal(2, copy.ReverseMap.CountReferences(program.EntryOf(page).Pfn, out _) + 1);
        AProgram.Check(copy);
        AProgram.Check(_machine);
        Assert.Equal(1, _machine.ReverseMap.CountReferences(program.EntryOf(page).Pfn, out _));
        Assert.Equal(_machine.ComputeStateHash(), copy.ComputeStateHash());
    }

    /// <summary>Puts a page into the swap cache and takes it out of all page tables.</summary>
    private Pfn Unmap(Pfn folio)
    {
        Assert.True(_machine.Swap.TryAdd(folio));
        Assert.Equal(UnmapResult.Unmapped, _machine.ReverseMap.TryUnmap(folio));
        return folio;
    }
}
