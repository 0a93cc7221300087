// Goal: who asks for a huge page where memory is free but in pieces gets it by moving others' pages, as long as that is of use; the others
// notice nothing.

using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Pressure;
using VboxMem.Kernel.Reclaim;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Time;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Kernel.Tests.Compaction;

public sealed class DirectCompactionTests
{
    private const ulong HugePages = 16;

    private static readonly KeyValuePair<string, string> _quiet = new("compaction_proactiveness", "0");

    [Fact]
    public void An_advised_area_gets_its_huge_pages_though_no_block_is_free()
    {
        using var box = new HoledBox(isMovable: true, _quiet);
        Assert.Equal(0U, box.LargeBlocks);
        var before = box.FramesOfHolder();
        var faults = box.Holder!.MinorFaults;

        var asker = box.AskForHugePages(HugePages);
        box.Run(2000);

        Assert.InRange(box[VmEvent.ThpFaultAlloc], 10UL, HugePages);
        Assert.Equal(HugePages, box[VmEvent.ThpFaultAlloc] + box[VmEvent.ThpFaultFallback]);
        Assert.Equal(box[VmEvent.ThpFaultAlloc], box[VmEvent.CompactSuccess]);
        Assert.Equal(box[VmEvent.CompactStall], box[VmEvent.CompactSuccess] + box[VmEvent.CompactFail]);
        Assert.True(box[VmEvent.PgMigrateSuccess] > 10 * 200);
        Assert.True(box[VmEvent.CompactIsolated] >= 2 * box[VmEvent.PgMigrateSuccess]);
        Assert.True(box[ReachedPath.CompactionCaptures] > 0);
        var after = box.FramesOfHolder();
        Assert.Equal(before.Select(static entry => entry.Page), after.Select(static entry => entry.Page));
        Assert.NotEqual(before, after);
        Assert.Equal(faults, box.Holder.MinorFaults);
        Assert.True(asker.SystemNanoseconds > box[VmEvent.PgMigrateSuccess] * box.Machine.Costs.MigratePage, "the work is on the account of who asks");
        box.Audit();
    }

    [Fact]
    public void An_area_that_has_not_asked_for_it_takes_single_pages()
    {
        using var box = new HoledBox(isMovable: true, _quiet);
        Assert.True(box.Machine.TrySetThp(TransparentHugePages.IndexOf("enabled"), "always"u8));
        box.AskForHugePages(4, isAdvised: false);
        box.Run(500);
        Assert.Equal(0UL, box[VmEvent.CompactStall]);
        Assert.Equal(4UL * 512, box[VmEvent.ThpFaultFallback] > 0 ? 4UL * 512 : 0);
    }

    [Theory]
    [InlineData("500", true)]
    [InlineData("990", true)]
    [InlineData("1000", false)]
    public void It_compacts_only_where_fragmentation_is_worse_than_the_threshold(string threshold, bool compacts)
    {
        using var box = new HoledBox(isMovable: true, _quiet, new("extfrag_threshold", threshold));
        Assert.InRange(Fragmentation.Of(box.Zone, 9).Index(9), 991L, 1000L);
        box.AskForHugePages(2);
        box.Run(1000);
        Assert.Equal(compacts, box[VmEvent.CompactStall] > 0);
        Assert.Equal(compacts, box[VmEvent.PgMigrateSuccess] > 0);
        Assert.Equal(compacts, box[ReachedPath.CompactionNotForFragmentation] == 0);
    }

    [Fact]
    public void Among_pages_of_the_kernel_it_fails_and_is_deferred_longer_and_longer()
    {
        using var box = new HoledBox(isMovable: false, _quiet);
        box.AskForHugePages(24);
        box.Run(3000);
        Assert.InRange(box[VmEvent.ThpFaultFallback], 22UL, 24UL);
        Assert.Equal(box[VmEvent.ThpFaultAlloc], box[VmEvent.CompactSuccess]);
        Assert.Equal(box[VmEvent.CompactStall], box[VmEvent.CompactFail] + box[VmEvent.CompactSuccess]);
        Assert.True(box[ReachedPath.CompactionDeferred] > 20);
        box.Audit();
    }

    [Fact]
    public void For_a_small_block_it_tries_harder_before_it_gives_up()
    {
        using var box = new HoledBox(isMovable: false, _quiet);
        Assert.True(box.RunOutOfSmallBlocks());
        Assert.Equal(1UL, box[ReachedPath.CompactionTriesHarder]);
        box.Audit();
    }

