using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Time;

namespace VboxMem.Kernel.Reclaim;

/// <summary>What kswapd and those who wake it or wait for it ask about a node's zones.</summary>
internal static class NodeBalance
{
    /// <summary>Some zone is above its high mark for the order (pgdat_balanced); also a node without such zones.</summary>
    public static bool IsBalanced(Node node, int order, ZoneType highestZone)
    {
        var hasZone = false;
        foreach (var zone in node.Zones)
        {
            if (zone.Type > highestZone || zone.ManagedPages == 0)
            {
                continue;
            }

            hasZone = true;
            if (WatermarkCheck.IsMetExactly(zone, order, zone.MarkPages(WatermarkLevel.High), highestZone))
            {
                return true;
            }
        }

        return !hasZone;
    }

    /// <summary>A zone's marks are boosted (pgdat_watermark_boosted).</summary>
    public static bool IsBoosted(Node node, ZoneType highestZone) => BoostPages(node, highestZone) != 0;

    public static ulong BoostPages(Node node, ZoneType highestZone)
    {
        var pages = 0UL;
        foreach (var zone in node.Zones)
        {
            pages += zone.Type <= highestZone ? zone.BoostPages : 0;
        }

        return pages;
    }

    /// <summary>What kswapd aims at in one look at the node.</summary>
    public static ulong GoalPages(Node node, ZoneType highestZone)
    {
        var pages = 0UL;
        foreach (var zone in node.Zones)
        {
            if (zone.Type <= highestZone && zone.ManagedPages > 0)
            {
                pages += Math.Max(zone.MarkPages(WatermarkLevel.High), ScanControl.ClusterPages);
            }
        }

        return pages;
    }

    /// <summary>Enough of the emergency reserve is left for a user task to reclaim by itself (allow_direct_reclaim).</summary>
    public static bool AllowsDirectReclaim(Machine machine, int node)
    {
        var kswapd = machine.Kswapds[node];
        var reserve = default(EmergencyReserve);
        foreach (var zone in machine.Nodes[node].Zones)
        {
            if (zone.Type <= ZoneType.Normal && zone.ManagedPages > 0)
            {
                var free = (ulong)zone.Stats.ReadExact((int)ZoneStatItem.FreePages);
                reserve.AddZone(zone.MarkPages(WatermarkLevel.Min), free, ZoneReclaim.ReclaimablePages(machine, zone));
            }
        }

        if (reserve.AllowsDirectReclaim(kswapd.Failures))
        {
            return true;
        }

        kswapd.WakeForThrottled();
        return false;
    }

    /// <summary>Per-CPU free lists shrink and give back sooner while kswapd works on a zone (set_reclaim_active).</summary>
    public static void SetReclaimActive(Node node, ZoneType highestZone, bool isActive)
    {
        foreach (var zone in node.Zones)
        {
            if (zone.Type <= highestZone && zone.ManagedPages > 0)
            {
                zone.IsReclaimActive = isActive;
            }
        }
    }

    /// <summary>Remembers the refaults so far, so that the next run sees whether there were more (snapshot_refaults).</summary>
    public static void SnapshotRefaults(Machine machine, int node)
    {
        var vector = machine.Lru.Vectors[node];
        vector.AnonActivations = vector.Stats.AnonActivations;
        vector.FileActivations = vector.Stats.FileActivations;
    }

    /// <summary>Counters of zones whose CPUs could hide a breach of a mark become finer while kswapd is awake (set_pgdat_percpu_threshold).</summary>
    public static void SetThresholds(Node node, int cpus, bool isPressing)
    {
        foreach (var zone in node.Zones)
        {
            if (zone.IsPopulated && zone.DriftMarkPages != 0)
            {
                zone.Stats.Threshold = isPressing
                    ? (int)Math.Clamp((zone.MarkPages(WatermarkLevel.Low) - zone.MarkPages(WatermarkLevel.Min)) / (ulong)cpus, 1, ZoneLimits.LargestThreshold)
                    : ZoneLimits.NormalThreshold(cpus, zone.ManagedPages);
            }
        }
    }
}
