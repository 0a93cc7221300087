// Goal: each form of the grammar says what it means; each mistake is one line with its place and what is allowed.
// Method: tables of texts on one hand-made machine.

using VboxMem.Tools.Predicates;

namespace VboxMem.Tools.Tests.Predicates;

public sealed class PredicateTests
{
    [Theory]
    [InlineData("meminfo.MemAvailable > 200MiB")]
    [InlineData("meminfo.MemAvailable == 512MiB and meminfo.MemFree == 0.25GiB")]
    [InlineData("meminfo.Active(anon) == 4096kB")]
    [InlineData("meminfo.HugePages_Total == 3")]
    [InlineData("meminfo.MemFree + meminfo.MemAvailable >= 768M")]
    [InlineData("meminfo.MemFree / meminfo.MemTotal == 25%")]
    [InlineData("meminfo.MemFree < meminfo.MemTotal * 30%")]
    [InlineData("meminfo.MemFree == 65536pages")]
    [InlineData("vmstat.nr_free_pages * 4KiB == meminfo.MemFree")]
    [InlineData("vmstat.pgscan_direct == 1000")]
    [InlineData("vmstat.pgpgin == 2MiB")]
    [InlineData("zone.DMA32.free >= zone.DMA32.low")]
    [InlineData("zone.DMA32.free == 300pages")]
    [InlineData("zone.Normal.free == 3000pages and zone.1.Normal.low == 400pages and zone.0.Normal.managed == 7000pages")]
    [InlineData("pressure.memory.some.avg10 == 5")]
    [InlineData("pressure.memory.some.avg10 == 5% and pressure.memory.full.avg10 < 1")]
    [InlineData("pressure.memory.some.avg60 * 2 == 2.5")]
    [InlineData("pressure.memory.some.total == 2500ms and pressure.memory.full.total == 1000us")]
    [InlineData("loadavg.1 == 0.5 and loadavg.5 == 1.25 and loadavg.15 == 2 and loadavg.running == 3 and loadavg.tasks == 120")]
    [InlineData("swaps.used == 768KiB and swaps.size == 3MiB and swaps.free == 2304KiB and swaps.areas == 2")]
    [InlineData("swaps.vdb.priority == -2 and swaps.vdc.used == 512k")]
    [InlineData("uptime == 1m40s")]
    [InlineData("uptime > 99s and uptime < 0.5h")]
    [InlineData("alive(nginx) and alive( systemd ) and alive(\"(sd-pam)\")")]
    [InlineData("not alive(defunct) and not alive(sshd)")]
    [InlineData("count(nginx) == 2 and count(sshd) == 0")]
    [InlineData("rss(nginx) == 30MiB and swap(nginx) == 128kB and vsz(nginx) > 100MiB and rss(sshd) == 0")]
    [InlineData("nginx.p50 == 900us and nginx.p90 == 20ms and nginx.p99 < 50ms and nginx.max == 0.2s and nginx.count == 400")]
    [InlineData("web-1.count == 0")]
    [InlineData("not killed(nginx)")]
    [InlineData("1 + 2 * 3 == 7 and (1 + 2) * 3 == 9 and 7 - 2 - 1 == 4 and 8 / 4 / 2 == 1 and -2 - -3 == 1")]
    [InlineData("1 == 2 and 1 == 1 or 1 == 1")]
    [InlineData("1 == 1 or 1 == 1 and 1 == 2")]
    [InlineData("not 1 == 2 and not (1 == 1 and 1 == 2)")]
    [InlineData("not not (1 == 1)")]
    [InlineData("1 < 2 and 2 > 1 and 1 <= 1 and 1 >= 1 and 1 != 2")]
    [InlineData("2MiB/1s == 2MiB/s")]
    [InlineData("10MiB / 2MiB == 5 and 100 / 50% == 200")]
    public void What_holds(string text) => Assert.Equal(Truth.True, Look(text).Truth);

    [Theory]
    [InlineData("meminfo.MemAvailable < 200MiB")]
    [InlineData("alive(sshd) or killed(nginx)")]
    [InlineData("nginx.p99 < 40ms")]
    [InlineData("1 == 1 and 1 == 2 or 1 == 3")]
    [InlineData("not (1 == 1 or nobody.p50 > 1s)")]
    [InlineData("nobody.p50 > 1s and 1 == 2")]
    public void What_does_not_hold(string text) => Assert.Equal((Truth.False, ""), (Look(text).Truth, Look(text).Reason));

