using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Kernel.Tests.Virtual;

// Goal: the rows of Linux's fault matrix for anonymous memory: faults, pages, RSS, page tables.
public sealed class AnonymousFaultTests
{
    private readonly Machine _machine = AMachine.Booted(256);

    private long AnonPages => _machine.Nodes[0].Stats.ReadExact((int)NodeStatItem.AnonPages);

    public AnonymousFaultTests() => Assert.True(_machine.TrySetThp(TransparentHugePages.IndexOf("enabled"), "never"u8));

    [Fact]
    public void Reading_1024_fresh_pages_takes_1024_minor_faults_and_no_memory()
    {
        var program = new AProgram(_machine);
        var page = program.Map(1024);

        program.Read(page, 1024);

        Assert.Equal(1024UL, program.Task.MinorFaults);
        Assert.Equal(0UL, program.Task.MajorFaults);
        Assert.Equal(0UL, program.Memory.RssPages);
        Assert.Equal(0, AnonPages);
        AProgram.Check(_machine);
    }

    [Fact]
    public void Writing_fresh_pages_takes_a_fault_and_a_page_each()
    {
        var program = new AProgram(_machine);
        var page = program.Map(1024);
        var faultsBefore = _machine.Events[VmEvent.PgFault];

        program.Write(page, 1000);

        Assert.Equal(1000UL, program.Task.MinorFaults);
        Assert.Equal(1000UL, _machine.Events[VmEvent.PgFault] - faultsBefore);
        Assert.Equal(1000UL, program.Memory.RssAnonPages);
        Assert.Equal(1000, AnonPages);
        var entry = program.EntryOf(page);
        Assert.True(entry.Has(EntryBits.Present | EntryBits.Writable | EntryBits.Dirty | EntryBits.Accessed | EntryBits.NoExecute));
        AProgram.Check(_machine);
    }

    [Fact]
    public void A_write_after_a_read_faults_again_and_takes_a_page()
    {
        var program = new AProgram(_machine);
        var page = program.Map(10);
        program.Read(page, 10);

        program.Write(page, 10);

        Assert.Equal(20UL, program.Task.MinorFaults);
        Assert.Equal(10UL, program.Memory.RssAnonPages);
        AProgram.Check(_machine);
    }

    [Fact]
    public void Pages_that_are_there_are_accessed_without_faults()
    {
        var program = new AProgram(_machine);
        var page = program.Map(1024);
        program.Write(page, 1024);
        var faults = program.Task.MinorFaults;

        program.Write(page, 1024);
        program.Read(page, 1024);

        Assert.Equal(faults, program.Task.MinorFaults);
    }

    // 1 GiB-aligned 1 GiB mapping: the first byte takes a PUD, a PMD and a PTE table, the last and one in the middle a PTE table each.
    [Fact]
    public void Page_tables_come_with_the_pages_they_are_for()
    {
        var program = new AProgram(_machine);
        var page = program.Map(1 << 18, VmaFlags.NoReserve);

        program.Write(page);
        Assert.Equal(3UL * 4096, program.Memory.PageTableBytes);

        program.Write(page + (1 << 18) - 1);
        program.Write(page + (1 << 17));
        Assert.Equal(5UL * 4096, program.Memory.PageTableBytes);
    }

    [Fact]
    public void All_is_given_back_when_the_program_ends()
    {
        var program = new AProgram(_machine);
        program.Write(program.Map(5000), 5000);
        program.Read(program.Map(5000), 5000);
        Assert.Equal(5000UL, Auditing.FrameCensus.Take(_machine).PagesOf(FrameOwner.Anonymous));

        program.Exit();

        Assert.Equal(0, AnonPages);
        Assert.Equal(0UL, Auditing.FrameCensus.Take(_machine).PagesOf(FrameOwner.Anonymous));
        Assert.Empty(_machine.ReverseMap.Anons.All);
        AProgram.Check(_machine);
    }

    [Fact]
    public void A_page_that_only_zeros_were_written_to_is_known_to_hold_zeros()
    {
        var program = new AProgram(_machine);
        var page = program.Map(2);
        program.WriteZeros(page, 2);
        Assert.True(_machine.Frames[program.EntryOf(page).Pfn].Has(PageFlags.ZeroFilled));

        program.WriteZeros(page);
        program.Read(page);
        program.Write(page + 1);

        Assert.True(_machine.Frames[program.EntryOf(page).Pfn].Has(PageFlags.ZeroFilled));
        Assert.False(_machine.Frames[program.EntryOf(page + 1).Pfn].Has(PageFlags.ZeroFilled));
    }

    [Fact]
    public void An_access_where_nothing_is_mapped_ends_the_program_and_is_logged()
    {
        var program = new AProgram(_machine);
        var page = program.Map(1);
        var faults = _machine.Events[VmEvent.PgFault];

        Assert.Equal(-(int)SystemCallError.BadAddress, program.Touch(page + 1, 1, TouchKind.Write));

        Assert.True(program.Task.HasFatalSignal);
        Assert.Equal(faults, _machine.Events[VmEvent.PgFault]);
        var lines = new List<string>();
        foreach (var record in _machine.Log.RecordsFrom(0))
        {
            lines.Add(System.Text.Encoding.UTF8.GetString(record.Text));
        }

        Assert.StartsWith($"program[{program.Task.Pid}]: segfault at 100001000 ip ", lines[^1], StringComparison.Ordinal);
        Assert.Contains(" error 6 likely on CPU 0 (core 0, socket 0)", lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void A_turn_ends_after_32_faults()
    {
        var program = new AProgram(_machine);
        var page = program.Map(100);
        program.Task.Request = new Request(RequestKind.Touch, page << 12, 100 << 12, (ulong)TouchKind.Write);
        program.Task.Progress = default;
        _machine.Cpus.BeginTurn(0, _machine.Now);

        Assert.Equal(StepResult.Continue, _machine.UserAccess.Step(program.Task, out _));

        Assert.Equal(32UL, program.Memory.RssAnonPages);
    }

    [Fact]
    public void Accesses_and_first_writes_take_no_managed_memory()
    {
        var program = new AProgram(_machine);
        var page = program.Map(8192);
        TouchBare(program, page, 2048);   // so that lists of page tables have grown
        var before = GC.GetAllocatedBytesForCurrentThread();

        TouchBare(program, page + 2048, 1024);
        TouchBare(program, page, 3072);

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void A_turn_ends_after_50_microseconds_of_accesses()
    {
        var program = new AProgram(_machine);
        var page = program.Map(2048);
        program.Write(page, 2048);
        program.Task.Request = new Request(RequestKind.Touch, page << 12, 2048 << 12, (ulong)TouchKind.Write);
        program.Task.Progress = default;
        _machine.Cpus.BeginTurn(0, _machine.Now);

        Assert.Equal(StepResult.Continue, _machine.UserAccess.Step(program.Task, out _));

        Assert.InRange(program.Task.Progress.Position, 555UL, 557UL);
        Assert.InRange(_machine.Cpus.UserNanoseconds, 50_000UL, 50_100UL);
    }

    private void TouchBare(AProgram program, ulong page, ulong pages)
    {
        program.Task.Request = new Request(RequestKind.Touch, page << 12, pages << 12, (ulong)TouchKind.Write);
        program.Task.Progress = default;
        do
        {
            _machine.Cpus.BeginTurn(0, _machine.Now);
        }
        while (_machine.UserAccess.Step(program.Task, out _) != StepResult.Done);
    }
}
