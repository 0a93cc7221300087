// Why the OOM killer ran, and why it chose whom it chose: from its report in the kernel's log, which has all that it went by.
//
// Models   Linux 6.12 mm/oom_kill.c: oom_badness, select_bad_process (of equals the one that comes later); mm/page_alloc.c: the last
//          try before it is made against the high mark, direct reclaim has failed against min.

using System.Globalization;
using VboxMem.Tools.OomReports;
using VboxMem.Tui.Drawing;
using VboxMem.Tui.Panes;
using VboxMem.Tui.Readings;
using VboxMem.Tui.Widgets;

namespace VboxMem.Tui.Why;

internal static class KillExplanation
{
    private const int PageKilobytes = 4;

    public static void Write(Prose prose, in WhySubject subject, ScreenView view)
    {
        var log = view.Now.Log;
        if (log.Value is null)
        {
            prose.Warn(log.Problem, Role.Warning);
            return;
        }

        var reports = view.Now.Make("oom-reports", static reading => OomReportReader.ReadAll(reading.Log.Value ?? []));
        if (Find(reports, subject) is not { } report)
        {
            prose.Say($"The kernel's log has no report of it, or not any more.");
            return;
        }

        WriteRequest(prose, report);
        WriteZones(prose, report);
        WriteLeft(prose, report);
        if (report.Candidates.Count == 0) prose.Say($"The report has no table of tasks: vm.oom_dump_tasks was 0.");
        else WriteChoice(prose, report);
    }

    /// <summary>The report of a kill: with that victim, the one nearest to the moment; without a victim the last one.</summary>
    internal static OomReport? Find(IReadOnlyList<OomReport> reports, in WhySubject subject)
    {
        OomReport? best = null;
        foreach (var report in reports)
        {
            if (subject.Pid != 0 && report.VictimPid != subject.Pid) continue;
            if (best is null || subject.At == default || Distance(report, subject.At) < Distance(best, subject.At)) best = report;
        }

        return best;

        static TimeSpan Distance(OomReport report, TimeSpan moment) => (report.At - moment).Duration();
    }

    private static void WriteRequest(Prose prose, OomReport report)
    {
        prose.Heading(report.VictimPid == 0 ? "The OOM killer found nobody to kill" : $"Why {report.VictimName} ({report.VictimPid}) was killed");
        if (report.Order < 0)
        {
            prose.Say($"At {Sizes.Clock(report.At)} an operator asked for it with SysRq f; nobody was short of memory.");
            return;
        }

        var asker = report.AskerPid > 0 ? $"{report.Asker} ({report.AskerPid})" : report.Asker;
        var pages = 1L << report.Order;
        prose.Say($"At {Sizes.Clock(report.At)} {asker} asked for {pages} page{(pages == 1 ? "" : "s behind each other")} (order {report.Order}, {pages * PageKilobytes} kB). Reclaim found nothing more to free for it, so somebody had to go.");
        prose.Say($"What kind of memory, {report.GfpMask}:");
        foreach (var (name, meaning) in GfpWords.Explain(report.GfpMask)) prose.Point($"{name}: {meaning}");
        var constraint = report.Constraint switch
        {
            "CONSTRAINT_NONE" => "the whole machine was short: every process could be chosen",
            "CONSTRAINT_CPUSET" => "the cpuset's nodes were short: who has memory there could be chosen",
            "CONSTRAINT_MEMORY_POLICY" => "the nodes of a memory policy were short: who has memory there could be chosen",
            "CONSTRAINT_MEMCG" => "a control group reached its limit: its processes could be chosen",
            _ => "not reported",
        };
        prose.Say($"Constraint {report.Constraint}: {constraint}.");
    }

    private static void WriteZones(Prose prose, OomReport report)
    {
        if (report.Order < 0 || report.Zones.Count == 0) return;
        prose.Heading("What the zones had, kB");
        var highest = GfpWords.HighestZone(report.GfpMask);
        prose.Say($"A zone gives such a request a page only while free is above min + what it keeps from requests that could use zones up to {GfpWords.ZoneNames[highest]}.");
        prose.Row("node zone          free        min + reserve  =  needed", Role.Header);
        foreach (var zone in report.Zones)
        {
            var (free, min) = (zone.Kilobytes.GetValueOrDefault("free"), zone.Kilobytes.GetValueOrDefault("min"));
            var reserve = highest < zone.Reserve.Count ? zone.Reserve[highest] * PageKilobytes : 0;
            var isOpen = GfpWords.ZoneIndex(zone.Name) <= highest;
            var verdict = !isOpen ? "not for this request" : free <= min + reserve ? $"short by {min + reserve - free + PageKilobytes}" : "was above when reported";
            prose.Row(
                string.Create(CultureInfo.InvariantCulture, $"{zone.Node,4} {zone.Name,-8} {free,9} {min,10} + {reserve,-7}  = {min + reserve,7}  {verdict}"),
                isOpen && free <= min + reserve ? Role.Critical : Role.Text);
            WriteBlocks(prose, report, zone);
        }
    }

