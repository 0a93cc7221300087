// Goal: a script does what it says at its moments: kills, swaps, writes, copies, stops and starts; what it expects is judged meanwhile.

using System.Text.RegularExpressions;
using VboxMem.Kernel.Time;

namespace VboxMem.Session.Tests;

public sealed class ScriptRunTests
{
    [Fact]
    public void A_script_kills_swaps_writes_and_copies()
    {
        using var box = SmallBox.Boot();
        var ran = SmallBox.Run(box, """
            # what an operator does
            expect alive(web) within 5s
            @5s sysctl -w vm.swappiness=17
            echo 300 > /proc/sys/vm/swappiness
            cat /proc/sys/vm/swappiness /proc/nope
            dd if=/dev/zero of=/data bs=1M count=20 conv=fsync
            dd if=/data of=/dev/null bs=64k status=none && echo read
            dd if=/nope of=/dev/null
            +1s swapoff -a; cat /proc/swaps | wc -l
            swapon -p 7 /dev/vdb && cat /proc/swaps | tail -n +2 | sort
            swapon /dev/vdb
            swapon /dev/vdz
            kill -9 leaky
            kill -0 leaky || echo nobody
            killall nosuch
            prlimit --pid web --memlock=65536:131072 --as=1000000000
            cat /proc/[0-9]*/limits | grep -c '65536  *131072'
            choom -p web -n -500
            stop web
            expect not alive(web)
            cat /proc/[0-9]*/comm | grep -c '^web$'
            start job
            expect alive(job)
            restart job
            expect count(job) == 1
            systemctl start web.service
            expect count(web) == 2
            pkill -x web
            +1s expect count(web) == 2
            nothing_here || true
            """.Replace("nothing_here", "false", StringComparison.Ordinal));

        var text = Regex.Replace(Regex.Replace(ran.Text, @"copied, .*", "copied"), @"\[[0-9.]+\] ", "");
        Assert.Equal(
            """
            # expect alive(web) within 5s
            met: expect alive(web) within 5s
            # sysctl -w vm.swappiness=17
            vm.swappiness = 17
            # echo 300 > /proc/sys/vm/swappiness
            bash: echo: write error: Invalid argument
            (1)
            # cat /proc/sys/vm/swappiness /proc/nope
            17
            cat: /proc/nope: No such file or directory
            (1)
            # dd if=/dev/zero of=/data bs=1M count=20 conv=fsync
            20+0 records in
            20+0 records out
            20971520 bytes (21 MB, 20 MiB) copied
            # dd if=/data of=/dev/null bs=64k status=none && echo read
            read
            # dd if=/nope of=/dev/null
            dd: failed to open '/nope': No such file or directory
            (1)
            # swapoff -a; cat /proc/swaps | wc -l
            1
            # swapon -p 7 /dev/vdb && cat /proc/swaps | tail -n +2 | sort
            /dev/vdb                                partition	65532		0		7
            # swapon /dev/vdb
            swapon: /dev/vdb: swapon failed: Device or resource busy
            (255)
            # swapon /dev/vdz
            swapon: cannot open /dev/vdz: No such file or directory
            (255)
            # kill -9 leaky
            # kill -0 leaky || echo nobody
            # killall nosuch
            nosuch: no process found
            (1)
            # prlimit --pid web --memlock=65536:131072 --as=1000000000
            # cat /proc/[0-9]*/limits | grep -c '65536  *131072'
            2

            """,
            text[..text.IndexOf("# choom", StringComparison.Ordinal)]);
        Assert.Matches("pid [0-9]+'s OOM score adjust value changed from 0 to -500\npid [0-9]+'s", text);
        Assert.All(ran.Outcomes, outcome => Assert.True(outcome.IsMet, outcome.Reason));
        Assert.Contains("# cat /proc/[0-9]*/comm | grep -c '^web$'\n0\n(1)\n", text, StringComparison.Ordinal);
        Assert.Equal(6, ran.Outcomes.Count);
    }

