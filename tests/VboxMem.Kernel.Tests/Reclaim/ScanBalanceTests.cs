// Goal: each mode has its reason, and the targets follow sizes, swappiness and cost as Linux computes them.
// Method: figures of the facts and worked by hand; a property for what holds whatever is asked.

using FsCheck.Xunit;
using VboxMem.Kernel.Reclaim;

namespace VboxMem.Kernel.Tests.Reclaim;

public sealed class ScanBalanceTests
{
    private static readonly ScanRequest _request = new()
    {
        Sizes = new LruSizes(409_600, 819_200, 1_228_800, 40_960),
        Priority = 12,
        Swappiness = 60,
        CanReclaimAnon = true,
    };

    [Fact]
    public void Without_swap_only_file_pages_are_scanned() =>
        Assert.Equal(ScanMode.FileOnly, ScanBalance.ModeOf(_request with { CanReclaimAnon = false, Priority = 0, IsFileTiny = true }));

    [Theory]
    [InlineData(true, ScanMode.FileOnly)]
    [InlineData(false, ScanMode.Fract)]
    public void Swappiness_0_forbids_swapping_to_a_cgroup_only(bool isCgroup, ScanMode expected) =>
        Assert.Equal(expected, ScanBalance.ModeOf(_request with { IsCgroupReclaim = isCgroup, Swappiness = 0, Priority = 0 }));

    [Fact]
    public void The_last_priority_scans_both_unless_swappiness_is_0()
    {
        Assert.Equal(ScanMode.Equal, ScanBalance.ModeOf(_request with { Priority = 0, IsFileTiny = true, IsCacheTrimMode = true }));
        Assert.Equal(ScanMode.AnonOnly, ScanBalance.ModeOf(_request with { Priority = 0, Swappiness = 0, IsFileTiny = true }));
    }

    [Fact]
    public void Tiny_file_lists_win_over_cache_trimming()
    {
        Assert.Equal(ScanMode.AnonOnly, ScanBalance.ModeOf(_request with { IsFileTiny = true, IsCacheTrimMode = true }));
        Assert.Equal(ScanMode.FileOnly, ScanBalance.ModeOf(_request with { IsCacheTrimMode = true }));
        Assert.Equal(ScanMode.Fract, ScanBalance.ModeOf(_request));
    }

    // At equal costs the weights are in the ratio of swappiness to what it lacks to 200.
    [Theory]
    [InlineData(60, 30)]
    [InlineData(100, 50)]
    [InlineData(0, 0)]
    [InlineData(200, 100)]
    public void At_equal_costs_swappiness_alone_sets_the_share(int swappiness, ulong anonPercent)
    {
        var (anon, file) = ScanBalance.Weights(swappiness, 5_000, 5_000);

        Assert.Equal(anonPercent, ((anon * 100) + ((anon + file) / 2)) / (anon + file));
    }

    // t = 1000, anon 2000, file 1000, T + 1 = 3001: 100 * 3001 / 2001 = 149, 100 * 3001 / 1001 = 299.
    [Fact]
    public void Costs_shift_the_weights_by_two_to_one_at_most() =>
        Assert.Equal((149UL, 299UL), ScanBalance.Weights(100, anonCost: 1_000, fileCost: 0));

    // Without costs both weights are plain swappiness: 60 and 140 of 200.
    [Fact]
    public void A_light_round_takes_a_4096th_by_weight()
    {
        Span<ulong> targets = stackalloc ulong[ScanBalance.ListCount];

        var mode = ScanBalance.Targets(_request, targets);

        Assert.Equal(ScanMode.Fract, mode);
        Assert.Equal([100UL * 60 / 200, 200UL * 60 / 200, 300UL * 140 / 200, 10UL * 140 / 200], targets.ToArray());
    }

    [Fact]
    public void The_last_round_takes_everything()
    {
        Span<ulong> targets = stackalloc ulong[ScanBalance.ListCount];

        ScanBalance.Targets(_request with { Priority = 0 }, targets);

        Assert.Equal([409_600UL, 819_200, 1_228_800, 40_960], targets.ToArray());
    }

    [Fact]
    public void A_mode_of_one_type_leaves_the_other_alone()
    {
        Span<ulong> targets = stackalloc ulong[ScanBalance.ListCount];

        ScanBalance.Targets(_request with { IsFileTiny = true }, targets);
        Assert.Equal([100UL, 200, 0, 0], targets.ToArray());

        ScanBalance.Targets(_request with { CanReclaimAnon = false }, targets);
        Assert.Equal([0UL, 0, 300, 10], targets.ToArray());
    }

    [Fact]
    public void A_list_smaller_than_the_round_asks_for_is_not_scanned()
    {
        Span<ulong> targets = stackalloc ulong[ScanBalance.ListCount];

        ScanBalance.Targets(_request with { Sizes = new LruSizes(0, 0, 4095, 4096), CanReclaimAnon = false }, targets);

        Assert.Equal([0UL, 0, 0, 1], targets.ToArray());
    }

