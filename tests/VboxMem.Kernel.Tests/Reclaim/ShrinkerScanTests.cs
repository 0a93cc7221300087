using FsCheck.Xunit;
using VboxMem.Kernel.Reclaim;

namespace VboxMem.Kernel.Tests.Reclaim;

public sealed class ShrinkerScanTests
{
    // The example of the facts: 48 objects a call, nothing scanned until a batch has come together.
    [Fact]
    public void Dentries_at_priority_12_are_owed_until_a_batch_is_due()
    {
        var deferred = 0UL;
        for (var call = 1UL; call <= 5; call++)
        {
            var scan = ShrinkerScan.Begin(100_000, 12, ShrinkerScan.DefaultSeeks, deferred, ShrinkerScan.SuperBlockBatch);
            Assert.False(scan.TryNextBatch(out _));
            deferred = scan.End();
            Assert.Equal(48 * call, deferred);
        }
    }

    // The debt counts by the priority too: (1_048_576 >> 10) + (100_000 >> 10) * 2 = 1024 + 194.
    [Fact]
    public void A_debt_pays_by_priority()
    {
        var scan = ShrinkerScan.Begin(100_000, 10, ShrinkerScan.DefaultSeeks, deferred: 1 << 17, ShrinkerScan.DefaultBatch);

        Assert.True(scan.TryNextBatch(out var first));
        Assert.Equal(128UL, first);
        Assert.True(scan.TryNextBatch(out var second));
        Assert.Equal(128UL, second);
        Assert.False(scan.TryNextBatch(out var none));     // 128 + 194 - 256 = 66 left

        Assert.Equal(0UL, none);
        Assert.Equal(256UL, scan.ScannedObjects);
        Assert.Equal((1UL << 17) + 194 - 256, scan.End());
    }

    [Fact]
    public void Everything_is_scanned_at_priority_0_up_to_twice()
    {
        var scan = ShrinkerScan.Begin(300, 0, ShrinkerScan.DefaultSeeks, deferred: 0, ShrinkerScan.DefaultBatch);
        var total = 0UL;
        while (scan.TryNextBatch(out var objects))
        {
            total += objects;
        }

        Assert.Equal(512UL, total);    // 600 due, and the 88 after four batches are neither a batch nor all objects
        Assert.Equal(88UL, scan.End());
    }

    [Fact]
    public void Fewer_objects_than_a_batch_are_scanned_when_all_are_due()
    {
        var scan = ShrinkerScan.Begin(10, 0, ShrinkerScan.DefaultSeeks, deferred: 0, ShrinkerScan.DefaultBatch);

        Assert.True(scan.TryNextBatch(out var objects));
        Assert.Equal(20UL, objects);
        Assert.False(scan.TryNextBatch(out _));
        Assert.Equal(0UL, scan.End());
    }

    [Fact]
    public void Objects_that_cost_no_seek_go_by_halves_at_any_priority()
    {
        var scan = ShrinkerScan.Begin(1000, 12, seeks: 0, deferred: 0, ShrinkerScan.DefaultBatch);

        Assert.True(scan.TryNextBatch(out _));
        Assert.True(scan.TryNextBatch(out _));
        Assert.True(scan.TryNextBatch(out _));
        Assert.False(scan.TryNextBatch(out _));
        Assert.Equal(500UL - 384, scan.End());
    }

    [Fact]
    public void Nothing_to_free_leaves_the_debt_alone()
    {
        var scan = ShrinkerScan.Begin(0, 0, ShrinkerScan.DefaultSeeks, deferred: 77, ShrinkerScan.DefaultBatch);

        Assert.False(scan.TryNextBatch(out _));
        Assert.Equal(77UL, scan.End());
    }

    [Fact]
    public void A_shrinker_that_cannot_work_owes_all_of_it()
    {
        var scan = ShrinkerScan.Begin(300, 0, ShrinkerScan.DefaultSeeks, deferred: 0, ShrinkerScan.DefaultBatch);
        scan.TryNextBatch(out _);
        scan.TryNextBatch(out var refused);

        scan.Stop(refused);

        Assert.False(scan.TryNextBatch(out _));
        Assert.Equal(128UL, scan.ScannedObjects);
        Assert.Equal(472UL, scan.End());
    }

    [Theory]
    [InlineData(1050, 100, 1050)]
    [InlineData(1050, 200, 2100)]
    [InlineData(1050, 0, 0)]
    [InlineData(1050, 33, 346)]
    public void Pressure_scales_the_count_in_percent(ulong count, uint pressure, ulong expected) =>
        Assert.Equal(expected, ShrinkerScan.ScaledFreeable(count, pressure));

    [Property(MaxTest = 500)]
    public bool A_call_scans_at_most_twice_what_there_is_and_carries_no_more(
        ushort freeable, byte priority, byte seeks, uint deferred, ushort batch)
    {
        var scan = ShrinkerScan.Begin(freeable + 1UL, priority % 13, seeks % 5, deferred, batch + 1UL);
        var total = 0UL;
        while (scan.TryNextBatch(out var objects))
        {
            total += objects;
            if (objects == 0 || objects > batch + 1UL)
            {
                return false;
            }
        }

        return total == scan.ScannedObjects && total <= 2 * (freeable + 1UL) && scan.End() <= 2 * (freeable + 1UL);
    }
}
