// Goal: mprotect and mremap change rights and places of pages without copying or losing any.
// Method: areas, counts and faults after each call, with an audit.

using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Auditing;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Kernel.Tests.Virtual;

public sealed class MovingTests : IDisposable
{
    private const ulong Page = AProcess.Page;
    private const ulong Mebibyte = AProcess.Mebibyte;

    private readonly Machine _machine = AMachine.Booted(256);

    public void Dispose() => _machine.Dispose();

    private static long Remap(AProcess process, ulong address, ulong old, ulong bytes, ulong place = 0) =>
        process.Ask(new Request(RequestKind.Mremap, address, old, bytes, place));

    [Fact]
    public void Pages_without_access_are_kept_and_come_back()
    {
        var process = AProcess.On(_machine);
        var start = (ulong)process.Map(100 * Page);
        process.Touch(start, 100 * Page);
        Assert.Equal(0, process.Protect(start, 100 * Page, MapFlags.None));
        Assert.Equal(100UL, process.Memory.RssAnonPages);
        Audit.Check(_machine);

        Assert.Equal(0, process.Protect(start, 100 * Page, MapFlags.ReadWrite));
        var faults = process.Task.MinorFaults;
        process.Touch(start, 100 * Page);
        Assert.Equal(faults, process.Task.MinorFaults);
        Assert.Equal(0, process.Protect(start, 100 * Page, MapFlags.None));
        Assert.Equal(0, process.Unmap(start, 50 * Page));
        Assert.Equal(50UL, process.Memory.RssAnonPages);
        Audit.Check(_machine);

        process.Touch(start + (60 * Page), Page);
        Assert.False(process.IsAlive);
        Audit.Check(_machine);
    }

    [Fact]
    public void Rights_end_at_holes_with_an_error()
    {
        var process = AProcess.On(_machine);
        var start = (ulong)process.Map(8 * Page);
        process.Unmap(start + (4 * Page), Page);
        Assert.Equal(-(long)SystemCallError.NoMemory, process.Protect(start, 8 * Page, MapFlags.Read));
        Assert.False(process.Memory.Find(start / Page)!.Has(VmaFlags.Write));
        Assert.True(process.Memory.Find((start / Page) + 5)!.Has(VmaFlags.Write));
        Assert.Equal(-(long)SystemCallError.Invalid, process.Protect(start + 1, Page, MapFlags.Read));
        Assert.Equal(0, process.Protect(start, 0, MapFlags.Read));
    }

    [Fact]
    public void A_part_of_a_huge_page_with_other_rights_splits_its_mapping()
    {
        var process = AProcess.On(_machine);
        var start = (ulong)process.Map(4 * Mebibyte);
        process.Advise(start, 4 * Mebibyte, Advice.HugePage);
        _machine.TrySetThp(TransparentHugePages.IndexOf("enabled"), "always"u8);
        process.Touch(start, 4 * Mebibyte);
        Assert.Equal(1024UL, process.Memory.RssAnonPages);
        Assert.Equal(1024, _machine.Nodes[0].Stats.ReadExact((int)NodeStatItem.AnonTransparentHugepages));
        process.Protect(start + Mebibyte, Page, MapFlags.Read);
        Assert.Equal(1UL, _machine.Events[VmEvent.ThpSplitPmd]);
        Assert.Equal(512, _machine.Nodes[0].Stats.ReadExact((int)NodeStatItem.AnonTransparentHugepages));
        Audit.Check(_machine);

        process.Advise(start, Page, Advice.DontNeed);
        Assert.Equal(1023UL, process.Memory.RssAnonPages);
        Audit.Check(_machine);
        process.Exit();
        Audit.Check(_machine);
    }

