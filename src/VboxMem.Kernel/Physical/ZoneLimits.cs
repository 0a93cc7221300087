// Puts the limits of all zones in force: watermarks, per-CPU list limits, counter thresholds, lowmem reserves. Each tunable
// redoes some of them and leaves the others as they were; which ones is part of Linux's behaviour.
//
//   boot                            marks, per-CPU limits, thresholds, lowmem reserve
//   min_free_kbytes, scale factor   marks, per-CPU limits
//   lowmem_reserve_ratio            lowmem reserve
//   percpu_pagelist_high_fraction   per-CPU limits
//   marks and lowmem reserve both end in a new total reserve.
//
// Models   Linux 6.12 init_per_zone_wmark_min, setup_per_zone_wmarks, zone_set_pageset_high_and_batch,
//          refresh_zone_stat_thresholds, setup_per_zone_lowmem_reserve, calculate_totalreserve_pages
//          (facts: physical memory, 2 and 3).

using System.Numerics;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Sysctl;

namespace VboxMem.Kernel.Physical;

/// <summary>What the kernel did to min_free_kbytes by itself.</summary>
/// <param name="BeforeKilobytes">The value before.</param>
/// <param name="WantedKilobytes">The value it worked out.</param>
/// <param name="IsRefused">Root's own value is larger and stays.</param>
public readonly record struct MinFreeChange(ulong BeforeKilobytes, ulong WantedKilobytes, bool IsRefused)
{
    public bool IsRaise => !IsRefused && WantedKilobytes > BeforeKilobytes;
}

public sealed class ZoneLimits(Node[] nodes, CpuContext cpus, VmTunables tunables)
{
    /// <summary>No CPU holds back more of a counter than this.</summary>
    public const int LargestThreshold = 125;

    private const ulong SmallestHighFraction = 8;

    /// <summary>Pages that ordinary requests never get: what the zones' reserves and high marks add up to.</summary>
    public ulong TotalReservePages
    {
        get
        {
            var pages = 0UL;
            foreach (var node in nodes)
            {
                pages += node.TotalReservePages;
            }

            return pages;
        }
    }

    /// <summary>Batch of a zone's per-CPU lists.</summary>
    public static int BatchPages(ulong managedPages)
    {
        var batch = Math.Max((int)(Math.Min(managedPages >> 10, 256) / 4), 1);
        return Math.Max((1 << BitOperations.Log2((uint)(batch + (batch / 2)))) - 1, 1);
    }

    /// <summary>How far a CPU's private part of a counter may grow.</summary>
    public static int NormalThreshold(int onlineCpus, ulong managedPages) =>
        Math.Min(LargestThreshold, 2 * HighestBit((ulong)onlineCpus) * (1 + HighestBit(managedPages >> 15)));

    /// <summary>The limits of a CPU's list.</summary>
    /// <param name="managedPages">Managed pages of the zone.</param>
    /// <param name="lowPages">The zone's low mark.</param>
    /// <param name="sharingCpus">CPUs of the zone's node, or all CPUs for a node without.</param>
    /// <param name="highFraction">vm.percpu_pagelist_high_fraction; 0 lets the limit float.</param>
    public static (int HighMin, int HighMax, int Batch) PerCpuLimits(
        ulong managedPages, ulong lowPages, int sharingCpus, uint highFraction)
    {
        var batch = BatchPages(managedPages);
        int Share(ulong pages) => (int)Math.Max(pages / (ulong)sharingCpus, (ulong)(4 * batch));
        return highFraction == 0
            ? (Share(lowPages), Share(managedPages / SmallestHighFraction), batch)
            : (Share(managedPages / highFraction), Share(managedPages / highFraction), batch);
    }

    /// <summary>min_free_kbytes and all that follows from it, at boot.</summary>
    /// <param name="hugePagesEnabled">khugepaged starts and raises it.</param>
    public void SetUpAtBoot(bool hugePagesEnabled)
    {
        ComputeMinFree();
        SetWatermarks();
        SetThresholds();
        SetLowmemReserves();
        if (hugePagesEnabled)
        {
            RaiseForHugePages();
        }
    }

    /// <summary>
    /// The kernel's own min_free_kbytes, worked out anew because huge pages were switched on or off. The marks are set anew in
    /// any case, with what is managed now.
    /// </summary>
    public MinFreeChange Recompute(bool hugePagesEnabled)
    {
        if (hugePagesEnabled)
        {
            return RaiseForHugePages();
        }

        var change = ComputeMinFree();
        SetWatermarks();
        return change;
    }

