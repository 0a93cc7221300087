// Goal: what simulated runs are judged by is read as the captured files say.
// Method: figures spelled out from the captures, and identities that Linux guarantees, for all of them.

using VboxMem.Testing.Experiments;

namespace VboxMem.Conformance.Tests.Experiments;

public sealed class ExperimentReaderTests
{
    public static TheoryData<string> Names => new(Experiment.Names);

    [Fact]
    public void All_eighteen_experiments_are_found() => Assert.Equal(18, Experiment.Names.Count);

    [Theory, MemberData(nameof(Names))]
    public void Every_snapshot_of_the_log_has_its_files(string name)
    {
        var experiment = Experiment.Load(name);
        var moments = experiment.Events.Where(static line => line.Text.StartsWith("snap ", StringComparison.Ordinal)).Select(static line => line.Text[5..]);
        foreach (var moment in moments)
        {
            var proc = experiment.Texts.At(moment);
            Assert.NotNull(proc);
            Assert.InRange(proc.Meminfo("MemTotal")!.Value, 990892, 990920);   // the drivers of disks take a few pages more
            Assert.NotNull(proc.Vmstat("pgfault"));
            Assert.Equal(5, proc.Zones.Count);
            Assert.NotEmpty(proc.Slabs);
            Assert.True(experiment.TimeOf(moment) >= TimeSpan.Zero);
        }
    }

    [Theory, MemberData(nameof(Names))]
    public void Samples_run_over_the_whole_experiment(string name)
    {
        var experiment = Experiment.Load(name);
        foreach (var file in (string[])["vmstat", "meminfo", "zoneinfo", "procs", "pressure_memory"])
        {
            var samples = experiment.Series(file);
            Assert.True(samples[0].SinceStart < TimeSpan.Zero);
            Assert.True(samples.Zip(samples.Skip(1)).All(static pair => pair.First.SinceStart < pair.Second.SinceStart));
            Assert.DoesNotContain(samples, static sample => sample.Text.Contains("== t=", StringComparison.Ordinal));
        }
    }

    [Theory, MemberData(nameof(Names))]
    public void Pages_scanned_by_whom_and_of_what_kind_make_the_same_sum(string name)
    {
        var texts = Experiment.Load(name).Texts;
        long Figure(string figure) => ExperimentFigures.Read(texts, figure, "end") ?? throw new InvalidOperationException(figure);

        Assert.Equal(
            Figure("pgscan_kswapd") + Figure("pgscan_direct") + Figure("pgscan_khugepaged"), Figure("pgscan_anon") + Figure("pgscan_file"));
        Assert.Equal(
            Figure("pgsteal_kswapd") + Figure("pgsteal_direct") + Figure("pgsteal_khugepaged"), Figure("pgsteal_anon") + Figure("pgsteal_file"));
    }

    [Fact]
    public void The_log_tells_times_since_start()
    {
        var experiment = Experiment.Load("oom-base");

        Assert.Equal(TimeSpan.Zero, experiment.TimeOf("start"));
        Assert.Equal(TimeSpan.FromMilliseconds(600), experiment.TimeOf("bystanders"));
        Assert.Contains(new ExperimentEvent(TimeSpan.FromMilliseconds(600), "leaker starts, oom_score_adj 0"), experiment.Events);
        Assert.Contains(experiment.Log.Lines, static line => line.Text == "Mem-Info:");
    }

    [Fact]
    public void The_machine_is_read_with_its_disks()
    {
        Assert.Equal(31457280, Experiment.Load("dirty-20-10").Machine.WriteLimitBytesPerSecond);
        Assert.Equal(512, Experiment.Load("mix-60").Machine.SwapMebibytes);
        Assert.True(Experiment.Load("mix-60").Machine.HasExt4Disk);
        Assert.False(Experiment.Load("swapleak-0").Machine.HasExt4Disk);
        Assert.Equal(1024, Experiment.Load("touch").Machine.RamMebibytes);
    }

    [Fact]
    public void A_plain_kill_stalls_thirty_four_times_and_runs_kswapd_sixteen_times_for_nothing()
    {
        var texts = Experiment.Load("oom-base").Texts;

        Assert.Equal(34, ExperimentFigures.Read(texts, "allocstall_movable", "end"));
        Assert.Equal(34, ExperimentFigures.Read(texts, "allocstall", "after_oom"));
        Assert.Equal(0, ExperimentFigures.Read(texts, "allocstall", "bystanders"));
        Assert.Equal(16, ExperimentFigures.Read(texts, "pageoutrun", "end"));
        Assert.Equal(0, ExperimentFigures.Read(texts, "pgscan_kswapd", "end"));
    }

    [Theory]
    [InlineData("free", "end", 198995)]
    [InlineData("anon", "end", 33508)]
    [InlineData("cached", "end", 0)]
    [InlineData("shmem", "end", 717)]
    [InlineData("nr_free_pages", "end", 198995)]
    [InlineData("meminfo:SReclaimable", "end", 224)]
    [InlineData("VmRSS:nginx", "end", 20890)]
    [InlineData("VmRSS:batch", "before", 7885)]
    [InlineData("slab:kmalloc-2k", "end", 288)]
    [InlineData("swap_used", "end", 0)]
    [InlineData("peak:nr_anon_pages", "-", 219122)]
    public void Figures_are_pages_of_memory_and_differences_of_counters(string figure, string moment, long expected) =>
        Assert.Equal(expected, ExperimentFigures.Read(Experiment.Load("oom-base").Texts, figure, moment));

    [Fact]
    public void Pages_in_per_cpu_lists_count_where_asked()
    {
        var texts = Experiment.Load("touch").Texts;
        var free = ExperimentFigures.Read(texts, "free", "end");
        var withLists = ExperimentFigures.Read(texts, "free_and_pcp", "end");

        Assert.Equal(9160, withLists - free);
    }

    [Fact]
    public void Peaks_come_from_the_samples_too()
    {
        var texts = Experiment.Load("dirty-20-10").Texts;

        Assert.Equal(20099, ExperimentFigures.Read(texts, "peak:nr_dirty", "-"));
        Assert.Equal(16332, ExperimentFigures.Read(texts, "nr_dirty", "written"));
    }

    [Fact]
    public void What_is_not_there_is_null()
    {
        var texts = Experiment.Load("touch").Texts;

        Assert.Null(ExperimentFigures.Read(texts, "free", "nowhere"));
        Assert.Null(ExperimentFigures.Read(texts, "no_such_counter", "end"));
        Assert.Null(ExperimentFigures.Read(texts, "VmRSS:nobody", "held"));
        Assert.Null(ExperimentFigures.Read(texts, "slab:none", "end"));
        Assert.Null(ExperimentFigures.Read(texts, "meminfo:None", "end"));
    }

    [Fact]
    public void Overcommit_answers_are_read_by_setting()
    {
        var answers = OvercommitAnswers.Read(Experiment.Load("overcommit").Texts.Output);

        Assert.Equal(6, answers.Count);
        Assert.Equal("overcommit_memory=2 overcommit_ratio=80", answers[3].Setting);
        Assert.Equal(
            "limit 792736 kB, malloc 128 to 768 MiB (10 sizes) given, 800 to 65536 MiB (18 sizes) refused, 704 MiB held", answers[3].ToString());
        Assert.Equal(
            "limit 495460 kB, malloc 128 to 65536 MiB (28 sizes) given, nothing refused, 65536 MiB held", answers[1].ToString());
        Assert.Empty(OvercommitAnswers.Read("toucher: 600 MiB touched in 0.83 s\n"));
    }
}
