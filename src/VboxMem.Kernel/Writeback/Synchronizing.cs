// fsync and sync: writes what is dirty and waits for it, file by file. What is dirtied meanwhile is not waited for, so that a busy
// writer cannot keep a sync from ending.
//
//   for each file: start writing, from its first dirty page to the last one there was -> wait for each page under writeback in turn
//
// Models   Linux 6.12 mm/filemap.c: file_write_and_wait_range, __filemap_fdatawait_range; fs/sync.c: ksys_sync (facts: reclaim, 7.7).
// Departs  sync writes by itself what Linux leaves to the flushers, which it wakes as well; no journal commits.

using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Sched;

namespace VboxMem.Kernel.Writeback;

internal sealed class Synchronizing(Machine machine)
{
    private const int Begin = 0;
    private const int Write = 1;
    private const int WaitForWrites = 2;

    /// <summary>fsync of an inode, or sync of everything (inode 0), in steps; progress is the request's: Done holds the file, Position the page.</summary>
    public StepResult Step(Process task, int inode)
    {
        if (task.Progress.Phase == Begin)
        {
            if (inode == 0)
            {
                WakeFlushers();
            }

            task.Progress.Done = (ulong)inode;
            if (inode == 0 && !TryNextFile(task))
            {
                return End(inode);
            }

            task.Progress.Phase = Write;
        }

        if (machine.Dirty.Find((int)task.Progress.Done) is { } dirty)
        {
            if (task.Progress.Phase == Write)
            {
                return StepWrite(task, dirty);
            }

            if (dirty.Writeback.TryNext(task.Progress.Position, out var index))
            {
                return Await(task, dirty, index);
            }
        }

        if (inode != 0 || !TryNextFile(task))
        {
            return End(inode);
        }

        task.Progress.Phase = Write;
        return StepResult.Continue;
    }

    private StepResult End(int inode)
    {
        if (inode == 0)
        {
            machine.LaptopMode.Synchronized();
        }

        return StepResult.Done;
    }

    private StepResult StepWrite(Process task, DirtyInode dirty)
    {
        _ = machine.Dirty.StartRun(dirty, task.Progress.Position, ulong.MaxValue, out var next);
        task.Progress.Position = next;
        if (next == ulong.MaxValue)
        {
            task.Progress.Phase = WaitForWrites;
            task.Progress.Position = 0;
        }

        return StepResult.Continue;
    }

    private StepResult Await(Process task, DirtyInode dirty, ulong index)
    {
        task.Progress.Position = index;
        var folio = machine.PageCache.Find(dirty.Inode, index);
        machine.Frames[folio].Set(PageFlags.Waiters);
        machine.Scheduler.Sleep(task, Wait.ForWriteback(folio, SleepDepth.Killable));
        return StepResult.Wait;
    }

    /// <summary>The file with the next higher number that has anything to write.</summary>
    private bool TryNextFile(Process task)
    {
        foreach (var candidate in machine.Dirty.Inodes)
        {
            if ((ulong)candidate.Inode > task.Progress.Done)
            {
                task.Progress.Done = (ulong)candidate.Inode;
                task.Progress.Position = 0;
                return true;
            }
        }

        return false;
    }

    private void WakeFlushers()
    {
        foreach (var flusher in machine.Flushers)
        {
            flusher.Wake(FlushReason.All);
        }
    }
}
