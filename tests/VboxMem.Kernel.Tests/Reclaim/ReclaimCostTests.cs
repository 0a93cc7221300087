using FsCheck.Xunit;
using VboxMem.Kernel.Reclaim;

namespace VboxMem.Kernel.Tests.Reclaim;

public sealed class ReclaimCostTests
{
    [Fact]
    public void An_io_weighs_as_much_as_32_rotations()
    {
        var cost = default(ReclaimCost);

        cost.Note(isFile: true, ioPages: 2, rotatedPages: 5, lruPages: 1_000_000);
        cost.Note(isFile: false, ioPages: 0, rotatedPages: 32, lruPages: 1_000_000);

        Assert.Equal(69UL, cost.FileCost);
        Assert.Equal(32UL, cost.AnonCost);
    }

    [Fact]
    public void Both_costs_are_halved_once_when_they_exceed_a_quarter_of_the_lists()
    {
        var cost = new ReclaimCost { AnonCost = 300, FileCost = 100 };

        cost.Note(isFile: true, ioPages: 0, rotatedPages: 0, lruPages: 1600);
        Assert.Equal((300UL, 100UL), (cost.AnonCost, cost.FileCost));

        cost.Note(isFile: true, ioPages: 0, rotatedPages: 1, lruPages: 1600);
        Assert.Equal((150UL, 50UL), (cost.AnonCost, cost.FileCost));
    }

    [Property]
    public bool A_cost_never_exceeds_what_it_was_plus_what_came(uint anon, uint file, ushort io, ushort rotated, uint lruPages)
    {
        var cost = new ReclaimCost { AnonCost = anon, FileCost = file };

        cost.Note(isFile: false, io, rotated, lruPages);

        return cost.AnonCost <= anon + (32UL * io) + rotated && cost.FileCost <= file;
    }
}
