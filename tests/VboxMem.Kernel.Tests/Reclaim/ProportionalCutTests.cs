using FsCheck.Xunit;
using VboxMem.Kernel.Reclaim;

namespace VboxMem.Kernel.Tests.Reclaim;

public sealed class ProportionalCutTests
{
    // Anonymous: 100 + 100 targeted, 68 + 68 left: 136 * 100 / 201 = 67 % unscanned, so 33 % of the file targets in all.
    [Fact]
    public void The_smaller_type_is_dropped_and_the_larger_cut_to_the_same_share()
    {
        ulong[] targets = [100, 100, 1000, 500];
        ulong[] left = [68, 68, 968, 468];

        Assert.True(ProportionalCut.TryApply(left, targets));

        Assert.Equal([0UL, 0, 330 - 32, 165 - 32], left);
    }

    [Fact]
    public void File_pages_are_the_smaller_type_at_a_tie()
    {
        ulong[] targets = [64, 0, 64, 0];
        ulong[] left = [32, 0, 32, 0];

        Assert.True(ProportionalCut.TryApply(left, targets));

        // 32 * 100 / 65 = 49 % unscanned: 51 % of 64 is 32, all of it scanned.
        Assert.Equal([0UL, 0, 0, 0], left);
    }

    [Theory]
    [InlineData(0, 0, 50, 50)]
    [InlineData(50, 50, 0, 0)]
    public void With_one_type_exhausted_the_round_is_over(ulong anon, ulong activeAnon, ulong file, ulong activeFile)
    {
        ulong[] left = [anon, activeAnon, file, activeFile];

        Assert.False(ProportionalCut.TryApply(left, [100, 100, 100, 100]));

        Assert.Equal([anon, activeAnon, file, activeFile], left);
    }

    [Property]
    public bool Nothing_left_to_scan_ever_grows(ushort[] targets, ushort[] scanned)
    {
        var wanted = new ulong[ScanBalance.ListCount];
        var left = new ulong[ScanBalance.ListCount];
        for (var list = 0; list < ScanBalance.ListCount; list++)
        {
            wanted[list] = list < targets.Length ? targets[list] : 32UL;
            left[list] = wanted[list] - Math.Min(wanted[list], list < scanned.Length ? scanned[list] : 0UL);
        }

        var before = (ulong[])left.Clone();
        var applied = ProportionalCut.TryApply(left, wanted);

        var ok = true;
        for (var list = 0; list < ScanBalance.ListCount; list++)
        {
            ok &= applied ? left[list] <= before[list] : left[list] == before[list];
        }

        return ok && (!applied || left[0] + left[1] == 0 || left[2] + left[3] == 0);
    }
}
