// Dirty pages of files on disks: who has them, how many there may be, and how they become clean.
//
//   write, fault --MarkDirty--> dirty --TryStart (flusher, sync, reclaim)--> under writeback --WriteDone--> clean
//                                  ^----------------- written to again ----------------'
//
// Invariants
//   D1  A File folio of a disk is Dirty exactly if its index is in its inode's Dirty set; Writeback likewise.
//   D2  nr_dirty and nr_writeback of all nodes (swap's writes left out) are the sizes of these sets.
//
// Units    pages; ticks of 4 ms.
// Models   Linux 6.12 mm/page-writeback.c: folio_account_dirtied, folio_clear_dirty_for_io, __folio_start_writeback,
//          balance_dirty_pages_ratelimited (facts: reclaim, 7.2 and 7.4).
// Departs  no device needs stable pages: a page may be written to while its write is under way.
//          The pages a CPU may dirty before a task is looked at follow the threshold at once; Linux sets them when a limit is
//          written. No delayed allocation: a page has its place on the disk when it is dirtied.

using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Block;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Time;

namespace VboxMem.Kernel.Writeback;

internal sealed class DirtyPages
{
    /// <summary>Pages one request of a disk writes: as many as a CPU's turn has room for.</summary>
    public const uint MostPagesInRequest = CpuContext.MostPagesInTurn;

    private readonly Machine _machine;
    private readonly DeviceWriteback[] _devices;
    private readonly CpuDirtying[] _cpus;

    /// <summary>By inode; each is also in its flusher's lists while it has dirty pages.</summary>
    private readonly SortedList<int, DirtyInode> _inodes = [];
    private readonly Synchronizing _sync;
    private DirtyDomain _domain;

    internal DirtyPages(Machine machine)
    {
        _machine = machine;
        _sync = new Synchronizing(machine);
        _cpus = new CpuDirtying[machine.Cpus.Count];
        _devices = new DeviceWriteback[machine.Disks.Disks.Length];
        for (var disk = 0; disk < _devices.Length; disk++)
        {
            _devices[disk] = new DeviceWriteback { Bandwidth = BandwidthState.AtBoot(0) };
        }
    }

    private DirtyPages(DirtyPages other, Machine machine)
    {
        _machine = machine;
        _sync = new Synchronizing(machine);
        _cpus = (CpuDirtying[])other._cpus.Clone();
        _devices = new DeviceWriteback[other._devices.Length];
        for (var disk = 0; disk < _devices.Length; disk++)
        {
            _devices[disk] = other._devices[disk].Clone();
        }

        foreach (var inode in other._inodes.Values)
        {
            _inodes.Add(inode.Inode, inode.Clone());
        }

        _domain = other._domain;
    }

    /// <summary>All files with dirty pages or pages under writeback, by inode.</summary>
    public IList<DirtyInode> Inodes => _inodes.Values;

    /// <summary>Dirty pages of the whole machine, as the limits see them.</summary>
    public long DirtyCount => MemoryInfo.Of(_machine)[NodeStatItem.Dirty];

    public DeviceWriteback Device(int disk) => _devices[disk];

    public DirtyInode? Find(int inode) => _inodes.GetValueOrDefault(inode);

    internal DirtyPages Clone(Machine machine) => new(this, machine);

    internal void HashInto(StateHash hash)
    {
        _domain.HashInto(hash);
        foreach (ref readonly var cpu in _cpus.AsSpan())
        {
            cpu.HashInto(hash);
        }

        foreach (var device in _devices)
        {
            device.HashInto(hash);
        }

        foreach (var inode in _inodes.Values)
        {
            inode.HashInto(hash);
        }
    }

