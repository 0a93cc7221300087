// Goal: mmap, munmap, brk and mprotect make and merge the areas that Linux has, in the places where Linux puts them.
// Method: one process on an idle machine; its areas are looked at and the audit run after each act.

using VboxMem.Kernel.Auditing;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Kernel.Tests.Virtual;

public sealed class AreasTests : IDisposable
{
    private const ulong Page = AProcess.Page;
    private const ulong Mebibyte = AProcess.Mebibyte;
    private const long NoMemory = -(long)SystemCallError.NoMemory;

    private readonly Machine _machine = Machine.Boot(AMachine.WithoutRandomPlaces(256));

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void An_executed_program_has_the_layout_of_a_machine_without_randomisation()
    {
        var process = AProcess.On(_machine);
        var stack = process.Memory.Areas[^1];
        Assert.Equal(0x7fff_ffff_f000UL, UserSpace.AddressOf(stack.EndPage));
        Assert.Equal(0x7fff_fffd_e000UL, UserSpace.AddressOf(stack.StartPage));
        Assert.Equal(0x7fff_f7ff_f000UL, process.Memory.MmapBase);
        var vdso = process.Memory.Areas[^2];
        Assert.Equal(process.Memory.MmapBase, UserSpace.AddressOf(vdso.EndPage));
        Assert.Equal((2UL, 4UL), (vdso.Pages, process.Memory.Areas[^3].Pages));
        Assert.Equal("asked", process.Task.Name);
        Audit.Check(_machine);
    }

    [Fact]
    public void Mappings_pack_downwards_and_neighbours_of_one_kind_become_one()
    {
        var process = AProcess.On(_machine);
        var areas = process.Memory.Areas.Count;
        var first = process.Map(3 * Page);
        var second = process.Map(5 * Page);
        Assert.Equal(first - (long)(5 * Page), second);
        Assert.Equal(areas + 1, process.Memory.Areas.Count);

        var readOnly = process.Map(Page, MapFlags.Read | MapFlags.Anonymous);
        Assert.Equal(second - (long)Page, readOnly);
        Assert.Equal(areas + 2, process.Memory.Areas.Count);

        // Made writable it is of the same kind, and of the same origin.
        Assert.Equal(0, process.Protect((ulong)readOnly, Page, MapFlags.ReadWrite));
        Assert.Equal(areas + 1, process.Memory.Areas.Count);
        Audit.Check(_machine);
    }

    [Fact]
    public void A_length_of_whole_huge_pages_is_aligned_to_them_and_others_are_not()
    {
        var process = AProcess.On(_machine);
        Assert.Equal(0, process.Map(4 * Mebibyte) % (long)(2 * Mebibyte));
        Assert.NotEqual(0, process.Map((4 * Mebibyte) + Page) % (long)(2 * Mebibyte));
        Assert.Equal(0, process.Map(2 * Mebibyte) % (long)(2 * Mebibyte));
    }

    [Fact]
    public void Unmapping_the_middle_leaves_two_areas_and_mapping_it_again_one()
    {
        var process = AProcess.On(_machine);
        var areas = process.Memory.Areas.Count;
        var start = (ulong)process.Map(9 * Page);
        Assert.Equal(0, process.Touch(start, 9 * Page));
        Assert.Equal(9UL, process.Memory.RssAnonPages);

        Assert.Equal(0, process.Unmap(start + (3 * Page), 2 * Page));
        Assert.Equal(areas + 2, process.Memory.Areas.Count);
        Assert.Equal(7UL, process.Memory.RssAnonPages);
        Audit.Check(_machine);

        Assert.Equal((long)(start + (3 * Page)), process.Map(2 * Page, MapFlags.ReadWrite | MapFlags.Anonymous | MapFlags.Fixed, start + (3 * Page)));
        Assert.Equal(areas + 1, process.Memory.Areas.Count);
        Audit.Check(_machine);
    }

    [Fact]
    public void A_fixed_mapping_replaces_what_was_there_unless_it_may_not()
    {
        var process = AProcess.On(_machine);
        var start = (ulong)process.Map(8 * Page);
        process.Touch(start, 8 * Page);
        var committed = _machine.Memory.CommittedPages;
        const MapFlags noReplace = MapFlags.Read | MapFlags.Anonymous | MapFlags.FixedNoReplace;
        Assert.Equal(-(long)SystemCallError.Exists, process.Map(4 * Page, noReplace, start));

        Assert.Equal((long)start, process.Map(4 * Page, MapFlags.Read | MapFlags.Anonymous | MapFlags.Fixed, start));
        Assert.Equal(4UL, process.Memory.RssAnonPages);
        Assert.Equal(committed - 4, _machine.Memory.CommittedPages);
        Audit.Check(_machine);
    }

