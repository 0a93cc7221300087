using System.Globalization;
using VboxMem.Tools.Processes;
using VboxMem.Tui.Drawing;
using VboxMem.Tui.Readings;
using VboxMem.Tui.Widgets;

namespace VboxMem.Tui.Panes;

/// <summary>The parts of the process pane around the areas: head, badness, translation.</summary>
internal static class ProcessDetails
{
    private const int TranslationMargin = 1;

    private static readonly string[] _flags = ["P", "RW", "US", "PWT", "PCD", "A", "D", "PS", "PAT", "G", "SD", "NX"];

    /// <summary>Who it is, its memory by kind with peaks, its faults, its command line.</summary>
    public static void DrawHead(Canvas canvas, Rect area, ScreenView view, ProcessRecord process, ProcessRecord? before)
    {
        var (status, stat) = (process.Status, process.Stat);
        var x = Pair(canvas, area.Row(0), 1, "pid", process.Pid.ToString(CultureInfo.InvariantCulture));
        x = canvas.Write(area.Row(0), x, 0, ProcessText.Name(process, isUtf8: true), Role.Bold) + 2;
        x = Pair(canvas, area.Row(0), x, "user", view.Now.Accounts.UserName(process.EffectiveUser));
        x = Pair(canvas, area.Row(0), x, "state", StateOf(process.State), process.State is (byte)'D' or (byte)'Z' or (byte)'X' ? Role.Critical : Role.Bold);
        x = Pair(canvas, area.Row(0), x, "in", ProcessText.WaitChannel(process));
        x = Pair(canvas, area.Row(0), x, "threads", process.Threads.ToString(CultureInfo.InvariantCulture));
        Pair(canvas, area.Row(0), x, "parent", process.ParentPid.ToString(CultureInfo.InvariantCulture));

        x = Size(canvas, area.Row(1), 1, "RSS", status.VmRss, status.HasMemory);
        x = Size(canvas, area.Row(1), x - 1, "= anon", status.RssAnon, status.HasResidentKinds);
        x = Size(canvas, area.Row(1), x - 1, "+ file", status.RssFile, status.HasResidentKinds);
        x = Size(canvas, area.Row(1), x - 1, "+ shmem", status.RssShmem, status.HasResidentKinds);
        x = Size(canvas, area.Row(1), x, "peak", status.VmHighWater, status.HasMemory);
        x = Size(canvas, area.Row(1), x, "swap", status.VmSwap, status.HasMemory);
        x = Size(canvas, area.Row(1), x, "virt", status.VmSize, status.HasMemory);
        x = Size(canvas, area.Row(1), x, "peak", status.VmPeak, status.HasMemory);
        x = Size(canvas, area.Row(1), x, "tables", status.VmPageTables, status.HasMemory);
        Size(canvas, area.Row(1), x, "locked", status.VmLocked, status.HasMemory);

        var earlier = before is not null && before.Stat.StartTicks == stat.StartTicks ? before : null;
        x = Pair(canvas, area.Row(2), 1, "faults", Counted(view, stat.MinorFaults, earlier?.Stat.MinorFaults));
        x = Pair(canvas, area.Row(2), x, "major", Counted(view, stat.MajorFaults, earlier?.Stat.MajorFaults));
        x = Pair(canvas, area.Row(2), x, "time", string.Create(CultureInfo.InvariantCulture, $"{stat.UserTicks / 100.0:0.00} s user, {stat.SystemTicks / 100.0:0.00} s system"));
        Pair(canvas, area.Row(2), x, "age", Sizes.Clock(view.Now.At - TimeSpan.FromMilliseconds(stat.StartTicks * 10.0)));
        canvas.Write(area.Row(3), 1, 0, ProcessText.CommandLine(process, isUtf8: true));
    }

    /// <summary>What the OOM killer would add up.</summary>
    /// <returns>Rows it takes, of those there are.</returns>
    public static int DrawBadness(Canvas canvas, Rect area, ScreenView view, int pid)
    {
        var badness = view.Now.Debug("badness");
        if (badness.Value is not { } table)
        {
            canvas.Write(area, 1, 0, "badness", Role.Title);
            canvas.Write(area, 9, 0, badness.Problem, Role.Warning);
            return 1;
        }

        var (row, place, rivals) = Find(table, pid);
        var words = row < 0 ? ["it has no memory: the OOM killer passes it by"] : Words(table, row, place, rivals);
        var (x, y) = (canvas.Write(area, 1, 0, "badness ", Role.Title), 0);
        foreach (var word in words)
        {
            if (x + word.Length > area.Width && y + 1 < area.Height) (x, y) = (9, y + 1);
            x = canvas.Write(area, x, y, word, word.StartsWith("= ", StringComparison.Ordinal) ? Role.Bold : Role.Text) + 1;
        }

        return y + 1;
    }