    [Fact]
    public void A_mapping_shrinks_and_grows_in_place_while_there_is_room()
    {
        var process = AProcess.On(_machine);
        process.Map(16 * Page);
        var start = (ulong)process.Map(16 * Page, MapFlags.ReadWrite | MapFlags.Anonymous | MapFlags.Execute);
        process.Touch(start, 16 * Page);
        Assert.Equal((long)start, Remap(process, start, 16 * Page, 8 * Page));
        Assert.Equal(8UL, process.Memory.RssAnonPages);
        Assert.Equal((long)start, Remap(process, start, 8 * Page, 12 * Page));
        Assert.Equal(12UL, process.Memory.Find(start / Page)!.Pages);
        Assert.Equal(-(long)SystemCallError.NoMemory, Remap(process, start, 12 * Page, 64 * Page, place: 1));
        Assert.Equal(-(long)SystemCallError.BadAddress, Remap(process, start, 32 * Page, 64 * Page));
        Assert.Equal(-(long)SystemCallError.Invalid, Remap(process, start, 12 * Page, 0));
        Audit.Check(_machine);
    }

    [Theory]
    [InlineData(100, 300)]
    [InlineData(1024, 2048)]   // whole tables move
    public void A_mapping_without_room_moves_with_its_pages(ulong old, ulong now)
    {
        _machine.TrySetThp(TransparentHugePages.IndexOf("enabled"), "never"u8);
        var process = AProcess.On(_machine);
        var start = (ulong)process.Map(old * Page);
        process.Map(Page, MapFlags.Read | MapFlags.Anonymous | MapFlags.Fixed, start + (old * Page));
        process.Touch(start, old * Page);
        var (faults, committed) = (process.Task.MinorFaults, _machine.Memory.CommittedPages);
        var handedOut = _machine.Events[VmEvent.PgAllocDma32];
        var moved = Remap(process, start, old * Page, now * Page);
        Assert.NotEqual((long)start, moved);
        Assert.Null(process.Memory.Find(start / Page));
        Assert.Equal(old, process.Memory.RssAnonPages);
        Assert.InRange(_machine.Events[VmEvent.PgAllocDma32] - handedOut, 0UL, 8UL);   // page tables at most
        Assert.Equal(committed + (long)(now - old), _machine.Memory.CommittedPages);
        Audit.Check(_machine);

        process.Touch((ulong)moved, old * Page);
        Assert.Equal(faults, process.Task.MinorFaults);
        process.Touch((ulong)moved, now * Page);
        Assert.Equal(now, process.Memory.RssAnonPages);
        Audit.Check(_machine);
    }

    [Fact]
    public void A_huge_page_moves_whole_to_an_aligned_place_and_in_parts_to_another()
    {
        _machine.TrySetThp(TransparentHugePages.IndexOf("enabled"), "always"u8);
        var process = AProcess.On(_machine);
        var start = (ulong)process.Map(4 * Mebibyte);
        process.Touch(start, 4 * Mebibyte);
        const ulong place = 0x6000_0000_0000;
        Assert.Equal((long)place, Remap(process, start, 4 * Mebibyte, 4 * Mebibyte, place));
        Assert.Equal(1024, _machine.Nodes[0].Stats.ReadExact((int)NodeStatItem.AnonTransparentHugepages));
        Audit.Check(_machine);

        Assert.Equal((long)(place + (64 * Mebibyte) + Page), Remap(process, place, 4 * Mebibyte, 4 * Mebibyte, place + (64 * Mebibyte) + Page));
        Assert.Equal(0, _machine.Nodes[0].Stats.ReadExact((int)NodeStatItem.AnonTransparentHugepages));
        Assert.Equal(1024UL, process.Memory.RssAnonPages);
        Audit.Check(_machine);
        process.Exit();
        Audit.Check(_machine);
    }

    [Fact]
    public void A_fixed_target_is_cleared_first_and_may_not_overlap()
    {
        var process = AProcess.On(_machine);
        var start = (ulong)process.Map(16 * Page);
        process.Touch(start, 16 * Page);
        var other = (ulong)process.Map(16 * Page, MapFlags.ReadWrite | MapFlags.Execute | MapFlags.Anonymous);
        process.Touch(other, 16 * Page);
        Assert.Equal(-(long)SystemCallError.Invalid, Remap(process, start, 16 * Page, 16 * Page, start + Page));
        Assert.Equal((long)other, Remap(process, start, 16 * Page, 8 * Page, other));
        Assert.Equal(16UL, process.Memory.RssAnonPages);
        Audit.Check(_machine);
    }
}
