using System.Globalization;
using VboxMem.Tui.Drawing;
using VboxMem.Tui.Readings;
using VboxMem.Tui.Why;

namespace VboxMem.Tui.Widgets;

/// <summary>The tasks that stall, with a line that sums them up by cause. The cursor stays with its task.</summary>
internal sealed class StallList
{
    private const int RowsAbove = 2;
    private const int CauseColumn = 43;
    private const int WordsWidth = 37;

    public ListCursor Cursor { get; } = new();

    /// <summary>The thread under the cursor; 0: none.</summary>
    public int Tid { get; private set; }

    /// <summary>Its process; 0: none.</summary>
    public int Pid { get; private set; }

    public void Draw(Canvas canvas, Rect area, ScreenView view)
    {
        canvas.Fill(area.Row(1), ' ', Role.Header);
        var stalls = view.Now.Debug("stalls");
        if (stalls.Value is not { } table)
        {
            (Tid, Pid) = (0, 0);
            canvas.Write(area, 1, 0, stalls.Problem, Role.Warning);
            return;
        }

        DrawSummary(canvas, area, table);
        var isWordy = area.Width >= CauseColumn + WordsWidth;
        canvas.Write(area, 1, 1, "    TID S COMM                 FOR PSI    WAITS BECAUSE", Role.Header);
        if (area.Width >= CauseColumn + WordsWidth + 16) canvas.Write(area, CauseColumn + WordsWidth + 1, 1, "OF", Role.Header);
        Keep(table);
        Cursor.Fit(table.RowCount, area.Height - RowsAbove);
        (Tid, Pid) = table.RowCount > 0 ? ((int)table.Number(Cursor.Row, "tid"), (int)table.Number(Cursor.Row, "pid")) : (0, 0);
        for (var y = 0; y < Cursor.Page && Cursor.Top + y < table.RowCount; y++) DrawRow(canvas, area, y + RowsAbove, table, Cursor.Top + y, isWordy);
    }

    /// <summary>The cursor was moved by the user: it is with another task now.</summary>
    public bool Moved(ScreenView view)
    {
        if (view.Now.Debug("stalls").Value is { RowCount: > 0 } table) Tid = (int)table.Number(Math.Min(Cursor.Row, table.RowCount - 1), "tid");
        return true;
    }

    /// <param name="y">Row of its area.</param>
    /// <param name="view">What is shown.</param>
    public void Click(int y, ScreenView view)
    {
        Cursor.Choose(y - RowsAbove);
        Moved(view);
    }

    public bool? Search(string text, bool isBackward, ScreenView view)
    {
        if (view.Now.Debug("stalls").Value is not { } table) return null;
        return Cursor.Find(isBackward, row => table[row, "comm"].Contains(text, StringComparison.OrdinalIgnoreCase)
            || table[row, "cause"].Contains(text, StringComparison.OrdinalIgnoreCase)) && Moved(view);
    }

    /// <summary>Puts the cursor where its task is now; a task that goes on leaves it where it is.</summary>
    private void Keep(DebugTable table)
    {
        if (Tid == 0 || (Cursor.Row < table.RowCount && table.Number(Cursor.Row, "tid") == Tid)) return;
        for (var row = 0; row < table.RowCount; row++)
        {
            if (table.Number(row, "tid") == Tid) Cursor.Row = row;
        }
    }

    private static void DrawSummary(Canvas canvas, Rect area, DebugTable table)
    {
        if (table.RowCount == 0)
        {
            canvas.Write(area, 1, 0, "nobody stalls at this moment", Role.Good);
            return;
        }

        var causes = new SortedDictionary<string, (int Count, long Longest)>(StringComparer.Ordinal);
        var (memory, io) = (0, 0);
        for (var row = 0; row < table.RowCount; row++)
        {
            var (count, longest) = causes.GetValueOrDefault(table[row, "cause"]);
            causes[table[row, "cause"]] = (count + 1, Math.Max(longest, table.Number(row, "for_ns")));
            memory += table.Number(row, "memstall") == 1 ? 1 : 0;
            io += table.Number(row, "io") == 1 ? 1 : 0;
        }

        var x = canvas.Write(area, 1, 0, string.Create(CultureInfo.InvariantCulture, $"{table.RowCount} {(table.RowCount == 1 ? "task stalls" : "tasks stall")} ({memory} on memory, {io} on io):"), Role.Bold) + 1;
        foreach (var (cause, (count, longest)) in causes)
        {
            var text = string.Create(CultureInfo.InvariantCulture, $"{count} {cause}, up to {Durations.Text(longest)}");
            if (x + text.Length > area.Width) return;
            x = canvas.Write(area, x, 0, text + ";") + 1;
        }
    }

    private void DrawRow(Canvas canvas, Rect area, int y, DebugTable table, int row, bool isWordy)
    {
        canvas.WriteRight(area, 8, y, table[row, "tid"]);
        var state = table[row, "state"];
        canvas.Write(area, 9, y, state, state == "D" ? Role.Critical : Role.Text);
        canvas.Write(area.Left(27), 11, y, table[row, "comm"], Role.Bold);
        canvas.WriteRight(area, 34, y, Durations.Text(table.Number(row, "for_ns")));
        var (isMemory, isIo) = (table.Number(row, "memstall") == 1, table.Number(row, "io") == 1);
        canvas.Write(area, 35, y, isMemory && isIo ? "mem+io" : isMemory ? "mem" : isIo ? "io" : "-");
        canvas.Write(area, CauseColumn - 1, y, isWordy ? StallWords.Short(table[row, "cause"]) : table[row, "cause"]);
        if (area.Width >= CauseColumn + WordsWidth + 16) canvas.Write(area, CauseColumn + WordsWidth + 1, y, table[row, "about"]);
        if (row == Cursor.Row) canvas.Paint(area.Row(y), Role.Selected);
    }
}