    [Theory]
    [InlineData("nobody.p99 < 50ms", "no service nobody has answered yet")]
    [InlineData("meminfo.Zswap > 1MiB", "/proc/meminfo has no Zswap")]
    [InlineData("pressure.cpu.some.avg10 < 5", "/proc/pressure/cpu: No such file or directory")]
    [InlineData("zone.DMA.free > 1MiB", "/proc/zoneinfo has no free of a zone DMA")]
    [InlineData("zone.7.Normal.free > 1MiB", "/proc/zoneinfo has no free of a zone Normal on node 7")]
    [InlineData("swaps.vdx.used > 1MiB", "no swap area is called vdx")]
    [InlineData("vmstat.pgscan_direct/s == 0", "a rate needs a reading a second earlier")]
    [InlineData("1 / (vmstat.oom_kill) > 5", "division by zero")]
    [InlineData("9999999999G * 9999999999G == 0", "the number is too large to compute with")]
    [InlineData("nobody.p99 < 50ms or 1 == 2", "no service nobody has answered yet")]
    [InlineData("not nobody.p99 < 50ms", "no service nobody has answered yet")]
    public void What_cannot_be_said_and_why(string text, string reason)
    {
        var outcome = Look(text);
        Assert.Equal((Truth.Unknown, reason), (outcome.Truth, outcome.Reason));
        Assert.False(outcome.Holds);
    }

    [Theory]
    [InlineData("", "column 1: empty, allowed is such as meminfo.MemAvailable > 200MiB")]
    [InlineData("meminfo.MemAvailabel > 1MiB", "column 1: meminfo.MemAvailabel names nothing, nearest is meminfo.MemAvailable")]
    [InlineData("1 == 1 and memifo.MemFree > 1MiB", "column 12: memifo.MemFree names nothing, nearest is meminfo.MemFree")]
    [InlineData("vmstat.pgscandirect > 1", "column 1: vmstat.pgscandirect names nothing, nearest is vmstat.pgscan_direct")]
    [InlineData("zone.DMA23.free > 1MiB", "column 1: zone.DMA23.free names nothing, nearest is zone.DMA32")]
    [InlineData("zone.DMA32.fre > 1MiB", "column 1: zone.DMA32.fre names nothing, nearest is zone.DMA32.free")]
    [InlineData("zone.free > 1MiB", "column 1: zone.free names no figure of a zone, allowed is such as zone.DMA32.free, or zone.1.Normal.free for node 1")]
    [InlineData("pressure.memory.some.avg20 > 1", "column 1: pressure.memory.some.avg20 names nothing, nearest is pressure.memory.some.avg10")]
    [InlineData("loadavg.2 > 1", "column 1: loadavg.2 names nothing, nearest is loadavg.1")]
    [InlineData("swaps.vdb.speed > 1", "column 1: swaps.vdb.speed names nothing, allowed behind swaps.vdb. size, used, free, priority")]
    [InlineData("meminfo > 1", "column 1: meminfo is a file, allowed is a figure of it: meminfo.MemAvailable")]
    [InlineData("nginx.p98 < 1s", "column 1: nginx.p98 names nothing, allowed meminfo.…, vmstat.…, zone.…, pressure.…, loadavg.…, swaps.…, uptime, SERVICE.p50|p90|p99|max|count, alive(NAME), killed(NAME), count(NAME), rss(NAME), swap(NAME), vsz(NAME)")]
    [InlineData("alve(sshd)", "column 1: alve names nothing, nearest is alive")]
    [InlineData("alive", "column 6: alive takes a name in parentheses, as in alive(sshd)")]
    [InlineData("alive()", "column 7: alive takes the name of a process, as in alive(sshd)")]
    [InlineData("alive(sshd", "column 7: the parenthesis is not closed")]
    [InlineData("alive(\"sshd)", "column 7: the quotation mark is not closed")]
    [InlineData("alive(\"sshd\" x)", "column 14: allowed is ) behind the quoted name")]
    [InlineData("meminfo.MemFree > 200", "column 17: > stands between bytes and a number without a unit, give the number a unit, as in 200MiB")]
    [InlineData("meminfo.MemFree > 5s", "column 17: > stands between bytes and a time")]
    [InlineData("nginx.p99 < 50", "column 11: < stands between a time and a number without a unit, give the number a unit, as in 50ms")]
    [InlineData("vmstat.pgpgin/s < 50MiB", "column 17: < stands between bytes a second and bytes, a rate is compared with a rate, as in 50MiB/s")]
    [InlineData("vmstat.pgscan_direct < 5%", "column 22: < stands between a count and a percentage")]
    [InlineData("meminfo.MemFree + 5s > 1MiB", "column 17: + stands between bytes and a time")]
    [InlineData("meminfo.MemFree", "column 1: bytes, where a condition is wanted: compare it with something")]
    [InlineData("meminfo.MemFree and 1 == 1", "column 1: bytes, where a condition is wanted: compare it with something")]
    [InlineData("not 5", "column 5: a number without a unit, where a condition is wanted: compare it with something")]
    [InlineData("alive(a) == alive(b)", "column 1: a condition, where a number is wanted")]
    [InlineData("alive(a) + 1 == 2", "column 1: a condition, where a number is wanted")]
    [InlineData("(1 == 1)/s == 0", "column 1: a condition, where a number is wanted")]
    [InlineData("1 < 2 < 3", "column 7: < cannot follow, allowed and, or or the end")]
    [InlineData("1 == 1 1", "column 8: 1 cannot follow, allowed and, or or the end")]
    [InlineData("meminfo.MemFree 1", "column 17: 1 cannot follow, allowed a comparison, + - * / or the end")]
    [InlineData("(1 == 1", "column 8: the end cannot follow, allowed is ) for the parenthesis of column 1")]
    [InlineData("1 == ", "column 6: the end cannot stand here, allowed is a name, a number or (")]
    [InlineData("and 1 == 1", "column 1: and cannot stand here, allowed is a name, a number or (")]
    [InlineData("1 = 1", "column 3: = is not known here, write ==")]
    [InlineData("1 == 1 && 1 == 1", "column 8: && is not known here, write and")]
    [InlineData("!alive(a)", "column 1: ! is not known here, write not")]
    [InlineData("1 == 1;", "column 7: ';' stands for nothing here")]
    [InlineData("uptime > 5MB", "column 11: no unit is called MB, allowed B k kB KiB M MiB G GiB T TiB pages; us ms s m min h d; %")]
    [InlineData("uptime > 1h30MiB", "column 12: a time goes on with a time, as in 1h30m")]
    [InlineData("uptime > 5s_", "column 12: a name starts with a letter, and behind a number stands a blank")]
    [InlineData("1 == 99999999999999999999999999999999999999", "column 6: the number is too large")]
    [InlineData("1 / 0 == 1", "column 5: division by zero")]
    [InlineData("1s*1s*1s*1s*1s*1s*1s*1s*1s == 0", "column 24: gives bytes^0 seconds^9, which measures nothing")]
    [InlineData("vmstat.pgfault/s/s == 0", "column 17: a rate of a rate, allowed is one /s")]
    public void Mistakes_are_told_with_their_place(string text, string problem)
    {
        Assert.Null(Predicate.TryParse(text, out var told));
        Assert.Equal(problem, told);
    }

