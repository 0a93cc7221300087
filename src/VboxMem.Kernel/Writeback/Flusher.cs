// The worker that writes a disk's dirty pages back: when dirty pages exceed the background limit, when data is old, when reclaim
// or sync asks.
//
// Files wait in the order in which they were dirtied. A run takes those it is about (all, or the old ones) into a queue of its own
// and writes a chunk of each in turn, until its reason is gone.
//
// Invariants
//   F1  A file with dirty pages of the disk is in exactly one of the two lists; a file without is in none.
//
// Models   Linux 6.12 fs/fs-writeback.c: wb_do_writeback, wb_writeback, queue_io, writeback_sb_inodes (facts: reclaim, 7.3).
// Departs  one worker for each disk; inodes themselves (I_DIRTY_SYNC) are not written.

using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Time;

namespace VboxMem.Kernel.Writeback;

/// <summary>Why a flusher runs, the more urgent first.</summary>
internal enum FlushReason : byte
{
    None,

    /// <summary>sync, or reclaim that met nothing but dirty pages: everything.</summary>
    All,

    /// <summary>What is older than dirty_expire_centisecs.</summary>
    Periodic,

    /// <summary>Until dirty pages are below the background limit.</summary>
    Background,
}

internal sealed class Flusher
{
    private readonly Machine _machine;
    private readonly int _disk;

    /// <summary>Files with dirty pages that no run has taken, the longest dirty first (b_dirty).</summary>
    private readonly List<DirtyInode> _waiting = [];

    /// <summary>Files that the present run writes (b_io, b_more_io).</summary>
    private readonly List<DirtyInode> _queue = [];
    private FlushReason _running;
    private bool _isAllWanted;
    private bool _isBackgroundWanted;
    private ulong _pagesLeft;
    private ulong _chunkLeft;

    /// <summary>Pages written by the present run, and by the present chunk.</summary>
    private ulong _runWritten;
    private ulong _chunkWritten;

    /// <summary>The last run met nothing but pages that are busy: the worker sleeps before it tries again.</summary>
    private bool _isStuck;

    /// <summary>Woken only to sleep again, with a timer.</summary>
    private bool _isTimerWanted;
    private SimTime _nextPeriodic;

    private Flusher(Machine machine, int disk)
    {
        _machine = machine;
        _disk = disk;
    }

    private Flusher(Flusher other, Machine machine)
        : this(machine, other._disk)
    {
        foreach (var inode in other._waiting)
        {
            _waiting.Add(machine.Dirty.Find(inode.Inode)!);
        }

        foreach (var inode in other._queue)
        {
            _queue.Add(machine.Dirty.Find(inode.Inode)!);
        }

        _running = other._running;
        _isAllWanted = other._isAllWanted;
        _isBackgroundWanted = other._isBackgroundWanted;
        _pagesLeft = other._pagesLeft;
        _chunkLeft = other._chunkLeft;
        _runWritten = other._runWritten;
        _chunkWritten = other._chunkWritten;
        _isStuck = other._isStuck;
        _isTimerWanted = other._isTimerWanted;
        _nextPeriodic = other._nextPeriodic;
    }

    /// <summary>Files in its lists.</summary>
    public int FileCount => _waiting.Count + _queue.Count;

    /// <summary>One for each disk of a machine.</summary>
    public static Flusher[] MakeAll(Machine machine)
    {
        var flushers = new Flusher[machine.Disks.Disks.Length];
        for (var disk = 0; disk < flushers.Length; disk++)
        {
            flushers[disk] = new Flusher(machine, disk);
        }

        return flushers;
    }

    /// <summary>Copies for a copied machine, whose dirty files are there already.</summary>
    public static Flusher[] CloneAll(Flusher[] others, Machine machine)
    {
        var flushers = new Flusher[others.Length];
        for (var disk = 0; disk < flushers.Length; disk++)
        {
            flushers[disk] = new Flusher(others[disk], machine);
        }

        return flushers;
    }

    public void HashInto(StateHash hash)
    {
        hash.Add(((ulong)_running << 8) | (_isAllWanted ? 2UL : 0) | (_isBackgroundWanted ? 1UL : 0));
        hash.Add(_pagesLeft);
        hash.Add(_chunkLeft);
        hash.Add(_runWritten);
        hash.Add(_chunkWritten);
        hash.Add(_isStuck);
        hash.Add(_isTimerWanted);
        hash.Add(_nextPeriodic.Nanoseconds);
        foreach (var inode in _waiting)
        {
            hash.Add((long)inode.Inode);
        }

        foreach (var inode in _queue)
        {
            hash.Add((long)inode.Inode);
        }
    }

    /// <summary>Asks for writeback; an idle worker wakes.</summary>
    public void Wake(FlushReason reason)
    {
        if (FileCount == 0)
        {
            return;
        }

        _isTimerWanted = false;
        _isAllWanted |= reason == FlushReason.All;
        _isBackgroundWanted |= reason == FlushReason.Background;
        _machine.Scheduler.WakeAll(WaitKind.FlusherWork, (ulong)_disk);
    }

