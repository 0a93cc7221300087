// Goal: the log is shown with its levels, follows its end, and knows which kill a line is about.

using VboxMem.Tui.Bindings;
using VboxMem.Tui.Drawing;
using VboxMem.Tui.Panes;

namespace VboxMem.Tui.Tests.Panes;

[Collection(MomentsCollection.Name)]
public sealed class DmesgPaneTests
{
    private static readonly string[] _log =
    [
        "6,1,1000000,-;all is quiet",
        "7,2,1500000,-;for debugging",
        "5,3,2000000,-;a notice",
        "30,4,3000000,-;systemd[1]: Started something.",
        "4,5,10000000,-;hungry invoked oom-killer: gfp_mask=0x140cca(GFP_HIGHUSER_MOVABLE|__GFP_COMP), order=0, oom_score_adj=0",
        "4,6,10000001,-;CPU: 0 UID: 0 PID: 900 Comm: hungry",
        "6,7,10000002,-;[  pid  ]   uid  tgid total_vm      rss",
        "30,8,10000003,-;systemd[1]: says something in between",
        "6,9,10000004,-;oom-kill:constraint=CONSTRAINT_NONE,task=leaky,pid=79,uid=1000",
        "3,10,10000005,-;Out of memory: Killed process 79 (leaky) total-vm:1427088kB, anon-rss:1417096kB, file-rss:0kB, shmem-rss:0kB, UID:1000 pgtables:2836kB oom_score_adj:0",
        "6,11,10200000,-;oom_reaper: reaped process 79 (leaky), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB",
        "1,12,11000000,-;an alert\\x0aof two lines",
        "6,13,12000000,-;quiet again",
    ];

    [Theory]
    [InlineData(80, 24)]
    [InlineData(120, 40)]
    [InlineData(200, 60)]
    public void Levels_and_a_kill_look_so(int width, int height) => Picture.Check(OfLog(_log), "dmesg-kill", width, height);

    [Fact]
    public void Each_line_has_its_level_by_name()
    {
        var lines = Moments.LinesOf(OfLog(_log), 80, 24)[3..];
        string[] levels = ["info", "debug", "notice", "info", "warn", "warn", "info", "info", "info", "err", "info", "alert", "of", "info"];
        Assert.Equal(levels, lines[..levels.Length].Select(static line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is var cells && cells[0].Contains('.') ? cells[1] : cells[0]));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(3, 0)]
    [InlineData(4, 79)]
    [InlineData(6, 79)]
    [InlineData(7, 0)]
    [InlineData(8, 79)]
    [InlineData(9, 79)]
    [InlineData(10, 79)]
    [InlineData(11, 0)]
    [InlineData(13, 0)]
    public void A_line_of_a_report_is_about_its_kill(int row, int pid)
    {
        var screen = OfLog(_log);
        Moments.TextOf(screen, 80, 24);
        screen.Obey(ScreenCommand.Home);
        for (var i = 0; i < row; i++) screen.Obey(ScreenCommand.Down);
        WhySubject? expected = pid == 0 ? null : new WhySubject(WhyKind.Kill, Pid: pid, At: TimeSpan.FromMicroseconds(10_000_005));
        Assert.Equal(expected, screen.Pane.Subject(screen.View));
    }

    [Fact]
    public void What_a_process_writes_into_the_log_is_no_kill()
    {
        var screen = OfLog("14,1,1000000,-;liar: Killed process 1 (init)");
        Moments.TextOf(screen, 80, 24);
        Assert.Null(screen.Pane.Subject(screen.View));
    }

    [Fact]
    public void The_cursor_stays_on_its_line_when_others_come_and_old_ones_go()
    {
        var numbered = Enumerable.Range(0, 200).Select(static number => $"6,{number},{number}000,-;line {number}").ToArray();
        var screen = OfLog(numbered[..100]);
        Assert.Equal("line 99", UnderCursor(screen));
        screen.View.Now = OfLog(numbered[..120]).View.Now;
        Assert.Equal("line 119", UnderCursor(screen));
        screen.Obey(ScreenCommand.PageUp);
        var kept = UnderCursor(screen);
        screen.View.Now = OfLog(numbered[50..200]).View.Now;
        Assert.Equal(kept, UnderCursor(screen));
        screen.View.Now = OfLog(numbered[150..200]).View.Now;
        Assert.Equal("line 150", UnderCursor(screen));
        screen.Obey(ScreenCommand.Follow);
        Assert.Equal("line 199", UnderCursor(screen));
    }

    [Fact]
    public void Right_shows_what_long_lines_have_further_on()
    {
        var screen = OfLog("6,1,1000000,-;" + new string('a', 90) + "zzz");
        Assert.DoesNotContain("zzz", Moments.TextOf(screen, 80, 24), StringComparison.Ordinal);
        Assert.Contains("…", Moments.TextOf(screen, 80, 24), StringComparison.Ordinal);
        for (var i = 0; i < 3; i++) screen.Obey(ScreenCommand.Right);
        Assert.Contains("zzz", Moments.TextOf(screen, 80, 24), StringComparison.Ordinal);
        for (var i = 0; i < 9; i++) screen.Obey(ScreenCommand.Left);
        Assert.Contains(" aaa", Moments.TextOf(screen, 80, 24), StringComparison.Ordinal);
    }

    private static Screen OfLog(params string[] records) => Moments.OfFiles("dmesg", ("/dev/kmsg", string.Join('\n', records) + "\n"));

    private static string UnderCursor(Screen screen)
    {
        var canvas = new Canvas(80, 24);
        screen.Draw(canvas);
        for (var y = 3; y < 23; y++)
        {
            if (canvas[0, y].Role == Role.Selected) return Picture.TextOf(canvas).Split('\n')[y][21..];
        }

        return "";
    }
}
