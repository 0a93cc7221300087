using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Swap;
using VboxMem.Kernel.Sysctl;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Kernel.Tests.Swap;

// Goal: swapoff reads everything back and leaves nothing behind; what stops it leaves the area as it was.
public sealed class SwapOffTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Every_page_is_read_back_and_the_area_is_gone(bool isRotational)
    {
        using var box = new SwapBox((64, isRotational, -1));
        box.SwapOutPages(200);
        Assert.Equal(200UL, box.Memory.SwapEntryPages);

        var task = box.Start(new Request(RequestKind.SwapOff, 0));
        box.Run(5000);

        Assert.Equal(0, SwapBox.AnswerOf(task));
        Assert.Equal(0UL, box.Memory.SwapEntryPages);
        Assert.Equal(200UL, box.Memory.RssAnonPages);
        Assert.Equal(200UL, box.Count(VmEvent.PSwpIn));
        Assert.Equal(0UL, box.Count(VmEvent.PgMajfault));
        Assert.Equal(200, box.Gauge(NodeStatItem.WorkingsetRefaultAnon));
        Assert.Equal(0, box.Swap.TotalPages);
        Assert.Equal(0, box.Swap.ShownFreePages);
        Assert.Null(box.Swap.Areas[0]);
        Assert.False(task.Group.IsOomOrigin);
        for (var page = 0; page < 200; page++)
        {
            var entry = box.EntryOf(page);
            Assert.True(entry.IsPresent && (entry.Value & (ulong)(EntryBits.Writable | EntryBits.Accessed | EntryBits.Dirty)) == 0);
            Assert.True(box.Machine.Frames[entry.Pfn].Has(PageFlags.AnonExclusive | PageFlags.Dirty | PageFlags.UpToDate));
        }

        box.Audit();
    }

    [Fact]
    public void Neighbours_are_read_along_in_aligned_blocks_where_seeking_costs()
    {
        using var box = new SwapBox((64, true, -1));
        box.SwapOutPages(64);   // slots 1..64

        box.Start(new Request(RequestKind.SwapOff, 0));
        box.Run(5000);

        // Each page of the walk that is not yet there reads its block of 8; the rest are found with the readahead mark.
        Assert.Equal(64UL, box.Count(VmEvent.SwapRa) + box.Machine.Disks.Disks[0].Counters.Reads);
        Assert.Equal(9UL, box.Machine.Disks.Disks[0].Counters.Reads);
        Assert.Equal(55UL, box.Count(VmEvent.SwapRaHit));
    }

    [Fact]
    public void Pages_of_zeros_come_back_without_the_disk()
    {
        using var box = new SwapBox((64, true, -1));
        var folio = box.Map(0, isZero: true);
        box.SwapOut(folio, out _);
        box.Evict(folio);

        box.Start(new Request(RequestKind.SwapOff, 0));
        box.Run(1000);

        Assert.Equal(1UL, box.Count(VmEvent.SwpinZero));
        Assert.Equal(0UL, box.Count(VmEvent.PSwpIn));
        Assert.True(box.Machine.Frames[box.EntryOf(0).Pfn].Has(PageFlags.ZeroFilled));
    }

    [Fact]
    public void An_area_that_is_not_in_use_is_an_invalid_argument()
    {
        using var box = new SwapBox((64, true, -1));

        var missing = box.Start(new Request(RequestKind.SwapOff, 1));
        var absurd = box.Start(new Request(RequestKind.SwapOff, 1000));
        box.Run(100);

        Assert.Equal(-(long)SystemCallError.Invalid, SwapBox.AnswerOf(missing));
        Assert.Equal(-(long)SystemCallError.Invalid, SwapBox.AnswerOf(absurd));
    }

    [Fact]
    public void Pages_still_to_be_read_back_count_in_SwapTotal_and_SwapFree()
    {
        using var box = new SwapBox((64, true, -1), (8, true, -1));
        box.SwapOutPages(1000);

        box.Start(new Request(RequestKind.SwapOff, 0));
        box.Run(1);

        var left = (long)box.Swap.Areas[0]!.UsedSlots;
        Assert.InRange(left, 900, 1000);
        Assert.Equal(2047, box.Swap.TotalPages);
        Assert.Equal(2047 + left, box.Swap.ShownTotalPages);
        Assert.Equal(2047, box.Swap.ShownFreePages);
    }

    [Fact]
    public void A_killed_swapoff_puts_the_area_into_use_again()
    {
        using var box = new SwapBox((64, true, -1));
        box.SwapOutPages(1000);
        var task = box.Start(new Request(RequestKind.SwapOff, 0));
        box.Run(1);
        Assert.True(task.Group.IsOomOrigin);

        box.Machine.Kill(task.Pid, Signal.Kill);
        box.Run(1000);

        var area = box.Swap.Areas[0]!;
        Assert.True(area.IsWritable);
        Assert.Equal(area.UsablePages, (uint)box.Swap.TotalPages);
        Assert.InRange((int)area.UsedSlots, 900, 1000);
        box.Audit();
    }

    [Fact]
    public void Under_strict_accounting_an_area_whose_pages_could_not_be_promised_stays()
    {
        using var box = new SwapBox((64, true, -1));
        box.SwapOutPages(200);
        Assert.Equal(SysctlResult.Done, box.Machine.Sysctls.Write("overcommit_memory", "2"u8));
        Assert.Equal(SysctlResult.Done, box.Machine.Sysctls.Write("overcommit_ratio", "0"u8));

        var task = box.Start(new Request(RequestKind.SwapOff, 0));
        box.Run(1000);

        Assert.Equal(-(long)SystemCallError.NoMemory, SwapBox.AnswerOf(task));
        Assert.True(box.Swap.Areas[0]!.IsWritable);
        Assert.Equal(200UL, box.Memory.SwapEntryPages);
        Assert.Equal(0UL, box.Count(VmEvent.PSwpIn));
        Assert.False(task.Group.IsOomOrigin);
        box.Audit();
    }

    [Fact]
    public void When_no_memory_is_left_to_read_back_into_the_area_stays_with_the_rest()
    {
        using var box = new SwapBox((64, true, -1));
        box.SwapOutPages(1000);
        Assert.Equal(SysctlResult.Done, box.Machine.Sysctls.Write("page-cluster", "0"u8));   // nothing is read along
        box.Machine.Allocator.FailInjection = new FailPageAlloc(100, IsArmed: true);

        var task = box.Start(new Request(RequestKind.SwapOff, 0));
        box.Run(5000);

        Assert.Equal(-(long)SystemCallError.NoMemory, SwapBox.AnswerOf(task));
        var area = box.Swap.Areas[0]!;
        Assert.True(area.IsWritable);
        Assert.Equal(area.UsablePages, (uint)box.Swap.TotalPages);
        Assert.InRange((int)box.Memory.SwapEntryPages, 1, 999);
        Assert.Equal(1000UL, box.Memory.SwapEntryPages + box.Memory.RssAnonPages);
        Assert.False(task.Group.IsOomOrigin);
        box.Audit();
    }

    [Fact]
    public void Lower_priorities_move_up_when_an_area_goes()
    {
        using var box = new SwapBox((4, true, -1), (4, true, -1), (4, true, -1));
        box.Start(new Request(RequestKind.SwapOff, 0));
        box.Run(10);

        Assert.Equal([-2, -3], new[] { box.Swap.Areas[1]!.Priority, box.Swap.Areas[2]!.Priority });
    }

    [Fact]
    public void Pages_of_shared_memory_go_back_to_their_file()
    {
        using var box = new SwapBox((64, true, -1));
        var slots = box.SwapOutShared(40, out var inode);
        Assert.Equal(40UL, box.Machine.FileSystems.Inodes[inode].SwappedPages);
        Assert.All(slots, slot => Assert.Equal(1, box.Swap.CountOf(slot)));
        box.Audit();

        var task = box.Start(new Request(RequestKind.SwapOff, 0));
        box.Run(2000);

        Assert.Equal(0, SwapBox.AnswerOf(task));
        Assert.Equal(0UL, box.Machine.FileSystems.Inodes[inode].SwappedPages);
        Assert.Equal(40UL, box.Machine.FileSystems.Inodes[inode].Pages);
        Assert.Equal(40, box.Gauge(NodeStatItem.Shmem));
        Assert.Equal(0UL, box.Count(VmEvent.PgMajfault));
        Assert.Null(box.Swap.Areas[0]);
        box.Audit();
    }

    [Fact]
    public void A_copy_made_in_the_middle_ends_as_the_original_does()
    {
        using var box = new SwapBox((64, false, -1));
        box.SwapOutPages(300);
        box.Start(new Request(RequestKind.SwapOff, 0));
        box.Run(3);
        using var copy = box.Machine.Clone();
        Assert.Equal(box.Machine.ComputeStateHash(), copy.ComputeStateHash());

        box.Run(3000);
        copy.RunUntil(box.Machine.Now);

        Assert.Equal(0, copy.Swap.TotalPages);
        Assert.Equal(box.Machine.ComputeStateHash(), copy.ComputeStateHash());
    }
}