    [Fact]
    public void What_is_too_long_or_too_deep_is_refused()
    {
        Assert.Null(Predicate.TryParse(new string('(', 60) + "1 == 1" + new string(')', 60), out var deep));
        Assert.Equal("column 51: nested too deeply, allowed are 50 levels", deep);
        Assert.Null(Predicate.TryParse("1 == 1" + new string(' ', 1000), out var long1));
        Assert.Equal("column 1001: too long, allowed are 1000 characters", long1);
        Assert.NotNull(Predicate.TryParse(new string('(', 50) + "1 == 1" + new string(')', 50), out _));
    }

    [Fact]
    public void Every_line_of_the_captured_files_can_be_named()
    {
        foreach (var capture in (string[])["ram-1g", "numa-1g-1g", "swapleak-60", "ram-8g", "cpus-8-1g"])
        {
            var meminfo = ProcTree.Capture(capture, "meminfo")!.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => "meminfo." + line.Split(':')[0]);
            var vmstat = ProcTree.Capture(capture, "vmstat")!.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => "vmstat." + line.Split(' ')[0]);
            foreach (var name in meminfo.Concat(vmstat))
            {
                Assert.True(Predicate.TryParse(name + " >= 0", out var problem) is not null, problem);
                Assert.Equal(Truth.True, new PredicateEvaluator(Predicate.TryParse(name + " >= 0", out _)!).Evaluate(CapturedTree.Of(capture)).Truth);
            }
        }
    }

    private static PredicateOutcome Look(string text)
    {
        var predicate = Predicate.TryParse(text, out var problem);
        Assert.True(predicate is not null, problem);
        return new PredicateEvaluator(predicate).Evaluate(APredicateTree.Make());
    }
}
