// Goal: with la57 address spaces have one level of page tables more and reach to 56 bits, for those who ask; all else is as before.
// Method: tables counted by hand, on the machine's frames and in its counters; every kind of wish for an address.

using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Auditing;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Kernel.Tests.Virtual;

public sealed class FiveLevelTests : IDisposable
{
    private const ulong Page = AProcess.Page;
    private const ulong WindowEnd = 0x7fff_ffff_f000;
    private const ulong End = 0x00ff_ffff_ffff_f000;
    private const MapFlags Anonymous = MapFlags.ReadWrite | MapFlags.Anonymous;

    private readonly Machine _machine = Machine.Boot(AMachine.WithoutRandomPlaces(256) with { HasLa57 = true });

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void A_page_takes_a_table_of_each_level_of_which_three_are_counted()
    {
        var process = AProcess.On(_machine);
        var counted = PageTablePages(_machine);
        Assert.Equal((1, 0UL), (TablesOf(process), process.Memory.PageTableBytes));

        var low = (ulong)process.Map(Page);
        process.Touch(low, Page);
        Assert.Equal((5, 3 * Page), (TablesOf(process), process.Memory.PageTableBytes));   // PGD, P4D, PUD, PMD, PTE
        Assert.Equal(counted + 3, PageTablePages(_machine));

        // Another 256 TiB: all but the PGD once more. Another 512 GiB of these: PUD, PMD and PTE.
        var high = (ulong)process.Map(Page, at: 1UL << 50);
        process.Touch(high, Page);
        Assert.Equal((9, 6 * Page), (TablesOf(process), process.Memory.PageTableBytes));
        var higher = (ulong)process.Map(Page, at: (1UL << 50) + (1UL << 39));
        process.Touch(higher, Page);
        Assert.Equal((12, 9 * Page), (TablesOf(process), process.Memory.PageTableBytes));
        Audit.Check(_machine);

        process.Unmap(high, Page);
        Assert.Equal((9, 6 * Page), (TablesOf(process), process.Memory.PageTableBytes));   // the P4D is still needed
        process.Unmap(higher, Page);
        Assert.Equal((5, 3 * Page), (TablesOf(process), process.Memory.PageTableBytes));
        Assert.Equal(counted + 3, PageTablePages(_machine));
        Audit.Check(_machine);
    }

    [Fact]
    public void The_same_process_has_one_table_less_with_four_levels_and_its_counters_are_the_same()
    {
        using var four = Machine.Boot(AMachine.WithoutRandomPlaces(256));
        var (ours, theirs) = (AProcess.On(_machine), AProcess.On(four));
        foreach (var process in (AProcess[])[ours, theirs])
        {
            process.Touch((ulong)process.Map(64 * AProcess.Mebibyte), 64 * AProcess.Mebibyte);
        }

        Assert.Equal(theirs.Memory.PageTableBytes, ours.Memory.PageTableBytes);
        Assert.Equal(TablesOf(theirs) + 1, TablesOf(ours));
        Assert.Equal(four.Memory.CommittedPages, _machine.Memory.CommittedPages);
    }

    [Theory]
    [InlineData(0UL, 0x7fff_f7ff_8000UL)]                      // no wish: below vvar and vdso
    [InlineData(1UL << 46, 1UL << 46)]
    [InlineData(WindowEnd - Page, 0x7fff_f7ff_8000UL)]         // the stack is there
    [InlineData(WindowEnd, 0x7fff_f7ff_8000UL)]                // would begin in the window and end above
    [InlineData(1UL << 47, 1UL << 47)]
    [InlineData(End - Page, End - Page)]
    [InlineData(End, 0x00ff_ffff_f7ff_e000UL)]                 // not to be had, but a wish for something above
    [InlineData(1UL << 60, 0x00ff_ffff_f7ff_e000UL)]
    public void Addresses_above_47_bits_are_for_those_who_ask(ulong wish, ulong expected) =>
        Assert.Equal((long)expected, AProcess.On(_machine).Map(Page, at: wish));

    [Fact]
    public void A_wish_that_is_taken_is_answered_with_the_highest_gap_of_all()
    {
        var process = AProcess.On(_machine);
        Assert.Equal(1L << 48, process.Map(Page, at: 1UL << 48));
        Assert.Equal(0x00ff_ffff_f7ff_e000, process.Map(Page, at: 1UL << 48));
        Assert.Equal(0x00ff_ffff_f7ff_d000, process.Map(Page, at: 1UL << 48));
        Assert.Equal(0x00ff_ffff_f7a0_0000, process.Map(4 * AProcess.Mebibyte, at: 1UL << 48));   // aligned to 2 MiB
    }

