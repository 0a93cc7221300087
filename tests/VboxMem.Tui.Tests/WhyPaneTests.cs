// Goal: every figure of an explanation comes from a file of the tree, and its arithmetic comes out even.

using System.Globalization;
using System.Text.RegularExpressions;
using VboxMem.Tools.OomReports;
using VboxMem.Tui.Panes;
using VboxMem.Tui.Why;

namespace VboxMem.Tui.Tests;

public sealed partial class WhyPaneTests
{
    [Theory]
    [InlineData("")]
    [InlineData("shielded-leak")]
    public void A_kill_is_explained_by_points_and_the_victim_has_most(string profile)
    {
        var screen = PressedBox.Killed(profile.Length == 0 ? null : BoxOf(profile));
        var oom = screen.View.Now.Debug("oom").Value!;
        var victim = Enumerable.Range(0, oom.RowCount).Single(row => oom.Number(row, "victim") == 1);
        var text = Explain(screen, new WhySubject(WhyKind.Kill, Pid: (int)oom.Number(victim, "pid")));
        CheckSums(text);

        // The table has each candidate of the debug file with rss, swap, page tables and adj; points follow from them, most first.
        var total = OomReportReader.ReadAll(screen.View.Now.Log.Value!)[^1].TotalPages;
        var rows = CandidateRow().Matches(text);
        Assert.Equal(oom.RowCount, rows.Count);
        var last = long.MaxValue;
        foreach (Match row in rows)
        {
            var at = Enumerable.Range(0, oom.RowCount).Single(i => oom[i, "pid"] == row.Groups[1].Value);
            Assert.Equal(oom[at, "rss"], row.Groups[3].Value);
            Assert.Equal(oom[at, "swap"], row.Groups[4].Value);
            var points = oom.Number(at, "badness_without_adj") + (oom.Number(at, "adj") * (total / 1000));
            Assert.Equal(points, Number(row.Groups[7].Value));
            if (oom.Number(at, "adj") == -1000) continue;
            Assert.True(points <= last);
            last = points;
        }

        Assert.Equal(oom[victim, "pid"], rows[0].Groups[1].Value);
        Assert.Contains(" killed", text.Split('\n').First(line => line.Contains($"{oom[victim, "pid"]} {oom[victim, "comm"]}", StringComparison.Ordinal) && line.Contains(" killed", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Contains("Why not ", text, StringComparison.Ordinal);
    }

    [Fact]
    public void The_total_of_a_report_is_the_memory_and_swap_of_the_machine()
    {
        var screen = PressedBox.Killed();
        var report = OomReportReader.ReadAll(screen.View.Now.Log.Value!)[^1];
        var meminfo = screen.View.Now.Meminfo.Value!;
        Assert.Equal((long)(meminfo.MemTotal + meminfo.SwapTotal)! / 4, report.TotalPages);
        Assert.Equal(screen.View.Now.Zones.Value!.Count(static zone => zone["managed"] > 0), report.Zones.Count);
        Assert.All(report.Zones, static zone => Assert.True(zone.FreeBlocks.Count == 11 && zone.Reserve.Count == 5));
        Assert.NotEqual(0, report.AskerPid);
    }

    [Fact]
    public void Marks_come_out_even()
    {
        CheckMarks(PressedBox.Screen(18));
        CheckMarks(ScreenOf.Profile("bigbox", 2));
    }

    private static void CheckMarks(Screen screen)
    {
        foreach (var zone in screen.View.Now.Zones.Value!)
        {
            if (zone["managed"] is not > 0) continue;
            var text = Explain(screen, new WhySubject(WhyKind.Watermark, zone.Name, Node: zone.Node));
            CheckSums(text);
            Assert.Contains($"= {zone["low"] - zone["boost"]}  low", Spaces().Replace(text, " ").Replace(" low", "  low", StringComparison.Ordinal), StringComparison.Ordinal);
            var share = ShareLine().Match(text);
            Assert.True(share.Success, text);
            Assert.Equal(Number(share.Groups[4].Value), Number(share.Groups[1].Value) * Number(share.Groups[2].Value) / Number(share.Groups[3].Value));
            foreach (Match verdict in Verdict().Matches(text))
            {
                var (free, mark, reserve, sum) = (Number(verdict.Groups[1].Value), Number(verdict.Groups[3].Value), Number(verdict.Groups[4].Value), Number(verdict.Groups[5].Value));
                Assert.Equal((long)zone["free"]!.Value, free);
                Assert.Equal(sum, mark + reserve);
                Assert.Equal(free > sum, verdict.Groups[2].Value == ">");
                Assert.Equal(free > sum, verdict.Groups[6].Value == "yes");
            }
        }
    }

    [Fact]
    public void Every_line_of_meminfo_and_vmstat_has_a_meaning()
    {
        foreach (var profile in (string[])["default", "bigbox", "tiny"])
        {
            var screen = ScreenOf.Profile(profile, 1);
            foreach (var fields in new[] { screen.View.Now.Meminfo.Value!.Fields, screen.View.Now.VmStat.Value!.Fields })
            {
                for (var i = 0; i < fields.Count; i++) Assert.NotEqual("", CounterExplanation.MeaningOf(fields.Name(i)));
            }
        }
    }

    [Fact]
    public void What_counters_are_made_of_comes_out_as_the_files_say()
    {
        var screen = PressedBox.Screen(26);
        foreach (var fields in new[] { screen.View.Now.Meminfo.Value!.Fields, screen.View.Now.VmStat.Value!.Fields })
        {
            for (var i = 0; i < fields.Count; i++)
            {
                var text = Explain(screen, new WhySubject(WhyKind.Counter, fields.Name(i)));
                CheckSums(text);
                Assert.Contains(fields.Value(i).ToString(CultureInfo.InvariantCulture), text, StringComparison.Ordinal);

                // Only counters that CPUs keep parts of may be off, by what the CPUs may keep.
                var off = Off().Match(text);
                if (off.Success) Assert.True(fields.Name(i).StartsWith("nr_", StringComparison.Ordinal) && Math.Abs(Number(off.Groups[1].Value)) <= 2 * 125, text);
            }
        }
    }

    [Fact]
    public void What_is_available_is_reckoned_as_the_kernel_does()
    {
        foreach (var profile in (string[])["default", "bigbox", "tiny", "swap-storm"])
        {
            var screen = ScreenOf.Profile(profile, 2);
            var text = Explain(screen, new WhySubject(WhyKind.Counter, "MemAvailable"));
            CheckSums(text);
            Assert.Contains($"= {screen.View.Now.Meminfo.Value!.MemAvailable} kB.", text, StringComparison.Ordinal);
            text = Explain(screen, new WhySubject(WhyKind.Counter, "CommitLimit"));
            Assert.Contains($"= {screen.View.Now.Meminfo.Value!.CommitLimit} CommitLimit", Spaces().Replace(text, " "), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_process_counts_for_what_the_kernel_would_count()
    {
        var screen = PressedBox.Screen(26);
        var badness = screen.View.Now.Debug("badness").Value!;
        for (var row = 0; row < badness.RowCount; row++)
        {
            var text = Explain(screen, new WhySubject(WhyKind.Process, Pid: (int)badness.Number(row, "pid")));
            CheckSums(text);
            Assert.Contains($"= {badness[row, "points"]} points", Spaces().Replace(text, " "), StringComparison.Ordinal);
            var score = Score().Match(Spaces().Replace(text.Replace('\n', ' '), " "));
            if (badness[row, "protected"] is "init" or "adj") continue;
            Assert.Equal(badness[row, "score"], score.Groups[1].Value);
            Assert.Equal(score.Groups[1].Value, score.Groups[2].Value);
        }
    }

    [Fact]
    public void A_stall_is_told_in_words()
    {
        var screen = PressedBox.Stalled(2, 22);
        var stalls = screen.View.Now.Debug("stalls").Value!;
        for (var row = 0; row < stalls.RowCount; row++)
        {
            var text = Explain(screen, new WhySubject(WhyKind.Stall, Pid: (int)stalls.Number(row, "tid")));
            Assert.NotEqual("", StallWords.Long(stalls[row, "cause"]));
            Assert.NotEqual(stalls[row, "cause"], StallWords.Short(stalls[row, "cause"]));
            Assert.Contains($"Why {stalls[row, "comm"]}", text, StringComparison.Ordinal);
            Assert.Contains("kswapd0", text, StringComparison.Ordinal);
            Assert.Equal(stalls.Has(row, "gfp_mask"), text.Contains("It asked for", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Who_reclaims_says_what_for()
    {
        const string Heading = "pid tid state cause about since_ns for_ns memstall io order gfp_mask comm\n";
        var screen = Moments.OfFiles("why", ("/sys/kernel/debug/vbox/stalls", Heading
            + "7 7 R direct_reclaim - 1000 2000 1 0 3 0x40cc0(GFP_KERNEL|__GFP_COMP) tar\n"
            + "8 8 D page_lock frame:0x1 1000 2000 1 1 0 0x140cca(GFP_HIGHUSER_MOVABLE|__GFP_COMP) cp\n"
            + "9 9 D swap_in frame:0x2 1000 2000 1 1 - - redis\n"));
        var text = Spaces().Replace(Explain(screen, new WhySubject(WhyKind.Stall, Pid: 7)).Replace('\n', ' '), " ");
        Assert.Contains("It asked for 8 pages in one block (order 3, 32 kB). 0x40cc0(GFP_KERNEL|__GFP_COMP):", text, StringComparison.Ordinal);
        Assert.Contains("GFP_KERNEL: the kernel's own", text, StringComparison.Ordinal);
        Assert.Contains("tar (7): direct_reclaim, -, for 2us, wants 8 pages in one block (order 3, 32 kB)", text, StringComparison.Ordinal);
        Assert.Contains("cp (8): page_lock, which counts as a memory stall: it waits inside of reclaim of its own, for 1 page (order 0, 4 kB)", text, StringComparison.Ordinal);
        Assert.DoesNotContain("redis (9): swap_in, which", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Explanations_look_so()
    {
        var screen = PressedBox.Killed();
        var pane = screen.Find<WhyPane>();
        screen.Open("why");
        Picture.Check(screen, "why-nothing", 80, 24);
        pane.Explain(new WhySubject(WhyKind.Kill));
        Picture.Check(screen, "why-kill", 80, 24);
        Picture.Check(screen, "why-kill", 120, 40);
        Picture.Check(screen, "why-kill", 200, 60);
        pane.Explain(new WhySubject(WhyKind.Watermark, "DMA32"));
        Picture.Check(screen, "why-watermark", 120, 40);
        pane.Explain(new WhySubject(WhyKind.Counter, "MemAvailable"));
        Picture.Check(screen, "why-counter", 120, 40);
        pane.Explain(new WhySubject(WhyKind.Process, Pid: 1));
        Picture.Check(screen, "why-process", 80, 24);
        pane.Explain(new WhySubject(WhyKind.Process, Pid: (int)screen.View.Now.Debug("badness").Value!.Number(2, "pid")));
        Picture.Check(screen, "why-candidate", 120, 40);
        screen = PressedBox.Stalled(2, 22);
        screen.Find<WhyPane>().Explain(new WhySubject(WhyKind.Stall, Pid: (int)screen.View.Now.Debug("stalls").Value!.Number(1, "tid")));
        screen.Open("why");
        Picture.Check(screen, "why-stall", 120, 40);
    }

    [Theory]
    [InlineData(WhyKind.Kill, "/dev/kmsg", "/dev/kmsg")]
    [InlineData(WhyKind.Watermark, "/proc/zoneinfo", "/proc/zoneinfo")]
    [InlineData(WhyKind.Watermark, "/sys/kernel/debug/vbox/watermarks", "/sys/kernel/debug/vbox/watermarks")]
    [InlineData(WhyKind.Stall, "/sys/kernel/debug/vbox/stalls", "/sys/kernel/debug/vbox/stalls")]
    [InlineData(WhyKind.Process, "/sys/kernel/debug/vbox/badness", "/sys/kernel/debug/vbox/badness")]
    [InlineData(WhyKind.Counter, "/proc/vmstat", "/proc/vmstat")]
    public void A_missing_file_is_named(WhyKind kind, string hidden, string named)
    {
        var screen = PressedBox.Without(PressedBox.Screen(3), hidden);
        var name = kind == WhyKind.Counter ? "pgfault" : "DMA32";
        Assert.Contains(named, Explain(screen, new WhySubject(kind, name, Pid: 1)), StringComparison.Ordinal);
    }

    private static Session.Box BoxOf(string profile)
    {
        var loaded = Profiles.ProfileLoader.Load(Path.Combine(Testing.SourceTree.Root, "profiles", profile + ".json"), [], new SortedDictionary<string, string>(StringComparer.Ordinal));
        Assert.Empty(loaded.Errors);
        return Session.Box.Boot(loaded.Profile!);
    }

    private static string Explain(Screen screen, WhySubject subject)
    {
        var pane = screen.Find<WhyPane>();
        pane.Explain(subject);
        return string.Join('\n', pane.TextOf(screen.View).Wrap(150).Select(static line => string.Concat(line.Select(static span => span.Text))));
    }

    /// <summary>Adds up every sum: lines with a number behind blank, + or -, up to one with =.</summary>
    private static void CheckSums(string text)
    {
        var sum = 0L;
        foreach (var line in text.Split('\n'))
        {
            var match = SumLine().Match(line);
            if (!match.Success) continue;
            var number = Number(match.Groups[2].Value);
            if (match.Groups[1].Value == "=")
            {
                Assert.Equal(sum, number);
                sum = 0;
            }
            else
            {
                sum += match.Groups[1].Value == "-" ? -number : number;
            }
        }

        Assert.Equal(0, sum);
    }

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^  ([-+= ]) +(-?\d+)  \S")]
    private static partial Regex SumLine();

    [GeneratedRegex(@"^ +(\d+) (.{16}) +(\d+) +(\d+) +(\d+) +(-?\d+) +(-?\d+)(?:  killed|  protected)?$", RegexOptions.Multiline)]
    private static partial Regex CandidateRow();

    [GeneratedRegex(@"(\d+) x (\d+) managed / (\d+) of all such zones = (\d+)")]
    private static partial Regex ShareLine();

    [GeneratedRegex(@": (\d+) (>|<=) (\d+) \+ (\d+) = (\d+): (yes|no)")]
    private static partial Regex Verdict();

    [GeneratedRegex(@"The file says \d+(?: kB)?, (-?\d+)(?: kB)? off")]
    private static partial Regex Off();

    [GeneratedRegex(@" +")]
    private static partial Regex Spaces();

    [GeneratedRegex(@"x 2 / 3 = (-?\d+), cut .* The file says (-?\d+)\.")]
    private static partial Regex Score();
}
