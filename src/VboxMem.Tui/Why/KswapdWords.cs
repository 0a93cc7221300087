using VboxMem.Tui.Drawing;
using VboxMem.Tui.Widgets;

namespace VboxMem.Tui.Why;

/// <summary>What a node's background reclaim does, in words.</summary>
internal static class KswapdWords
{
    public static void Write(Prose prose, int node, ScreenView view)
    {
        var kswapd = view.Now.Debug("kswapd");
        if (kswapd.Value is not { } table)
        {
            prose.Warn(kswapd.Problem, Role.Warning);
            return;
        }

        for (var row = 0; row < table.RowCount; row++)
        {
            if (table.Number(row, "node") != node) continue;
            var state = table[row, "state"];
            var since = TimeSpan.FromMicroseconds(table.Number(row, "since_ns") / 1000);
            var words = state switch
            {
                "sleeping" => "until somebody's request finds a zone below low",
                "napping" => "a short rest before it sleeps, in case it is needed again at once",
                "balancing" => "it reclaims until every zone that it works for is above high",
                _ => "",
            };
            prose.Say($"{state} since {Sizes.Clock(since)}: {words}.");
            if (table.Number(row, "runs") > 0)
            {
                prose.Say($"{table.Number(row, "runs")} runs so far, for zones up to {table[row, "zone"]}. The last one looked at {table.Number(row, "run_scanned")} pages, freed {table.Number(row, "run_reclaimed")} and came down to priority {table[row, "run_priority"]} (12 is the gentlest: it scans 1/4096 of a list at a time).");
            }

            if (table.Number(row, "failures") > 0) prose.Say($"{table.Number(row, "failures")} runs in a row freed nothing{(table.Number(row, "hopeless") > 0 ? "; from 16 on it has given up until somebody else reclaims a page" : "; at 16 it gives up")}.");
        }
    }
}
