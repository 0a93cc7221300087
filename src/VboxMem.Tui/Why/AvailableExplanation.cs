// How the kernel estimates MemAvailable, with the figures of now.
//
// Models   Linux 6.12 mm/show_mem.c: si_mem_available; mm/page_alloc.c: calculate_totalreserve_pages.
// Units    pages; the result in kB.
// Departs  the reserve is worked out from the marks of now without boost; the kernel does so when marks are set.

using VboxMem.Tools.Parsing;
using VboxMem.Tui.Drawing;
using VboxMem.Tui.Widgets;

namespace VboxMem.Tui.Why;

internal static class AvailableExplanation
{
    private const long PageKilobytes = 4;

    public static void Write(Prose prose, CounterFigures figures, ScreenView view)
    {
        prose.Heading("How it is estimated, pages");
        if (view.Now.Zones.Value is not { } zones)
        {
            prose.Warn(view.Now.Zones.Problem, Role.Warning);
            return;
        }

        var (reserve, low) = (0L, 0L);
        foreach (var zone in zones)
        {
            reserve += ReserveOf(zone);
            low += (long)(zone["low"] ?? 0);
        }

        var free = Pages(figures, "nr_free_pages");
        var (active, inactive) = (Pages(figures, "nr_active_file"), Pages(figures, "nr_inactive_file"));
        var (slab, other) = (Pages(figures, "nr_slab_reclaimable"), Pages(figures, "nr_kernel_misc_reclaimable"));
        var (cache, reclaimable) = (active + inactive, slab + other);
        var total = prose.Sum(
            "pages available",
            new SumTerm(free, "nr_free_pages"),
            new SumTerm(-reserve, "the kernel's reserve: of each zone its high mark and the most it keeps from higher requests"),
            new SumTerm(active, "nr_active_file"),
            new SumTerm(inactive, "nr_inactive_file"),
            new SumTerm(-Math.Min(cache / 2, low), $"of page cache something stays in use: half of it, {cache / 2}, or the low marks of all zones, {low}, whichever is less"),
            new SumTerm(slab, "nr_slab_reclaimable"),
            new SumTerm(other, "nr_kernel_misc_reclaimable"),
            new SumTerm(-Math.Min(reclaimable / 2, low), $"likewise: half of these, {reclaimable / 2}, or the low marks"));
        var kilobytes = Math.Max(total, 0) * PageKilobytes;
        prose.Say($"{Math.Max(total, 0)} x {PageKilobytes} = {kilobytes} kB.");
        var stated = (long)(figures.Find("MemAvailable") ?? 0);
        if (kilobytes != stated) prose.Say($"The file says {stated} kB, {stated - kilobytes} kB off: the kernel took its reserve from the marks as they stood when they were last set.");
    }

    private static long Pages(CounterFigures figures, string name) => (long)(figures.Find(name) ?? 0);

    private static long ReserveOf(ZoneInfo zone)
    {
        var most = 0UL;
        foreach (var protection in zone.Protection) most = Math.Max(most, protection);
        var high = (zone["high"] ?? 0) - Math.Min(zone["boost"] ?? 0, zone["high"] ?? 0);
        return (long)Math.Min(most + high, zone["managed"] ?? 0);
    }
}
