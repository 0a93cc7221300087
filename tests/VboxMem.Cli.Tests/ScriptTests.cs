// Goal: run --script and replay as a user meets them: transcript, exit codes, messages, JSON, a journal that replays.

using System.Text.Json;

namespace VboxMem.Cli.Tests;

public sealed class ScriptTests : IDisposable
{
    private const string Web = """
        {
          "name": "web",
          "machine": {
            "ram": "256MiB", "cpus": 2,
            "disks": [ { "size": "1GiB" }, { "size": "64MiB" } ], "mounts": [ { "path": "/", "disk": "vda" } ], "swap": [ { "disk": "vdb" } ]
          },
          "init": "systemd",
          "groups": [ { "name": "web", "program": "sleep", "count": 2, "restart": "always" }, { "name": "leaky", "program": "leak", "per_second": "8MiB" } ]
        }
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("vbox-mem-script-").FullName;

    private string Place => Path.Combine(_folder, "box");

    private string Profile => Path.Combine(_folder, "web.json");

    private string Script => Path.Combine(_folder, "a.vbx");

    public ScriptTests() => File.WriteAllText(Profile, Web);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_transcript_comes_first_and_the_summary_after_it()
    {
        File.WriteAllText(Script, "@2s sysctl -w vm.swappiness=7\ncat /nope\nexpect alive(web) for 1s\n");
        var run = VboxMemProcess.Run("run", Profile, "--script", Script);
        Assert.Equal((0, ""), (run.Code, run.Error));
        Assert.StartsWith(
            """
            [   2.000] # sysctl -w vm.swappiness=7
            vm.swappiness = 7
            [   2.000] # cat /nope
            cat: /nope: No such file or directory
            [   2.000] # expect alive(web) for 1s
            [   3.000] met: expect alive(web) for 1s
            box        web, seed 1
            uptime     5.658260s simulated
            """,
            run.Out, StringComparison.Ordinal);
        Assert.Contains("\nexpected   1 met, 0 not met\n", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_not_met_ends_with_1_and_its_figures_and_the_run_goes_on()
    {
        File.WriteAllText(Script, "expect meminfo.MemTotal > 1GiB\n@1s expect killed(web) within 2s\n@2s echo still here\n");
        var run = VboxMemProcess.Run("run", Profile, "--script", Script, "--for", "5s");
        Assert.Equal(1, run.Code);
        Assert.Matches(
            $"^{Script}:1: expect meminfo\\.MemTotal > 1GiB: not met at 0\\.000s: meminfo\\.MemTotal is [0-9.]+MiB\n"
            + $"{Script}:2: expect killed\\(web\\) within 2s: not met at 3\\.000s: not within 2s, in the end [^\n]+\n$",
            run.Error);
        Assert.Contains("still here\n", run.Out, StringComparison.Ordinal);
        Assert.Contains("uptime     7.658260s simulated", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void Results_are_in_the_JSON()
    {
        File.WriteAllText(Script, "@1s echo one; false\nexpect alive(web)\nexpect alive(nobody)\n");
        var run = VboxMemProcess.Run("run", Profile, "--script", Script, "--json");
        Assert.Equal(1, run.Code);
        var script = JsonDocument.Parse(run.Out).RootElement.GetProperty("script");
        var command = script.GetProperty("commands").EnumerateArray().Single();
        Assert.Equal(("echo one; false", 1, 1.0, "one\n"), (command.GetProperty("command").GetString(), command.GetProperty("status").GetInt32(), command.GetProperty("at_seconds").GetDouble(), command.GetProperty("output").GetString()));
        Assert.Equal([true, false], script.GetProperty("expectations").EnumerateArray().Select(static expectation => expectation.GetProperty("met").GetBoolean()));
    }

    [Fact]
    public void A_scripted_run_replays_and_a_tampered_journal_does_not()
    {
        File.WriteAllText(Script, "@1s sysctl -w vm.swappiness=90\ndd if=/dev/zero of=/data bs=1M count=50 conv=fsync\n@12s stop leaky\nswapoff -a; swapon -a\n@15s\n");
        Assert.Equal(0, VboxMemProcess.Run("run", Profile, "--script", Script, "--out", Place).Code);
        var replay = VboxMemProcess.Run("replay", Place);
        Assert.Equal((0, ""), (replay.Code, replay.Error));
        Assert.Matches("^web, seed 1: 17\\.658260s simulated, state [0-9a-f]{16}, as recorded\n$", replay.Out);

        var journal = Path.Combine(Place, "journal.jsonl");
        var text = File.ReadAllText(journal);
        File.WriteAllText(journal, text.Replace("count=50", "count=49", StringComparison.Ordinal));
        replay = VboxMemProcess.Run("replay", Place);
        Assert.Equal((1, ""), (replay.Code, replay.Out));
        Assert.Matches($"^vbox-mem replay: {Place}: first differs between 3\\.658260s and [0-9.]+s: ", replay.Error);

        File.WriteAllText(journal, text.Replace("stop leaky", "frobnicate", StringComparison.Ordinal));
        replay = VboxMemProcess.Run("replay", Place);
        Assert.Equal((2, ""), (replay.Code, replay.Out));
        Assert.Matches($"^vbox-mem replay: {journal}:[0-9]+: frobnicate: command not found, allowed [^\n]+\n$", replay.Error);
    }

    [Fact]
    public void All_mistakes_are_told_before_the_run()
    {
        File.WriteAllText(Script, "frobnicate\n@10s free\nstop nobody\n@1m free\n");
        var run = VboxMemProcess.Run("run", Profile, "--script", Script, "--for", "30s", "--out", Place);
        Assert.Equal((2, ""), (run.Code, run.Out));
        Assert.Equal([$"{Script}:1: frobnicate", $"{Script}:3: no group i", $"{Script}:4: @1m: the r"], run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line[..(Script.Length + 14)]));
        Assert.False(Directory.Exists(Place));
        Assert.Equal((2, "/nosuch.vbx: No such file or directory\n"), (VboxMemProcess.Run("run", Profile, "--script", "/nosuch.vbx") is var missing ? missing.Code : 0, missing.Error));
    }

    [Fact]
    public void A_script_may_come_through_a_pipe()
    {
        var run = VboxMemProcess.RunWithin("printf '@1s echo hello\\n' | \"$@\"", "run", Profile, "--script", "-");
        Assert.Equal(0, run.Code);
        Assert.StartsWith("[   1.000] # echo hello\nhello\nbox ", run.Out, StringComparison.Ordinal);
    }
}
