using System.Globalization;
using VboxMem.Tui.Drawing;
using VboxMem.Tui.Readings;
using VboxMem.Tui.Widgets;

namespace VboxMem.Tui.Panes;

/// <summary>What a node's kswapd does, in a line. Linux shows that nowhere: only a simulated box has the file it is read from.</summary>
internal static class KswapdLine
{
    private const long NanosecondsPerTick = 100;

    public static void Draw(Canvas canvas, Rect row, ScreenView view, int node)
    {
        var x = canvas.Write(row, 1, 0, string.Create(CultureInfo.InvariantCulture, $"kswapd{node} "), Role.Title);
        var loaded = view.Now.Debug("kswapd");
        if (loaded.Value is not { } table || Find(table, node) is not { } at)
        {
            canvas.Write(row, x, 0, loaded.Problem.Length > 0 ? $"not shown: {loaded.Problem}" : "not shown", Role.Dim);
            return;
        }

        var state = table[at, "state"];
        var isAwake = state == "balancing";
        var isHopeless = table.Number(at, "hopeless") > 0;
        var text = $"{state} for {Figure.Duration(Since(view, table.Number(at, "since_ns")))}";
        x = canvas.Write(row, x, 0, text, isAwake ? Role.Warning : Role.Good);
        if (isHopeless) x = canvas.Write(row, x, 0, $", given up after {table[at, "failures"]} failures", Role.Critical);
        if (!table.Has(at, "run_begin_ns"))
        {
            canvas.Write(row, x, 0, "; has not run yet", Role.Dim);
            return;
        }

        canvas.Write(row, x, 0, $"; {RunOf(view, table, at)}");
    }

    private static string RunOf(ScreenView view, DebugTable table, int at)
    {
        var begin = Ticks(table.Number(at, "run_begin_ns"));
        var isOver = table.Has(at, "run_end_ns");
        var took = isOver ? Ticks(table.Number(at, "run_end_ns")) - begin : view.Now.At - begin;
        var when = isOver ? $"{Figure.Duration(view.Now.At - begin)} ago, {Figure.Duration(took)}" : $"for {Figure.Duration(took)}, priority {table[at, "run_priority"]}";
        var scanned = Sizes.Pages((ulong)table.Number(at, "run_scanned"));
        var reclaimed = Sizes.Pages((ulong)table.Number(at, "run_reclaimed"));
        var order = table.Number(at, "run_order") > 0 ? $", order {table[at, "run_order"]}" : "";
        return $"run {table[at, "runs"]} {when}{order}: scanned {scanned}, freed {reclaimed}";
    }

    private static TimeSpan Since(ScreenView view, long nanoseconds) => view.Now.At - Ticks(nanoseconds);

    private static TimeSpan Ticks(long nanoseconds) => TimeSpan.FromTicks(nanoseconds / NanosecondsPerTick);

    private static int? Find(DebugTable table, int node)
    {
        for (var row = 0; row < table.RowCount; row++)
        {
            if (table.Number(row, "node") == node) return row;
        }

        return null;
    }
}