    // 1000 - 1000 * 300 / 401 = 252, and 32 at least when protection covers all of the usage.
    [Fact]
    public void Protection_takes_its_share_out_of_the_scan()
    {
        Span<ulong> targets = stackalloc ulong[ScanBalance.ListCount];
        var request = _request with { Sizes = new LruSizes(0, 0, 1000, 0), Priority = 0, ProtectedPages = 300, UsedPages = 400 };

        ScanBalance.Targets(request, targets);
        Assert.Equal(252UL, targets[ScanBalance.InactiveFile]);

        ScanBalance.Targets(request with { UsedPages = 300, Sizes = new LruSizes(0, 0, 100, 0) }, targets);
        Assert.Equal(32UL, targets[ScanBalance.InactiveFile]);
    }

    [Fact]
    public void The_last_pages_of_a_removed_cgroup_are_not_lost_to_rounding()
    {
        Span<ulong> targets = stackalloc ulong[ScanBalance.ListCount];

        ScanBalance.Targets(_request with { Sizes = new LruSizes(1, 40, 0, 0), IsCgroupDying = true }, targets);

        Assert.Equal([1UL, 10, 0, 0], targets.ToArray());
    }

    [Fact]
    public void Cache_trimming_needs_inactive_cache_that_nothing_wants_back()
    {
        Assert.True(ScanBalance.CacheTrimMode(4096, 12, mayDeactivateFile: false));
        Assert.False(ScanBalance.CacheTrimMode(4095, 12, mayDeactivateFile: false));
        Assert.True(ScanBalance.CacheTrimMode(4095, 11, mayDeactivateFile: false));
        Assert.False(ScanBalance.CacheTrimMode(4096, 12, mayDeactivateFile: true));
        Assert.False(ScanBalance.CacheTrimMode(4096, 12, mayDeactivateFile: false, isDisabled: true));
    }

    [Fact]
    public void File_lists_are_tiny_when_they_could_not_lift_the_node_over_its_high_marks()
    {
        var sizes = new LruSizes(4096, 0, 300, 200);

        Assert.True(ScanBalance.FileIsTiny(sizes, freePages: 500, highMarkPages: 1000, priority: 12, mayDeactivateAnon: false));
        Assert.False(ScanBalance.FileIsTiny(sizes, freePages: 501, highMarkPages: 1000, priority: 12, mayDeactivateAnon: false));
        Assert.False(ScanBalance.FileIsTiny(sizes, freePages: 500, highMarkPages: 1000, priority: 12, mayDeactivateAnon: true));
        Assert.False(ScanBalance.FileIsTiny(sizes, freePages: 500, highMarkPages: 1000, priority: 13, mayDeactivateAnon: false));
    }

    [Fact]
    public void Active_pages_move_when_pages_came_back_or_few_are_inactive()
    {
        Assert.False(ScanBalance.MayDeactivate(7, 7, inactivePages: 100, activePages: 100));
        Assert.True(ScanBalance.MayDeactivate(8, 7, inactivePages: 100, activePages: 100));
        Assert.True(ScanBalance.MayDeactivate(7, 7, inactivePages: 99, activePages: 100));
    }

    [Property(MaxTest = 500)]
    public bool Targets_never_exceed_the_lists_and_the_shares_never_the_whole(
        uint[] sizes, byte priority, byte swappiness, uint anonCost, uint fileCost, bool hasSwap, bool isTiny, bool isTrim)
    {
        var lists = new ulong[ScanBalance.ListCount];
        for (var list = 0; list < ScanBalance.ListCount && list < sizes.Length; list++)
        {
            lists[list] = sizes[list];
        }

        var request = new ScanRequest
        {
            Sizes = new LruSizes(lists[0], lists[1], lists[2], lists[3]),
            Priority = priority % 13,
            Swappiness = swappiness % 201,
            AnonCost = anonCost,
            FileCost = fileCost,
            CanReclaimAnon = hasSwap,
            IsFileTiny = isTiny,
            IsCacheTrimMode = isTrim,
        };
        var targets = new ulong[ScanBalance.ListCount];
        var mode = ScanBalance.Targets(request, targets);

        var ok = true;
        for (var list = 0; list < ScanBalance.ListCount; list++)
        {
            ok &= targets[list] <= lists[list] >> request.Priority;
            ok &= hasSwap || list >= ScanBalance.InactiveFile || targets[list] == 0;
        }

        var (anon, file) = ScanBalance.Weights(request.Swappiness, anonCost, fileCost);
        var whole = (lists[0] >> request.Priority) + (lists[2] >> request.Priority);
        return ok && anon + file > 0
            && (mode != ScanMode.Fract || targets[0] + targets[2] <= whole);
    }
}
