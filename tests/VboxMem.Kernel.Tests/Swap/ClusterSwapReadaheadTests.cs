using FsCheck.Xunit;
using VboxMem.Kernel.Swap;

namespace VboxMem.Kernel.Tests.Swap;

public sealed class ClusterSwapReadaheadTests
{
    [Fact]
    public void The_first_fault_reads_the_aligned_8_slots_around_it_and_the_window_then_shrinks()
    {
        var swap = ClusterSwapReadahead.AtBoot;

        Assert.Equal(new SlotRange(96, 104), swap.PlanFault(101, 3, 1000));
        Assert.Equal(new SlotRange(500, 504), swap.PlanFault(501, 3, 1000));
        Assert.Equal(new SlotRange(700, 702), swap.PlanFault(701, 3, 1000));
        Assert.Equal(new SlotRange(300, 301), swap.PlanFault(300, 3, 1000));
    }

    [Fact]
    public void Adjacent_faults_without_a_hit_read_two_slots()
    {
        var swap = ClusterSwapReadahead.AtBoot;
        swap.PlanFault(101, 1, 1000);
        Assert.Equal(new SlotRange(301, 302), swap.PlanFault(301, 1, 1000));

        Assert.Equal(new SlotRange(302, 304), swap.PlanFault(302, 1, 1000));
    }

    [Fact]
    public void Hits_count_once()
    {
        var swap = ClusterSwapReadahead.AtBoot;
        swap.PlanFault(101, 3, 1000);
        for (var hit = 0; hit < 3; hit++)
        {
            swap.NoteReadaheadHit();
        }

        Assert.Equal(new SlotRange(504, 512), swap.PlanFault(511, 3, 1000));
        Assert.Equal(new SlotRange(200, 204), swap.PlanFault(200, 3, 1000));
    }

    [Fact]
    public void The_header_and_what_lies_beyond_the_area_are_left_out()
    {
        var swap = ClusterSwapReadahead.AtBoot;
        Assert.Equal(new SlotRange(1, 8), swap.PlanFault(3, 3, 1000));

        swap = ClusterSwapReadahead.AtBoot;
        Assert.Equal(new SlotRange(992, 997), swap.PlanFault(996, 3, 997));
    }

    [Fact]
    public void With_page_cluster_0_the_slot_alone_is_read()
    {
        var swap = ClusterSwapReadahead.AtBoot;

        Assert.Equal(new SlotRange(101, 102), swap.PlanFault(101, 0, 1000));
    }

    [Property]
    public bool The_slot_lies_in_the_block(ushort[] slots, byte cluster)
    {
        const ulong area = 65_537;
        var swap = ClusterSwapReadahead.AtBoot;
        foreach (var at in slots)
        {
            var slot = at + 1UL;
            var range = swap.PlanFault(slot, cluster % 10, area);
            if (range.FirstSlot == 0 || range.FirstSlot > slot || range.EndSlot <= slot || range.EndSlot > area
                || range.EndSlot - range.FirstSlot > 1UL << (cluster % 10))
            {
                return false;
            }
        }

        return true;
    }
}
