// Goal: a report whose figures do not add up is found out.
// Method: in a captured report that is sound to the page, one figure at a time is falsified; the complaint must name it.

using VboxMem.Testing;

namespace VboxMem.Conformance.Tests.Oom;

public sealed class OomReportChecksTests
{
    private const string Sound = "oom-leaker-minus500-classic-1";

    [Theory]
    [InlineData(" free:", " free:9", "free and that of all zones")]
    [InlineData("free_pcp:", "free_pcp:9", "free_pcp and that of all zones")]
    [InlineData("present:15992kB", "present:15988kB", null)]   // no longer the whole machine: sums are not checked
    [InlineData("managed:15360kB", "managed:15356kB", "managed of all zones")]
    [InlineData("managed:15360kB", "managed:19360kB", "managed and present")]
    [InlineData("low:880kB", "low:8kB", "min and low")]
    [InlineData("high:1056kB", "high:8kB", "low and high")]
    [InlineData("active_anon:29", "active_anon:39", "active_anon of all nodes and of all zones")]
    [InlineData("717 total pagecache", "1717 total pagecache", "page cache")]
    [InlineData("0 pages in swap cache", "7 pages in swap cache", "swap cache and swap in use")]
    [InlineData("0             0 nginx", "5             0 nginx", "swap entries of all tasks")]
    [InlineData("10254        0       163", "10254        1       163", "rss of nginx")]
    [InlineData("4096kB (M) = ", "4096kB (M) = 1", "blocks and the sum behind them")]
    [InlineData("8*4096kB (M)", "8*4096kB", "migrate types named")]
    [InlineData("min:44348kB", "min:4348kB", "free, and min with lowmem_reserve")]
    [InlineData("Killed process ", "Killed process 1", "another process")]
    [InlineData("anon-rss:", "anon-rss:1", "anon-rss of the victim")]
    [InlineData("file-rss:", "file-rss:999", "file-rss of the victim")]
    [InlineData("shmem-rss:", "shmem-rss:1", "shmem-rss of the victim")]
    [InlineData("total-vm:", "total-vm:1", "total-vm of the victim")]
    [InlineData("kB oom_score_adj", "1kB oom_score_adj", "pgtables of the victim")]
    public void A_falsified_figure_is_named(string text, string falsified, string? complaint)
    {
        var lines = CapturedReports.Lines(Sound).ToArray();
        var line = Array.FindIndex(lines, line => line.Contains(text, StringComparison.Ordinal) && !line.StartsWith("Node 0 hugepages", StringComparison.Ordinal));
        var place = lines[line].IndexOf(text, StringComparison.Ordinal);
        lines[line] = string.Concat(lines[line].AsSpan(0, place), falsified, lines[line].AsSpan(place + text.Length));

        var complaints = OomReportChecks.Complaints(LoggedReport.AllOf(lines).Single(), tolerancePages: 100);

        if (complaint is null) Assert.Empty(complaints);
        else Assert.Contains(complaints, found => found.Contains(complaint, StringComparison.Ordinal));
    }

    [Fact]
    public void A_log_with_several_reports_is_taken_apart()
    {
        var lines = CapturedReports.Lines("oom-leaker-minus500-classic-1")
            .Append("oom_reaper: reaped process 1 (a), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB")
            .Concat(CapturedReports.Lines("frag-unmovable-classic"))
            .Concat(CapturedReports.Lines("oom-leaker-minus500-classic-2"));

        var reports = LoggedReport.AllOf(lines);

        Assert.Equal([true, false, true], reports.Select(static report => report.IsOomReport));
        Assert.All(reports, static report => Assert.NotEmpty(report.Zones));
    }
}
