// Goal: advice does to pages and areas what Linux does.
// Method: RSS, flags, counters and errors after each advice, with an audit.

using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Auditing;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Tests.Swap;
using VboxMem.Kernel.Time;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Kernel.Tests.Virtual;

public sealed class MadviseTests : IDisposable
{
    private const ulong Page = AProcess.Page;
    private const ulong Mebibyte = AProcess.Mebibyte;
    private const long Invalid = -(long)SystemCallError.Invalid;

    private readonly Machine _machine = AMachine.Booted(256);

    public MadviseTests() => _machine.TrySetThp(TransparentHugePages.IndexOf("enabled"), "never"u8);

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void Dont_need_frees_pages_and_keeps_the_area_and_its_promise()
    {
        var process = AProcess.On(_machine);
        var start = (ulong)process.Map(Mebibyte);
        process.Touch(start, Mebibyte);
        var (size, committed) = (process.Memory.TotalPages, _machine.Memory.CommittedPages);
        Assert.Equal(0, process.Advise(start, Mebibyte / 2, Advice.DontNeed));
        Assert.Equal(128UL, process.Memory.RssAnonPages);
        Assert.Equal(256UL, process.Memory.HighWaterRssPages);
        Assert.Equal((size, committed), (process.Memory.TotalPages, _machine.Memory.CommittedPages));
        Audit.Check(_machine);
    }

    [Fact]
    public void A_hole_is_told_after_the_rest_is_done()
    {
        var process = AProcess.On(_machine);
        var start = (ulong)process.Map(8 * Page);
        process.Touch(start, 8 * Page);
        process.Unmap(start + (2 * Page), Page);
        Assert.Equal(-(long)SystemCallError.NoMemory, process.Advise(start, 8 * Page, Advice.DontNeed));
        Assert.Equal(0UL, process.Memory.RssAnonPages);
        Assert.Equal(-(long)SystemCallError.NoMemory, process.Advise(start, 8 * Page, Advice.PopulateWrite));
        Assert.Equal(2UL, process.Memory.RssAnonPages);
    }

    [Fact]
    public void Freed_pages_stay_clean_and_old_and_go_to_the_inactive_file_list()
    {
        var process = AProcess.On(_machine);
        var start = (ulong)process.Map(Mebibyte);
        process.Touch(start, Mebibyte);
        _machine.Lru.DrainAll();
        var before = _machine.Nodes[0].Stats.ReadExact((int)NodeStatItem.InactiveFile);
        Assert.Equal(0, process.Advise(start, Mebibyte, Advice.Free));
        _machine.Lru.DrainAll();
        Assert.Equal(256UL, process.Memory.RssAnonPages);
        Assert.Equal(256, _machine.Nodes[0].Stats.ReadExact((int)NodeStatItem.InactiveFile) - before);
        Assert.Equal(256UL, _machine.Events[VmEvent.PgLazyfree]);
        Audit.Check(_machine);
    }

    [Fact]
    public void Cold_pages_leave_the_active_list()
    {
        var process = AProcess.On(_machine);
        var start = (ulong)process.Map(Mebibyte);
        process.Touch(start, Mebibyte);
        _machine.Lru.DrainAll();
        Assert.Equal(0, process.Advise(start, Mebibyte, Advice.Cold));
        _machine.Lru.DrainAll();
        Assert.Equal(256UL, process.Memory.RssAnonPages);
        Assert.InRange(_machine.Nodes[0].Stats.ReadExact((int)NodeStatItem.ActiveAnon), 0, 8);
        for (var page = start / Page; page < (start + Mebibyte) / Page; page++)
        {
            var table = _machine.Memory.Tables.FindPteTable(process.Memory, page);
            var entry = _machine.Memory.Tables.Entries(table)[PageTables.IndexOf(page, PageTables.PteShift)];
            Assert.True(entry.IsPresent && !entry.Has(EntryBits.Accessed));   // nothing keeps them when reclaim comes
        }

        Audit.Check(_machine);
    }