    /// <summary>A file has become dirty. The first one starts the periodic timer (wb_wakeup_delayed).</summary>
    public void Add(DirtyInode inode)
    {
        _waiting.Add(inode);
        if (FileCount == 1 && Interval > 0)
        {
            _nextPeriodic = _machine.Cpus.Now.Plus(SimTime.FromMilliseconds(Interval));
            _isTimerWanted = _machine.Scheduler.WakeAll(WaitKind.FlusherWork, (ulong)_disk) > 0;
        }
    }

    /// <summary>A file has no dirty pages any more.</summary>
    public void Remove(DirtyInode inode)
    {
        if (_queue.Count > 0 && _queue[0] == inode)
        {
            _chunkLeft = 0;
        }

        if (!_waiting.Remove(inode))
        {
            _queue.Remove(inode);
        }
    }

    /// <summary>Writes one run of pages, or looks for work, or sleeps.</summary>
    public StepResult Step(Process task)
    {
        if (_running == FlushReason.None && (_isStuck || _isTimerWanted || !TryBegin()))
        {
            _isStuck = false;
            _isTimerWanted = false;
            var wake = FileCount > 0 && Interval > 0 ? _nextPeriodic : default;
            _machine.Scheduler.Sleep(task, new Wait(WaitKind.FlusherWork, (ulong)_disk, SleepDepth.Idle), wake);
            return StepResult.Wait;
        }

        if (_chunkLeft == 0 && !TryBeginChunk())
        {
            End();
            return StepResult.Continue;
        }

        WriteRun(_queue[0]);
        return StepResult.Continue;
    }

    private ulong Interval => _machine.Tunables.DirtyWritebackCentisecs * 10UL;

    private bool TryBegin()
    {
        var now = _machine.Cpus.Now;
        if (_isAllWanted)
        {
            _isAllWanted = false;
            _running = FlushReason.All;
            _pagesLeft = _machine.Dirty.Device(_disk).DirtyPages;
        }
        else if (Interval > 0 && FileCount > 0 && now >= _nextPeriodic)
        {
            _nextPeriodic = now.Plus(SimTime.FromMilliseconds(Interval));
            _running = FlushReason.Periodic;
            _pagesLeft = ulong.MaxValue;
        }
        else if (_isBackgroundWanted || _machine.Dirty.IsAboveBackground(_disk))
        {
            _isBackgroundWanted = false;
            _running = FlushReason.Background;
            _pagesLeft = ulong.MaxValue;
        }

        if (_running == FlushReason.None)
        {
            return false;
        }

        _runWritten = 0;
        TakeWaiting();
        return true;
    }

    private void TakeWaiting()
    {
        var expire = SimTime.FromMilliseconds((ulong)_machine.Tunables.DirtyExpireCentisecs * 10);
        var now = _machine.Cpus.Now;
        var taken = 0;
        while (taken < _waiting.Count && (_running != FlushReason.Periodic || _waiting[taken].DirtiedAt.Plus(expire) <= now))
        {
            _queue.Add(_waiting[taken++]);
        }

        _waiting.RemoveRange(0, taken);
    }

    /// <summary>Turns to the first file of the queue, or finds that the run is over.</summary>
    private bool TryBeginChunk()
    {
        _machine.Dirty.UpdateBandwidth(_disk);
        if (_pagesLeft == 0
            || (_running == FlushReason.Background && (_isAllWanted || !_machine.Dirty.IsAboveBackground(_disk)))
            || (_running == FlushReason.Periodic && _isAllWanted))
        {
            return false;
        }

        if (_queue.Count == 0 && _running == FlushReason.Background && _runWritten > 0)
        {
            _runWritten = 0;   // another round, as long as the rounds write anything
            TakeWaiting();
        }

        if (_queue.Count == 0)
        {
            return false;
        }

        _chunkWritten = 0;
        _chunkLeft = _machine.Dirty.ChunkPages(_disk, _pagesLeft);
        return true;
    }

    private void WriteRun(DirtyInode inode)
    {
        _machine.Cpus.SpendInKernel(_machine.Costs.ScanPage);
        var written = _machine.Dirty.StartRun(inode, inode.NextIndex, ulong.MaxValue, out var next);
        _pagesLeft -= Math.Min(_pagesLeft, written);
        _chunkLeft -= Math.Min(_chunkLeft, written);
        _chunkWritten += written;
        _runWritten += written;
        inode.NextIndex = next == ulong.MaxValue ? 0 : next;
        if (inode.Dirty.Count > 0 && (next == ulong.MaxValue || _chunkLeft == 0))
        {
            // Behind the last page it begins anew with the next chunk; its turn comes after the others. One whose dirty pages are
            // all busy is left for a later run.
            _chunkLeft = 0;
            _queue.RemoveAt(0);
            (_chunkWritten > 0 ? _queue : _waiting).Add(inode);
        }
    }

    private void End()
    {
        _isStuck = _runWritten == 0 && FileCount > 0;
        _running = FlushReason.None;
        _chunkLeft = 0;

        // What is left waits with the others, in the order it was dirtied.
        foreach (var inode in _queue)
        {
            var at = _waiting.Count;
            while (at > 0 && _waiting[at - 1].DirtiedAt > inode.DirtiedAt)
            {
                at--;
            }

            _waiting.Insert(at, inode);
        }

        _queue.Clear();
    }
}
