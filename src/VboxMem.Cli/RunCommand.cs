using System.CommandLine;
using System.Globalization;
using VboxMem.Kernel.Time;
using VboxMem.Profiles;

namespace VboxMem.Cli;

/// <summary><c>vbox-mem run PROFILE --for 10m [--script FILE] [--out DIR]</c>: a box without a screen.</summary>
internal static class RunCommand
{
    private static readonly SimTime _shortestEvery = SimTime.FromMilliseconds(100);

    public static Command Create()
    {
        var profile = new Argument<string>("PROFILE") { Description = "A profile's file, or the name of one that comes with vbox-mem." };
        var duration = new Option<string?>("--for") { Description = "How long to run, in simulated time: 90s, 10m, 1h30m; 0s is the box as booted. A script ends the run without it." };
        var script = new Option<string?>("--script") { Description = "Do to the box what this file says, and expect of it what it says; - is standard input." };
        var output = new Option<string?>("--out") { Description = "Write the box's files to this directory." };
        var force = new Option<bool>("--force") { Description = "Replace the directory if it exists." };
        var every = new Option<string?>("--every") { Description = "Also write them every so often on the way, to samples/SECONDS of that directory." };
        var seed = new Option<string?>("--seed") { Description = "The number that all chance derives from." };
        var sets = new Option<string[]>("--set") { Description = "Override a key of the profile: section:key=value.", DefaultValueFactory = static _ => [] };
        var json = new Option<bool>("--json") { Description = "Print the summary as JSON." };
        var command = new Command("run", "Run a box without a screen and dump its files.") { profile, duration, script, output, force, every, seed, sets, json };
        command.SetAction(parsed =>
        {
            SimTime? span = null;
            if (parsed.GetValue(duration) is { } length)
            {
                if (!SimDuration.TryParse(length, out var time))
                {
                    return Complain($"--for {length}: allowed is {SimDuration.Allowed}");
                }

                span = time;
            }
            else if (parsed.GetValue(script) is null)
            {
                return Complain("Option '--for' is required, or a script that ends the run: --script FILE");
            }

            var overrides = new List<string>(parsed.GetValue(sets)!);
            if (parsed.GetValue(seed) is { } value)
            {
                if (!ulong.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out _))
                {
                    return Complain($"--seed {value}: allowed is a whole number, 0..{ulong.MaxValue}");
                }

                overrides.Add($"seed={value}");
            }

            SimTime? interval = null;
            if (parsed.GetValue(every) is { } given)
            {
                if (!SimDuration.TryParse(given, out var often) || often < _shortestEvery)
                {
                    return Complain($"--every {given}: allowed is {SimDuration.Allowed}, and not below {SimDuration.Format(_shortestEvery)}");
                }

                if (parsed.GetValue(output) is null)
                {
                    return Complain($"--every {given}: the samples need a directory, give --out DIR");
                }

                interval = often;
            }

            return HeadlessRun.Do(new RunOptions(
                parsed.GetValue(profile)!, span, parsed.GetValue(output), parsed.GetValue(force), interval, overrides, parsed.GetValue(json), parsed.GetValue(script)));
        });
        return command;
    }

    private static int Complain(string problem)
    {
        Console.Error.WriteLine($"vbox-mem run: {problem}");
        return ExitCode.BadInput;
    }
}
