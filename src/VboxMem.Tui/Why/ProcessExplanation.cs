// What a process would count for if the OOM killer ran now, and what oom_score makes of that.
//
// Models   Linux 6.12 mm/oom_kill.c: oom_badness; fs/proc/base.c: proc_oom_score.
// Units    pages.

using System.Globalization;
using VboxMem.Tui.Drawing;
using VboxMem.Tui.Panes;
using VboxMem.Tui.Readings;
using VboxMem.Tui.Widgets;

namespace VboxMem.Tui.Why;

internal static class ProcessExplanation
{
    private const int RanksShown = 5;

    public static void Write(Prose prose, in WhySubject subject, ScreenView view)
    {
        var badness = view.Now.Debug("badness");
        if (badness.Value is not { } table)
        {
            prose.Heading($"Process {subject.Pid}: what it counts for to the OOM killer");
            prose.Warn(badness.Problem, Role.Warning);
            return;
        }

        var row = Row(table, subject.Pid);
        if (row < 0)
        {
            prose.Heading($"Process {subject.Pid}");
            prose.Say($"It has no memory of its own: a kernel thread, a zombie, or gone. The OOM killer passes it over.");
            return;
        }

        prose.Heading($"{table[row, "comm"]} ({subject.Pid}): what it counts for to the OOM killer, pages");
        WriteSum(prose, table, row);
        WriteRank(prose, table, row);
        WriteScore(prose, table, row);
        if (table[row, "protected"] != "init") WriteWhatIf(prose, table, row);
    }

    private static int Row(DebugTable table, int pid)
    {
        for (var row = 0; row < table.RowCount; row++)
        {
            if (table.Number(row, "pid") == pid) return row;
        }

        return -1;
    }

    private static void WriteSum(Prose prose, DebugTable table, int row)
    {
        var total = table.Number(row, "total");
        prose.Sum(
            "points",
            new SumTerm(table.Number(row, "rss"), "pages in memory"),
            new SumTerm(table.Number(row, "swap"), "pages in swap"),
            new SumTerm(table.Number(row, "ptables"), "pages of page tables"),
            new SumTerm(table.Number(row, "adj_pages"), string.Create(CultureInfo.InvariantCulture, $"oom_score_adj {table.Number(row, "adj")} x {total / 1000}, a thousandth of {total} pages of memory and swap")));
        var reason = table[row, "protected"] switch
        {
            "init" => "It is init: never chosen, whatever it counts for.",
            "adj" => "Its oom_score_adj is -1000: never chosen, whatever it counts for.",
            "reaped" => "Its memory has been taken already: not chosen again.",
            "dying" => "It was chosen and is dying: nobody else is chosen meanwhile.",
            _ => "",
        };
        if (reason.Length > 0) prose.Warn(reason, Role.Warning);
    }

    private static List<int> Ranking(DebugTable table)
    {
        var rows = new List<int>();
        for (var row = 0; row < table.RowCount; row++)
        {
            if (!table.Has(row, "protected")) rows.Add(row);
        }

        rows.Sort((a, b) => table.Number(b, "points").CompareTo(table.Number(a, "points")) is var order and not 0 ? order : table.Number(b, "pid").CompareTo(table.Number(a, "pid")));
        return rows;
    }

    private static void WriteRank(Prose prose, DebugTable table, int row)
    {
        prose.Heading("Its place among those who could be chosen");
        var ranking = Ranking(table);
        var place = ranking.IndexOf(row);
        if (place < 0) prose.Say($"None: it is protected. {ranking.Count} others are not.");
        else if (place == 0) prose.Say($"{1} of {ranking.Count}: it would be killed now.");
        else prose.Say($"{place + 1} of {ranking.Count}.");
        prose.Row("place     pid name                  points", Role.Header);
        for (var i = 0; i < ranking.Count; i++)
        {
            if (i >= RanksShown && i != place) continue;
            var text = string.Create(CultureInfo.InvariantCulture, $"{i + 1,5} {table[ranking[i], "pid"],7} {table[ranking[i], "comm"],-16} {table.Number(ranking[i], "points"),11}{(i == place ? "  this one" : "")}");
            prose.Row(text, i == place ? Role.Bold : Role.Text);
        }
    }

    private static void WriteScore(Prose prose, DebugTable table, int row)
    {
        prose.Heading("What /proc/PID/oom_score shows");
        var (points, total, score) = (table.Number(row, "points"), table.Number(row, "total"), table.Number(row, "score"));
        if (table[row, "protected"] is "init" or "adj")
        {
            prose.Say($"{score}: it can never be chosen.");
            return;
        }

        if (total == 0) return;
        var share = points * 1000 / total;
        prose.Say($"(1000 + {points} x 1000 / {total}) x 2 / 3 = (1000 + {share}) x 2 / 3 = {(1000 + share) * 2 / 3}, cut to whole numbers at each step. The file says {score}. Shares below a thousandth do not show: points decide, not the score.");
    }

    private static void WriteWhatIf(Prose prose, DebugTable table, int row)
    {
        prose.Heading("With another oom_score_adj");
        var (points, total, adj) = (table.Number(row, "points"), table.Number(row, "total"), table.Number(row, "adj"));
        var unit = total / 1000;
        var bare = points - table.Number(row, "adj_pages");
        prose.Say($"Each step of oom_score_adj is worth {unit} pages, {Sizes.Pages((ulong)unit)}. Without any it counts {bare}.");
        var best = long.MinValue;
        foreach (var other in Ranking(table))
        {
            if (other != row) best = Math.Max(best, table.Number(other, "points"));
        }

        if (unit == 0 || best == long.MinValue) return;
        prose.Say($"The most that anybody else counts for is {best}.");
        var needed = (best - bare) >= 0 ? ((best - bare) / unit) + 1 : -((bare - best - 1) / unit);
        if (needed > 1000) prose.Point($"no oom_score_adj would put it first: {bare} + 1000 x {unit} = {bare + (1000 * unit)}");
        else if (needed <= -1000) prose.Point($"only -1000 keeps it from being first");
        else prose.Point($"from {needed} on it is first: {bare} + {needed} x {unit} = {bare + (needed * unit)}{(adj >= needed ? "; it is so now" : "")}");
        prose.Point($"-1000 protects it altogether");
    }
}
