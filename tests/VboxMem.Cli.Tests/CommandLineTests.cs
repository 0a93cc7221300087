// Goal: every way to call the program ends with the right exit code and, where it fails, one clear line each.

using System.Diagnostics;
using System.Text.Json;
using VboxMem.Testing;

namespace VboxMem.Cli.Tests;

public sealed class CommandLineTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("vbox-mem-cli-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_main_job_boots_a_box_and_dumps_it_and_tools_read_the_dump()
    {
        var place = Path.Combine(_folder, "box");
        var run = VboxMemProcess.Run("run", Path.Combine(SourceTree.Root, "profiles/default.json"), "--for", "0s", "--out", place);
        Assert.Equal((0, string.Empty), (run.Code, run.Error));
        Assert.Contains("memory     2021576 kB total", run.Out, StringComparison.Ordinal);

        var free = VboxMemProcess.Run("free", "--root", place);
        Assert.Equal((0, string.Empty), (free.Code, free.Error));
        Assert.StartsWith("               total        used        free      shared  buff/cache   available\nMem:         2021576 ", free.Out, StringComparison.Ordinal);
        Assert.Equal(free.Out, VboxMemProcess.Run("free", "--profile", "default").Out);
    }

    [Theory]
    [InlineData(2, "exists already", "run", "default", "--for", "0s", "--out", "FOLDER")]
    [InlineData(2, "allowed is", "run", "default", "--for", "soon")]
    [InlineData(2, "'--for' is required", "run", "default")]
    [InlineData(2, "nosuch: no profile of that name, allowed bigbox, cache-heavy, default, dirty-storm, fork-storm, noswap, shielded-leak, swap-storm, terabyte, tiny, or a file", "run", "nosuch", "--for", "0s")]
    [InlineData(2, "./nosuch: no such file", "run", "./nosuch", "--for", "0s")]
    [InlineData(2, "nosuch: no profile of that name", "free", "--profile", "nosuch")]
    [InlineData(2, "Unrecognized command or argument 'fly'", "profiles", "fly")]
    [InlineData(2, "machine:ram", "run", "default", "--for", "0s", "--set", "machine:ram=3")]
    [InlineData(2, "did you mean", "run", "default", "--for", "0s", "--set", "machine:rams=3GiB")]
    [InlineData(2, "too small", "run", "default", "--for", "0s", "--set", "machine:ram=64MiB", "--set", "machine:initrd=0")]
    [InlineData(2, "vbox-mem run: --seed many: allowed is a whole number, 0..18446744073709551615\n", "run", "default", "--for", "0s", "--seed", "many")]
    [InlineData(2, "Unrecognized command", "fly")]
    [InlineData(2, "did you mean: vbox-mem top default\n", "default")]
    [InlineData(2, "did you mean: vbox-mem top swap-storm --speed 10\n", "swap-storm", "--speed", "10")]
    [InlineData(2, "which box?", "free")]
    [InlineData(2, "no such directory", "free", "--root", "/no/such/place")]
    [InlineData(2, "exclude each other", "free", "--root", "/", "--profile", "default")]
    [InlineData(2, "--procps", "free", "--root", "/", "--procps", "3")]
    [InlineData(1, "free: unrecognized option '--nosuch'", "free", "--root", "FOLDER", "--nosuch")]
    [InlineData(1, "meminfo", "free", "--root", "FOLDER")]
    [InlineData(2, "'--root' is required", "import")]
    [InlineData(2, "vbox-mem import: --root /no/such/place: no such directory", "import", "--root", "/no/such/place")]
    [InlineData(2, "neither proc/meminfo nor meminfo is there", "import", "--root", "FOLDER")]
    [InlineData(2, "a directory, allowed is a file", "import", "--root", "/", "--out", "FOLDER")]
    [InlineData(74, "vbox-mem: /proc/vbox-mem-box: No such file or directory\n", "run", "tiny", "--for", "0s", "--out", "/proc/vbox-mem-box")]
    public void A_mistake_gets_its_exit_code_and_a_message_that_names_it(int code, string message, params string[] arguments)
    {
        var ending = VboxMemProcess.Run([.. arguments.Select(argument => argument == "FOLDER" ? _folder : argument)]);
        Assert.Equal(code, ending.Code);
        Assert.Contains(message, ending.Error, StringComparison.Ordinal);
        Assert.Equal(string.Empty, ending.Out);
        Assert.DoesNotContain("   at ", ending.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(_folder));
    }

    [Theory]
    [InlineData(74, "vbox-mem: write error: No space left on device", "run", "tiny", "--for", "0s")]
    [InlineData(74, "vbox-mem: write error: No space left on device", "run", "tiny", "--for", "0s", "--json")]
    [InlineData(74, "vbox-mem: write error: No space left on device", "profiles", "list")]
    [InlineData(74, "vbox-mem: write error: No space left on device", "--help")]
    [InlineData(1, "free: write error: No space left on device", "free", "--profile", "tiny")]
    [InlineData(1, "vmstat: write error: No space left on device", "vmstat", "1", "2", "--profile", "tiny")]
    public void Output_that_cannot_be_written_is_one_line_and_an_exit_code(int code, string message, params string[] arguments)
    {
        var ending = VboxMemProcess.RunWithin("exec \"$@\" > /dev/full", arguments);
        Assert.Equal((code, message + "\n"), (ending.Code, ending.Error));
    }

    [Fact]
    public void An_endless_tool_ends_when_its_reader_has_gone()
    {
        var ending = VboxMemProcess.RunWithin("{ timeout 50 \"$@\"; echo \"code $?\" >&2; } | head -n 3", "vmstat", "1", "--profile", "tiny");
        Assert.Equal("code 141\n", ending.Error);
        Assert.Equal(3, ending.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [Theory]
    [InlineData(PosixStop.Interrupt, 130)]
    [InlineData(PosixStop.Terminate, 143)]
    public void An_interrupted_run_dumps_what_it_reached(PosixStop signal, int code)
    {
        var place = Path.Combine(_folder, "box");
        using var process = VboxMemProcess.Start("run", "default", "--for", "3000d", "--out", place, "--json");
        Thread.Sleep(4000);   // long enough for a busy host to have started it: before that a signal would just end it
        using (var kill = Process.Start("kill", [signal == PosixStop.Interrupt ? "-INT" : "-TERM", process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]))
        {
            kill.WaitForExit();
        }

        Assert.True(process.WaitForExit(30_000), "the program does not stop");
        Assert.Equal(code, process.ExitCode);
        var summary = JsonDocument.Parse(process.StandardOutput.ReadToEnd()).RootElement;
        var dumped = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(place, "run.json"))).RootElement;
        Assert.Equal(summary.GetProperty("state_hash").GetString(), dumped.GetProperty("state_hash").GetString());
        Assert.True(summary.GetProperty("simulated_nanoseconds").GetUInt64() > 1_000_000_000);
    }

    // Everybody but the leaker can be killed: they die one by one, largest first, then the box panics.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_box_that_panics_ends_the_run_and_is_dumped_and_what_was_refused_is_said(bool isJson)
    {
        var profile = Path.Combine(_folder, "shielded.json");
        File.WriteAllText(profile, """
            {
              "name": "shielded",
              "machine": { "ram": "128MiB", "cpus": 1 },
              "groups": [
                { "name": "small", "program": "touch", "size": "4MiB" },
                { "name": "big", "program": "touch", "size": "16MiB" },
                { "name": "shielded", "program": "leak", "per_second": "60MiB", "oom_score_adj": -1000 }
              ],
              "timeline": [
                { "at": "100ms", "do": "write", "to": "/proc/sys/vm/swappiness", "text": "999" },
                { "at": "200ms", "do": "write", "to": "/proc/meminfo", "text": "0" }
              ]
            }
            """);
        var place = Path.Combine(_folder, "box");
        var ending = VboxMemProcess.Run(["run", profile, "--for", "10m", "--out", place, .. isJson ? (string[])["--json"] : []]);

        Assert.Equal(3, ending.Code);
        Assert.Equal(
            "vbox-mem run: timeline at 0.100000s: write '999' to /proc/sys/vm/swappiness: Invalid argument\n"
            + "vbox-mem run: timeline at 0.200000s: write '0' to /proc/meminfo: Input/output error\n",
            ending.Error);
        var log = File.ReadAllText(Path.Combine(place, "dev/kmsg"));
        Assert.Contains(";Kernel panic - not syncing: System is deadlocked on memory\n", log, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(place, "run.json")));
        if (isJson)
        {
            var summary = JsonDocument.Parse(ending.Out).RootElement;
            Assert.Equal("Kernel panic - not syncing: System is deadlocked on memory", summary.GetProperty("panic").GetString());
            Assert.Equal(["big", "small"], summary.GetProperty("victims").EnumerateArray().Select(static victim => victim.GetProperty("name").GetString()));
            Assert.Equal(2, summary.GetProperty("oom_kills").GetInt32());
            Assert.InRange(summary.GetProperty("least_free_kb").GetInt64(), 0, 20_000);
            Assert.True(summary.GetProperty("allocation_stalls").GetInt64() > 0);
            Assert.True(summary.GetProperty("stalls").GetProperty("memory_some_us").GetInt64() > 0);
            return;
        }

        Assert.Matches("(?m)^oom kills  2\n           [0-9.]+s  big \\(pid [0-9]+\\), [0-9]+ kB anonymous, oom_score_adj 0\n           [0-9.]+s  small ", ending.Out);
        Assert.Contains("\npanic      Kernel panic - not syncing: System is deadlocked on memory\n", ending.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void A_tool_on_a_box_that_panics_ends_and_it_is_said_why()
    {
        var profile = Path.Combine(_folder, "shielded.json");
        File.WriteAllText(profile, """
            {
              "machine": { "ram": "128MiB", "cpus": 1 },
              "groups": [ { "name": "shielded", "program": "leak", "per_second": "30MiB", "oom_score_adj": -1000 } ]
            }
            """);
        var vmstat = VboxMemProcess.Run("vmstat", "1", "60", "--profile", profile);

        Assert.Equal(0, vmstat.Code);
        Assert.Matches("^vbox-mem: the box panicked at [0-9.]+s\n$", vmstat.Error);
        Assert.InRange(vmstat.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length, 4, 12);
    }

    public enum PosixStop
    {
        Interrupt,
        Terminate,
    }

    [Fact]
    public void Profiles_are_listed_shown_and_checked()
    {
        var list = VboxMemProcess.Run("profiles", "list");
        Assert.Equal(0, list.Code);
        Assert.Equal(
            ["bigbox", "cache-heavy", "default", "dirty-storm", "fork-storm", "noswap", "shielded-leak", "swap-storm", "terabyte", "tiny"],
            list.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => line.Split(' ')[0]));

        Assert.Equal(list, VboxMemProcess.Run("profiles"));

        var show = VboxMemProcess.Run("profiles", "show", "tiny", "--set", "vm:swappiness=10");
        Assert.Equal(10, JsonDocument.Parse(show.Out).RootElement.GetProperty("vm").GetProperty("swappiness").GetInt32());

        Assert.Equal((0, "tiny: ok\n"), (VboxMemProcess.Run("profiles", "check", "tiny").Code, VboxMemProcess.Run("profiles", "check", "tiny").Out));
        var bad = Path.Combine(_folder, "bad.json");
        File.WriteAllText(bad, """{ "machine": { "ram": "1GiB", "cpus": 0 }, "vm": { "swappiness": 999 } }""");
        var check = VboxMemProcess.Run("profiles", "check", bad);
        Assert.Equal(2, check.Code);
        Assert.Equal(2, check.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [Fact]
    public void A_live_box_lets_simulated_time_pass_between_readings()
    {
        var vmstat = VboxMemProcess.Run("vmstat", "1", "3", "--profile", "tiny");
        Assert.Equal(0, vmstat.Code);
        Assert.Equal(5, vmstat.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [Fact]
    public void The_hosts_own_files_are_read_again_after_the_interval_and_a_dump_is_not()
    {
        var start = Stopwatch.GetTimestamp();
        var host = VboxMemProcess.Run("vmstat", "1", "2", "--root", "/");
        Assert.Equal((0, string.Empty), (host.Code, host.Error));
        Assert.Equal(4, host.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.True(Stopwatch.GetElapsedTime(start) > TimeSpan.FromSeconds(1), "it did not wait");

        var dump = VboxMemProcess.Run("vmstat", "1", "2", "--root", _folder);
        Assert.Equal((1, "vmstat: a later reading needs a live box; this file tree stands still\n"), (dump.Code, dump.Error));
    }

    [Fact]
    public void Reading_a_tree_loads_neither_the_kernel_nor_the_command_line_library()
    {
        // A copy of the program without these assemblies: what needed one of them would fail to start.
        var hidden = Path.Combine(_folder, "program");
        Directory.CreateDirectory(hidden);
        foreach (var file in Directory.EnumerateFiles(AppContext.BaseDirectory, "*"))
        {
            var name = Path.GetFileName(file);
            if (name is not ("VboxMem.Kernel.dll" or "VboxMem.Session.dll" or "VboxMem.Profiles.dll" or "VboxMem.Procfs.dll" or "System.CommandLine.dll" or "Spectre.Console.dll"))
            {
                File.Copy(file, Path.Combine(hidden, name));
            }
        }

        Directory.CreateDirectory(Path.Combine(_folder, "proc"));
        File.WriteAllText(Path.Combine(_folder, "proc/meminfo"), "MemTotal: 1000 kB\nMemFree: 500 kB\nMemAvailable: 600 kB\n");
        using var free = Process.Start(new ProcessStartInfo("dotnet", [Path.Combine(hidden, "vbox-mem.dll"), "free", "--root", _folder])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var output = free.StandardOutput.ReadToEnd();
        free.WaitForExit();
        Assert.Contains("Mem:            1000         400         500", output, StringComparison.Ordinal);
        Assert.Equal(0, free.ExitCode);
    }
}