    /// <summary>Marks of every zone, then per-CPU limits and total reserve. A boost ends here.</summary>
    public void SetWatermarks()
    {
        var lowmem = WatermarkTerms.LowmemPagesOf(nodes);
        foreach (var node in nodes)
        {
            foreach (var zone in node.Zones)
            {
                zone.BoostPages = 0;
                zone.Marks = Watermarks.ForZone(
                    tunables.MinFreeKilobytes, tunables.WatermarkScaleFactor, zone.Type, zone.ManagedPages, lowmem);
            }
        }

        SetTotalReserve();
        SetPerCpuLimits();
    }

    public void SetPerCpuLimits()
    {
        foreach (var node in nodes)
        {
            var sharing = CpusOf(node.Id);
            foreach (var zone in node.Zones)
            {
                var (highMin, highMax, batch) = PerCpuLimits(
                    zone.ManagedPages, zone.MarkPages(WatermarkLevel.Low), sharing, tunables.PercpuPagelistHighFraction);
                foreach (var pages in zone.PerCpu)
                {
                    pages.SetLimits(highMin, highMax, batch);
                }
            }
        }
    }

    public void SetThresholds()
    {
        foreach (var node in nodes)
        {
            foreach (var zone in node.Zones)
            {
                if (!zone.IsPopulated)
                {
                    continue;
                }

                var threshold = NormalThreshold(cpus.Count, zone.ManagedPages);
                zone.Stats.Threshold = threshold;
                node.Stats.Threshold = Math.Max(node.Stats.Threshold, threshold);

                // Where the CPUs together may hide more than lies between two marks, kswapd has to look closer.
                var drift = (ulong)(cpus.Count * threshold);
                if (drift > zone.Marks.LowPages - zone.Marks.MinPages)
                {
                    zone.DriftMarkPages = zone.MarkPages(WatermarkLevel.High) + drift;
                }
            }
        }
    }

    public void SetLowmemReserves()
    {
        foreach (var node in nodes)
        {
            foreach (var zone in node.Zones)
            {
                var ratio = tunables.LowmemReserveRatio[(int)zone.Type];
                var above = 0UL;
                for (var higher = (int)zone.Type + 1; higher < Zone.TypesPerNode; higher++)
                {
                    above += node.Zones[higher].ManagedPages;
                    zone.LowmemReservePages[higher] = ratio == 0 || zone.ManagedPages == 0 ? 0 : above / (ulong)ratio;
                }
            }
        }

        SetTotalReserve();
    }

    /// <summary>calculate_min_free_kbytes: root's own value stays where it is larger.</summary>
    private MinFreeChange ComputeMinFree()
    {
        var root = Watermarks.RootMinFreeKilobytes(PagesAboveHigh());
        var change = new MinFreeChange(tunables.MinFreeKilobytes, root, IsRefused: (long)root <= tunables.UserMinFreeKilobytes);
        if (!change.IsRefused)
        {
            tunables.MinFreeKilobytes = Watermarks.ClampMinFreeKilobytes(root);
        }

        return change;
    }

    /// <summary>set_recommended_min_free_kbytes: what khugepaged wants, if that is more.</summary>
    private MinFreeChange RaiseForHugePages()
    {
        var populated = 0;
        foreach (var node in nodes)
        {
            foreach (var zone in node.Zones)
            {
                populated += zone.IsPopulated && zone.Type <= ZoneType.Normal ? 1 : 0;
            }
        }

        var recommended = Watermarks.KhugepagedMinFreeKilobytes(populated, PagesAboveHigh());
        var change = new MinFreeChange(tunables.MinFreeKilobytes, Math.Max(recommended, tunables.MinFreeKilobytes), IsRefused: false);
        tunables.MinFreeKilobytes = change.WantedKilobytes;
        SetWatermarks();
        return change;
    }

    private ulong PagesAboveHigh()
    {
        var pages = 0UL;
        foreach (var node in nodes)
        {
            for (var type = ZoneType.Dma; type <= ZoneType.Normal; type++)
            {
                var zone = node[type];
                var high = zone.MarkPages(WatermarkLevel.High);
                pages += zone.ManagedPages > high ? zone.ManagedPages - high : 0;
            }
        }

        return pages;
    }

    private void SetTotalReserve()
    {
        foreach (var node in nodes)
        {
            node.TotalReservePages = 0;
            foreach (var zone in node.Zones)
            {
                var largest = 0UL;
                for (var type = (int)zone.Type; type < Zone.TypesPerNode; type++)
                {
                    largest = Math.Max(largest, zone.LowmemReservePages[type]);
                }

                node.TotalReservePages += Math.Min(zone.ManagedPages, largest + zone.MarkPages(WatermarkLevel.High));
            }
        }
    }

    private int CpusOf(int node)
    {
        var count = 0;
        for (var cpu = 0; cpu < cpus.Count; cpu++)
        {
            count += cpus.NodeOf(cpu) == node ? 1 : 0;
        }

        return count == 0 ? cpus.Count : count;
    }

    private static int HighestBit(ulong value) => 64 - BitOperations.LeadingZeroCount(value);
}