    /// <summary>Of a request for more than a page: whether there were blocks that large.</summary>
    private static void WriteBlocks(Prose prose, OomReport report, OomZone zone)
    {
        if (report.Order <= 0 || zone.FreeBlocks.Count <= report.Order) return;
        var blocks = 0L;
        for (var order = report.Order; order < zone.FreeBlocks.Count; order++) blocks += zone.FreeBlocks[order];
        prose.Say($"{zone.Name} had {blocks} free blocks of order {report.Order} and above.");
    }

    private static void WriteLeft(Prose prose, OomReport report)
    {
        if (report.Order < 0) return;
        prose.Heading("What reclaim had left");
        var (active, inactive) = (report.Pages.GetValueOrDefault("active_file"), report.Pages.GetValueOrDefault("inactive_file"));
        prose.Say($"Page cache that could be dropped: {active} + {inactive} = {active + inactive} pages. Anonymous pages, which only swap could take: {report.Pages.GetValueOrDefault("active_anon")} active, {report.Pages.GetValueOrDefault("inactive_anon")} inactive.");
        if (report.SwapTotalKilobytes == 0) prose.Say($"There was no swap.");
        else prose.Say($"Swap: {report.SwapFreeKilobytes} kB free of {report.SwapTotalKilobytes} kB.");
    }

    private static void WriteChoice(Prose prose, OomReport report)
    {
        var ranked = report.ByPoints();
        prose.Heading("Whom there was to choose from, pages");
        if (report.RamPages == 0) prose.Warn("The report has no total of memory: it was a control group that was short, and what oom_score_adj is worth there is not told. It counts for nothing below.", Role.Warning);
        else prose.Say($"points = rss + swap + page tables + adj x {report.TotalPages / 1000}, a thousandth of memory and swap: ({report.RamPages} RAM - {report.ReservedPages} reserved + {report.SwapTotalKilobytes / PageKilobytes} swap) / 1000. Most points is killed.");
        prose.Row("    pid name                   rss       swap  ptabs    adj     points", Role.Header);
        foreach (var candidate in ranked) WriteCandidate(prose, report, candidate);
        if (report.Victim is not { } victim)
        {
            prose.Say($"Nobody was chosen.");
            return;
        }

        prose.Heading($"The victim: {victim.Name} ({victim.Pid})");
        WriteSum(prose, report, victim);
        prose.Say($"{report.KilledLine}");
        WriteNext(prose, report, ranked, victim);
        WriteProtected(prose, ranked);
    }

    private static void WriteCandidate(Prose prose, OomReport report, OomCandidate candidate)
    {
        var isVictim = candidate.Pid == report.VictimPid;
        var note = isVictim ? "  killed" : candidate.IsProtected ? "  protected" : "";
        var text = string.Create(CultureInfo.InvariantCulture, $"{candidate.Pid,7} {candidate.Name,-16} {candidate.Rss,9} {candidate.Swap,10} {candidate.PageTables,6} {candidate.Adjustment,6} {candidate.Points(report.TotalPages),10}{note}");
        prose.Row(text, isVictim ? Role.Critical : candidate.IsProtected ? Role.Dim : Role.Text);
    }

    private static void WriteSum(Prose prose, OomReport report, OomCandidate candidate) => prose.Sum(
        "points",
        new SumTerm(candidate.Rss, candidate.HasKinds ? $"pages in memory: anon {candidate.Anon}, file {candidate.File}, shmem {candidate.Shmem}" : "pages in memory"),
        new SumTerm(candidate.Swap, "pages in swap"),
        new SumTerm(candidate.PageTables, $"pages of page tables: {candidate.PageTableBytes} bytes / {OomReport.PageBytes}"),
        new SumTerm(candidate.AdjustmentPages(report.TotalPages), $"oom_score_adj {candidate.Adjustment} x {report.TotalPages / 1000}"));

    private static void WriteNext(Prose prose, OomReport report, IReadOnlyList<OomCandidate> ranked, OomCandidate victim)
    {
        var points = victim.Points(report.TotalPages);
        foreach (var candidate in ranked)
        {
            if (candidate.Pid == victim.Pid || candidate.IsProtected) continue;
            prose.Heading($"Why not {candidate.Name} ({candidate.Pid})");
            WriteSum(prose, report, candidate);
            var theirs = candidate.Points(report.TotalPages);
            if (theirs < points) prose.Say($"{points} - {theirs} = {points - theirs} points fewer than the victim: the next in line.");
            else if (theirs == points) prose.Say($"As many as the victim: of equals the one that comes later in the list of processes is taken.");
            else prose.Say($"More than the victim. Passed over all the same: it was dying already, or its memory had been taken; or vm.oom_kill_allocating_task was set and who asked had to go.");
            return;
        }

        prose.Say($"There was nobody else to choose.");
    }

    private static void WriteProtected(Prose prose, IReadOnlyList<OomCandidate> ranked)
    {
        prose.Heading("Never chosen");
        prose.Point($"init (1) and kernel threads: not even listed");
        foreach (var candidate in ranked)
        {
            if (candidate.IsProtected) prose.Point($"{candidate.Name} ({candidate.Pid}): oom_score_adj {candidate.Adjustment}; without that it would count {candidate.Rss + candidate.Swap + candidate.PageTables}");
        }
    }
}
