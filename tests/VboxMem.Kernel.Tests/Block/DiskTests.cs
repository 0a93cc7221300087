// Goal: a disk serves requests one after the other at its bandwidth, each comes back a latency later, and diskstats tell so.

using VboxMem.Kernel.Block;
using VboxMem.Kernel.Time;

namespace VboxMem.Kernel.Tests.Block;

public sealed class DiskTests
{
    private const ulong PageBytes = 4096;
    private const ulong PageAtBandwidth = 40_960;   // nanoseconds of a page at 100 MB/s
    private const ulong Latency = 100_000;
    private const ulong Seek = 4_000_000;

    private static readonly DiskConfiguration _flash = new("vda", 1UL << 30, 100_000_000, 50_000_000, Latency, 0, IsRotational: false);

    [Fact]
    public void A_request_takes_its_transfer_and_the_latency()
    {
        var disk = new Disk(0, _flash, cpus: 2);

        Assert.Equal(1000 + (8 * PageAtBandwidth) + Latency, disk.Submit(isWrite: false, 0, 8, new SimTime(1000)).Nanoseconds);
    }

    [Fact]
    public void Writing_has_a_bandwidth_of_its_own() =>
        Assert.Equal((8 * 2 * PageAtBandwidth) + Latency, new Disk(0, _flash, cpus: 2).Submit(isWrite: true, 0, 8, default).Nanoseconds);

    [Fact]
    public void Requests_queue_for_the_bandwidth_and_share_the_latency()
    {
        var disk = new Disk(0, _flash, cpus: 2);

        var first = disk.Submit(isWrite: false, 0, 8, default);
        var second = disk.Submit(isWrite: false, 1 << 20, 8, default);

        Assert.Equal(8 * PageAtBandwidth, second.Nanoseconds - first.Nanoseconds);
    }

    [Fact]
    public void Only_a_request_that_goes_on_where_the_last_ended_needs_no_seek()
    {
        var disk = new Disk(0, _flash with { SeekNanoseconds = Seek, IsRotational = true }, cpus: 2);

        Assert.Equal((4 * PageAtBandwidth) + Latency, disk.Submit(isWrite: false, 0, 4, default).Nanoseconds);
        Assert.Equal((8 * PageAtBandwidth) + Latency, disk.Submit(isWrite: false, 4 * PageBytes, 4, default).Nanoseconds);
        Assert.Equal((12 * PageAtBandwidth) + Seek + Latency, disk.Submit(isWrite: false, 0, 4, default).Nanoseconds);
    }

    [Fact]
    public void Counters_tell_requests_sectors_and_times()
    {
        var disk = new Disk(0, _flash, cpus: 2);
        var read = new DiskRequest(DiskRequestKind.FileRead, 0, 1, 0, 8, new SimTime(0), disk.Submit(isWrite: false, 0, 8, default));
        var write = new DiskRequest(DiskRequestKind.SwapWrite, 0, 1, 0, 2, new SimTime(0), disk.Submit(isWrite: true, 1 << 20, 2, default), Cpu: 1);
        Assert.Equal(2UL, disk.Counters.InFlight);

        disk.Complete(read, read.Due);
        disk.Complete(write, write.Due);

        var counters = disk.Counters;
        Assert.Equal((1UL, 64UL, read.Due.Nanoseconds), (counters.Reads, counters.ReadSectors, counters.ReadNanoseconds));
        Assert.Equal((1UL, 16UL, write.Due.Nanoseconds), (counters.Writes, counters.WrittenSectors, counters.WriteNanoseconds));
        Assert.Equal((0UL, write.Due.Nanoseconds), (counters.InFlight, counters.BusyNanoseconds));
        Assert.Equal(read.Due.Nanoseconds + write.Due.Nanoseconds, counters.WeightedNanoseconds);
        Assert.Equal([1UL, 1UL], disk.Interrupts.ToArray());
    }
}