    [Fact]
    public void Lines_run_at_their_moments_and_what_is_late_is_told()
    {
        using var box = SmallBox.Boot();
        var ran = SmallBox.Run(box, """
            @2s echo a
            +500ms echo b
            sleep 3
            echo c
            @4s echo d
            @10s
            vmstat 1 3 | tail -n 1 | wc -l
            +5s echo e; sleep 1 && echo f
            """);
        Assert.Equal(
            """
            [2.000] # echo a
            a
            [2.500] # echo b
            b
            [2.500] # sleep 3
            [5.500] # echo c
            c
            note 5: due at 4.000s, begun at 5.500s: what came before lasted longer
            [5.500] # echo d
            d
            [10.000] # vmstat 1 3 | tail -n 1 | wc -l
            1
            [15.000] # echo e; sleep 1 && echo f
            e
            f

            """,
            ran.Text);
        Assert.Equal(SimTime.FromSeconds(16), ran.Time.Elapsed);
    }

    [Fact]
    public void Rates_are_known_when_their_moment_comes_and_kills_are_seen()
    {
        using var box = SmallBox.Boot();
        var ran = SmallBox.Run(box, """
            @5s expect rss(leaky)/s > 6MiB/s
            expect vmstat.pgscan_direct/s == 0
            expect meminfo.MemAvailable/s < 0 for 2s
            +5s expect zone.DMA32.free >= zone.DMA32.low
            expect pressure.memory.some.avg10 < 5
            expect killed(leaky) within 2m
            @1m expect rss(leaky) > 1GiB
            """);
        Assert.Equal(
            [true, true, true, true, true, false, true],
            ran.Outcomes.OrderBy(static outcome => outcome.Line.Number == 7 ? 6 : outcome.Line.Number == 6 ? 8 : outcome.Line.Number).Select(static outcome => outcome.IsMet));
        Assert.StartsWith("rss(leaky) is ", ran.Outcomes.Single(static outcome => !outcome.IsMet).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void In_the_background_a_copy_goes_on_while_the_script_does()
    {
        using var box = SmallBox.Boot();
        var ran = SmallBox.Run(box, """
            dd if=/dev/zero of=/data bs=1M count=200 conv=fsync &
            echo on
            expect alive(dd) within 1s
            kill -TERM dd
            wait
            dd if=/dev/zero of=/other bs=1M count=1 status=none & 
            wait; ls /proc | grep -c self
            """);
        Assert.Matches("^\\[0.000\\] # dd .*\n\\[0.000\\] # echo on\non\n", ran.Text);
        Assert.Contains("# wait; ls", ran.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void The_end_of_the_run_cuts_off_what_lasts_longer()
    {
        using var box = SmallBox.Boot();
        var ran = SmallBox.Run(box, "expect uptime > 1h within 5s\n@4s sleep 100\necho never\nexpect alive(web)", SimTime.FromSeconds(10));
        Assert.Equal(SimTime.FromSeconds(10), ran.Time.Elapsed);
        Assert.DoesNotContain("# echo never", ran.Text, StringComparison.Ordinal);
        Assert.Equal((4, "the run ended before it began"), (ran.Outcomes[^1].Line.Number, ran.Outcomes[^1].Reason));
        Assert.All(ran.Outcomes, static outcome => Assert.False(outcome.IsMet));
    }

    [Fact]
    public void Looking_changes_nothing()
    {
        ulong HashAfter(string script)
        {
            using var box = SmallBox.Boot();
            SmallBox.Run(box, script, SimTime.FromSeconds(20));
            return box.ComputeStateHash();
        }

        Assert.Equal(
            HashAfter("@20s"),
            HashAfter("expect killed(leaky) within 20s\nexpect vmstat.pgfault/s > 0 for 10s\n@3s vmstat 1 5\n@9s free -s 1 -c 3 | grep Mem\ncat /proc/[0-9]*/smaps | wc\nls /sys\nkill -l\nkill -0 web\n@15s sleep 2"));
    }
}
