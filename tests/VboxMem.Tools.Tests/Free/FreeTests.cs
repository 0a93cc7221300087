using VboxMem.Testing;

namespace VboxMem.Tools.Tests.Free;

public sealed class FreeTests
{
    private static Outcome Free(MemoryTree tree, params string[] options) =>
        Ours.Run(tree, ProcpsVersion.V4_0_4, ["free", .. options]);

    private static MemoryTree Box(string meminfo)
    {
        var tree = new MemoryTree();
        tree["/proc/meminfo"] = meminfo;
        return tree;
    }

    private const string FactsBox =
        "MemTotal: 4016532 kB\nMemFree: 3878640 kB\nMemAvailable: 3768732 kB\nBuffers: 5000 kB\nCached: 20088 kB\n"
        + "SReclaimable: 7000 kB\nShmem: 11516 kB\nSwapTotal: 2097148 kB\nSwapFree: 2097148 kB\nCommitLimit: 4105412 kB\nCommitted_AS: 5088880 kB\n";

    [Fact]
    public void The_default_table()
    {
        Assert.Equal(
            """
                           total        used        free      shared  buff/cache   available
            Mem:         4016532      247800     3878640       11516       32088     3768732
            Swap:        2097148           0     2097148

            """, Free(Box(FactsBox)).Out);
    }

    [Fact]
    public void Wide_with_low_high_total_and_a_commit_limit_that_is_overdrawn()
    {
        Assert.Equal(
            """
                           total        used        free      shared     buffers       cache   available
            Mem:         4016532      247800     3878640       11516        5000       27088     3768732
            Low:         4016532      137892     3878640
            High:              0           0           0
            Swap:        2097148           0     2097148
            Total:       6113680      247800     5975788
            Comm:        4105412     5088880     -983468

            """, Free(Box(FactsBox), "-wltv").Out);
    }

