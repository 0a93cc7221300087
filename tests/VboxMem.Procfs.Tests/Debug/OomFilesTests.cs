using System.Globalization;
using VboxMem.FileTree;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Procfs.Tests.Debug;

// Goal: badness is shown as the OOM killer adds it up, and who it had to choose from as it has reported.
public sealed class OomFilesTests
{
    [Fact]
    public void Terms_add_up_to_points_and_to_the_score_of_each_process()
    {
        using var box = Box.WithDisks(ramMebibytes: 128, swapMebibytes: 256);
        box.Start("touch", new Workloads.ProgramParameters(SizeBytes: 150 << 20, ChunkBytes: 65536, Passes: 0, Count: 1));
        var safe = box.Start(new Requests([]));
        var likely = box.Start(new Requests([]));
        Assert.Equal(Errno.None, box.Write($"/proc/{safe.Pid}/oom_score_adj", "-1000"));
        Assert.Equal(Errno.None, box.Write($"/proc/{likely.Pid}/oom_score_adj", "300"));
        box.Run(2000);

        var rows = DebugTable.Of(box, "badness", endsInText: true).Rows;

        Assert.Equal(box.Machine.Processes.Tasks.Where(static task => task.IsLeader && task.MemoryId != 0).Select(static task => (long)task.Pid), rows.Select(static row => DebugTable.Number(row, "pid")));
        foreach (var row in rows)
        {
            var status = box.Read($"/proc/{row["pid"]}/status");
            Assert.Equal(
                [Pid.MemoryAgreement.Kilobytes(status, "VmRSS") / 4, Pid.MemoryAgreement.Kilobytes(status, "VmSwap") / 4, Pid.MemoryAgreement.Kilobytes(status, "VmPTE") / 4],
                new[] { "rss", "swap", "ptables" }.Select(name => (ulong)DebugTable.Number(row, name)));
            Assert.Equal(DebugTable.Number(row, "adj") * (DebugTable.Number(row, "total") / 1000), DebugTable.Number(row, "adj_pages"));
            Assert.Equal(new[] { "rss", "swap", "ptables", "adj_pages" }.Sum(name => DebugTable.Number(row, name)), DebugTable.Number(row, "points"));
            Assert.Equal(box.Read($"/proc/{row["pid"]}/oom_score").TrimEnd(), row["score"]);
            Assert.Equal(row["adj"] == "-1000" ? "adj" : "-", row["protected"]);
        }

        Assert.Contains(rows, static row => DebugTable.Number(row, "swap") > 1000);
        Assert.DoesNotContain(rows, static row => row["pid"] == "2");
    }

    [Fact]
    public void Whom_the_killer_chose_is_who_had_most_and_its_table_is_kept()
    {
        using var box = Box.WithDisks(ramMebibytes: 128, swapMebibytes: 0);
        Assert.Empty(DebugTable.Of(box, "oom", endsInText: true).Rows);
        box.Start("sleep", new Workloads.ProgramParameters(SizeBytes: 4096, Count: 1));
        const ulong place = 0x2000_0000;
        const ulong tooMuch = 400 << 20;
        var hog = box.Machine.Spawn(new Requests(
        [
            new Request(RequestKind.Mmap, tooMuch, (ulong)(MapFlags.ReadWrite | MapFlags.Anonymous | MapFlags.Fixed | MapFlags.NoReserve) | place, ulong.MaxValue),
            new Request(RequestKind.Sleep, 500_000_000), new Request(RequestKind.Touch, place, tooMuch, (ulong)TouchKind.Write),
        ]))!;
        box.Run(100);
        Assert.Contains(DebugTable.Of(box, "badness", endsInText: true).Rows, row => DebugTable.Number(row, "pid") == hog.Pid);
        box.Run(5000);

        var rows = DebugTable.Of(box, "oom", endsInText: true).Rows;

        var victim = Assert.Single(rows, static row => row["victim"] == "1");
        Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"Out of memory: Killed process {victim["pid"]} ({victim["comm"]})"), box.Read("/dev/kmsg"), StringComparison.Ordinal);
        Assert.Equal((hog.Pid, "requests"), ((int)DebugTable.Number(victim, "pid"), victim["comm"]));
        Assert.All(rows, row => Assert.True(DebugTable.Number(row, "badness_without_adj") <= DebugTable.Number(victim, "badness_without_adj")));
        Assert.All(rows, static row => Assert.Equal(
            DebugTable.Number(row, "rss") + DebugTable.Number(row, "ptables") + DebugTable.Number(row, "swap"), DebugTable.Number(row, "badness_without_adj")));
        Assert.InRange(DebugTable.Number(victim, "time_ns"), 1, (long)box.Machine.Now.Nanoseconds);
    }
}
