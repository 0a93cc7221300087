// All disks of the machine and the requests they have not yet done.
//
// Invariants
//   Q1  Every request in use has a DiskCompletion event pending; its pages stay where they are until then (Locked or Writeback).

using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Time;

namespace VboxMem.Kernel.Block;

public sealed class DiskQueue
{
    /// <summary>pgpgin and pgpgout count in KiB.</summary>
    private const ulong KilobytesPerPage = 4;

    private readonly Timeline _timeline;
    private readonly CpuContext _cpus;
    private readonly VmEvents _events;
    private readonly Disk[] _disks;
    private readonly List<DiskRequest> _requests = [];
    private readonly List<int> _unused = [];

    public DiskQueue(IReadOnlyList<DiskConfiguration> disks, Timeline timeline, CpuContext cpus, VmEvents events)
    {
        _timeline = timeline;
        _cpus = cpus;
        _events = events;
        _disks = new Disk[disks.Count];
        for (var i = 0; i < _disks.Length; i++)
        {
            _disks[i] = new Disk(i, disks[i], cpus.Count);
        }
    }

    private DiskQueue(DiskQueue other, Timeline timeline, CpuContext cpus, VmEvents events)
    {
        _timeline = timeline;
        _cpus = cpus;
        _events = events;
        _disks = new Disk[other._disks.Length];
        for (var i = 0; i < _disks.Length; i++)
        {
            _disks[i] = other._disks[i].Clone();
        }

        _requests.AddRange(other._requests);
        _unused.AddRange(other._unused);
    }

    public ReadOnlySpan<Disk> Disks => _disks;

    /// <summary>Writes of a disk that are not done yet.</summary>
    public ulong WritesInFlight(int disk)
    {
        var writes = 0UL;
        foreach (var request in _requests)
        {
            writes += request.Pages > 0 && request.Disk == disk && request.IsWrite ? 1UL : 0;
        }

        return writes;
    }

    public DiskQueue Clone(Timeline timeline, CpuContext cpus, VmEvents events) => new(this, timeline, cpus, events);

    /// <summary>Submits a run of pages at the present moment; the completion comes as an event.</summary>
    /// <returns>When it will be complete.</returns>
    public SimTime Submit(DiskRequestKind kind, int disk, ulong startByte, int id, ulong index, uint pages)
    {
        Invariant.Holds(pages > 0);
        var now = _cpus.Now;
        var request = new DiskRequest(kind, disk, id, index, pages, now, Due: default, _cpus.Current);
        request.Due = _disks[disk].Submit(request.IsWrite, startByte, pages, now);
        _events.Count(request.IsWrite ? VmEvent.PgPgOut : VmEvent.PgPgIn, pages * KilobytesPerPage);
        int slot;
        if (_unused.Count > 0)
        {
            slot = _unused[^1];
            _unused.RemoveAt(_unused.Count - 1);
            _requests[slot] = request;
        }
        else
        {
            slot = _requests.Count;
            _requests.Add(request);
        }

        _timeline.Post(request.Due, EventKind.DiskCompletion, (uint)slot);
        return request.Due;
    }

    /// <summary>A completion event: takes the request out and counts it.</summary>
    public DiskRequest Complete(uint slot)
    {
        var request = _requests[(int)slot];
        Invariant.Holds(request.Pages > 0);
        _requests[(int)slot] = default;
        _unused.Add((int)slot);
        _disks[request.Disk].Complete(request, request.Due);
        return request;
    }

    public void HashInto(StateHash hash)
    {
        foreach (var disk in _disks)
        {
            disk.HashInto(hash);
        }

        foreach (var request in _requests)
        {
            hash.Add(((ulong)request.Kind << 56) | ((ulong)(uint)request.Disk << 32) | (uint)request.Id);
            hash.Add(request.Index);
            hash.Add(((ulong)request.Pages << 1) | 1);
            hash.Add(request.Submitted.Nanoseconds);
            hash.Add(request.Due.Nanoseconds);
            hash.Add((long)request.Cpu);
        }
    }
}
