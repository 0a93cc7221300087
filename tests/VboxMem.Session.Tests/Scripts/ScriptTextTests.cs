// Goal: all mistakes of a script are found before it runs, each with its line.

using System.Text;
using VboxMem.Kernel.Time;
using VboxMem.Session.Scripts;

namespace VboxMem.Session.Tests;

public sealed class ScriptTextTests
{
    [Theory]
    [InlineData("frobnicate", "s:1: frobnicate: command not found, allowed :, buddyinfo, cat")]
    [InlineData("\n# x\n@10s free\n@5s free", "s:4: @5s: time does not go back, line 3 is at 10s at least")]
    [InlineData("@10s\n+5s\n@14s free", "s:3: @14s: time does not go back, line 2 is at 15s at least")]
    [InlineData("@10 free", "s:1: @10: allowed behind @ is a whole number and a unit")]
    [InlineData("+ 5s free", "s:1: +: allowed behind + is")]
    [InlineData("expect meminfo.MemFoo > 1", "s:1: expect column 1: meminfo.MemFoo names nothing")]
    [InlineData("expect alive(sshd) for 5x", "s:1: for 5x: allowed is")]
    [InlineData("stop nosuch", "s:1: no group is called nosuch, allowed web, db")]
    [InlineData("systemctl start web.service nosuch", "s:1: no group is called nosuch, allowed web, db")]
    [InlineData("systemctl status web", "s:1: systemctl: allowed here are start, stop and restart")]
    [InlineData("kill -FOO 1", "s:1: kill: FOO: invalid signal specification")]
    [InlineData("kill", "s:1: kill: usage: kill ")]
    [InlineData("dd if=/dev/zero of=/dev/null", "s:1: dd: zeros to nowhere without end: give count=")]
    [InlineData("dd if=/proc/meminfo of=/x", "s:1: dd: /proc/meminfo: dd copies files of")]
    [InlineData("dd if=/x of=/y oflag=direct", "s:1: dd: oflag is not known here")]
    [InlineData("swapon -p x /dev/vdb", "s:1: swapon: failed to parse priority: 'x'")]
    [InlineData("swapoff", "s:1: swapoff: bad usage")]
    [InlineData("prlimit --pid 1 --memlock=8M", "s:1: prlimit: failed to parse MEMLOCK limit: '8M'")]
    [InlineData("choom -p 1 -n 2000", "s:1: choom: invalid adjust argument: '2000'")]
    [InlineData("sleep x", "s:1: sleep: invalid time interval 'x'")]
    [InlineData("free | grep x &", "s:1: &: only dd, sync, swapon and swapoff go to the background here, each alone")]
    [InlineData("cat 'x", "s:1: unexpected EOF while looking for matching `''")]
    [InlineData("echo $HOME", "s:1: $: variables and substitutions are not known here; quote it with '…'")]
    [InlineData("echo `ls`", "s:1: ` : substitutions are not known here")]
    [InlineData("echo {a,b}", "s:1: braces are not expanded here; quote them")]
    [InlineData("echo ~", "s:1: ~ is not known here; quote it")]
    [InlineData("X=1 free", "s:1: X=1: variables are not known here")]
    [InlineData("if true", "s:1: if is not known here")]
    [InlineData("free | ", "s:1: syntax error: unexpected end of file")]
    [InlineData("free > ", "s:1: syntax error near unexpected token `newline'")]
    [InlineData("echo (x)", "s:1: syntax error near unexpected token `('")]
    [InlineData("cat <<E", "s:1: << is not known here")]
    [InlineData("+10y free", "s:1: +10y: allowed behind + is")]
    [InlineData("@9m free", "s:1: @9m: the run ends before, at 480s")]
    [InlineData("@7m expect alive(sshd) within 50s for 20s", "s:1: the run ends before this can be judged, at 480s")]
    public void A_mistake_is_told_with_its_line(string text, string start)
    {
        Assert.Null(Script.Parse("s", Encoding.UTF8.GetBytes(text), ["web", "db"], SimTime.FromSeconds(480), out var problems));
        Assert.StartsWith(start, Assert.Single(problems), StringComparison.Ordinal);
    }

    [Fact]
    public void All_mistakes_are_told_at_once()
    {
        Assert.Null(Script.Parse("s", Encoding.UTF8.GetBytes("one\nfree\ntwo\r\n@1s @2s\n"), null, null, out var problems));
        Assert.Equal(["s:1", "s:3", "s:4"], problems.Select(static problem => problem[..3]));
        Assert.Null(Script.Parse("s", [0xff, 0xfe], null, null, out problems));
        Assert.Equal(["s: not UTF-8"], problems);
    }

    [Fact]
    public void Comments_blanks_and_times_alone_are_read()
    {
        var script = Script.Parse("s", Encoding.UTF8.GetBytes("# one\n\n  \t@1m30s   free -h   # not more\n\t+250ms\n+0s # only time\nexpect alive(sshd)\r\n"), null, null, out var problems)!;
        Assert.Empty(problems);
        Assert.Equal(
            [(3, ScriptClock.Start, 90_000UL, "free -h   # not more"), (4, ScriptClock.Previous, 250UL, ""), (5, ScriptClock.Previous, 0UL, ""), (6, ScriptClock.None, 0UL, "expect alive(sshd)")],
            script.Lines.Select(static line => (line.Number, line.Clock, line.Time.Nanoseconds / 1_000_000, line.Text)));
    }

    [Fact]
    public void A_file_that_is_not_there_is_told()
    {
        Assert.Null(Script.Load("/nosuch/script.vbx", null, null, out var problems));
        Assert.Equal(["/nosuch/script.vbx: No such file or directory"], problems);
    }
}
