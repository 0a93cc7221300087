// What a zone's marks are made of, and who may have a page from it now.
//
// Models   Linux 6.12 mm/page_alloc.c: __setup_per_zone_wmarks, __zone_watermark_ok (order 0).
// Units    pages.

using System.Globalization;
using VboxMem.Tools.Parsing;
using VboxMem.Tui.Drawing;
using VboxMem.Tui.Panes;
using VboxMem.Tui.Readings;
using VboxMem.Tui.Widgets;

namespace VboxMem.Tui.Why;

internal static class WatermarkExplanation
{
    public static void Write(Prose prose, in WhySubject subject, ScreenView view)
    {
        var (node, name) = (subject.Node, subject.Name);
        prose.Heading($"Node {node}, zone {name}: its marks, in pages of 4 kB");
        var zones = view.Now.Zones;
        if (zones.Value is null)
        {
            prose.Warn(zones.Problem, Role.Warning);
            return;
        }

        var zone = zones.Value.FirstOrDefault(zone => zone.Node == node && zone.Name == name);
        if (zone?["managed"] is not > 0)
        {
            prose.Say($"The zone has no memory.");
            return;
        }

        WriteMarks(prose, zone, view);
        WriteReserves(prose, zone, view);
        WriteFree(prose, zone);
        WriteKswapd(prose, zone, view);
    }

    private static long Figure(ZoneInfo zone, string name) => (long)(zone[name] ?? 0);

    private static void WriteMarks(Prose prose, ZoneInfo zone, ScreenView view)
    {
        var boost = Figure(zone, "boost");
        var (min, low, high) = (Figure(zone, "min") - boost, Figure(zone, "low") - boost, Figure(zone, "high") - boost);
        WriteShare(prose, zone, min, view);
        prose.Say($"From mark to mark it is {low - min} pages:");
        prose.Sum("low: below it kswapd is woken", new SumTerm(min, "min"), new SumTerm(low - min, "one step"));
        prose.Sum("high: kswapd rests once free is above it", new SumTerm(low, "low"), new SumTerm(high - low, "one step"));
        if (boost == 0) return;
        prose.Say($"Pageblocks were mixed of late, so that all marks are raised by a boost of {boost} for a while: min {min + boost}, low {low + boost}, high {high + boost}.");
    }

    /// <summary>min_free_kbytes is shared out by size; only the debug file has all that goes into it.</summary>
    private static void WriteShare(Prose prose, ZoneInfo zone, long min, ScreenView view)
    {
        var marks = view.Now.Debug("watermarks");
        if (marks.Value is not { } table || Row(table, zone) is not (>= 0 and var row))
        {
            prose.Say($"min in force: {min}. How vm.min_free_kbytes was shared out is not to be seen: {marks.Problem}");
            return;
        }

        var (minFree, managed, lowmem, share) = (table.Number(row, "min_free"), table.Number(row, "managed"), table.Number(row, "lowmem"), table.Number(row, "share"));
        if (zone.Name == "Movable")
        {
            prose.Say($"min of Movable: 1/1024 of its {managed} managed pages, at least 32 and at most 128: {share}");
        }
        else
        {
            prose.Say($"vm.min_free_kbytes {minFree * 4} kB = {minFree} pages is shared out by size: {minFree} x {managed} managed / {lowmem} of all such zones = {share}");
        }

        prose.Say($"min in force: {min}{(min == share ? "" : $", set at boot or at the last write to a tunable, when the zone was {(min < share ? "a little smaller" : "another size")}")}");
        var (quarter, scaled, gap) = (table.Number(row, "quarter"), table.Number(row, "scaled"), table.Number(row, "gap"));
        prose.Say($"The step between marks is the larger of a quarter of that, {quarter}, and {managed} x vm.watermark_scale_factor / 10000 = {scaled}: {gap}");
    }

    private static int Row(DebugTable table, ZoneInfo zone)
    {
        for (var row = 0; row < table.RowCount; row++)
        {
            if (table.Number(row, "node") == zone.Node && table[row, "zone"] == zone.Name) return row;
        }

        return -1;
    }

