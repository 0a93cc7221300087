// A disk: requests wait in its queue, are served one after the other at its bandwidth, and come back a latency later.
//
//   submit --> [ queue ] --bytes / bandwidth (and a seek, where it rotates)--> [ latency ] --> completion event
//
// Several requests overlap in their latencies, as on a device with its own queue; bandwidth is shared.
//
// Units    bytes, nanoseconds; sectors of 512 bytes in the counters.
// Models   Linux 6.12 block/genhd.c: diskstats (facts: virtual memory, 6.6); reclaim, 12 for the figures of devices.
//          A disk has a queue for each CPU (virtio-blk), so its interrupt comes to the CPU that has submitted the request.
// Departs  no merging of requests: the kernel's callers submit whole runs. No scheduler: requests are served as they come.

using VboxMem.Kernel.Time;

namespace VboxMem.Kernel.Block;

/// <summary>What a machine has for a disk.</summary>
/// <param name="Name">Its name in /dev: vda.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="ReadBytesPerSecond">Bandwidth of reading.</param>
/// <param name="WriteBytesPerSecond">Bandwidth of writing.</param>
/// <param name="LatencyNanoseconds">From the end of a transfer to its completion.</param>
/// <param name="SeekNanoseconds">Before a transfer that does not go on where the last one ended; 0: none.</param>
/// <param name="IsRotational">What the device says of itself (queue/rotational): swap readahead and slot allocation follow it.</param>
public sealed record DiskConfiguration(
    string Name, ulong Bytes, ulong ReadBytesPerSecond, ulong WriteBytesPerSecond, ulong LatencyNanoseconds,
    ulong SeekNanoseconds, bool IsRotational);

/// <summary>What a request of a disk is for; its completion is handled accordingly.</summary>
public enum DiskRequestKind : byte
{
    /// <summary>Fills pages of a file (Id: inode; Index, Pages: which).</summary>
    FileRead,

    /// <summary>Writes pages of a file back.</summary>
    FileWrite,

    /// <summary>Fills pages of the swap cache (Id: area; Index, Pages: slots).</summary>
    SwapRead,

    /// <summary>Writes pages of the swap cache.</summary>
    SwapWrite,
}

/// <summary>One request: a run of pages of one object that lie behind each other on the disk.</summary>
public record struct DiskRequest(
    DiskRequestKind Kind, int Disk, int Id, ulong Index, uint Pages, SimTime Submitted, SimTime Due, int Cpu = 0)
{
    public readonly bool IsWrite => Kind is DiskRequestKind.FileWrite or DiskRequestKind.SwapWrite;
}

/// <summary>/proc/diskstats of one disk.</summary>
public record struct DiskCounters(
    ulong Reads, ulong ReadSectors, ulong ReadNanoseconds, ulong Writes, ulong WrittenSectors, ulong WriteNanoseconds,
    ulong InFlight, ulong BusyNanoseconds, ulong WeightedNanoseconds);

public sealed class Disk
{
    /// <summary>Device numbers of virtio disks: 254:0, 254:16, …</summary>
    public const int Major = 254;
    public const int MinorsPerDisk = 16;

    private const ulong SectorsPerPage = 8;

    private SimTime _freeAt;
    private ulong _nextByte;
    private SimTime _busySince;
    private DiskCounters _counters;

    /// <summary>Requests done, by the CPU that submitted them.</summary>
    private readonly ulong[] _interrupts;

    public Disk(int index, DiskConfiguration configuration, int cpus)
    {
        Index = index;
        Configuration = configuration;
        _interrupts = new ulong[cpus];
    }

    private Disk(Disk other)
    {
        Index = other.Index;
        Configuration = other.Configuration;
        _freeAt = other._freeAt;
        _nextByte = other._nextByte;
        _busySince = other._busySince;
        _counters = other._counters;
        _interrupts = (ulong[])other._interrupts.Clone();
    }

    public int Index { get; }

    public DiskConfiguration Configuration { get; }

    public DiskCounters Counters => _counters;

    /// <summary>Completion interrupts by CPU: one for each request done.</summary>
    public ReadOnlySpan<ulong> Interrupts => _interrupts;

    /// <summary>Time with at least one request in flight, up to a moment; Counters have it up to when the disk was last without.</summary>
    public ulong BusyNanosecondsUntil(SimTime now) =>
        _counters.BusyNanoseconds + (_counters.InFlight > 0 && now > _busySince ? now.Nanoseconds - _busySince.Nanoseconds : 0);

    /// <summary>Accepts a request.</summary>
    /// <param name="isWrite">Direction.</param>
    /// <param name="startByte">Where on the disk.</param>
    /// <param name="pages">How long.</param>
    /// <param name="now">When.</param>
    /// <returns>When it will have been done.</returns>
    public SimTime Submit(bool isWrite, ulong startByte, uint pages, SimTime now)
    {
        var bytes = (ulong)pages * Physical.PageGeometry.PageBytes;
        var start = _freeAt > now ? _freeAt : now;
        var bandwidth = isWrite ? Configuration.WriteBytesPerSecond : Configuration.ReadBytesPerSecond;
        var transfer = (ulong)((UInt128)bytes * SimTime.NanosecondsPerSecond / bandwidth);
        var seek = startByte == _nextByte ? 0 : Configuration.SeekNanoseconds;
        _nextByte = startByte + bytes;
        _freeAt = new SimTime(start.Nanoseconds + seek + transfer);
        if (_counters.InFlight++ == 0)
        {
            _busySince = now;
        }

        return new SimTime(_freeAt.Nanoseconds + Configuration.LatencyNanoseconds);
    }

    /// <summary>Counts a request that is done.</summary>
    public void Complete(in DiskRequest request, SimTime now)
    {
        Invariant.Holds(_counters.InFlight > 0);
        var sectors = request.Pages * SectorsPerPage;
        var time = now.Nanoseconds - request.Submitted.Nanoseconds;
        if (request.IsWrite)
        {
            _counters.Writes++;
            _counters.WrittenSectors += sectors;
            _counters.WriteNanoseconds += time;
        }
        else
        {
            _counters.Reads++;
            _counters.ReadSectors += sectors;
            _counters.ReadNanoseconds += time;
        }

        _interrupts[request.Cpu]++;
        _counters.WeightedNanoseconds += time;
        if (--_counters.InFlight == 0)
        {
            _counters.BusyNanoseconds += now.Nanoseconds - _busySince.Nanoseconds;
        }
    }

    public Disk Clone() => new(this);

    public void HashInto(StateHash hash)
    {
        hash.Add(_freeAt.Nanoseconds);
        hash.Add(_nextByte);
        hash.Add(_busySince.Nanoseconds);
        hash.Add<DiskCounters>([_counters]);
        hash.Add<ulong>(_interrupts);
    }
}
