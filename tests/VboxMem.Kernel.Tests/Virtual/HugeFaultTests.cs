using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Kernel.Tests.Virtual;

// Goal: huge pages at fault time, their counters, and the ways they are split.
public sealed class HugeFaultTests
{
    private const ulong Huge = AProgram.HugePages;

    private readonly Machine _machine = AMachine.Booted(512);

    public HugeFaultTests()
    {
        Set("enabled", "always");
        Set("hugepages-2048kB/enabled", "inherit");
        Set("defrag", "madvise");
        Set("use_zero_page", "1");
    }

    private long this[NodeStatItem item] => _machine.Nodes[0].Stats.ReadExact((int)item);

    private ulong this[VmEvent kind] => _machine.Events[kind];

    private void Set(string path, string word) =>
        Assert.True(_machine.TrySetThp(TransparentHugePages.IndexOf(path), System.Text.Encoding.UTF8.GetBytes(word)));

    // Measured on Linux: 64 MiB are 32 faults, and VmPTE grows by 4 kB for each huge page.
    [Fact]
    public void Sixty_four_MiB_take_32_faults_and_a_table_each()
    {
        var program = new AProgram(_machine);
        var page = program.Map(64 << 8);

        program.Write(page, 64 << 8);

        Assert.Equal(32UL, program.Task.MinorFaults);
        Assert.Equal(32UL, this[VmEvent.ThpFaultAlloc]);
        Assert.Equal(32UL, _machine.ThpSettings.CountOf(ThpCount.AnonFaultAlloc));
        Assert.Equal(32UL, _machine.ThpSettings.CountOf(ThpCount.NrAnon));
        Assert.Equal((32UL + 2) * 4096, program.Memory.PageTableBytes);
        Assert.Equal(32UL * Huge, program.Memory.RssAnonPages);
        Assert.Equal(32 * (long)Huge, this[NodeStatItem.AnonPages]);
        Assert.Equal(32 * (long)Huge, this[NodeStatItem.AnonTransparentHugepages]);
        AProgram.Check(_machine);
    }

    [Theory]
    [InlineData("always", VmaFlags.None, 1)]
    [InlineData("always", VmaFlags.NoHugePage, 0)]
    [InlineData("madvise", VmaFlags.None, 0)]
    [InlineData("madvise", VmaFlags.HugePage, 1)]
    [InlineData("never", VmaFlags.HugePage, 0)]
    public void The_setting_and_the_advice_decide(string enabled, VmaFlags advice, ulong hugePages)
    {
        Set("enabled", enabled);
        var program = new AProgram(_machine);

        program.Write(program.Map(Huge, advice));

        Assert.Equal(hugePages, this[VmEvent.ThpFaultAlloc]);
        Assert.Equal(hugePages == 1 ? Huge : 1, program.Memory.RssAnonPages);
    }

    [Fact]
    public void Only_whole_2_MiB_of_an_area_get_huge_pages()
    {
        var program = new AProgram(_machine);
        var page = program.Map((2 * Huge) - 1);

        program.Write(page, (2 * Huge) - 1);

        Assert.Equal(1UL, this[VmEvent.ThpFaultAlloc]);
        Assert.Equal(Huge, program.Task.MinorFaults);
        Assert.Equal(0UL, this[VmEvent.ThpFaultFallback]);
    }

    [Fact]
    public void Without_free_blocks_single_pages_do_and_the_fallback_is_counted()
    {
        var held = new List<Pfn>();
        for (var order = PageGeometry.MaxOrder; order >= PageGeometry.PageblockOrder; order--)
        {
            while (_machine.Allocator.TryAllocate(GfpFlags.TransHugeLight, order, FrameOwner.Kernel, out var block))
            {
                held.Add(block);
            }
        }

        _machine.Allocator.Free(held[^1]);
        Assert.True(_machine.Allocator.TryAllocate(GfpFlags.HighUserMovable, 0, FrameOwner.Kernel, out var single));
        held[^1] = single;
        var program = new AProgram(_machine);

        program.Write(program.Map(2 * Huge), Huge + 1);

        Assert.InRange(this[VmEvent.ThpFaultFallback], 1UL, 2UL);
        Assert.Equal(this[VmEvent.ThpFaultFallback], _machine.ThpSettings.CountOf(ThpCount.AnonFaultFallback));
        Auditing.Audit.Check(_machine, held);
    }