    [Fact]
    public void A_mapping_without_length_and_one_that_no_gap_holds_are_refused()
    {
        var process = AProcess.On(_machine);
        Assert.Equal(-(long)SystemCallError.Invalid, process.Map(0));
        Assert.Equal(NoMemory, process.Map(1UL << 48));
        Assert.Equal(NoMemory, process.Map(0x7fff_ffff_0000, MapFlags.Read | MapFlags.Anonymous));
        Assert.Equal(-(long)SystemCallError.Invalid, process.Unmap(123, Page));
    }

    [Fact]
    public void Splits_end_at_max_map_count_and_new_areas_just_above()
    {
        _machine.Sysctls.Write("max_map_count", "20"u8);
        var process = AProcess.On(_machine);
        var start = (ulong)process.Map(64 * Page, MapFlags.ReadWrite | MapFlags.Anonymous);
        var page = 1UL;
        while (process.Memory.Areas.Count < 20)
        {
            Assert.Equal(0, process.Protect(start + (page * Page), Page, page % 2 == 0 ? MapFlags.ReadWrite : MapFlags.Read));
            page += 2;
            if (process.Memory.Areas.Count == 19)
            {
                break;
            }
        }

        while (process.Memory.Areas.Count < 20)
        {
            process.Map(Page, MapFlags.Execute | MapFlags.Anonymous);
        }

        Assert.Equal(NoMemory, process.Protect(start + (40 * Page), Page, MapFlags.Read));
        Assert.Equal(NoMemory, process.Unmap(start + (40 * Page), Page));
        Assert.True(process.Map(Page, MapFlags.Write | MapFlags.Execute | MapFlags.Anonymous) > 0);
        Assert.Equal(21, process.Memory.Areas.Count);
        Assert.Equal(NoMemory, process.Map(Page, MapFlags.None | MapFlags.Anonymous));
        Audit.Check(_machine);
    }

    [Fact]
    public void The_heap_grows_as_one_area_and_shrinks_again()
    {
        var process = AProcess.On(_machine);
        var start = process.Ask(new Request(RequestKind.Brk));
        var areas = process.Memory.Areas.Count;
        Assert.Equal(start + 100_000, process.Ask(new Request(RequestKind.Brk, (ulong)start + 100_000)));
        Assert.Equal(start + 300_000, process.Ask(new Request(RequestKind.Brk, (ulong)start + 300_000)));
        Assert.Equal(areas + 1, process.Memory.Areas.Count);
        Assert.Equal(74UL, process.Memory.DataPages);
        process.Touch((ulong)start, 300_000);
        Assert.Equal(74UL, process.Memory.RssAnonPages);

        Assert.Equal(start + 4096, process.Ask(new Request(RequestKind.Brk, (ulong)start + 4096)));
        Assert.Equal(1UL, process.Memory.RssAnonPages);
        Assert.Equal(start + 4096, process.Ask(new Request(RequestKind.Brk, (ulong)start - 1)));   // refused: the end as it is
        Audit.Check(_machine);
    }

    [Fact]
    public void Page_tables_are_made_by_need_and_freed_with_the_last_area_of_their_span()
    {
        // Worked example: 1 GiB aligned to 1 GiB. First byte: PMD and PTE table; last byte and one in the middle: a PTE table each.
        _machine.Sysctls.Write("overcommit_memory", "1"u8);
        Assert.True(_machine.TrySetThp(TransparentHugePages.IndexOf("enabled"), "never"u8));
        var process = AProcess.On(_machine);
        const ulong start = 0x7000_0000_0000;
        const ulong gibibyte = 1UL << 30;
        var before = (ulong)process.Map(Page, MapFlags.ReadWrite | MapFlags.Anonymous | MapFlags.Fixed, start - gibibyte);
        process.Touch(before, Page);
        var tables = process.Memory.PageTableBytes;
        process.Map(gibibyte, MapFlags.ReadWrite | MapFlags.Anonymous | MapFlags.Fixed, start);
        process.Touch(start, 1);
        Assert.Equal(tables + 8192 + 4096, process.Memory.PageTableBytes);   // the PUD table of this half TiB, too
        process.Touch(start + gibibyte - 1, 1);
        Assert.Equal(tables + 12288 + 4096, process.Memory.PageTableBytes);
        process.Touch(start + (gibibyte / 2), 1);
        Assert.Equal(tables + 16384 + 4096, process.Memory.PageTableBytes);

        process.Advise(start, gibibyte, Advice.DontNeed);
        Assert.Equal(tables + 16384 + 4096, process.Memory.PageTableBytes);
        Assert.Equal(1UL, process.Memory.RssAnonPages);

        process.Unmap(start + Page, gibibyte - Page);
        Assert.Equal(tables + 12288, process.Memory.PageTableBytes);
        process.Unmap(start, Page);
        Assert.Equal(tables, process.Memory.PageTableBytes);
        Audit.Check(_machine);
    }
}
