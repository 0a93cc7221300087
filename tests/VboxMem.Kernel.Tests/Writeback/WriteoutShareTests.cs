using FsCheck.Xunit;
using VboxMem.Kernel.Writeback;

namespace VboxMem.Kernel.Tests.Writeback;

public sealed class WriteoutShareTests
{
    private const ulong Period = 750;

    [Fact]
    public void A_single_device_has_the_whole_limit_once_it_has_written()
    {
        var clock = default(WriteoutClock);
        var share = default(WriteoutShare);
        Assert.Equal(0UL, share.Of(clock, 1000));

        share.NoteWritten(ref clock, 1, nowTicks: 5);

        Assert.Equal(1000UL, share.Of(clock, 1000));
    }

    [Fact]
    public void Two_devices_share_by_what_they_have_written()
    {
        var clock = default(WriteoutClock);
        var fast = default(WriteoutShare);
        var slow = default(WriteoutShare);

        fast.NoteWritten(ref clock, 300, nowTicks: 5);
        slow.NoteWritten(ref clock, 100, nowTicks: 6);

        Assert.Equal(750UL, fast.Of(clock, 1000));
        Assert.Equal(250UL, slow.Of(clock, 1000));
    }

    [Fact]
    public void What_was_written_counts_half_after_each_period()
    {
        var clock = default(WriteoutClock);
        var old = default(WriteoutShare);
        var young = default(WriteoutShare);
        old.NoteWritten(ref clock, 400, nowTicks: 10);

        clock.Advance(10 + Period - 1);
        Assert.Equal(0U, clock.Period);
        clock.Advance(10 + (2 * Period));
        Assert.Equal((2U, 100UL), (clock.Period, clock.Pages));

        young.NoteWritten(ref clock, 300, nowTicks: 10 + (2 * Period));
        Assert.Equal(250UL, old.Of(clock, 1000));
        Assert.Equal(750UL, young.Of(clock, 1000));
    }

    [Fact]
    public void The_clock_stops_when_nothing_is_left_and_starts_with_the_next_page()
    {
        var clock = default(WriteoutClock);
        var share = default(WriteoutShare);
        share.NoteWritten(ref clock, 8, nowTicks: 0);

        clock.Advance(1000 * Period);
        Assert.Equal((3U, 1UL), (clock.Period, clock.Pages));

        share.NoteWritten(ref clock, 7, nowTicks: 1000 * Period);
        clock.Advance((1001 * Period) - 1);
        Assert.Equal((3U, 8UL), (clock.Period, clock.Pages));
        clock.Advance(1001 * Period);
        Assert.Equal((4U, 4UL), (clock.Period, clock.Pages));
    }

    [Property]
    public bool Shares_never_exceed_the_limit(ushort[] pages, ushort[] gaps, ushort limit)
    {
        var clock = default(WriteoutClock);
        WriteoutShare[] shares = [default, default];
        var now = 1UL;
        for (var i = 0; i < pages.Length; i++)
        {
            now += i < gaps.Length ? gaps[i] : 1UL;
            shares[i % 2].NoteWritten(ref clock, pages[i], now);
        }

        return shares[0].Of(clock, limit) + shares[1].Of(clock, limit) <= limit;
    }
}