    /// <summary>
    /// A folio has been written to (folio_mark_dirty). Files on disks: Dirty, nr_dirty, nr_dirtied, nr_zone_write_pending, the
    /// task's count, the inode's place with its flusher. Anonymous, shmem and swap cache: the flag alone.
    /// </summary>
    /// <returns>True if it was clean.</returns>
    public bool MarkDirty(Pfn folio)
    {
        ref var frame = ref _machine.Frames[folio];
        if (frame.Has(PageFlags.Dirty))
        {
            return false;
        }

        frame.Set(PageFlags.Dirty);
        var disk = frame.Owner == FrameOwner.File ? _machine.FilePages.DiskOf((int)frame.OwnerId) : -1;
        if (disk < 0)
        {
            return true;
        }

        var inode = Track((int)frame.OwnerId, disk);
        Invariant.Holds(inode.Dirty.Add(frame.Index));
        if (inode.Dirty.Count == 1)
        {
            inode.DirtiedAt = _machine.Cpus.Now;
            _machine.Flushers[disk].Add(inode);
        }

        Account(folio, dirty: 1, writeback: 0);
        _machine.Nodes[_machine.Allocator.ZoneOf(folio).Node].Stats.Add((int)NodeStatItem.Dirtied, 1);
        _devices[disk].DirtyPages++;
        _devices[disk].DirtiedPages++;
        if (_machine.Scheduler.CurrentTask is { } task)
        {
            task.Dirtying.DirtiedPages++;
            task.DirtiedDisk = disk;
            task.WrittenBytes += PageGeometry.PageBytes;
            _cpus[_machine.Cpus.Current].DirtiedPages++;
        }

        return true;
    }

    /// <summary>A dirty folio leaves the cache unwritten, truncated (folio_account_cleaned).</summary>
    public void Cancel(Pfn folio)
    {
        ref var frame = ref _machine.Frames[folio];
        if (!frame.TestClear(PageFlags.Dirty) || frame.Owner != FrameOwner.File || Find((int)frame.OwnerId) is not { } inode)
        {
            return;
        }

        Invariant.Holds(inode.Dirty.Remove(frame.Index));
        Account(folio, dirty: -1, writeback: 0);
        _devices[inode.Disk].DirtyPages--;
        if (_machine.Scheduler.CurrentTask is { } task)
        {
            task.CancelledWriteBytes += PageGeometry.PageBytes;
        }

        Untrack(inode);
    }

    /// <summary>balance_dirty_pages_ratelimited after dirtying. Wait: the task sleeps (killable, I/O) and calls again.</summary>
    public StepResult Balance(Process task)
    {
        if (task.DirtiedDisk < 0)
        {
            return StepResult.Done;
        }

        var device = _devices[task.DirtiedDisk];
        var limits = MemoryInfo.Of(_machine).DirtyLimits;
        if (!task.IsDirtyStopped)
        {
            var poll = DirtyThrottle.CpuPollPages((ulong)limits.Threshold, _machine.Cpus.Count);
            if (!DirtyThrottle.IsDue(ref task.Dirtying, ref _cpus[_machine.Cpus.Current], poll, device.Bandwidth.IsOverLimit))
            {
                return StepResult.Done;
            }

            task.StoppedDirtiedPages = task.Dirtying.DirtiedPages;
        }

        task.IsDirtyStopped = false;
        var now = _machine.Cpus.Now.Nanoseconds / SimTime.NanosecondsPerTick;
        _domain.Writeouts.Advance(now);
        var position = PositionOf(device, limits);
        if (DirtyCount > limits.Background && !(_machine.Tunables.IsLaptopMode && position.IsFreeRunning))
        {
            _machine.Flushers[task.DirtiedDisk].Wake(FlushReason.Background);
        }

        var counts = new DeviceCounts(device.DirtiedPages, device.WrittenPages, DirtyThrottle.StatErrorPages(_machine.Cpus.Count));
        var step = DirtyThrottle.Balance(
            ref task.Dirtying, ref device.Bandwidth, ref _domain, position, counts, now, task.StoppedDirtiedPages);
        _machine.Paths.Count(step.PauseTicks == 0 ? ReachedPath.WriterRunsFree : ReachedPath.WriterThrottled);
        if (step.PauseTicks == 0)
        {
            return StepResult.Done;
        }

        task.Dirtying.NoteSlept(step);
        task.IsDirtyStopped = step.IsStopped;
        var wake = _machine.Cpus.Now.Plus(SimTime.FromTicks(step.PauseTicks));
        _machine.Scheduler.Sleep(task, new Wait(WaitKind.Timer, (ulong)task.Pid, SleepDepth.Killable, IsIo: true), wake);
        return StepResult.Wait;
    }

