// Sizes of a node's LRU lists and what flows between them, by type of page.
//
// Units   pages, pages a second. Null: not known, because there is no reading from before or the kernel does not say.

using System.Text;
using VboxMem.Tui.Readings;

namespace VboxMem.Tui.Widgets;

internal sealed record LruFlows
{
    public required int Node { get; init; }

    /// <summary>anon or file.</summary>
    public required string Type { get; init; }

    public ulong Active { get; init; }

    public ulong Inactive { get; init; }

    public ulong Isolated { get; init; }

    public ulong Unevictable { get; init; }

    public double? Added { get; init; }

    public double? Freed { get; init; }

    public double? Activated { get; init; }

    public double? Deactivated { get; init; }

    public double? Rotated { get; init; }

    public double? Scanned { get; init; }

    public double? Reclaimed { get; init; }

    public double? Written { get; init; }

    public double? Refaulted { get; init; }

    public double? RefaultActive { get; init; }

    public double? Restored { get; init; }

    /// <summary>Of the debug file: by node, anon before file.</summary>
    public static List<LruFlows> FromDebug(DebugTable table, ScreenView view)
    {
        var before = view.Before?.Debug("lru").Value;
        var flows = new List<LruFlows>();
        for (var row = 0; row < table.RowCount; row++)
        {
            var then = before is null ? -1 : Row(before, table[row, "node"], table[row, "type"]);
            double? Rate(string column) => then < 0 ? null : view.Rate((ulong)table.Number(row, column), (ulong)before!.Number(then, column));
            ulong Size(string column) => (ulong)table.Number(row, column);
            flows.Add(new LruFlows
            {
                Node = (int)table.Number(row, "node"), Type = table[row, "type"],
                Active = Size("active"), Inactive = Size("inactive"), Isolated = Size("isolated"), Unevictable = Size("unevictable"),
                Added = Rate("added"), Freed = Rate("freed"), Activated = Rate("activated"), Deactivated = Rate("deactivated"), Rotated = Rate("rotated"),
                Scanned = Rate("scanned"), Reclaimed = Rate("reclaimed"), Written = Rate("written"),
                Refaulted = Rate("refaulted"), RefaultActive = Rate("refault_active"), Restored = Rate("restored"),
            });
        }

        return flows;
    }

    /// <summary>Of vmstat: all nodes together, without what it does not tell apart by type.</summary>
    public static List<LruFlows> FromVmstat(ScreenView view)
    {
        if (view.Now.VmStat.Value?.Fields is not { } now) return [];
        var before = view.Before?.VmStat.Value?.Fields;
        var flows = new List<LruFlows>();
        foreach (var type in (string[])["anon", "file"])
        {
            ulong Size(string stem) => now[Encoding.UTF8.GetBytes(stem + type)] ?? 0;
            double? Rate(string name)
            {
                var bytes = Encoding.UTF8.GetBytes(name);
                return now[bytes] is { } later ? view.Rate(later, before?[bytes]) : null;
            }

            flows.Add(new LruFlows
            {
                Node = -1, Type = type,
                Active = Size("nr_active_"), Inactive = Size("nr_inactive_"), Isolated = Size("nr_isolated_"), Unevictable = now["nr_unevictable"u8] ?? 0,
                Scanned = Rate("pgscan_" + type), Reclaimed = Rate("pgsteal_" + type), Written = type == "anon" ? Rate("nr_vmscan_write") : null,
                Refaulted = Rate("workingset_refault_" + type), RefaultActive = Rate("workingset_activate_" + type), Restored = Rate("workingset_restore_" + type),
            });
        }

        return flows;
    }

    private static int Row(DebugTable table, string node, string type)
    {
        for (var row = 0; row < table.RowCount; row++)
        {
            if (table[row, "node"] == node && table[row, "type"] == type) return row;
        }

        return -1;
    }
}
