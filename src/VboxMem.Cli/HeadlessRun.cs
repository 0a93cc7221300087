// A run without a screen: boots, lets time pass, does what a script says, writes what it came to, and tells of it.

using System.Diagnostics;
using VboxMem.Kernel;
using VboxMem.Kernel.Time;
using VboxMem.Session;
using VboxMem.Session.Journals;
using VboxMem.Session.Scripts;

namespace VboxMem.Cli;

/// <summary>What a run was asked for.</summary>
/// <param name="Profile">A profile's file or name.</param>
/// <param name="Duration">Simulated time; null: until the script has ended.</param>
/// <param name="Out">Where to dump it; null: nowhere.</param>
/// <param name="Force">Replace a dump that is there.</param>
/// <param name="Every">Simulated time between samples; null: none.</param>
/// <param name="Sets">Overrides of keys.</param>
/// <param name="Json">The summary is for a program.</param>
/// <param name="Script">A script's file, - for standard input; null: none.</param>
internal sealed record RunOptions(
    string Profile, SimTime? Duration, string? Out, bool Force, SimTime? Every, IReadOnlyList<string> Sets, bool Json, string? Script = null);

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
            return TryLoadScript(options, box, out var script) ? Do(options, box, script) : ExitCode.BadInput;
        }
    }

    private static int Do(RunOptions options, Box box, Script? script)
    {
        using var signals = new RunSignals();
        using var dump = options.Out is null ? null : RunDirectory.Begin(options.Out, options.Force);
        using var listener = script is null ? null : new ScriptListener(script, options.Json);
        var (watch, journal) = (new RunWatch(box.Machine), new Journal());
        var (start, clock) = (box.Machine.Now, Stopwatch.StartNew());
        var exitCode = RunProgress.Follow(box, options.Duration ?? SimTime.Zero, options.Json || script is not null, progress =>
        {
            bool Look()
            {
                watch.Look();
                progress.Report();
                return signals.HasCome;
            }

            var time = new BoxTime(box, Look) { End = options.Duration is { } duration ? start.Plus(duration) : null };
            return RunBox(box, () => RunToEnd(box, options, time, dump, journal, script, listener, Look), signals);
        });
        clock.Stop();
        dump?.Finish(box, journal);
        var simulatedSeconds = (box.Machine.Now.Nanoseconds - start.Nanoseconds) / 1e9;
        Print(new RunSummary(box, watch, clock.Elapsed, simulatedSeconds, options.Out, listener), options.Json);
        return exitCode == ExitCode.Done && listener?.Unmet > 0 ? ExitCode.Unmet : exitCode;
    }

    /// <summary>Runs the box; SIGINT, SIGTERM and a panic end it early.</summary>
    private static int RunBox(Box box, Func<bool> run, RunSignals signals)
    {
        try
        {
            var isDone = run();
            return box.Machine.HasPanicked ? ExitCode.Panicked : isDone ? ExitCode.Done : signals.ExitCode;
        }
        catch (InvariantBrokenException defect)
        {
            throw new InvariantBrokenException($"{defect.Message} ({Defect.Place(box)})");
        }
    }

    /// <returns>False when the run ended early.</returns>
    private static bool RunToEnd(
        Box box, RunOptions options, BoxTime time, RunDirectory? dump, Journal journal, Script? script, ScriptListener? listener, Func<bool> look)
    {
        if (dump is not null)
        {
            time.Add(new JournalMarks(box, journal));
            if (options.Every is { } every)
            {
                time.Add(new RunSampler(box, dump, every));
            }
        }

        time.TryAdvanceTo(time.Now);   // what starts with the box has started, and is the first sample
        if (script is not null)
        {
            new ScriptRun(script, box, time, journal, listener!).Run();
        }

        if (time.End is { } end && !time.HasEnded)
        {
            time.TryAdvanceTo(end);
        }

        look();
        return !time.WasCutShort;
    }

    private static bool TryLoadScript(RunOptions options, Box box, out Script? script)
    {
        script = null;
        if (options.Script is not { } path)
        {
            return true;
        }

        string[] groups = [.. box.Workload.Groups.Names];
        script = path == "-"
            ? Script.Parse("-", ReadStandardInput(), groups, options.Duration, out var problems)
            : Script.Load(path, groups, options.Duration, out problems);
        foreach (var problem in problems)
        {
            Console.Error.WriteLine(problem);
        }

        return script is not null;
    }

    private static byte[] ReadStandardInput()
    {
        using var input = Console.OpenStandardInput();
        using var content = new MemoryStream();
        input.CopyTo(content);
        return content.ToArray();
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
