using VboxMem.Tui.Drawing;
using VboxMem.Tui.Panes;
using VboxMem.Tui.Readings;
using VboxMem.Tui.Widgets;

namespace VboxMem.Tui.Why;

/// <summary>What a task waits for, who reclaims for whom, and what pressure counts of it. From the debug files stalls and kswapd.</summary>
internal static class StallExplanation
{
    public static void Write(Prose prose, in WhySubject subject, ScreenView view)
    {
        var stalls = view.Now.Debug("stalls");
        if (stalls.Value is not { } table)
        {
            prose.Heading($"Why task {subject.Pid} stalls");
            prose.Warn(stalls.Problem, Role.Warning);
            return;
        }

        var row = Row(table, subject.Pid);
        if (row < 0)
        {
            prose.Heading($"Task {subject.Pid} does not stall at this moment");
            prose.Say($"Most stalls last milliseconds. Stop the box (Z) or go back to look at one at leisure.");
        }
        else
        {
            WriteStall(prose, table, row);
            WritePressure(prose, table, row, view);
        }

        WriteReclaimers(prose, table, view);
    }

    private static int Row(DebugTable table, int tid)
    {
        for (var row = 0; row < table.RowCount; row++)
        {
            if (table.Number(row, "tid") == tid) return row;
        }

        return -1;
    }

    private static void WriteStall(Prose prose, DebugTable table, int row)
    {
        var (cause, about) = (table[row, "cause"], table[row, "about"]);
        prose.Heading($"Why {table[row, "comm"]} ({table[row, "tid"]}) does not go on");
        prose.Say($"{cause}: {StallWords.Long(cause)}");
        prose.Say($"State {table[row, "state"]}, {(table[row, "state"] == "D" ? "asleep until that is over" : "running, or waiting for a CPU, but not for its own work")}. Since {Sizes.Clock(TimeSpan.FromMicroseconds(table.Number(row, "since_ns") / 1000))}, for {Durations.Text(table.Number(row, "for_ns"))} by now.");
        WriteRequest(prose, table, row);
        if (about == "-") return;
        var colon = about.IndexOf(':', StringComparison.Ordinal);
        var (kind, which) = colon < 0 ? (about, "") : (about[..colon], about[(colon + 1)..]);
        switch (kind)
        {
            case "node":
                prose.Say($"It is node {which} whose memory this is about.");
                break;
            case "frame":
                prose.Say($"It waits for the page in frame {which}, {OthersOn(table, about, row)}.");
                break;
            case "disk":
                prose.Say($"It waits for disk {which}, {OthersOn(table, about, row)}.");
                break;
            case "memory":
                prose.Say($"It waits for memory map {which}, {OthersOn(table, about, row)}.");
                break;
            default:
                break;
        }
    }

    /// <summary>What it asked for and has yet to get; a dump of an older version does not tell.</summary>
    private static void WriteRequest(Prose prose, DebugTable table, int row)
    {
        if (!table.Has(row, "gfp_mask")) return;
        prose.Say($"It asked for {Request(table, row)}. {table[row, "gfp_mask"]}:");
        foreach (var (name, meaning) in GfpWords.Explain(table[row, "gfp_mask"])) prose.Point($"{name}: {meaning:t}");
    }

    private static string Request(DebugTable table, int row)
    {
        var order = (int)table.Number(row, "order");
        return order == 0 ? "1 page (order 0, 4 kB)" : $"{1 << order} pages in one block (order {order}, {4 << order} kB)";
    }

    private static string OthersOn(DebugTable table, string about, int self)
    {
        var others = 0;
        for (var row = 0; row < table.RowCount; row++)
        {
            if (row != self && table[row, "about"] == about) others++;
        }

        return others == 0 ? "alone" : $"with {others} more";
    }

    private static void WritePressure(Prose prose, DebugTable table, int row, ScreenView view)
    {
        prose.Heading("What pressure counts of it");
        var (isMemory, isIo) = (table.Number(row, "memstall") == 1, table.Number(row, "io") == 1);
        if (isMemory) WriteResource(prose, table, "memory", "memstall", view);
        if (isIo) WriteResource(prose, table, "io", "io", view);
        if (!isMemory && !isIo) prose.Say($"Nothing: the time counts neither as stalled on memory nor as waiting for I/O.");
    }

    private static void WriteResource(Prose prose, DebugTable table, string resource, string column, ScreenView view)
    {
        var count = 0;
        for (var row = 0; row < table.RowCount; row++) count += table.Number(row, column) == 1 ? 1 : 0;
        prose.Say($"{resource}: the time counts as \"some\", and as \"full\" while nobody else gets work done. {count} tasks in this list count for it now.");
        if (view.Now.Pressure(resource)?.Some is { } some)
        {
            prose.Say($"/proc/pressure/{resource} some: {some.Average10 / 100.0:0.00} % of the last ten seconds, {some.Average60 / 100.0:0.00} % of the last minute, {some.TotalMicroseconds} us since boot.");
        }
    }

    /// <summary>Who waits inside of reclaim is listed with what it waits for; that its time counts for memory gives it away.</summary>
    private static void WriteHiddenReclaimers(Prose prose, DebugTable table)
    {
        for (var row = 0; row < table.RowCount; row++)
        {
            if (table.Number(row, "memstall") != 1 || table[row, "comm"].StartsWith("kswapd", StringComparison.Ordinal)) continue;
            if (table[row, "cause"] is not ("disk_queue" or "page_lock" or "writeback")) continue;
            prose.Point($"{table[row, "comm"]} ({table[row, "tid"]}): {table[row, "cause"]}, which counts as a memory stall: {Inside(table, row):t}");
        }
    }

    /// <summary>A request that is pending says that it reclaims; where the file does not tell, it may be either.</summary>
    private static string Inside(DebugTable table, int row) =>
        table.Has(row, "gfp_mask") ? $"it waits inside of reclaim of its own, for {Request(table, row)}"
        : table.Columns.Contains("gfp_mask") ? "for a page that was in use and is read back"
        : "it waits inside of reclaim of its own, or for a page that was in use and is read back";

    private static void WriteReclaimers(Prose prose, DebugTable table, ScreenView view)
    {
        prose.Heading("Who reclaims for whom");
        var direct = 0;
        for (var row = 0; row < table.RowCount; row++)
        {
            if (table[row, "cause"] != "direct_reclaim" && !table[row, "cause"].StartsWith("throttle_", StringComparison.Ordinal)) continue;
            if (table[row, "comm"].StartsWith("kswapd", StringComparison.Ordinal)) continue;
            if (direct++ == 0) prose.Say($"For themselves, because kswapd does not keep up:");
            prose.Point($"{table[row, "comm"]} ({table[row, "tid"]}): {table[row, "cause"]}, {table[row, "about"]}, for {Durations.Text(table.Number(row, "for_ns"))}{(table.Has(row, "gfp_mask") ? $", wants {Request(table, row)}" : ""):t}");
        }

        if (direct == 0) prose.Say($"Nobody is in direct reclaim by name.");
        WriteHiddenReclaimers(prose, table);
        if (view.Now.Debug("kswapd").Value is not { } kswapd) return;
        for (var row = 0; row < kswapd.RowCount; row++)
        {
            var node = (int)kswapd.Number(row, "node");
            prose.Say($"For everybody on node {node}, kswapd{node}:");
            KswapdWords.Write(prose, node, view);
        }
    }
}
