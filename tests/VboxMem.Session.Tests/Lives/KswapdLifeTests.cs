// Goal: in the life of the default box kswapd starts to reclaim when free memory has fallen to the low mark, and stops when it has come up to the
// high one.

using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Time;

namespace VboxMem.Session.Tests.Lives;

public sealed class KswapdLifeTests
{
    /// <summary>For the first 100 ms after it has reached the high mark kswapd only dozes: below that mark it goes on.</summary>
    private const int QuietMilliseconds = 150;

    /// <summary>What the box may take or give back within a millisecond (huge pages among it), and what waits in per-CPU lists and counters.</summary>
    private const long SlackPages = 1200;

    [Fact]
    public void It_starts_at_the_low_mark_and_stops_at_the_high_one()
    {
        using var box = BuiltIn.Boot("default", "vm:watermark_boost_factor=0");   // else fragmentation would wake it too
        var zone = box.Machine.Nodes[0].Zones.ToArray().MaxBy(static zone => zone.ManagedPages)!;
        var (low, high) = ((long)zone.Marks.LowPages, (long)zone.Marks.HighPages);
        while (zone.FreePages > 2 * high)
        {
            box.RunFor(SimTime.FromSeconds(1));
        }

        var (starts, stops, roundsTooMany) = (new List<long>(), new List<long>(), 0UL);
        var (scanned, quiet, free) = (box.Machine.Events[VmEvent.PgScanKswapd], QuietMilliseconds, zone.FreePages);
        Assert.True(scanned == 0 && free > high, "nothing was reclaimed before");
        for (var millisecond = 0; millisecond < 60_000 && stops.Count < 8; millisecond++)
        {
            var (stolen, rounds, wasAbove) = (box.Machine.Events[VmEvent.PgStealKswapd], Rounds(box), zone.FreePages >= high + SlackPages);
            box.RunFor(SimTime.FromMilliseconds(1));
            var taken = (long)(box.Machine.Events[VmEvent.PgStealKswapd] - stolen);
            roundsTooMany += wasAbove && zone.FreePages >= high + SlackPages ? Rounds(box) - rounds : 0;
            var isScanning = box.Machine.Events[VmEvent.PgScanKswapd] != scanned;
            if (isScanning && quiet >= QuietMilliseconds)
            {
                starts.Add(Math.Min(free, zone.FreePages - taken));   // it was at work already
            }

            if (isScanning || quiet >= QuietMilliseconds)
            {
                free = zone.FreePages;
            }

            quiet = isScanning ? 0 : quiet + 1;
            scanned = box.Machine.Events[VmEvent.PgScanKswapd];
            if (quiet == QuietMilliseconds)
            {
                stops.Add(free);
            }
        }

        Assert.Equal(8, stops.Count);
        Assert.All(starts, pages => Assert.InRange(pages, low - (2 * SlackPages), high - 1));   // a job may take and give a lot within a millisecond
        Assert.InRange(starts.Order().ElementAt(starts.Count / 2), low - (SlackPages / 2), low + (SlackPages / 2));
        Assert.All(stops, pages => Assert.True(pages >= high - SlackPages, $"stopped at {pages} of {high}"));
        Assert.Equal(0UL, roundsTooMany);
    }

    /// <summary>
    /// Looks at the node so far (shrink_node), whatever their priority. Whether the mark is met is asked between two of them (balance_pgdat), so that
    /// the last one may take free memory far beyond it: at priority 4 it is asked for a sixteenth of each list. Another one may not begin there.
    /// </summary>
    private static ulong Rounds(Box box)
    {
        var rounds = 0UL;
        for (var path = ReachedPath.ReclaimPriority12; path <= ReachedPath.ReclaimPriority0; path++)
        {
            rounds += box.Machine.Paths[path];
        }

        return rounds;
    }
}
