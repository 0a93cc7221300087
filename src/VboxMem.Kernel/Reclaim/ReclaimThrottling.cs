// Pauses of reclaim: for pages that are being written, for those that others have isolated, for lack of progress.
//
// Models   Linux 6.12 mm/vmscan.c: reclaim_throttle, skip_throttle_noprogress, too_many_isolated, consider_reclaim_throttle (facts:
//          reclaim, 1.7, 1.9).

using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Time;

namespace VboxMem.Kernel.Reclaim;

internal static class ReclaimThrottling
{
    /// <summary>Puts the reclaimer to sleep, unless there is no point.</summary>
    /// <returns>True: it sleeps; its step must end with Wait.</returns>
    public static bool TryPause(Machine machine, Process task, int node, ReclaimThrottle reason, bool isKswapd)
    {
        if (task.IsKernelThread && !isKswapd)
        {
            return false;
        }

        if (reason is ReclaimThrottle.NoProgress or ReclaimThrottle.Congested && IsPointless(machine, node))
        {
            return false;
        }

        var pressure = machine.Lru.PressureOf(node);
        if (reason == ReclaimThrottle.Writeback && pressure.WritebackWaiters++ == 0)
        {
            pressure.ThrottledWrittenAtStart = (ulong)machine.Nodes[node].Read(NodeStatItem.ThrottledWritten);
        }

        Count(machine, reason);
        machine.Scheduler.Sleep(
            task,
            new Wait(WaitKind.ReclaimThrottle, NodePressure.KeyOf(node, reason)),
            machine.Cpus.Now.Plus(NodePressure.LongestPause(reason)));
        return true;
    }

    /// <summary>Too much is isolated only where a large part of all pages is being moved.</summary>
    private static void Count(Machine machine, ReclaimThrottle reason)
    {
        if (reason != ReclaimThrottle.Isolated)
        {
            machine.Paths.Count(reason switch
            {
                ReclaimThrottle.Writeback => ReachedPath.ThrottleWriteback,
                ReclaimThrottle.NoProgress => ReachedPath.ThrottleNoProgress,
                _ => ReachedPath.ThrottleCongested,
            });
        }
    }

    /// <summary>kswapd has woken from a pause for writeback, if it had one.</summary>
    public static void EndWritebackPause(Machine machine, int node)
    {
        var pressure = machine.Lru.PressureOf(node);
        Invariant.Holds(pressure.WritebackWaiters > 0);
        pressure.WritebackWaiters--;
    }

    /// <summary>Others have so much isolated that this reclaimer would do harm. Who may not wait for I/O may isolate more.</summary>
    public static bool TooManyIsolated(Machine machine, int node, bool isFile, in ScanControl control)
    {
        if (control.IsKswapd)
        {
            return false;
        }

        var stats = machine.Nodes[node];
        var inactive = stats.Read(isFile ? NodeStatItem.InactiveFile : NodeStatItem.InactiveAnon);
        var isolated = stats.Read(isFile ? NodeStatItem.IsolatedFile : NodeStatItem.IsolatedAnon);
        if ((control.Gfp & (GfpFlags.Io | GfpFlags.Fs)) == (GfpFlags.Io | GfpFlags.Fs))
        {
            inactive >>= 3;
        }

        if (isolated > inactive)
        {
            return true;
        }

        machine.Scheduler.WakeAll(WaitKind.ReclaimThrottle, NodePressure.KeyOf(node, ReclaimThrottle.Isolated));
        return false;
    }

    /// <summary>After a direct reclaimer's round over its nodes: wakes who waits for progress, or waits itself.</summary>
    /// <returns>True: it sleeps.</returns>
    public static bool ConsiderNoProgress(Machine machine, Process task, int node, in ScanControl control)
    {
        if (control.ReclaimedPages > control.ScannedPages >> 3)
        {
            machine.Scheduler.WakeAll(WaitKind.ReclaimThrottle, NodePressure.KeyOf(node, ReclaimThrottle.NoProgress));
            return false;
        }

        return control.Priority == 1 && control.ReclaimedPages == 0
            && TryPause(machine, task, node, ReclaimThrottle.NoProgress, isKswapd: false);
    }

    /// <summary>kswapd has given up, or little of what could be reclaimed waits for its device.</summary>
    private static bool IsPointless(Machine machine, int node)
    {
        if (machine.Kswapds[node].IsHopeless)
        {
            return true;
        }

        var (reclaimable, pending) = (0UL, 0UL);
        foreach (var zone in machine.Nodes[node].Zones)
        {
            if (zone.ManagedPages > 0)
            {
                reclaimable += ZoneReclaim.ReclaimablePages(machine, zone);
                pending += (ulong)zone.Stats.ReadExact((int)ZoneStatItem.ZoneWritePending);
            }
        }

        return 2 * pending <= reclaimable;
    }
}

/// <summary>What reclaim could free of a zone (zone_reclaimable_pages).</summary>
internal static class ZoneReclaim
{
    public static ulong ReclaimablePages(Machine machine, Zone zone) =>
        ReclaimRetry.ReclaimablePages(SizesOf(zone), machine.Swap.FreePages > 0, Exact(zone, ZoneStatItem.FreePages));

    /// <summary>The zone's free pages and what could be added to them.</summary>
    public static ulong AvailablePages(Machine machine, Zone zone) =>
        ReclaimRetry.AvailablePages(SizesOf(zone), machine.Swap.FreePages > 0, Exact(zone, ZoneStatItem.FreePages));

    private static LruSizes SizesOf(Zone zone) => new(
        Exact(zone, ZoneStatItem.ZoneInactiveAnon), Exact(zone, ZoneStatItem.ZoneActiveAnon),
        Exact(zone, ZoneStatItem.ZoneInactiveFile), Exact(zone, ZoneStatItem.ZoneActiveFile));

    private static ulong Exact(Zone zone, ZoneStatItem item) => (ulong)zone.Stats.ReadExact((int)item);
}
