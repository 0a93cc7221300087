// Goal: what an evaluator remembers between readings: rates, kills; and that a copy remembers the same.

using VboxMem.Tools.Predicates;
using VboxMem.Testing;

namespace VboxMem.Tools.Tests.Predicates;

public sealed class PredicateEvaluatorTests
{
    [Fact]
    public void A_rate_is_the_average_over_the_last_second()
    {
        // 100 pages in each tenth of a second from 100.0 on, none from 101.0 on.
        var rate = EvaluatorOf("vmstat.pgscan_direct/s == 1000");
        for (var tenth = 0; tenth < 10; tenth++) Assert.Equal(Truth.Unknown, At(rate, tenth, 100 * tenth));
        Assert.Equal(Truth.True, At(rate, 10, 1000));
        Assert.Equal(Truth.False, At(rate, 11, 1000));
        Assert.Equal("vmstat.pgscan_direct/s is 800/s", rate.Explain(Reading(12, 1000)));
        var quiet = EvaluatorOf("vmstat.pgscan_direct/s == 0");
        Assert.Equal(Truth.Unknown, At(quiet, 10, 1000));
        Assert.Equal(Truth.True, At(quiet, 20, 1000));
    }

    [Fact]
    public void Readings_far_apart_are_measured_over_the_time_between()
    {
        var rate = EvaluatorOf("vmstat.pgscan_direct/s == 50");
        At(rate, 0, 0);
        At(rate, 100, 900);
        Assert.Equal(Truth.True, At(rate, 200, 1400));
    }

    [Fact]
    public void Two_readings_of_one_moment_change_nothing()
    {
        var rate = EvaluatorOf("vmstat.pgscan_direct/s == 10");
        At(rate, 0, 0);
        At(rate, 10, 10);
        var words = rate.StateWords().ToArray();
        Assert.Equal(Truth.True, At(rate, 10, 10));
        Assert.Equal(words, rate.StateWords());
    }

    [Fact]
    public void An_uptime_that_runs_backwards_begins_a_new_life()
    {
        var rate = EvaluatorOf("vmstat.pgscan_direct/s == 10");
        At(rate, 50, 500);
        Assert.Equal(Truth.Unknown, At(rate, 0, 0));
        Assert.Equal(Truth.True, At(rate, 10, 10));
    }

    [Theory]
    [InlineData("vmstat.pgpgin/s == 1MiB/s")]
    [InlineData("(vmstat.pgscan_direct + vmstat.nr_free_pages)/s == 30")]
    [InlineData("meminfo.MemFree/s == -1024kB/s")]
    [InlineData("pressure.memory.some.total/s == 5%")]
    [InlineData("rss(leaky)/s > 5MiB/s and rss(leaky)/s < 5.1MiB/s")]
    [InlineData("vmstat.pgscan_direct/s + 1 == 11")]
    [InlineData("vmstat.pgscan_direct/s * 100ms == 1")]
    public void Rates_of_other_things(string text)
    {
        var evaluator = EvaluatorOf(text);
        Assert.Equal(Truth.Unknown, evaluator.Evaluate(Of(0)).Truth);
        Assert.Equal(Truth.True, evaluator.Evaluate(Of(1)).Truth);

        static MemoryTree Of(int second)
        {
            var tree = APredicateTree.Make($"{100 + second}.00");
            tree["/proc/vmstat"] = $"nr_free_pages {20 * second}\npgscan_direct {10 * second}\npgpgin {1024 * second}\n";
            tree["/proc/meminfo"] = $"MemFree: {4096 - (1024 * second)} kB\n";
            tree["/proc/pressure/memory"] = $"some avg10=0.00 avg60=0.00 avg300=0.00 total={50_000 * second}\n";
            return tree.Run(70, "leaky", 1000 + (5200 * second));
        }
    }

    [Fact]
    public void A_rate_that_nothing_hangs_on_is_measured_all_the_same()
    {
        var evaluator = EvaluatorOf("1 == 2 and vmstat.pgscan_direct/s == 0 or vmstat.pgscan_direct/s == 10");
        At(evaluator, 0, 0);
        Assert.Equal(Truth.True, At(evaluator, 10, 10));
    }

    [Fact]
    public void A_kill_stays_known_when_the_log_has_forgotten_it()
    {
        var tree = APredicateTree.Make();
        var killed = EvaluatorOf("killed(leaky)");
        Assert.Equal(Truth.False, killed.Evaluate(tree).Truth);

        tree["/proc/vmstat"] = "oom_kill 1\n";
        tree["/dev/kmsg"] = "6,1,5,-;Booting\n3,111,17714268,-;Out of memory: Killed process 62 (leaky) total-vm:620304kB, anon-rss:364676kB, UID:1000\n SUBSYSTEM=x\n";
        Assert.Equal(Truth.True, killed.Evaluate(tree).Truth);
        Assert.Equal(Truth.False, EvaluatorOf("killed(nginx)").Evaluate(tree).Truth);

        tree["/dev/kmsg"] = "";
        tree["/proc/vmstat"] = "oom_kill 2\n";
        Assert.Equal(Truth.True, killed.Evaluate(tree).Truth);
    }