    [Fact]
    public void Fixed_mappings_may_lie_anywhere_below_the_end_and_huge_ones_are_taken_down_in_no_time()
    {
        _machine.Sysctls.Write("overcommit_memory", "1"u8);
        var process = AProcess.On(_machine);
        const ulong length = 1UL << 55;
        Assert.Equal(1L << 54, process.Map(length, MapFlags.Read | MapFlags.Anonymous | MapFlags.Fixed, 1UL << 54));
        process.Touch((1UL << 54) + length - Page, Page, TouchKind.Read);
        Assert.Equal(3 * Page, process.Memory.PageTableBytes);
        Assert.Equal(-(long)SystemCallError.NoMemory, process.Map(2 * Page, MapFlags.Read | MapFlags.Anonymous | MapFlags.Fixed, End - Page));
        Assert.Equal(-(long)SystemCallError.NoMemory, process.Map(End + 1));
        Assert.Equal(-(long)SystemCallError.Invalid, process.Unmap(End, 2 * Page));
        Assert.Equal(0, process.Unmap(1UL << 54, length));
        Assert.Equal(1, TablesOf(process));
        Audit.Check(_machine);
    }

    [Fact]
    public void A_child_has_tables_of_its_own_and_an_exit_gives_all_back()
    {
        var before = PageTablePages(_machine);
        var parent = AProcess.On(_machine);
        var high = (ulong)parent.Map(3 * Page, at: 1UL << 52);
        parent.Touch(high, 3 * Page);
        var child = parent.Fork(out _)!;
        Assert.Equal((TablesOf(parent), parent.Memory.PageTableBytes), (TablesOf(child), child.Memory.PageTableBytes));
        Assert.Equal(3UL, child.Memory.RssAnonPages);
        child.Touch(high, Page);
        using (var copy = _machine.Clone())
        {
            Assert.Equal(_machine.ComputeStateHash(), copy.ComputeStateHash());
            Audit.Check(copy);
        }

        child.Exit();
        parent.Exit();
        _machine.RunUntil(_machine.Now.Plus(Kernel.Time.SimTime.FromMilliseconds(50)));
        Assert.Equal(before, PageTablePages(_machine));
        Assert.Empty(_machine.Memory.All);
        Audit.Check(_machine);
    }

    [Fact]
    public void With_four_levels_a_wish_for_a_high_address_is_ignored()
    {
        using var four = Machine.Boot(AMachine.Of(256));
        var process = AProcess.On(four);
        var plain = process.Map(3 * Page);
        Assert.Equal(plain - (long)Page, process.Map(Page, MapFlags.Read | MapFlags.Anonymous, at: 1UL << 50));
        Assert.Equal(-(long)SystemCallError.NoMemory, process.Map(Page, Anonymous | MapFlags.Fixed, 1UL << 50));
    }

    // Boot: the table of memory sections takes 252 pages more, the page descriptors one table more; vmalloc has 50 P4D tables that
    // are not counted and two PUD tables in use, not 64 PUD tables.
    [Theory]
    [InlineData("nokaslr", 5, 253, 2)]
    [InlineData("nokaslr no5lvl", 4, 0, 64)]
    public void Boot_sets_up_what_the_kernel_itself_needs(string commandLine, int levels, long pagesLess, long counted)
    {
        using var four = Machine.Boot(AMachine.Of(256));
        using var machine = Machine.Boot(AMachine.Of(256) with { HasLa57 = true, CommandLine = commandLine });
        Assert.Equal(levels, machine.Configuration.PageTableLevels);
        Assert.Equal(MemoryInfo.Of(four).TotalPages - pagesLess, MemoryInfo.Of(machine).TotalPages);
        Assert.Equal((64L, counted), (PageTablePages(four), PageTablePages(machine)));
        Assert.Equal(levels == 5 ? 52 : 64, machine.BootAllocations.Blocks.Count(static block => block.Owner == FrameOwner.PageTable));
        var line = "";
        foreach (var record in machine.Log.RecordsFrom(0))
        {
            line = record.Text.StartsWith("last_pfn"u8) ? System.Text.Encoding.UTF8.GetString(record.Text) : line;
        }

        Assert.EndsWith(levels == 5 ? "max_arch_pfn = 0x10000000000" : "max_arch_pfn = 0x400000000", line, StringComparison.Ordinal);
        Audit.Check(machine);
    }

    private static long PageTablePages(Machine machine) => machine.Nodes[0].Stats.ReadExact((int)NodeStatItem.PageTablePages);

    /// <summary>Tables of a process, by the owner tags of the machine's frames; the PGD's two pages are one table.</summary>
    private static int TablesOf(AProcess process)
    {
        var count = 0;
        for (var pfn = new Pfn(1); pfn < process.Machine.Layout.End; pfn = pfn.Plus(1))
        {
            ref var frame = ref process.Machine.Frames[pfn];
            count += frame.Owner == FrameOwner.PageTable && frame.OwnerId == (uint)process.Memory.Id ? 1 : 0;
        }

        return count;
    }
}