    /// <summary>True while dirty pages exceed the background limit: the flusher of a disk with dirty pages goes on.</summary>
    public bool IsAboveBackground(int disk)
    {
        var limits = MemoryInfo.Of(_machine).DirtyLimits;
        var device = _devices[disk];
        return device.DirtyPages > 0
            && (DirtyCount > limits.Background || (long)device.DirtyPages > DeviceBackground(device, limits));
    }

    /// <summary>Pages a flusher writes of one file before it turns to the next (writeback_chunk_size).</summary>
    public ulong ChunkPages(int disk, ulong wanted)
    {
        const ulong least = 1024;
        var pages = Math.Min(_devices[disk].Bandwidth.AverageBandwidth / 2, _domain.LimitPages / 8);
        pages = Math.Min(pages, wanted);
        return (pages + least - 1) / least * least;
    }

    /// <summary>Measures the bandwidth of a disk, if it is time (wb_update_bandwidth).</summary>
    public void UpdateBandwidth(int disk)
    {
        var device = _devices[disk];
        var now = _machine.Cpus.Now.Nanoseconds / SimTime.NanosecondsPerTick;
        if (device.Bandwidth.IsUpdateDue(now))
        {
            device.Bandwidth.Update(now, device.DirtiedPages, device.WrittenPages);
        }
    }

    /// <summary>Starts writing dirty pages of a file that lie behind each other: one request.</summary>
    /// <param name="inode">The file.</param>
    /// <param name="from">First index to look at.</param>
    /// <param name="end">Indices at or behind it are left alone.</param>
    /// <param name="next">Where to go on; <paramref name="end"/> when there is nothing more.</param>
    /// <returns>Pages whose write has begun.</returns>
    public uint StartRun(DirtyInode inode, ulong from, ulong end, out ulong next)
    {
        next = end;
        if (!inode.Dirty.TryNext(from, out var first) || first >= end)
        {
            return 0;
        }

        var device = _devices[inode.Disk];
        device.Bandwidth.StartEstimate(
            _machine.Cpus.Now.Nanoseconds / SimTime.NanosecondsPerTick, device.DirtiedPages, device.WrittenPages, device.WritebackPages > 0);
        var pages = 0u;
        var place = _machine.FilePages.PlaceOf(inode.Inode, first);
        while (pages < MostPagesInRequest && first + pages < end && inode.Dirty.Contains(first + pages)
            && _machine.FilePages.PlaceOf(inode.Inode, first + pages) == place + ((ulong)pages * PageGeometry.PageBytes)
            && TryStart(inode, first + pages))
        {
            pages++;
        }

        next = first + Math.Max(pages, 1);
        if (pages > 0)
        {
            if (inode.Dirty.Count == 0)
            {
                _machine.Flushers[inode.Disk].Remove(inode);
            }

            _machine.Cpus.SpendInKernel((ulong)pages * _machine.Costs.CacheInsert);
            _machine.Cpus.CountPages((int)pages);
            _machine.Disks.Submit(DiskRequestKind.FileWrite, inode.Disk, place, inode.Inode, first, pages);
        }

        return pages;
    }

    /// <summary>fsync of an inode, or sync of everything (inode 0), in steps; progress is the request's.</summary>
    public StepResult StepSync(Process task, int inode) => _sync.Step(task, inode);

    /// <summary>An inode is gone, without dirty pages by now: forgets it.</summary>
    public void Forget(int inode)
    {
        if (Find(inode) is { } dirty)
        {
            Invariant.Holds(dirty.IsIdle);
            Untrack(dirty);
        }
    }