    private static void WriteReserves(Prose prose, ZoneInfo zone, ScreenView view)
    {
        prose.Heading("Kept from requests that could use a higher zone");
        var table = view.Now.Debug("lowmem_reserve").Value;
        var isAny = false;
        for (var request = 0; request < zone.Protection.Count; request++)
        {
            if (zone.Protection[request] == 0) continue;
            isAny = true;
            var name = request < GfpWords.ZoneNames.Length ? GfpWords.ZoneNames[request] : $"zone {request}";
            if (table is null || ReserveRow(table, zone, name) is not (>= 0 and var row) || table.Number(row, "ratio") is not (> 0 and var ratio))
            {
                prose.Point($"up to {name}: {zone.Protection[request]} pages");
                continue;
            }

            var above = table.Number(row, "above");
            var inForce = (long)zone.Protection[request] == above / ratio ? "" : $" now; in force since it was last set: {zone.Protection[request]}";
            prose.Point($"up to {name}: {above} managed pages above / ratio {ratio} = {above / ratio}{inForce}");
        }

        if (!isAny) prose.Say($"Nothing: there is no memory above it.");
    }

    private static int ReserveRow(DebugTable table, ZoneInfo zone, string request)
    {
        for (var row = 0; row < table.RowCount; row++)
        {
            if (table.Number(row, "node") == zone.Node && table[row, "zone"] == zone.Name && table[row, "request"] == request) return row;
        }

        return -1;
    }

    private static void WriteFree(Prose prose, ZoneInfo zone)
    {
        var (free, min, low) = (Figure(zone, "free"), Figure(zone, "min"), Figure(zone, "low"));
        prose.Heading($"What its {free} free pages mean now, for a request of one page");
        prose.Say($"A request gets a page if free is above the mark it has to keep + the reserve kept from it.");
        var self = GfpWords.ZoneIndex(zone.Name);
        var last = -1L;
        for (var request = self; request <= GfpWords.ZoneIndex("Movable") && request < zone.Protection.Count; request++)
        {
            var reserve = (long)zone.Protection[request];
            if (reserve == last) continue;
            last = reserve;
            prose.Say($"Requests that may use zones up to {Alike(zone, request)}:");
            Verdict(prose, free, low, reserve, "low", "at once", "not at once: kswapd is woken first");
            Verdict(prose, free, min, reserve, "min", "after that, without waiting", "must reclaim for itself, or fail if it may not");
            var half = min - (min / 2);
            Verdict(prose, free, half - (half / 4), reserve, "3/8 of min", "urgent ones that must not wait still get one", "urgent ones that must not wait fail");
            Verdict(prose, free, min - (min / 2), reserve, "half of min", "somebody being killed gets one", "somebody being killed waits");
        }

        prose.Say($"Who reclaims (kswapd, a task in direct reclaim) keeps no mark: the last {min} pages are there so that reclaim itself can go on.");
    }

    /// <summary>The classes, from one on, for which the same is kept.</summary>
    private static string Alike(ZoneInfo zone, int request)
    {
        var names = GfpWords.ZoneNames[request];
        for (var to = request + 1; to <= GfpWords.ZoneIndex("Movable") && to < zone.Protection.Count && zone.Protection[to] == zone.Protection[request]; to++)
        {
            names += " or " + GfpWords.ZoneNames[to];
        }

        return names;
    }

    private static void Verdict(Prose prose, long free, long mark, long reserve, string name, string yes, string no)
    {
        var isMet = free > mark + reserve;
        var sum = string.Create(CultureInfo.InvariantCulture, $"{mark} + {reserve} = {mark + reserve}");
        prose.Point($"{name}: {free} {(isMet ? ">" : "<=")} {sum}: {(isMet ? "yes, " + yes : "no, " + no)}");
    }

    private static void WriteKswapd(Prose prose, ZoneInfo zone, ScreenView view)
    {
        prose.Heading($"kswapd{zone.Node}");
        KswapdWords.Write(prose, zone.Node, view);
    }
}
