using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Kernel.Tests.Virtual;

// Goal: what writes after a fork cost: a copy while the page is shared, nothing when it is one's own again.
public sealed class CopyOnWriteTests
{
    private readonly Machine _machine = AMachine.Booted(256);

    public CopyOnWriteTests() => Assert.True(_machine.TrySetThp(TransparentHugePages.IndexOf("enabled"), "never"u8));

    private ulong Allocated => _machine.Events[VmEvent.PgAllocDma32] + _machine.Events[VmEvent.PgAllocDma] + _machine.Events[VmEvent.PgAllocNormal];

    // Measured on Linux: a parent that writes 4096 pages after its child has copied 1024 of them takes 4096 faults and 3072 pages.
    [Fact]
    public void The_last_to_write_reuses_what_the_other_has_copied()
    {
        var parent = new AProgram(_machine);
        var page = parent.Map(4096);
        parent.Write(page, 4096);
        var child = parent.Fork();
        child.Write(page, 1024);
        Assert.Equal(1024UL, child.Task.MinorFaults);
        var (faults, allocated, reused) = (parent.Task.MinorFaults, Allocated, _machine.Events[VmEvent.PgReuse]);

        parent.Write(page, 4096);

        Assert.Equal(4096UL, parent.Task.MinorFaults - faults);
        Assert.Equal(3072UL, Allocated - allocated);
        Assert.Equal(1024UL, _machine.Events[VmEvent.PgReuse] - reused);
        Assert.Equal(4096UL, parent.Memory.RssAnonPages);
        Assert.Equal(4096UL, child.Memory.RssAnonPages);
        AProgram.Check(_machine);
    }

    [Fact]
    public void After_the_child_has_gone_the_parent_needs_no_page()
    {
        var parent = new AProgram(_machine);
        var page = parent.Map(100);
        parent.Write(page, 100);
        parent.Fork().Exit();
        var allocated = Allocated;

        parent.Write(page, 100);

        Assert.Equal(allocated, Allocated);
        Assert.Equal(100UL, _machine.Events[VmEvent.PgReuse]);
        AProgram.Check(_machine);
    }

    [Fact]
    public void A_shared_page_is_read_by_both_without_faults_and_found_by_its_reverse_map_twice()
    {
        var parent = new AProgram(_machine);
        var page = parent.Map(64);
        parent.Write(page, 64);
        var child = parent.Fork();
        var faults = parent.Task.MinorFaults;

        parent.Read(page, 64);
        child.Read(page, 64);

        Assert.Equal(faults, parent.Task.MinorFaults);
        Assert.Equal(0UL, child.Task.MinorFaults);
        Assert.Equal(2U, FolioMapping.MapCountOf(_machine.Frames, parent.EntryOf(page).Pfn));
        Assert.Equal(64, _machine.Nodes[0].Stats.ReadExact((int)NodeStatItem.AnonPages));
        AProgram.Check(_machine);
    }

    [Fact]
    public void References_are_counted_once_an_area_and_then_forgotten()
    {
        var parent = new AProgram(_machine);
        var page = parent.Map(1);
        parent.Write(page);
        var child = parent.Fork();
        child.Read(page);
        var folio = parent.EntryOf(page).Pfn;

        Assert.Equal(2, _machine.ReverseMap.CountReferences(folio, out var seen));
        Assert.True((seen & VmaFlags.Write) != 0);
        Assert.Equal(0, _machine.ReverseMap.CountReferences(folio, out _));
    }

    // Linux's rule: an anon_vma that has lost its own areas and has one child at most is taken over by the next fork.
    [Fact]
    public void A_chain_of_forks_does_not_grow_anon_vmas_without_end()
    {
        var program = new AProgram(_machine);
        var page = program.Map(1);
        program.Write(page);
        for (var i = 0; i < 50; i++)
        {
            var child = program.Fork();
            child.Write(page);
            program.Exit();
            program = child;
        }

        Assert.InRange(_machine.ReverseMap.Anons.All.Count(), 1, 3);
        AProgram.Check(_machine);
        program.Exit();
        Assert.Empty(_machine.ReverseMap.Anons.All);
    }

    [Fact]
    public void A_grandchild_that_writes_first_leaves_the_others_as_they_were()
    {
        var first = new AProgram(_machine);
        var page = first.Map(32);
        first.Write(page, 32);
        var second = first.Fork();
        second.Write(page, 8);
        var third = second.Fork();

        third.Write(page, 16);
        AProgram.Check(_machine);
        second.Exit();
        AProgram.Check(_machine);
        first.Write(page, 32);
        AProgram.Check(_machine);

        Assert.Equal(32UL, first.Memory.RssAnonPages);
        Assert.Equal(32UL, third.Memory.RssAnonPages);
    }

    [Fact]
    public void A_zero_page_copied_stays_known_as_zero_unless_something_else_is_written()
    {
        var parent = new AProgram(_machine);
        var page = parent.Map(2);
        parent.WriteZeros(page, 2);
        var child = parent.Fork();

        child.WriteZeros(page);
        child.Write(page + 1);

        Assert.True(_machine.Frames[child.EntryOf(page).Pfn].Has(PageFlags.ZeroFilled));
        Assert.False(_machine.Frames[child.EntryOf(page + 1).Pfn].Has(PageFlags.ZeroFilled));
        Assert.True(_machine.Frames[parent.EntryOf(page + 1).Pfn].Has(PageFlags.ZeroFilled));
    }
}