    /// <summary>A write of the disk is done: its pages are clean.</summary>
    public void WriteDone(in DiskRequest request)
    {
        var inode = _inodes[request.Id];
        var device = _devices[request.Disk];
        for (var index = request.Index; index < request.Index + request.Pages; index++)
        {
            var folio = _machine.PageCache.Find(request.Id, index);
            Invariant.Holds(folio != Pfn.None && inode.Writeback.Remove(index));
            Account(folio, dirty: 0, writeback: -1);
            _machine.Nodes[_machine.Allocator.ZoneOf(folio).Node].Stats.Add((int)NodeStatItem.Written, 1);
            _machine.Lru.EndWriteback(folio);
            _machine.FilePages.IoDone(folio);
            _machine.Lru.Put(folio);
        }

        device.WritebackPages -= request.Pages;
        device.WrittenPages += request.Pages;
        device.Share.NoteWritten(ref _domain.Writeouts, request.Pages, _machine.Cpus.Now.Nanoseconds / SimTime.NanosecondsPerTick);
        Untrack(inode);
    }

    /// <summary>Boot is over: the limit in force starts at the threshold.</summary>
    internal void SetUpAtBoot() => _domain = DirtyDomain.AtBoot((ulong)MemoryInfo.Of(_machine).DirtyLimits.Threshold);

    /// <summary>The device's part of the background limit; one that has been idle for long is honoured with an eighth of what is left.</summary>
    private long DeviceBackground(DeviceWriteback device, DirtyLimits limits) => Math.Max(
        (long)device.Share.Of(_domain.Writeouts, (ulong)limits.Background), (limits.Background - DirtyCount) / 8);

    private DirtyPosition PositionOf(DeviceWriteback device, DirtyLimits limits)
    {
        var dirty = MemoryInfo.Of(_machine)[NodeStatItem.Dirty] + MemoryInfo.Of(_machine)[NodeStatItem.Writeback];
        return new DirtyPosition(
            (ulong)dirty, (ulong)limits.Threshold, (ulong)limits.Background, device.DirtyPages + device.WritebackPages,
            device.Share.Of(_domain.Writeouts, (ulong)limits.Threshold));
    }

    private bool TryStart(DirtyInode inode, ulong index)
    {
        var folio = _machine.PageCache.Find(inode.Inode, index);
        ref var frame = ref _machine.Frames[folio];
        if (frame.HasAny(PageFlags.Locked | PageFlags.Writeback))
        {
            return false;
        }

        _ = _machine.ReverseMap.WriteProtect(folio);   // what its mappings wrote is written now
        frame.Clear(PageFlags.Dirty);
        frame.Set(PageFlags.Writeback);
        _machine.Lru.Get(folio);
        Invariant.Holds(inode.Dirty.Remove(index) && inode.Writeback.Add(index));
        Account(folio, dirty: -1, writeback: 1);
        _devices[inode.Disk].DirtyPages--;
        _devices[inode.Disk].WritebackPages++;
        return true;
    }

    private void Account(Pfn folio, int dirty, int writeback)
    {
        var zone = _machine.Allocator.ZoneOf(folio);
        var node = _machine.Nodes[zone.Node];
        node.Stats.Add((int)NodeStatItem.Dirty, dirty);
        node.Stats.Add((int)NodeStatItem.Writeback, writeback);
        zone.Stats.Add((int)ZoneStatItem.ZoneWritePending, dirty + writeback);
    }

    private DirtyInode Track(int inode, int disk)
    {
        if (!_inodes.TryGetValue(inode, out var dirty))
        {
            dirty = new DirtyInode { Inode = inode, Disk = disk };
            _inodes.Add(inode, dirty);
        }

        return dirty;
    }

    /// <summary>Lets go of a file that has nothing dirty or under writeback any more, and wakes who waits for that.</summary>
    private void Untrack(DirtyInode inode)
    {
        if (inode.Dirty.Count == 0)
        {
            _machine.Flushers[inode.Disk].Remove(inode);
        }

        if (inode.IsIdle)
        {
            _inodes.Remove(inode.Inode);
        }
    }
}
