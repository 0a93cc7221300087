// Goal: the headless run as a script uses it: samples, messages, what is written where there is no room, replay.

using System.Text.Json;
using VboxMem.Kernel.Time;
using VboxMem.Profiles;
using VboxMem.Session.History;
using VboxMem.Testing;

namespace VboxMem.Cli.Tests;

public sealed class RunTests : IDisposable
{
    private const string Web = """
        {
          "name": "web",
          "machine": {
            "ram": "256MiB", "cpus": 2,
            "disks": [ { "size": "1GiB" }, { "size": "64MiB" } ], "mounts": [ { "path": "/", "disk": "vda" } ]
          },
          "groups": [
            { "name": "web", "program": "nginx", "size": "64MiB", "requests": 200, "workers": 2, "connections": 4 },
            { "name": "leaky", "program": "leak", "per_second": "20MiB" } ],
          "timeline": [
            { "when": "meminfo.MemAvailable < 60MiB", "do": "say", "text": "memory [is] short" },
            { "at": "1s", "do": "swapon", "to": "/dev/vda" },
            { "when": "killed(leaky)", "do": "say", "text": "it is over" } ]
        }
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("vbox-mem-run-").FullName;

    private string Place => Path.Combine(_folder, "box");

    private string Profile => Path.Combine(_folder, "web.json");

    public RunTests() => File.WriteAllText(Profile, Web);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void What_the_box_says_comes_on_standard_error_in_order_and_no_bar_where_nobody_looks()
    {
        var run = VboxMemProcess.Run("run", Profile, "--for", "20s");
        Assert.Equal(0, run.Code);
        Assert.Matches(
            """
            ^vbox-mem run: timeline at 1\.000000s: swapon: /dev/vda: swapon failed: Device or resource busy
            [0-9.]+s  memory \[is\] short
            [0-9.]+s  it is over
            $
            """,
            run.Error);
        Assert.Matches("(?m)^answers    web: [0-9]{4}, p50 [0-9.]+ [µm]s, p90 [0-9.]+ [µm]s, p99 [0-9.]+ [µm]s, at most [0-9.]+ ms$", run.Out);
        Assert.Matches("(?m)^uptime     22\\.[0-9]+s simulated, the run in [0-9.]+ s of wall time, [0-9]+ times as fast$", run.Out);
        Assert.InRange(run.Out.Split('\n').Length, 10, 24);
        Assert.DoesNotContain('\u001b', run.Out + run.Error);
    }

    [Fact]
    public void The_summary_for_programs_says_the_same()
    {
        var run = VboxMemProcess.Run("run", Profile, "--for", "20s", "--json");
        var summary = JsonDocument.Parse(run.Out).RootElement;
        var web = summary.GetProperty("services").EnumerateArray().Single();
        Assert.Equal("web", web.GetProperty("name").GetString());
        Assert.InRange(web.GetProperty("answers").GetInt32(), 3000, 5000);
        Assert.True(web.GetProperty("p50_us").GetInt64() <= web.GetProperty("p99_us").GetInt64() && web.GetProperty("p99_us").GetInt64() <= web.GetProperty("max_us").GetInt64());
        Assert.Equal(["memory [is] short", "it is over"], summary.GetProperty("messages").EnumerateArray().Select(static said => said.GetProperty("text").GetString()));
        Assert.Equal("leaky", summary.GetProperty("victims").EnumerateArray().First().GetProperty("name").GetString());
        Assert.True(summary.GetProperty("simulated_per_wall").GetDouble() > 0);
    }

    [Fact]
    public void A_run_with_samples_ends_as_one_without_and_replay_finds_the_same_state()
    {
        var sampled = VboxMemProcess.Run("run", Profile, "--for", "3500ms", "--out", Place, "--every", "1500ms", "--json");
        Assert.Equal(0, sampled.Code);
        Assert.Equal(["0", "1.5", "3"], Directory.GetDirectories(Path.Combine(Place, "samples")).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal(
            ["2.65", "4.15", "5.65"],
            new[] { "0", "1.5", "3" }.Select(sample => File.ReadAllText(Path.Combine(Place, "samples", sample, "proc/uptime"))[..4]));
        var vmstat = VboxMemProcess.Run("vmstat", "-s", "--root", Path.Combine(Place, "samples/1.5"));
        Assert.Equal(0, vmstat.Code);

        var alone = VboxMemProcess.Run("run", Profile, "--for", "3500ms", "--json");
        Assert.Equal(Hash(alone), Hash(sampled));

        var replay = VboxMemProcess.Run("replay", Place);
        Assert.Equal((0, $"web, seed 1: 6.158260s simulated, state {Hash(sampled)}, as recorded\n", ""), (replay.Code, replay.Out, replay.Error));
        Assert.Equal(replay, VboxMemProcess.Run("replay", Path.Combine(Place, "run.json")));
        Assert.Equal(["box", "web.json"], Directory.GetFileSystemEntries(_folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_replay_that_ends_elsewhere_says_so()
    {
        Assert.Equal(0, VboxMemProcess.Run("run", Profile, "--for", "1s", "--out", Place, "--set", "vm:swappiness=10").Code);
        var file = Path.Combine(Place, "run.json");
        var json = File.ReadAllText(file);
        Assert.Equal(0, VboxMemProcess.Run("replay", Place).Code);

        File.WriteAllText(file, json.Replace("\"swappiness\": 10", "\"swappiness\": 11", StringComparison.Ordinal).Replace("\"version\": \"", "\"version\": \"9.", StringComparison.Ordinal));
        var replay = VboxMemProcess.Run("replay", Place);
        Assert.Equal((1, ""), (replay.Code, replay.Out));
        Assert.Matches("^vbox-mem replay: .*/box: at 3\\.658260s the state is [0-9a-f]{16}, recorded is [0-9a-f]{16} at 3\\.658260s; it first differs after 2\\.658260s; it was recorded by version 9\\.[^ ]+, this is [^ ]+\n$", replay.Error);
    }

    [Fact]
    public void A_saved_session_is_replayed_from_its_file()
    {
        var loaded = ProfileLoader.LoadJson(File.ReadAllBytes(Profile), "web.json", "web", [], new Dictionary<string, string>());
        using var session = LiveSession.Start(loaded.Profile!);
        session.TryAdvanceTo(session.Now.Plus(SimTime.FromSeconds(2)));
        session.Do("sysctl -w vm.swappiness=7; sleep 1; echo 3 > /proc/sys/vm/drop_caches", Stream.Null, Stream.Null);
        session.TryAdvanceTo(session.Now.Plus(SimTime.FromSeconds(2)));
        session.Save().Write(Place);

        var replay = VboxMemProcess.Run("replay", Place);
        Assert.Equal((0, $"web, seed 1: 7.658260s simulated, state {session.Box.ComputeStateHash():x16}, as recorded\n", ""), (replay.Code, replay.Out, replay.Error));
        File.WriteAllText(Place, File.ReadAllText(Place).Replace("swappiness=7", "swappiness=8", StringComparison.Ordinal));
        replay = VboxMemProcess.Run("replay", Place);
        Assert.Equal((1, ""), (replay.Code, replay.Out));
        Assert.Matches("^vbox-mem replay: .*/box: at 7\\.658260s the state is .* first differs after 4\\.658260s\n$", replay.Error);
        File.AppendAllText(Place, "x");
        replay = VboxMemProcess.Run("replay", Place);
        Assert.Equal((2, $"vbox-mem replay: {Place}:3: the line does not end, so it may not be whole\n"), (replay.Code, replay.Error));
    }

    [Fact]
    public void A_run_that_panicked_is_replayed_to_its_panic()
    {
        File.WriteAllText(Profile, """
            { "machine": { "ram": "128MiB", "cpus": 1 }, "groups": [ { "name": "shielded", "program": "leak", "per_second": "60MiB", "oom_score_adj": -1000 } ] }
            """);
        Assert.Equal(3, VboxMemProcess.Run("run", Profile, "--for", "1h", "--out", Place).Code);
        var replay = VboxMemProcess.Run("replay", Place);
        Assert.Equal((0, ""), (replay.Code, replay.Error));
    }

    [Theory]
    [InlineData("", "not JSON, at line 1")]
    [InlineData("{ \"version\": 1", "not JSON, at line 1")]
    [InlineData("{}", "not the record of a run: allowed is a run.json with version, seed, simulated_nanoseconds, state_hash and profile")]
    [InlineData("""{ "version": "1", "seed": 1, "simulated_nanoseconds": 5, "state_hash": "0f", "profile": { "machine": { "ram": "128MiB" } } }""", "ends at 0.000000s, before the box has booted at ")]
    [InlineData("""{ "version": "1", "seed": 1, "simulated_nanoseconds": 5, "state_hash": "0f", "profile": { "machine": { "ram": "3" } } }""", "machine:ram")]
    [InlineData("""{ "version": "1", "seed": -1, "simulated_nanoseconds": 5, "state_hash": "0f", "profile": {} }""", "not the record of a run")]
    [InlineData("""{ "version": "1", "seed": 1, "simulated_nanoseconds": 5, "state_hash": "xx", "profile": {} }""", "not the record of a run")]
    public void What_is_no_record_cannot_be_replayed(string json, string message)
    {
        var file = Path.Combine(_folder, "run.json");
        File.WriteAllText(file, json);
        var replay = VboxMemProcess.Run("replay", file);
        Assert.Equal((2, ""), (replay.Code, replay.Out));
        Assert.Contains(message, replay.Error, StringComparison.Ordinal);
        Assert.Single(replay.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Theory]
    [InlineData("vbox-mem run: --every 5s: the samples need a directory, give --out DIR\n", "--every", "5s")]
    [InlineData("vbox-mem run: --every 0s: allowed is a whole number and a unit (ms, s, m, h, d), or several such, as in 1h30m; at most 10 years, and not below 100ms\n", "--every", "0s", "--out", "PLACE")]
    [InlineData("vbox-mem run: --every often: allowed is a whole number and a unit (ms, s, m, h, d), or several such, as in 1h30m; at most 10 years, and not below 100ms\n", "--every", "often", "--out", "PLACE")]
    [InlineData("vbox-mem run: --out PLACE/below: the folder PLACE does not exist\n", "--out", "PLACE/below")]
    public void Mistakes_about_output_are_told_before_the_run(string message, params string[] options)
    {
        var run = VboxMemProcess.Run(["run", Profile, "--for", "1h", .. options.Select(option => option.Replace("PLACE", Place, StringComparison.Ordinal))]);
        Assert.Equal((2, message.Replace("PLACE", Place, StringComparison.Ordinal), ""), (run.Code, run.Error, run.Out));
        Assert.Equal([Profile], Directory.GetFileSystemEntries(_folder));
    }

    // A small tmpfs in a mount namespace of its own is full before the first sample, or in the middle of the samples.
    [Theory]
    [InlineData("100k")]
    [InlineData("3m")]
    public void A_full_disk_ends_the_run_with_one_line_and_nothing_half_written(string size)
    {
        if (Environment.UserName != "root" || VboxMemProcess.RunWithin("unshare -m true", []).Code != 0)
        {
            return;   // mounting takes root
        }

        var disk = Path.Combine(_folder, "disk");
        Directory.CreateDirectory(disk);
        var run = VboxMemProcess.RunWithin(
            $"exec unshare -m sh -c 'mount -t tmpfs -o size={size} none {disk} && \"$@\"; code=$?; ls -A {disk}; exit $code' sh \"$@\"",
            "run", Profile, "--for", "20s", "--every", "1s", "--out", disk + "/box");
        Assert.Equal((74, ""), (run.Code, run.Out));
        Assert.EndsWith($"vbox-mem: {disk}/box: No space left on device\n", run.Error, StringComparison.Ordinal);
    }

    // script(1) gives the program a terminal.
    [Fact]
    public void On_a_terminal_a_bar_shows_how_far_the_run_is_and_none_for_json()
    {
        if (VboxMemProcess.RunWithin("command -v script", []).Code != 0)
        {
            return;   // util-linux's script is not there
        }

        var bar = OnATerminal("--for 20s");
        Assert.Contains("web", bar, StringComparison.Ordinal);
        Assert.Contains("%", bar, StringComparison.Ordinal);
        Assert.Contains("\u2501\u2501", bar, StringComparison.Ordinal);   // the bar
        Assert.Contains("memory [is] short", bar, StringComparison.Ordinal);
        Assert.Contains("state ", bar, StringComparison.Ordinal);
        Assert.DoesNotContain("\u2501", OnATerminal("--for 20s --json"), StringComparison.Ordinal);
    }

    private static string Hash(Ending run) => JsonDocument.Parse(run.Out).RootElement.GetProperty("state_hash").GetString()!;

    private string OnATerminal(string options)
    {
        var run = VboxMemProcess.RunWithin($"TERM=xterm; export TERM; script -qec \"$1 $2 run {Profile} {options}\" /dev/null < /dev/null");
        Assert.Equal(0, run.Code);
        return run.Out;
    }
}