    // facts: virtual memory and tools, 7.1, measured on the real program
    [Theory]
    [InlineData(0, "0B", "0B")]
    [InlineData(1, "1.0Ki", "1.0K")]
    [InlineData(99, "99Ki", "101K")]
    [InlineData(999, "999Ki", "1.0M")]
    [InlineData(1000, "1.0Mi", "1.0M")]
    [InlineData(1023, "1.0Mi", "1.0M")]
    [InlineData(10188, "9.9Mi", "10M")]
    [InlineData(10189, "9Mi", "10M")]
    [InlineData(10239, "9Mi", "10M")]
    [InlineData(10240, "10Mi", "10M")]
    [InlineData(102348, "99Mi", "104M")]
    [InlineData(1022976, "999Mi", "1.0G")]
    [InlineData(1047552, "1.0Gi", "1.1G")]
    [InlineData(10433331, "9.9Gi", "10G")]
    [InlineData(10433332, "9Gi", "10G")]
    [InlineData(10485759, "9Gi", "10G")]
    [InlineData(1280, "1.2Mi", "1.3M")]   // 1.25 exactly: the tie goes to the even digit
    public void Human_sizes(long kilobytes, string binary, string decimalPowers)
    {
        var box = Box($"MemTotal: 1 kB\nSwapTotal: {kilobytes} kB\nSwapFree: {kilobytes} kB\n");
        Assert.Contains($"\nSwap:    {binary,11} ", Free(box, "-h").Out, StringComparison.Ordinal);
        Assert.Contains($"\nSwap:    {decimalPowers,11} ", Free(box, "-h", "--si").Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(983468, "0Gi")]
    [InlineData(6381656, "-6Gi")]
    public void Negative_human_sizes(long below, string text)
    {
        var box = Box($"MemTotal: 1 kB\nCommitLimit: 0 kB\nCommitted_AS: {below} kB\n");
        Assert.EndsWith($" {text,11}\n", Free(box, "-h", "-v").Out, StringComparison.Ordinal);
    }

    [Fact]
    public void One_line_of_4_0_4()
    {
        const string line = "SwapUse           0 CachUse       32088  MemUse      247800 MemFree     3878640 \n";
        Assert.Equal(line, Free(Box(FactsBox), "-L").Out);

        var repeated = Ours.Run(Box(FactsBox), ProcpsVersion.V4_0_4, ["free", "--line", "-c", "2"], new ScriptedTicker());
        Assert.Equal(line + line, repeated.Out);
        Assert.Equal("free: invalid option -- 'L'", Ours.Run(Box(FactsBox), ProcpsVersion.V4_0_2, ["free", "-L"]).Error.Split('\n')[0]);
    }

    [Fact]
    public void Available_above_total_or_missing_becomes_free()
    {
        Assert.Contains("Mem:            1000         600         400           0           0         400\n",
            Free(Box("MemTotal: 1000 kB\nMemFree: 400 kB\nMemAvailable: 2000 kB\n")).Out, StringComparison.Ordinal);
        Assert.Contains("Mem:            1000         600         400           0           0         400\n",
            Free(Box("MemTotal: 1000 kB\nMemFree: 400 kB\n")).Out, StringComparison.Ordinal);
    }

    private static string Json(string quotedOnce) => quotedOnce.Replace('\'', '"') + "\n";

    [Fact]
    public void Json_has_the_model_in_kilobytes_and_leaves_out_what_is_absent()
    {
        Assert.Equal(
            Json("{'unit':'kB','memory':{'total':4016532,'used':247800,'free':3878640,'shared':11516,'buffers':5000,'cache':27088,'available':3768732},"
                + "'swap':{'total':2097148,'used':0,'free':2097148},'commit':{'limit':4105412,'committed':5088880}}"),
            Free(Box(FactsBox), "--json", "-h").Out);
        Assert.Equal("""{"unit":"kB","memory":{"total":5},"swap":{},"commit":{}}""" + "\n", Free(Box("MemTotal: 5 kB\n"), "--json").Out);
    }

    [Fact]
    public void Repetition_reads_again_until_the_count_or_the_end_of_the_box()
    {
        var box = Box("MemTotal: 1000 kB\nMemFree: 400 kB\n");
        var intervals = new List<TimeSpan>();
        var ticker = new ScriptedTicker((tick, interval) =>
        {
            intervals.Add(interval);
            box["/proc/meminfo"] = $"MemTotal: 1000 kB\nMemFree: {400 - tick} kB\n";
        }, ticks: 3);

        var outcome = Ours.Run(box, ProcpsVersion.V4_0_4, ["free", "--json", "-s", "0.5"], ticker);

        Assert.Equal([400, 399, 398, 397], outcome.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => System.Text.Json.JsonDocument.Parse(line).RootElement.GetProperty("memory").GetProperty("free").GetInt32()));
        Assert.All(intervals, interval => Assert.Equal(TimeSpan.FromSeconds(0.5), interval));
        Assert.Equal(0, outcome.Code);
    }

    [Fact]
    public void A_tree_that_stands_still_refuses_to_repeat_before_it_prints()
    {
        var outcome = Free(Box(FactsBox), "-s", "1");
        Assert.Equal(new Outcome("", "free: a later reading needs a live box; this file tree stands still\n", 1), outcome);
        Assert.Equal(0, Free(Box(FactsBox), "-s", "1", "-c", "1").Code);
    }

    [Fact]
    public void Help_and_version()
    {
        Assert.Equal("free from procps-ng 4.0.4\n", Free(Box(FactsBox), "-V").Out);
        var help = Free(Box(FactsBox), "--help");
        Assert.StartsWith("\nUsage: free ", help.Out, StringComparison.Ordinal);
        Assert.Equal((0, ""), (help.Code, help.Error));
    }

    [Fact]
    public void A_malformed_line_is_named()
    {
        Assert.Equal(
            new Outcome("", "free: Unable to create meminfo structure: /proc/meminfo:2: MemFree is \"x\", allowed is a whole number from 0 to 18446744073709551615\n", 1),
            Free(Box("MemTotal: 5 kB\nMemFree: x kB\n")));
    }
}