    [Fact]
    public void Pages_are_off_their_lists_while_they_are_moved_and_the_asker_stalls_for_memory()
    {
        using var box = new HoledBox(isMovable: true, _quiet);
        box.AskForHugePages(HugePages);
        var (isolated, stalls) = (0L, 0);
        for (var i = 0; i < 4000 && box[VmEvent.ThpFaultAlloc] < HugePages; i++)
        {
            box.Machine.RunUntil(box.Machine.Now.Plus(new SimTime(20_000)));
            isolated = Math.Max(isolated, box.Machine.Nodes[0].Stats.ReadExact((int)NodeStatItem.IsolatedAnon));
            foreach (var task in box.Machine.Processes.Tasks)
            {
                stalls += TaskStall.TryGet(box.Machine, task, out var stall) && stall.Cause == StallCause.DirectCompaction ? 1 : 0;
            }
        }

        Assert.InRange(isolated, 1L, 512L);
        Assert.True(stalls > 0);
        Assert.Equal(0L, box.Machine.Nodes[0].Stats.ReadExact((int)NodeStatItem.IsolatedAnon));
        Assert.True(box.Machine.Stalls.ReadAt(StallStates.MemorySome, box.Machine.Now).Total.Nanoseconds > 1_000_000);
    }

    [Fact]
    public void A_copy_made_in_the_middle_of_it_goes_on_as_the_original_does()
    {
        using var box = new HoledBox(isMovable: true, _quiet);
        box.AskForHugePages(HugePages);
        var copies = 0;
        for (var i = 0; i < 4000 && copies < 6; i++)
        {
            box.Machine.RunUntil(box.Machine.Now.Plus(new SimTime(330_000)));
            if (!IsCompacting(box.Machine))
            {
                continue;
            }

            copies++;
            box.Audit();
            using var copy = box.Clone();
            Assert.Equal(box.Machine.ComputeStateHash(), copy.Machine.ComputeStateHash());
            using var again = copy.Clone();
            copy.Run(100);
            again.Run(100);
            Assert.Equal(copy.Machine.ComputeStateHash(), again.Machine.ComputeStateHash());
            copy.Audit();
        }

        Assert.Equal(6, copies);
    }

    [Fact]
    public void What_its_owner_gives_up_meanwhile_is_freed()
    {
        using var box = new HoledBox(isMovable: true, _quiet);
        box.AskForHugePages(HugePages);
        for (var i = 0; i < 4000 && box.Machine.Nodes[0].Stats.ReadExact((int)NodeStatItem.IsolatedAnon) == 0; i++)
        {
            box.Machine.RunUntil(box.Machine.Now.Plus(new SimTime(20_000)));
        }

        Assert.Equal(SystemCallError.None, box.Machine.Kill(box.Holder!.Pid, Signal.Kill));
        box.Run(1000);
        Assert.True(box[ReachedPath.CompactionFindsPageFreed] > 0);
        Assert.Equal(HugePages, box[VmEvent.ThpFaultAlloc]);
        box.Audit();
    }

    [Fact]
    public void A_task_that_is_killed_breaks_it_off()
    {
        using var box = new HoledBox(isMovable: true, _quiet);
        var asker = box.AskForHugePages(HugePages);
        for (var i = 0; i < 4000 && !IsCompacting(box.Machine); i++)
        {
            box.Machine.RunUntil(box.Machine.Now.Plus(new SimTime(20_000)));
        }

        Assert.Equal(SystemCallError.None, box.Machine.Kill(asker.Pid, Signal.Kill));
        box.Run(20);
        Assert.False(box.Machine.Processes.TryGet(asker.Pid, out var left) && left.State != TaskState.Zombie);
        box.Audit();
    }

    [Fact]
    public void The_pool_of_huge_pages_grows_by_compacting_too()
    {
        using var box = new HoledBox(isMovable: true, _quiet);
        box.Set("nr_hugepages", "10");
        Assert.Equal(10, box.Machine.HugePages.Total);
        Assert.True(box[VmEvent.CompactSuccess] > 0);
        box.Audit();
    }

    [Fact]
    public void It_allocates_no_managed_memory_once_it_has_begun()
    {
        using var box = new HoledBox(isMovable: true, _quiet);
        box.AskForHugePages(40);
        for (var i = 0; i < 4000 && box[VmEvent.ThpFaultAlloc] < 8; i++)
        {
            box.Machine.RunUntil(box.Machine.Now.Plus(new SimTime(100_000)));
        }

        var (before, moved) = (GC.GetAllocatedBytesForCurrentThread(), box[VmEvent.PgMigrateSuccess]);
        box.Machine.RunUntil(box.Machine.Now.Plus(new SimTime(3_000_000)));
        Assert.Equal(0L, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.True(box[VmEvent.PgMigrateSuccess] > moved + 500);
    }

    private static bool IsCompacting(Machine machine)
    {
        foreach (var task in machine.Processes.Tasks)
        {
            if (task.Allocation.IsPending && task.SlowPath is { Phase: SlowPathPhase.Compact or SlowPathPhase.CompactFirst, Compaction.Run.IsActive: true })
            {
                return true;
            }
        }

        return false;
    }
}
