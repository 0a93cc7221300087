// Goal: fork shares what Linux shares, copies what it copies, and leaves nothing when it fails.
// Method: counts of pages, faults and allocations on both sides, with audits.

using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Auditing;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Kernel.Tests.Virtual;

public sealed class ForkTests : IDisposable
{
    private const ulong Page = AProcess.Page;
    private const ulong Mebibyte = AProcess.Mebibyte;

    private readonly Machine _machine = AMachine.Booted(256, cpus: 1);

    public ForkTests() => _machine.TrySetThp(TransparentHugePages.IndexOf("enabled"), "never"u8);

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void Writing_after_a_fork_copies_what_is_still_shared_and_no_more()
    {
        // Worked example: of 4096 pages the child writes 1024; the parent then writes all: 4096 faults, 3072 allocations.
        var parent = AProcess.On(_machine);
        var start = (ulong)parent.Map(4096 * Page);
        parent.Touch(start, 4096 * Page);
        var anonymous = AnonymousPages;
        var child = parent.Fork(out _)!;
        Assert.Equal(anonymous, AnonymousPages);
        Assert.Equal(4096UL, child.Memory.RssAnonPages);
        Assert.Equal(4096UL, child.Memory.HighWaterRssPages);
        Audit.Check(_machine);

        child.Touch(start, 1024 * Page);
        Assert.Equal(1024UL, child.Task.MinorFaults);
        Assert.Equal(anonymous + 1024, AnonymousPages);
        var faults = parent.Task.MinorFaults;
        parent.Touch(start, 4096 * Page);
        Assert.Equal(4096UL, parent.Task.MinorFaults - faults);
        Assert.Equal(anonymous + 4096, AnonymousPages);
        Audit.Check(_machine);
        child.Exit();
        Assert.Equal(anonymous, AnonymousPages);
        Audit.Check(_machine);
    }

    private long AnonymousPages => _machine.Nodes[0].Stats.ReadExact((int)NodeStatItem.AnonPages);

    [Fact]
    public void Advice_keeps_areas_or_their_pages_from_the_child_and_locks_are_not_inherited()
    {
        var parent = AProcess.On(_machine);
        var left = (ulong)parent.Map(8 * Page);
        parent.Touch(left, 8 * Page);
        parent.Advise(left, 8 * Page, Advice.DontFork);
        var wiped = (ulong)parent.Map(8 * Page);
        parent.Touch(wiped, 8 * Page);
        parent.Advise(wiped, 8 * Page, Advice.WipeOnFork);
        var locked = (ulong)parent.Map(8 * Page);
        parent.Lock(locked, 8 * Page);
        var committed = _machine.Memory.CommittedPages;

        var child = parent.Fork(out _)!;
        Assert.Null(child.Memory.Find(left / Page));
        Assert.NotNull(child.Memory.Find(wiped / Page));
        Assert.Equal(8UL, child.Memory.RssAnonPages);
        Assert.Equal(0UL, child.Memory.LockedPages);
        Assert.Equal((2 * committed) - 8, _machine.Memory.CommittedPages);
        Audit.Check(_machine);
    }

    [Fact]
    public void Huge_pages_are_shared_by_one_entry_with_a_table_put_by()
    {
        _machine.TrySetThp(TransparentHugePages.IndexOf("enabled"), "always"u8);
        _machine.TrySetThp(TransparentHugePages.IndexOf("use_zero_page"), "1"u8);
        var parent = AProcess.On(_machine);
        var start = (ulong)parent.Map(4 * Mebibyte);
        parent.Touch(start, 4 * Mebibyte);
        parent.Touch((ulong)parent.Map(2 * Mebibyte), 2 * Mebibyte, TouchKind.Read);
        var huge = _machine.Nodes[0].Stats.ReadExact((int)NodeStatItem.AnonTransparentHugepages);
        var child = parent.Fork(out _)!;
        Assert.Equal(1024UL, child.Memory.RssAnonPages);
        Assert.Equal(huge, _machine.Nodes[0].Stats.ReadExact((int)NodeStatItem.AnonTransparentHugepages));
        Audit.Check(_machine);
        child.Touch(start, Page);
        Audit.Check(_machine);
        parent.Exit();
        Audit.Check(_machine);
    }

    [Fact]
    public void A_promise_that_cannot_be_made_twice_makes_fork_fail_and_leaves_nothing()
    {
        _machine.Sysctls.Write("overcommit_memory", "2"u8);
        var parent = AProcess.On(_machine, uid: 0);
        var limit = MemoryInfo.Of(_machine).CommitLimitPages;
        parent.Touch((ulong)parent.Map(64 * Page, MapFlags.Execute | MapFlags.ReadWrite | MapFlags.Anonymous), 64 * Page);
        Assert.True(parent.Map((ulong)(limit * 6 / 10) * Page) > 0);
        var (committed, tasks) = (_machine.Memory.CommittedPages, _machine.Processes.Count);
        Assert.Null(parent.Fork(out var answer));
        Assert.Equal(-(long)SystemCallError.NoMemory, answer);
        Assert.Equal((committed, tasks), (_machine.Memory.CommittedPages, _machine.Processes.Count));
        Audit.Check(_machine);
    }

    [Fact]
    public void A_parent_killed_half_way_leaves_no_child()
    {
        var parent = AProcess.On(_machine);
        parent.Touch((ulong)parent.Map(32 * Mebibyte), 32 * Mebibyte);
        var tasks = _machine.Processes.Count;
        parent.AskWithoutWaiting(new Request(RequestKind.Fork, Program: new AskedProgram(AProcess.EmptyImage)));
        while (_machine.Memory.All.Count() < 2 || _machine.Memory[2].RssAnonPages < 1000)
        {
            _machine.RunUntil(_machine.Now.Plus(new Kernel.Time.SimTime(10_000)));
        }

        Audit.Check(_machine);
        _machine.Kill(parent.Task.Pid, Signal.Kill);
        _machine.RunUntil(_machine.Now.Plus(Kernel.Time.SimTime.FromSeconds(1)));
        Assert.Equal(tasks - 1, _machine.Processes.Count);
        Assert.Empty(_machine.Memory.All);
        Audit.Check(_machine);
    }
}
