// Goal: what the OOM killer reported is read back out of the log: who asked, how the zones stood, whom there was, who was chosen.

using System.Text;
using VboxMem.Tools.OomReports;
using VboxMem.Tools.Parsing;

namespace VboxMem.Tools.Tests.OomReports;

public sealed class OomReportReaderTests
{
    private const string Log = """
        6,1,1000,-;something else
        4,2,2000000,-;big eater invoked oom-killer: gfp_mask=0x140cca(GFP_HIGHUSER_MOVABLE|__GFP_COMP), order=0, oom_score_adj=-17
        4,3,2000001,-;CPU: 1 UID: 102 PID: 68 Comm: big eater Not tainted 6.12.107 #1
        4,4,2000002,-;active_anon:17 inactive_anon:227588 isolated_anon:0\x0a active_file:3 inactive_file:5 isolated_file:0
        4,5,2000003,-;Node 0 active_anon:68kB inactive_anon:910352kB
        4,6,2000004,-;Node 0 DMA free:4352kB boost:0kB min:724kB low:904kB high:1084kB reserved_highatomic:0KB managed:15360kB
        4,7,2000005,-;lowmem_reserve[]: 0 915 915 915 915
        4,8,2000006,-;Node 0 DMA: 7*4kB (M) 4*8kB (UME) 2*16kB (UE) = 92kB
        4,9,2000007,-;Free swap  = 12kB
        4,10,2000008,-;Total swap = 524284kB
        4,11,2000009,-;262014 pages RAM
        4,12,2000010,-;14284 pages reserved
        6,13,2000011,-;[  pid  ]   uid  tgid total_vm      rss rss_anon rss_file rss_shmem pgtables_bytes swapents oom_score_adj name
        6,14,2000012,-;[     59]     0    59     2560        0        0        0         0    57344      164         -1000 sshd
        6,15,2000013,-;[     63]   103    63    30343    12182    12180        1         1   274432    13749           100 redis server
        6,16,2000014,-;oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg=/,task=redis server,pid=63,uid=103
        3,17,2000015,-;Out of memory: Killed process 63 (redis server) total-vm:121372kB, anon-rss:48728kB, UID:103 pgtables:268kB oom_score_adj:100
        6,18,2000016,-;[ not a task ]
        4,19,2900000,-;old invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0
        6,20,2900001,-;[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name
        6,21,2900002,-;[     59]     0    59     2560      100    57344      164          -10 old
        6,22,2900003,-;oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg=/,task=old,pid=59,uid=0
        3,23,2900004,-;Out of memory: Killed process 59 (old) total-vm:10240kB
        4,24,3000000,-;other invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=-1, oom_score_adj=0

        """;

    private static readonly IReadOnlyList<OomReport> _reports = OomReportReader.ReadAll(KernelMessage.ParseAll(Encoding.UTF8.GetBytes(Log)));

    [Fact]
    public void Who_asked_and_what_for_is_read()
    {
        var report = _reports[0];
        Assert.Equal(("big eater", 68, 0, -17), (report.Asker, report.AskerPid, report.Order, report.AskerAdjustment));
        Assert.Equal("0x140cca(GFP_HIGHUSER_MOVABLE|__GFP_COMP)", report.GfpMask);
        Assert.Equal(TimeSpan.FromSeconds(2), report.At);
        Assert.Equal("CONSTRAINT_NONE", report.Constraint);
    }

    [Fact]
    public void Zones_and_totals_are_read()
    {
        var report = _reports[0];
        var zone = Assert.Single(report.Zones);
        Assert.Equal((4352, 724, 15360), (zone.Kilobytes["free"], zone.Kilobytes["min"], zone.Kilobytes["managed"]));
        Assert.Equal([0, 915, 915, 915, 915], zone.Reserve);
        Assert.Equal([7, 4, 2], zone.FreeBlocks);
        Assert.Equal((17, 5), (report.Pages["active_anon"], report.Pages["inactive_file"]));
        Assert.Equal(262014 - 14284 + 131071, report.TotalPages);
        Assert.Equal(12, report.SwapFreeKilobytes);
    }

    [Fact]
    public void Points_are_pages_and_thousandths_and_the_victim_comes_first()
    {
        var report = _reports[0];
        Assert.Equal([63, 59], report.ByPoints().Select(static candidate => candidate.Pid));
        Assert.Equal(12182 + 13749 + 67 + (100 * 378), report.Victim!.Points(report.TotalPages));
        Assert.True(report.Candidates[0].IsProtected);
        Assert.Equal("redis server", report.Victim.Name);
        Assert.StartsWith("Out of memory: Killed process 63", report.KilledLine, StringComparison.Ordinal);
    }

    [Fact]
    public void The_shorter_table_of_older_kernels_is_read()
    {
        var candidate = Assert.Single(_reports[1].Candidates);
        Assert.Equal((59, 100L, 14L, 164L, -10, "old"), (candidate.Pid, candidate.Rss, candidate.PageTables, candidate.Swap, candidate.Adjustment, candidate.Name));
        Assert.False(candidate.HasKinds);
    }

    [Fact]
    public void A_report_that_breaks_off_is_what_there_is_of_it()
    {
        Assert.Equal(3, _reports.Count);
        Assert.Equal((-1, 0), (_reports[2].Order, _reports[2].VictimPid));
        Assert.Empty(_reports[2].Candidates);
    }
}
