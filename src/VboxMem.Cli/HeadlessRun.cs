// A run without a screen: boots, lets time pass, writes what it came to, and tells of it.

using System.Diagnostics;
using VboxMem.Kernel;
using VboxMem.Kernel.Time;
using VboxMem.Session;

namespace VboxMem.Cli;

/// <summary>What a run was asked for.</summary>
/// <param name="Profile">A profile's file or name.</param>
/// <param name="Duration">Simulated time.</param>
/// <param name="Out">Where to dump it; null: nowhere.</param>
/// <param name="Force">Replace a dump that is there.</param>
/// <param name="Every">Simulated time between samples; null: none.</param>
/// <param name="Sets">Overrides of keys.</param>
/// <param name="Json">The summary is for a program.</param>
internal sealed record RunOptions(string Profile, SimTime Duration, string? Out, bool Force, SimTime? Every, IReadOnlyList<string> Sets, bool Json);

internal static class HeadlessRun
{
    /// <exception cref="OutputException">The dump could not be written; nothing of it is left.</exception>
    public static int Do(RunOptions options)
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
            using var signals = new RunSignals();
            using var dump = options.Out is null ? null : RunDirectory.Begin(options.Out, options.Force);
            var watch = new RunWatch(box.Machine);
            var (start, clock) = (box.Machine.Now, Stopwatch.StartNew());
            exitCode = RunProgress.Follow(box, options.Duration, options.Json, progress => RunBox(box, options, new Companions(watch, progress, signals, dump)));
            clock.Stop();
            dump?.Finish(box);
            var simulatedSeconds = (box.Machine.Now.Nanoseconds - start.Nanoseconds) / 1e9;
            Print(new RunSummary(box, watch, clock.Elapsed, simulatedSeconds, options.Out), options.Json);
            return exitCode;
        }
    }

    /// <summary>Who looks on while a box runs.</summary>
    private sealed record Companions(RunWatch Watch, RunProgress Progress, RunSignals Signals, RunDirectory? Dump)
    {
        /// <summary>Looks at the box between two steps; true: the run is to end.</summary>
        public bool Look()
        {
            Watch.Look();
            Progress.Report();
            return Signals.HasCome;
        }
    }

    /// <summary>Runs the box; SIGINT, SIGTERM and a panic end it early.</summary>
    private static int RunBox(Box box, RunOptions options, Companions companions)
    {
        try
        {
            var isDone = RunAndSample(box, options, companions);
            companions.Look();
            return box.Machine.HasPanicked ? ExitCode.Panicked : isDone ? ExitCode.Done : companions.Signals.ExitCode;
        }
        catch (InvariantBrokenException defect)
        {
            throw new InvariantBrokenException($"{defect.Message} ({Defect.Place(box)})");
        }
    }

    /// <returns>False when the run ended early.</returns>
    private static bool RunAndSample(Box box, RunOptions options, Companions companions)
    {
        var start = box.Machine.Now;
        var end = start.Plus(options.Duration);
        if (options.Every is not { } every)
        {
            return box.RunFor(options.Duration, companions.Look);
        }

        var elapsed = SimTime.Zero;
        while (true)
        {
            var next = start.Plus(elapsed);
            next = next < end ? next : end;
            if (!box.RunFor(new SimTime(next.Nanoseconds - box.Machine.Now.Nanoseconds), companions.Look))
            {
                return false;
            }

            if (elapsed <= options.Duration)
            {
                companions.Dump!.AddSample(box, elapsed);
            }

            if (next == end)
            {
                return true;
            }

            elapsed = elapsed.Plus(every);
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
