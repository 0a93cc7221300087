// Who swaps out faster than the disk writes waits until its queue has room.
//
// Linux's submitter sleeps for a free request in the middle of a batch; here a batch is not begun unless there is room for it.
//
// Units    requests, of one page or one huge page each.
// Models   Linux 6.12 block/blk-mq-tag.c: blk_mq_get_tag; a virtio disk has 256 requests.

using VboxMem.Kernel.Sched;

namespace VboxMem.Kernel.Reclaim;

internal static class SwapBacklog
{
    private const ulong QueueRequests = 256;

    /// <summary>Requests above which a batch could fill the queue.</summary>
    private const ulong MostInFlight = QueueRequests - ScanControl.ClusterPages;

    /// <summary>Puts a reclaimer to sleep while a swap disk's queue is full.</summary>
    public static bool TryWait(Machine machine, Process task)
    {
        foreach (var area in machine.Swap.Areas)
        {
            if (area is not null && machine.Disks.Disks[area.Disk].Counters.InFlight > MostInFlight)
            {
                machine.Scheduler.Sleep(task, new Wait(WaitKind.DiskQueue, (ulong)area.Disk, SleepDepth.Uninterruptible, IsIo: true));
                return true;
            }
        }

        return false;
    }

    /// <summary>A disk has done a request: wakes who waits for room.</summary>
    public static void RequestDone(Machine machine, int disk)
    {
        if (machine.Disks.Disks[disk].Counters.InFlight <= MostInFlight)
        {
            machine.Scheduler.WakeAll(WaitKind.DiskQueue, (ulong)disk);
        }
    }
}