    [Fact]
    public void Reading_first_maps_the_one_huge_zero_page()
    {
        var program = new AProgram(_machine);
        var other = new AProgram(_machine);
        var page = program.Map(4 * Huge);

        program.Read(page, 4 * Huge);
        other.Read(other.Map(Huge), Huge);

        Assert.Equal(4UL, program.Task.MinorFaults);
        Assert.Equal(0UL, program.Memory.RssPages);
        Assert.Equal(1UL, this[VmEvent.ThpZeroPageAlloc]);
        Assert.Equal(2, _machine.HugeFolios.ZeroPage.Holders);
        Assert.Equal((4UL + 2) * 4096, program.Memory.PageTableBytes);
        AProgram.Check(_machine);
    }

    // Linux 6.12 splits the huge zero page's mapping on a write: one page is allocated, not 512.
    [Fact]
    public void Writing_to_the_huge_zero_page_splits_its_mapping()
    {
        var program = new AProgram(_machine);
        var page = program.Map(Huge);
        program.Read(page);

        program.Write(page + 7);

        Assert.Equal(1UL, this[VmEvent.ThpSplitPmd]);
        Assert.Equal(1UL, program.Memory.RssAnonPages);
        Assert.True(program.EntryOf(page).Has(EntryBits.Present | EntryBits.Special));
        Assert.Equal(3UL * 4096, program.Memory.PageTableBytes);
        AProgram.Check(_machine);
    }

    // Measured on Linux: DONTNEED of one page splits the mapping: AnonHugePages -2048 kB, RSS -4 kB, the memory stays.
    [Fact]
    public void Unmapping_one_page_splits_the_mapping_and_puts_the_folio_on_the_deferred_list()
    {
        var program = new AProgram(_machine);
        var page = program.Map(Huge);
        program.Write(page, Huge);

        program.Zap(page + 5, 1);

        Assert.Equal(1UL, this[VmEvent.ThpSplitPmd]);
        Assert.Equal(1UL, this[VmEvent.ThpDeferredSplitPage]);
        Assert.Equal(0UL, this[VmEvent.ThpSplitPage]);
        Assert.Equal(0, this[NodeStatItem.AnonTransparentHugepages]);
        Assert.Equal((long)Huge - 1, this[NodeStatItem.AnonPages]);
        Assert.Equal(Huge - 1, program.Memory.RssAnonPages);
        Assert.Equal(1U, _machine.HugeFolios.QueuedOf(0));
        Assert.Equal(1UL, _machine.ThpSettings.CountOf(ThpCount.NrAnonPartiallyMapped));
        AProgram.Check(_machine);
    }

    [Fact]
    public void The_deferred_split_shrinker_frees_what_nobody_maps_any_more()
    {
        var program = new AProgram(_machine);
        var page = program.Map(Huge);
        program.Write(page, Huge);
        program.Zap(page, Huge / 2);
        var freed = this[VmEvent.PgFree];
        var shrinker = new DeferredSplitShrinker(_machine);

        Assert.Equal(1UL, shrinker.Count(0));
        Assert.Equal(1UL, shrinker.Scan(0, 10));

        Assert.Equal(Huge / 2, this[VmEvent.PgFree] - freed);
        Assert.Equal(1UL, this[VmEvent.ThpSplitPage]);
        Assert.Equal(0U, _machine.HugeFolios.QueuedOf(0));
        Assert.Equal(0UL, _machine.ThpSettings.CountOf(ThpCount.NrAnon));
        Assert.Equal(Huge / 2, program.Memory.RssAnonPages);
        AProgram.Check(_machine);
    }

