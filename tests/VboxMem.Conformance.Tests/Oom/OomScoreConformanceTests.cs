// Goal: who dies, and what oom_score says before, are Linux's answers.
// Method: the victim of each captured report must have the most points of its table; oom_score is worked out from each sample of
// a captured process and compared with what the kernel said at that moment.

using System.Globalization;
using VboxMem.Kernel.Oom;

namespace VboxMem.Conformance.Tests.Oom;

public sealed class OomScoreConformanceTests
{
    public static TheoryData<string> OomReports => new(CapturedReports.OomNames);

    [Theory, MemberData(nameof(OomReports))]
    public void The_captured_victim_has_the_most_points(string name)
    {
        var report = CapturedReports.Load(name);
        var totals = report.Totals;
        var present = report.Zones.Sum(static zone => zone.Kilobytes["present"]) / 4;
        var memory = report.ListsWholeMachine ? totals["ram"] - totals["reserved"] : present;   // of all nodes, or of the policy's
        var totalPages = (ulong)(memory + totals["total_swap"] / 4);

        var most = long.MinValue;
        var chosen = 0;
        foreach (var task in report.Tasks)
        {
            var candidate = new OomCandidate
            {
                ResidentPages = task.Resident,
                SwapEntries = task.SwapEntries,
                PageTableBytes = task.PageTableBytes,
                OomScoreAdj = task.OomScoreAdj,
            };
            if (!OomScore.TryBadness(candidate, totalPages, out var points) || points < most) continue;

            most = points;
            chosen = task.Pid;
        }

        Assert.Equal(CapturedReports.Victim(report).Pid, chosen);
    }

    // The kernel's resident counters lag by less than 32 pages a CPU behind those that /proc/PID/status sums up, and a leaking
    // process grows between the two reads: such a sample may be off by one.
    [Theory]
    [InlineData("oom-leaker-minus500-classic", 247_730UL, 90, 1)]
    [InlineData("swapleak-60-classic", 247_726UL + 131_071UL, 75, 2)]
    public void Proc_scores_are_those_of_the_captured_processes(string name, ulong totalPages, int exact, int offByOne)
    {
        var differences = new List<long>();
        foreach (var line in CapturedReports.Text(name + ".procs").Split('\n'))
        {
            var fields = line.Split(' ');
            if (fields.Length != 15 || fields[0] == "#pid") continue;

            long Number(int column) => long.Parse(fields[column], CultureInfo.InvariantCulture);
            var score = OomScore.ProcScore(
                new OomCandidate
                {
                    ResidentPages = (ulong)Number(5) / 4,
                    SwapEntries = (ulong)Number(9) / 4,
                    PageTableBytes = (ulong)Number(10) * 1024,
                    OomScoreAdj = (short)Number(3),
                    IsUnkillable = Number(0) == 1 || Number(10) == 0,   // init, and kernel threads: they have no page tables
                },
                totalPages);
            differences.Add(Math.Abs(score - Number(4)));
        }

        Assert.InRange(differences.Count(static difference => difference == 0), exact, differences.Count);
        Assert.InRange(differences.Count(static difference => difference == 1), 0, offByOne);
        Assert.DoesNotContain(differences, static difference => difference > 1);
    }
}
