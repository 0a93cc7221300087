// Goal: kcompactd makes blocks that were asked for and could not be waited for, and keeps fragmentation below the mark that
// compaction_proactiveness sets, while it costs nothing where it is of no use.

using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Compaction;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Time;

namespace VboxMem.Kernel.Tests.Compaction;

public sealed class KcompactdTests
{
    private static readonly KeyValuePair<string, string> _quiet = new("compaction_proactiveness", "0");

    [Fact]
    public void It_makes_the_block_that_one_who_could_not_wait_did_not_get()
    {
        using var box = new HoledBox(isMovable: true, _quiet);
        Assert.False(box.Machine.Allocator.TryAllocate(GfpFlags.Atomic, 9, FrameOwner.Kernel, out _));
        Assert.Equal(0UL, box[VmEvent.CompactDaemonWake]);

        box.Run(1000);

        Assert.True(box.LargeBlocks > 0);
        Assert.True(box[VmEvent.CompactDaemonWake] > 0);
        Assert.True(box[VmEvent.CompactDaemonMigrateScanned] > 0);
        Assert.True(box[VmEvent.CompactDaemonFreeScanned] > 0);
        Assert.Equal(0UL, box[VmEvent.CompactStall]);
        Assert.True(box[ReachedPath.KcompactdMakesBlock] > 0);
        box.Audit();
    }

    [Fact]
    public void Where_kswapd_has_given_up_it_is_woken_by_those_who_cannot_wait()
    {
        using var box = new HoledBox(isMovable: true, _quiet);
        box.Machine.Kswapds[0].Failures = 16;
        Assert.False(box.Machine.Allocator.TryAllocate(GfpFlags.Kernel | GfpFlags.NoRetry, 9, FrameOwner.Kernel, out _));
        box.Run(100);
        Assert.Equal(0UL, box[VmEvent.CompactDaemonWake]);
        Assert.False(box.Machine.Allocator.TryAllocate(GfpFlags.Atomic, 9, FrameOwner.Kernel, out _));
        box.Run(100);
        Assert.Equal(1UL, box[VmEvent.CompactDaemonWake]);
        Assert.Equal(0UL, box[VmEvent.Pageoutrun]);
        Assert.True(box.LargeBlocks > 0);
    }

    [Fact]
    public void Among_pages_of_the_kernel_it_defers_the_zone()
    {
        using var box = new HoledBox(isMovable: false, _quiet);
        Assert.False(box.Machine.Allocator.TryAllocate(GfpFlags.Atomic, 9, FrameOwner.Kernel, out _));
        box.Run(2000);
        Assert.True(box[ReachedPath.KcompactdInVain] > 0);
        Assert.True(box.Machine.CompactionHints[box.Zone.Extent.Index].Deferral.Defers(9));
    }

    [Theory]
    [InlineData("0", 100, 100)]
    [InlineData("20", 70, 80)]
    [InlineData("100", 0, 40)]
    public void It_lowers_fragmentation_as_far_as_it_is_told_to(string proactiveness, int least, int most)
    {
        using var box = new HoledBox(isMovable: true, _quiet);
        Assert.Equal(100UL, FragmentationScore.Of(box.Zone));
        box.Set("compaction_proactiveness", proactiveness);
        box.Run(4000);
        Assert.InRange((int)FragmentationScore.Of(box.Zone), least, most);
        Assert.Equal(proactiveness != "0", box[VmEvent.CompactDaemonMigrateScanned] > 0);
        Assert.Equal(0UL, box[VmEvent.CompactDaemonWake]);
        box.Audit();
    }

    [Fact]
    public void Writing_the_tunable_makes_it_look_at_once_and_otherwise_it_looks_twice_a_second()
    {
        using var box = new HoledBox(isMovable: true, _quiet);
        box.Set("compaction_proactiveness", "20");
        box.Run(10);
        Assert.True(box[ReachedPath.KcompactdTidies] > 0);

        using var other = new HoledBox();
        other.Run(600);
        Assert.True(other[ReachedPath.KcompactdTidies] > 0);
    }

    [Fact]
    public void Where_that_is_of_no_use_it_rests_for_half_a_minute()
    {
        using var box = new HoledBox(isMovable: false);
        box.Run(600);
        var tries = box[ReachedPath.KcompactdTidies];
        Assert.True(tries > 0);
        Assert.Equal(tries, box[ReachedPath.KcompactdTidiesInVain]);
        box.Run(20_000);
        Assert.Equal(tries, box[ReachedPath.KcompactdTidies]);
        box.Run(13_000);
        Assert.Equal(tries + 1, box[ReachedPath.KcompactdTidies]);
    }

    [Fact]
    public void A_copy_made_while_it_works_goes_on_as_the_original_does()
    {
        using var box = new HoledBox(isMovable: true, _quiet);
        box.Set("compaction_proactiveness", "100");
        box.Run(5);
        Assert.True(box.Machine.Kcompactds[0].Run.IsActive);
        using var copy = box.Clone();
        box.Run(700);
        copy.Run(700);
        Assert.Equal(box.Machine.ComputeStateHash(), copy.Machine.ComputeStateHash());
        box.Audit();
    }

    [Fact]
    public void A_tunable_set_at_boot_is_heeded_from_the_start()
    {
        using var machine = Machine.Boot(AMachine.Of(128) with { VmSettings = [new("compaction_proactiveness", "60")] });
        machine.RunUntil(machine.Now.Plus(SimTime.FromSeconds(2)));
        Auditing.Audit.Check(machine);
        Assert.Equal(0UL, machine.Events[VmEvent.CompactDaemonWake]);
    }
}