    [Fact]
    public void Wholly_mapped_folios_leave_the_list_unsplit_when_the_shrinker_comes()
    {
        var program = new AProgram(_machine);
        program.Write(program.Map(4 * Huge), 4 * Huge);
        Assert.Equal(4U, _machine.HugeFolios.QueuedOf(0));

        Assert.Equal(0UL, new DeferredSplitShrinker(_machine).Scan(0, 100));

        Assert.Equal(0U, _machine.HugeFolios.QueuedOf(0));
        Assert.Equal(4UL, _machine.ThpSettings.CountOf(ThpCount.NrAnon));
        AProgram.Check(_machine);
    }

    // What was never written holds zeros: a split maps the zero page in its place (Linux 6.12).
    [Fact]
    public void A_split_gives_pages_of_zeros_back()
    {
        var program = new AProgram(_machine);
        var page = program.Map(Huge);
        program.Write(page, 100);
        program.Zap(page, 1);

        Assert.Equal(1UL, _machine.HugeFolios.ScanDeferred(0, 1));

        Assert.Equal(99UL, program.Memory.RssAnonPages);
        Assert.True(program.EntryOf(page + 300).Has(EntryBits.Present | EntryBits.Special));
        AProgram.Check(_machine);
        program.Write(page + 300);
        Assert.Equal(100UL, program.Memory.RssAnonPages);
        AProgram.Check(_machine);
    }

    [Fact]
    public void A_fork_shares_huge_pages_and_a_write_splits_the_writers_mapping()
    {
        var parent = new AProgram(_machine);
        var page = parent.Map(2 * Huge);
        parent.Write(page, 2 * Huge);
        var child = parent.Fork();
        Assert.Equal(2 * (long)Huge, this[NodeStatItem.AnonTransparentHugepages]);
        Assert.Equal(2 * Huge, child.Memory.RssAnonPages);
        AProgram.Check(_machine);

        child.Write(page + 3);

        Assert.Equal(1UL, this[VmEvent.ThpSplitPmd]);
        Assert.Equal(2 * Huge, child.Memory.RssAnonPages);
        Assert.Equal((2 * (long)Huge) + 1, this[NodeStatItem.AnonPages]);
        AProgram.Check(_machine);

        child.Exit();
        parent.Write(page, 2 * Huge);

        Assert.Equal(1UL, this[VmEvent.ThpSplitPmd]);
        AProgram.Check(_machine);
    }

    [Fact]
    public void Touching_a_huge_page_again_takes_no_fault()
    {
        var program = new AProgram(_machine);
        var page = program.Map(Huge);
        program.Write(page, Huge);
        program.Write(page, Huge);
        program.Read(page, Huge);

        Assert.Equal(1UL, program.Task.MinorFaults);
        Assert.False(program.HugeEntryOf(page).Has(EntryBits.MayHoldZeros));
    }

    [Fact]
    public void All_huge_memory_comes_back_when_the_program_ends()
    {
        var program = new AProgram(_machine);
        program.Write(program.Map(8 * Huge), 8 * Huge);
        program.Zap(program.Memory.Areas[0].StartPage + 1, 1);
        program.Read(program.Map(Huge));

        program.Exit();

        Assert.Equal(0, this[NodeStatItem.AnonPages]);
        Assert.Equal(0UL, _machine.ThpSettings.CountOf(ThpCount.NrAnon));
        Assert.Equal(0U, _machine.HugeFolios.QueuedOf(0));
        Assert.Equal(0, _machine.HugeFolios.ZeroPage.Holders);
        Assert.Equal(Huge, new HugeZeroShrinker(_machine).Scan(0, 1));
        AProgram.Check(_machine);
    }
}