    [Theory]
    [InlineData("3,1,5,-;Memory cgroup out of memory: Killed process 7 (a (b) c) total-vm:1kB, anon-rss:0kB", "a (b) c", true)]
    [InlineData("11,1,5,-;Out of memory: Killed process 7 (leaky) total-vm:1kB", "leaky", false)]   // facility 1: a program's own words
    [InlineData("6,1,5,-;oom_reaper: reaped process 7 (leaky), now anon-rss:0kB", "leaky", false)]
    public void Kills_are_told_by_the_kernels_own_line(string line, string name, bool isKilled)
    {
        var tree = APredicateTree.Make();
        tree["/proc/vmstat"] = "oom_kill 1\n";
        tree["/dev/kmsg"] = line + "\n";
        Assert.Equal(isKilled, EvaluatorOf($"killed(\"{name}\")").Evaluate(tree).Holds);
    }

    [Fact]
    public void Without_a_log_nothing_is_said_about_kills()
    {
        var tree = APredicateTree.Make();
        tree["/proc/vmstat"] = "oom_kill 1\n";
        tree.Remove("/dev/kmsg");
        Assert.Equal("/dev/kmsg: No such file or directory", EvaluatorOf("killed(leaky)").Evaluate(tree).Reason);
    }

    [Fact]
    public void A_tree_without_processes_says_nothing_about_them()
    {
        var tree = new MemoryTree { ["/proc/meminfo"] = "MemFree: 1 kB\n" };
        Assert.Equal("/proc lists no processes", EvaluatorOf("alive(sshd)").Evaluate(tree).Reason);
        Assert.Equal("/proc lists no processes", EvaluatorOf("rss(sshd) < 1MiB").Evaluate(tree).Reason);
    }

    [Fact]
    public void A_malformed_file_is_a_reason()
    {
        var tree = APredicateTree.Make();
        tree["/proc/meminfo"] = "MemFree: many kB\n";
        var outcome = EvaluatorOf("meminfo.MemFree > 1MiB").Evaluate(tree);
        Assert.Equal(Truth.Unknown, outcome.Truth);
        Assert.StartsWith("/proc/meminfo:1: MemFree is \"many\"", outcome.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_copy_goes_on_as_the_original_would()
    {
        var original = EvaluatorOf("vmstat.pgscan_direct/s == 10 or killed(leaky)");
        At(original, 0, 0);
        var copy = original.Clone();
        Assert.Equal(original.StateWords(), copy.StateWords());
        Assert.Equal(Truth.True, At(copy, 10, 10));
        Assert.NotEqual(original.StateWords(), copy.StateWords());
        Assert.Equal(Truth.True, At(original, 10, 10));
        Assert.Equal(original.StateWords(), copy.StateWords());
    }

    [Fact]
    public void An_explanation_names_each_figure_once()
    {
        var evaluator = EvaluatorOf("meminfo.MemFree > 1MiB and meminfo.MemFree < 2MiB or nginx.p99 > 1s or pressure.memory.some.avg10 > 9 or rss(nginx) > 1GiB or swaps.used > 1GiB or nobody.p50 > 1s or nginx.p50 > 1s or uptime < 1s");
        Assert.Equal(
            "meminfo.MemFree is 256MiB, nginx.p99 is 50ms, pressure.memory.some.avg10 is 5%, rss(nginx) is 30MiB, swaps.used is 768KiB, "
            + "nobody.p50 is unknown (no service nobody has answered yet), nginx.p50 is 900us, uptime is 100s",
            evaluator.Explain(new TreeReading(APredicateTree.Make())));
    }

    private static PredicateEvaluator EvaluatorOf(string text)
    {
        var predicate = Predicate.TryParse(text, out var problem);
        Assert.True(predicate is not null, problem);
        return new PredicateEvaluator(predicate);
    }

    private static Truth At(PredicateEvaluator evaluator, int tenth, int scanned) => evaluator.Evaluate(Reading(tenth, scanned)).Truth;

    private static TreeReading Reading(int tenth, int scanned)
    {
        var tree = APredicateTree.Make(FormattableString.Invariant($"{100 + (tenth / 10)}.{tenth % 10}0"));
        tree["/proc/vmstat"] = $"pgscan_direct {scanned}\noom_kill 0\n";
        return new TreeReading(tree);
    }
}
