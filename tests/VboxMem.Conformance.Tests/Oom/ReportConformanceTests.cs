// Goal: an OOM kill and a failed allocation read as on a real kernel.
// Method: each captured report is turned into facts, written by us, and compared with the capture line by line. Left out of the
// capture are the lines we do not write: unreliable frames, and the registers of the program.

using System.Text;
using System.Text.RegularExpressions;
using VboxMem.Kernel.Log;
using VboxMem.Kernel.Oom;
using VboxMem.Kernel.Reclaim;
using VboxMem.Testing;

namespace VboxMem.Conformance.Tests.Oom;

public sealed partial class ReportConformanceTests
{
    public static TheoryData<string> AllReports => new(CapturedReports.Names);

    public static TheoryData<string> OomReports => new(CapturedReports.OomNames);

    [Theory, MemberData(nameof(AllReports))]
    public void Lines_are_those_of_the_captured_report(string name)
    {
        var captured = CapturedReports.Load(name);

        var written = Written(captured);

        Assert.Equal(captured.Lines.Where(static line => !NotWritten().IsMatch(line)), Texts(written));
    }

    [Theory, MemberData(nameof(AllReports))]
    public void What_is_not_written_is_one_block_of_registers_and_remnants_on_the_stack(string name)
    {
        var left = CapturedReports.Lines(name).Where(static line => NotWritten().IsMatch(line)).ToArray();

        Assert.Equal(8, left.Count(static line => !line.StartsWith(" ? ", StringComparison.Ordinal)));
    }

    [Theory, MemberData(nameof(OomReports))]
    public void Levels_are_warning_then_info_then_error(string name)
    {
        var levels = new List<LogLevel>();
        foreach (var record in Written(CapturedReports.Load(name)).RecordsFrom(0))
        {
            if (levels.Count == 0 || levels[^1] != record.Level) levels.Add(record.Level);
        }

        Assert.Equal([LogLevel.Warning, LogLevel.Info, LogLevel.Error], levels);
    }

    [Theory, MemberData(nameof(AllReports))]
    public void The_figures_under_Mem_Info_are_one_message(string name)
    {
        var lines = new List<int>();
        foreach (var record in Written(CapturedReports.Load(name)).RecordsFrom(0)) lines.Add(record.Text.Count((byte)'\n') + 1);

        Assert.Equal([1, 8], lines.Distinct().Order());
        Assert.Single(lines, 8);
    }

    [Theory, MemberData(nameof(AllReports))]
    public void A_captured_report_adds_up_but_for_what_its_counters_lag(string name)
    {
        // Two CPUs, each holding back less than 125 pages of a counter: the largest threshold of vmstat.
        Assert.Empty(OomReportChecks.Complaints(CapturedReports.Load(name), tolerancePages: 250));
    }

    [Theory, MemberData(nameof(AllReports))]
    public void Ours_can_be_read_back(string name)
    {
        var captured = CapturedReports.Load(name);

        var own = LoggedReport.AllOf(["before", .. Texts(Written(captured)), "after"]).Single();

        Assert.Equal(captured.Tasks, own.Tasks);
        Assert.Equal(OomReportChecks.Complaints(captured), OomReportChecks.Complaints(own));
    }

    private static KernelLog Written(LoggedReport captured)
    {
        var log = new KernelLog();
        var clock = new LogClock(0);
        var limits = new LogRateLimits();
        if (captured.IsOomReport)
        {
            OomReport.Print(log, clock, ref limits.OomReport, CapturedReports.OomFacts(captured));
            OomMessages.PrintKilled(log, clock, OomKillReason.Badness, CapturedReports.Victim(captured));
        }
        else
        {
            AllocationFailureReport.Print(log, clock, ref limits.AllocationFailure, CapturedReports.FailureFacts(captured));
        }

        return log;
    }

    private static List<string> Texts(KernelLog log)
    {
        var texts = new List<string>();
        foreach (var record in log.RecordsFrom(0)) texts.AddRange(Encoding.UTF8.GetString(record.Text).Split('\n'));
        return texts;
    }

    [GeneratedRegex(@"^ \? |^(RIP|Code|RSP|RAX|RDX|RBP|R10|R13): ")]
    private static partial Regex NotWritten();
}