    [Fact]
    public void Pages_put_out_go_to_swap_at_once_whether_used_or_not()
    {
        using var machine = WithSwap();
        var process = AProcess.On(machine);
        var start = (ulong)process.Map(Mebibyte);
        process.Touch(start, Mebibyte);
        Assert.Equal(0, process.Advise(start, Mebibyte / 2, Advice.PageOut));
        Assert.Equal((128UL, 128UL), (process.Memory.RssAnonPages, process.Memory.SwapEntryPages));
        Assert.Equal(128UL, machine.Events[VmEvent.PSwpOut]);
        machine.RunUntil(machine.Now.Plus(SimTime.FromMilliseconds(100)));
        Assert.Equal(0, process.Advise(start + (Mebibyte / 2), Mebibyte / 2, Advice.PageOut));
        machine.RunUntil(machine.Now.Plus(SimTime.FromMilliseconds(100)));
        Assert.Equal((0UL, 256UL), (process.Memory.RssAnonPages, process.Memory.SwapEntryPages));
        process.Touch(start, Mebibyte, TouchKind.Read);
        Assert.Equal((256UL, 0UL), (process.Memory.RssAnonPages, process.Memory.SwapEntryPages));
        Audit.Check(machine);
    }

    [Fact]
    public void Freed_pages_go_without_swap_unless_they_were_written_to_again()
    {
        using var machine = WithSwap();
        var process = AProcess.On(machine);
        var start = (ulong)process.Map(Mebibyte);
        process.Touch(start, Mebibyte);
        Assert.Equal(0, process.Advise(start, Mebibyte, Advice.Free));
        machine.Lru.DrainAll();
        process.Touch(start, Mebibyte / 2);
        Assert.Equal(0, process.Advise(start + (Mebibyte / 2), Mebibyte / 2, Advice.PageOut));
        Assert.Equal((128UL, 0UL), (process.Memory.RssAnonPages, process.Memory.SwapEntryPages));
        Assert.Equal((128UL, 0UL), (machine.Events[VmEvent.PgLazyfreed], machine.Events[VmEvent.PSwpOut]));

        // What was written to is found dirty when its turn comes, and is ordinary memory from then on.
        Assert.Equal(0, process.Advise(start, Mebibyte / 2, Advice.PageOut));
        Assert.Equal(128UL, process.Memory.RssAnonPages);
        Assert.Equal(0, process.Advise(start, Mebibyte / 2, Advice.PageOut));
        Assert.Equal((0UL, 128UL), (process.Memory.RssAnonPages, process.Memory.SwapEntryPages));
        Assert.Equal((128UL, 128UL), (machine.Events[VmEvent.PgLazyfreed], machine.Events[VmEvent.PSwpOut]));
        Audit.Check(machine);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_huge_page_is_put_out_whole_where_slots_come_in_clusters_and_in_pages_elsewhere(bool isRotational)
    {
        using var machine = WithSwap(isRotational);
        Assert.True(machine.TrySetThp(TransparentHugePages.IndexOf("enabled"), "always"u8));
        var process = AProcess.On(machine);
        var start = (ulong)process.Map(2 * Mebibyte);
        process.Touch(start, 2 * Mebibyte);
        Assert.Equal(1UL, machine.Events[VmEvent.ThpFaultAlloc]);
        Assert.Equal(0, process.Advise(start, 2 * Mebibyte, Advice.PageOut));
        Assert.Equal((0UL, 512UL), (process.Memory.RssAnonPages, process.Memory.SwapEntryPages));
        Assert.Equal(512UL, machine.Events[VmEvent.PSwpOut]);
        Assert.Equal(
            isRotational ? (0UL, 1UL, 1UL) : (1UL, 0UL, 0UL),
            (machine.Events[VmEvent.ThpSwpout], machine.Events[VmEvent.ThpSwpoutFallback], machine.Events[VmEvent.ThpSplitPage]));
        Audit.Check(machine);
    }

    [Fact]
    public void Without_swap_pages_put_out_stay()
    {
        var process = AProcess.On(_machine);
        var start = (ulong)process.Map(Mebibyte);
        process.Touch(start, Mebibyte);
        Assert.Equal(0, process.Advise(start, Mebibyte, Advice.PageOut));
        Assert.Equal(256UL, process.Memory.RssAnonPages);
        Audit.Check(_machine);
    }

    [Fact]
    public void Pages_that_another_process_has_too_are_neither_aged_nor_put_out()
    {
        using var machine = WithSwap();
        var process = AProcess.On(machine);
        var start = (ulong)process.Map(Mebibyte);
        process.Touch(start, Mebibyte);
        var child = process.Fork(out _)!;
        child.Touch(start, Mebibyte / 2);
        Assert.Equal(0, process.Advise(start, Mebibyte, Advice.PageOut));
        Assert.Equal((128UL, 128UL), (process.Memory.RssAnonPages, process.Memory.SwapEntryPages));
        Assert.Equal((256UL, 0UL), (child.Memory.RssAnonPages, child.Memory.SwapEntryPages));
        Audit.Check(machine);
    }

    [Theory]
    [InlineData(Advice.DontNeed)]
    [InlineData(Advice.Free)]
    [InlineData(Advice.Cold)]
    [InlineData(Advice.PageOut)]
    public void Locked_pages_take_no_such_advice(Advice advice)
    {
        var process = AProcess.On(_machine);
        var start = (ulong)process.Map(8 * Page);
        Assert.Equal(0, process.Lock(start, 8 * Page));
        Assert.Equal(Invalid, process.Advise(start, 8 * Page, advice));
        Assert.Equal(8UL, process.Memory.RssAnonPages);
        Audit.Check(_machine);
    }

    [Fact]
    public void Populating_faults_in_for_reading_or_writing()
    {
        var process = AProcess.On(_machine);
        var start = (ulong)process.Map(Mebibyte);
        Assert.Equal(0, process.Advise(start, Mebibyte, Advice.PopulateRead));
        Assert.Equal(0UL, process.Memory.RssAnonPages);   // the zero page
        var faults = process.Task.MinorFaults;
        Assert.Equal(0, process.Advise(start, Mebibyte, Advice.PopulateWrite));
        Assert.Equal(256UL, process.Memory.RssAnonPages);
        Assert.Equal(256UL, process.Task.MinorFaults - faults);
        process.Protect(start, Page, MapFlags.Read);
        Assert.Equal(Invalid, process.Advise(start, Page, Advice.PopulateWrite));
        Audit.Check(_machine);
    }

    [Fact]
    public void Map_populate_faults_everything_in()
    {
        var process = AProcess.On(_machine);
        process.Map(Mebibyte, MapFlags.ReadWrite | MapFlags.Anonymous | MapFlags.Populate);
        Assert.Equal(256UL, process.Memory.RssAnonPages);
        process.Map(Mebibyte, MapFlags.Read | MapFlags.Anonymous | MapFlags.Populate);
        Assert.Equal(256UL, process.Memory.RssAnonPages);
        Audit.Check(_machine);
    }

    [Theory]
    [InlineData(Advice.Random, VmaFlags.RandomRead)]
    [InlineData(Advice.Sequential, VmaFlags.SequentialRead)]
    [InlineData(Advice.DontFork, VmaFlags.DontCopy)]
    [InlineData(Advice.DontDump, VmaFlags.DontDump)]
    [InlineData(Advice.WipeOnFork, VmaFlags.WipeOnFork)]
    [InlineData(Advice.HugePage, VmaFlags.HugePage)]
    [InlineData(Advice.NoHugePage, VmaFlags.NoHugePage)]
    public void Advice_becomes_a_flag_of_a_part(Advice advice, VmaFlags flag)
    {
        var process = AProcess.On(_machine);
        var start = (ulong)process.Map(8 * Page);
        var areas = process.Memory.Areas.Count;
        Assert.Equal(0, process.Advise(start + Page, Page, advice));
        Assert.Equal(areas + 2, process.Memory.Areas.Count);
        Assert.True(process.Memory.Find((start / Page) + 1)!.Has(flag));
        Audit.Check(_machine);
    }

    [Fact]
    public void Unknown_advice_and_uneven_addresses_are_invalid()
    {
        var process = AProcess.On(_machine);
        var start = (ulong)process.Map(8 * Page);
        Assert.Equal(Invalid, process.Advise(start, Page, (Advice)77));
        Assert.Equal(Invalid, process.Advise(start + 1, Page, Advice.DontNeed));
        Assert.Equal(0, process.Advise(start, 0, Advice.DontNeed));
    }
    private static Machine WithSwap(bool isRotational = false)
    {
        var machine = Machine.Boot(AMachine.Of(256) with { Disks = [SwapBox.ADisk("vda", 64, isRotational)], Swaps = [new SwapConfiguration(0)] });
        machine.TrySetThp(TransparentHugePages.IndexOf("enabled"), "never"u8);
        return machine;
    }
}
