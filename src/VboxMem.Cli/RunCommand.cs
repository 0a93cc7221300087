using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using VboxMem.Kernel;
using VboxMem.Kernel.Time;
using VboxMem.Profiles;
using VboxMem.Session;

namespace VboxMem.Cli;

/// <summary><c>vbox-mem run PROFILE --for 10m [--out DIR]</c>: a box without a screen.</summary>
internal static class RunCommand
{
    private sealed record Options(string Profile, SimTime Duration, string? Out, bool Force, IReadOnlyList<string> Sets, bool Json);

    public static Command Create()
    {
        var profile = new Argument<string>("PROFILE") { Description = "A profile's file, or the name of one that comes with vbox-mem." };
        var duration = new Option<string>("--for") { Description = "How long to run, in simulated time: 90s, 10m, 1h30m; 0s is the box as booted.", Required = true };
        var output = new Option<string?>("--out") { Description = "Write the box's files to this directory." };
        var force = new Option<bool>("--force") { Description = "Replace the directory if it exists." };
        var seed = new Option<string?>("--seed") { Description = "The number that all chance derives from." };
        var sets = new Option<string[]>("--set") { Description = "Override a key of the profile: section:key=value.", DefaultValueFactory = static _ => [] };
        var json = new Option<bool>("--json") { Description = "Print the summary as JSON." };
        var command = new Command("run", "Run a box without a screen and dump its files.") { profile, duration, output, force, seed, sets, json };
        command.SetAction(parsed =>
        {
            if (!SimDuration.TryParse(parsed.GetValue(duration)!, out var span))
            {
                Console.Error.WriteLine($"vbox-mem run: --for {parsed.GetValue(duration)}: allowed is {SimDuration.Allowed}");
                return ExitCode.BadInput;
            }

            var overrides = new List<string>(parsed.GetValue(sets)!);
            if (parsed.GetValue(seed) is { } value)
            {
                if (!ulong.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out _))
                {
                    Console.Error.WriteLine($"vbox-mem run: --seed {value}: allowed is a whole number, 0..{ulong.MaxValue}");
                    return ExitCode.BadInput;
                }

                overrides.Add($"seed={value}");
            }

            return Run(new Options(
                parsed.GetValue(profile)!, span, parsed.GetValue(output), parsed.GetValue(force), overrides, parsed.GetValue(json)));
        });
        return command;
    }

    private static int Run(Options options)
    {
        if (options.Out is not null && RunDirectory.Check(options.Out, options.Force) is { } problem)
        {
            Console.Error.WriteLine($"vbox-mem run: {problem}");
            return ExitCode.BadInput;
        }

        if (ProfileOption.TryBoot(options.Profile, options.Sets, out var exitCode) is not { } box)
        {
            return exitCode;
        }

        using (box)
        {
            var watch = new RunWatch(box.Machine);
            var (start, clock) = (box.Machine.Now, Stopwatch.StartNew());
            exitCode = RunBox(box, watch, options.Duration);
            clock.Stop();
            if (options.Out is not null)
            {
                RunDirectory.Write(box, options.Out, options.Force);
            }

            foreach (var refusal in box.Workload.Refusals)
            {
                Console.Error.WriteLine($"vbox-mem run: {refusal}");
            }

            var simulatedSeconds = (box.Machine.Now.Nanoseconds - start.Nanoseconds) / 1e9;
            Print(new RunSummary(box, watch, clock.Elapsed, simulatedSeconds, options.Out), options.Json);
            return exitCode;
        }
    }

    /// <summary>Runs the box; SIGINT, SIGTERM and a panic end it early, and what was reached is still dumped.</summary>
    private static int RunBox(Box box, RunWatch watch, SimTime duration)
    {
        var signal = 0;
        void Stop(PosixSignalContext context)
        {
            context.Cancel = true;
            Volatile.Write(ref signal, context.Signal == PosixSignal.SIGINT ? ExitCode.Interrupted : ExitCode.Terminated);
        }

        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        try
        {
            var isDone = box.RunFor(duration, () =>
            {
                watch.Look();
                return Volatile.Read(ref signal) != 0;
            });
            watch.Look();
            return box.Machine.HasPanicked ? ExitCode.Panicked : isDone ? ExitCode.Done : Volatile.Read(ref signal);
        }
        catch (InvariantBrokenException defect)
        {
            throw new InvariantBrokenException($"{defect.Message} ({Defect.Place(box)})");
        }
    }

    private static void Print(RunSummary summary, bool isJson)
    {
        if (!isJson)
        {
            summary.Print(Console.Out);
            return;
        }

        using var stdout = new StandardOutput();
        summary.WriteJson(stdout);
    }
}