    /// <summary>An address on its way down the page tables, a row for each level.</summary>
    public static void DrawTranslation(Canvas canvas, Rect area, ScreenView view, int pid, ulong address)
    {
        var walk = AddressWalk.Translate(view.Now, pid, address);
        var x = canvas.Write(area, TranslationMargin, 0, string.Create(CultureInfo.InvariantCulture, $"address 0x{address:x}"), Role.Title) + 1;
        if (walk.Value is not { RowCount: > 0 } table)
        {
            canvas.Write(area, x, 0, walk.Problem, Role.Warning);
            return;
        }

        var last = table.RowCount - 1;
        const string Hint = "   (Enter: another one)";
        x = canvas.Write(area, x, 0, $"{view.Glyphs.Arrow} {Outcome(table, last)}", Role.Bold);
        if (x + Hint.Length <= area.Width) canvas.Write(area, x, 0, Hint, Role.Bold);
        canvas.Write(area, TranslationMargin, 1, "LEVEL INDEX    TABLE              ENTRY  LEADS TO           FLAGS", Role.Label);
        for (var row = 0; row <= last && row + 2 < area.Height; row++) DrawLevel(canvas, area.Row(row + 2), table, row);
    }

    private static void DrawLevel(Canvas canvas, Rect area, DebugTable table, int row)
    {
        canvas.Write(area, TranslationMargin, 0, table[row, "level"], Role.Bold);
        canvas.WriteRight(area, TranslationMargin + 11, 0, table[row, "index"]);
        canvas.WriteRight(area, TranslationMargin + 20, 0, table[row, "table"]);
        canvas.WriteRight(area, TranslationMargin + 39, 0, table[row, "entry"]);
        var target = table[row, "target"];
        var x = canvas.Write(area, TranslationMargin + 41, 0, target, target is "none" or "swap" ? Role.Warning : Role.Good) + 1;
        if (table.Has(row, "frame")) canvas.Write(area, x, 0, table[row, "frame"]);
        if (table.Has(row, "swap")) canvas.Write(area, x, 0, table[row, "swap"], Role.Swap);
        x = TranslationMargin + 60;
        foreach (var flag in _flags)
        {
            if (table[row, flag] == "1") x = canvas.Write(area, x, 0, flag, Role.Dim) + 1;
        }
    }

    private static string Outcome(DebugTable table, int last) => table[last, "target"] switch
    {
        "page" => $"physical {table[last, "physical"]}",
        "zero" => $"the zero page, physical {table[last, "physical"]}",
        "swap" => $"swapped out, area:slot {table[last, "swap"]}",
        _ => $"nothing there: the way ends at {table[last, "level"]}",
    };

    private static (int Row, int Place, int Rivals) Find(DebugTable table, int pid)
    {
        var found = -1;
        for (var row = 0; row < table.RowCount; row++)
        {
            if (table.Number(row, "pid") == pid) found = row;
        }

        if (found < 0) return (-1, 0, 0);
        var (place, rivals) = (1, 0);
        for (var row = 0; row < table.RowCount; row++)
        {
            if (table.Has(row, "protected")) continue;
            rivals++;
            if (table.Number(row, "points") > table.Number(found, "points")) place++;
        }

        return (found, place, rivals);
    }

    private static string[] Words(DebugTable table, int row, int place, int rivals) =>
    [
        $"rss {table[row, "rss"]}",
        $"+ swap {table[row, "swap"]}",
        $"+ page tables {table[row, "ptables"]}",
        $"+ adj {table[row, "adj_pages"]} ({table[row, "adj"]}/1000 of {table[row, "total"]})",
        $"= {table[row, "points"]} pages;",
        $"oom_score {table[row, "score"]};",
        table.Has(row, "protected") ? $"never chosen: {table[row, "protected"]}" : place == 1 ? $"first of {rivals}: it would be killed" : $"{place} of {rivals}",
    ];

    /// <summary>Writes a name and a value, whole or not at all; behind what does not fit nothing else is written.</summary>
    private static int Pair(Canvas canvas, Rect row, int x, string name, string value, Role role = Role.Bold)
    {
        if (x + name.Length + 1 + value.Length > row.Width) return row.Width;
        x = canvas.Write(row, x, 0, name, Role.Label) + 1;
        return canvas.Write(row, x, 0, value, role) + 2;
    }

    private static int Size(Canvas canvas, Rect row, int x, string name, ulong kilobytes, bool isKnown) =>
        Pair(canvas, row, x, name, isKnown ? Sizes.Kilobytes(kilobytes) : "-", isKnown ? Role.Bold : Role.Dim);

    private static string Counted(ScreenView view, ulong now, ulong? before) =>
        $"{Sizes.Count(now)} ({Sizes.Rate(view.Rate(now, before))}/s)";

    private static string StateOf(byte state) => state switch
    {
        (byte)'R' => "R running",
        (byte)'S' => "S sleeping",
        (byte)'D' => "D waits for a disk",
        (byte)'Z' => "Z ended",
        (byte)'T' => "T stopped",
        (byte)'t' => "t traced",
        (byte)'I' => "I idle",
        (byte)'X' => "X dead",
        _ => ((char)state).ToString(),
    };
}
