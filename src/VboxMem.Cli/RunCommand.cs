using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using VboxMem.Kernel;
using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Time;
using VboxMem.Session;

namespace VboxMem.Cli;

/// <summary><c>vbox-mem run PROFILE --for 10m [--out DIR]</c>: a box without a screen.</summary>
internal static class RunCommand
{
    private const long KilobytesPerPage = 4;

    private static readonly JsonWriterOptions _indented = new() { Indented = true };

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
            exitCode = RunBox(box, options.Duration);
            if (options.Out is not null)
            {
                RunDirectory.Write(box, options.Out, options.Force);
            }

            PrintSummary(box, options);
            return exitCode;
        }
    }

    /// <summary>Runs the box; SIGINT and SIGTERM end it early, and what was reached is still dumped.</summary>
    private static int RunBox(Box box, SimTime duration)
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
            return box.RunFor(duration, () => Volatile.Read(ref signal) != 0) ? ExitCode.Done : Volatile.Read(ref signal);
        }
        catch (InvariantBrokenException defect)
        {
            throw new InvariantBrokenException($"{defect.Message} ({Defect.Place(box)})");
        }
    }

    private static void PrintSummary(Box box, Options options)
    {
        var machine = box.Machine;
        var memory = MemoryInfo.Of(machine);
        var (totalKilobytes, freeKilobytes) = (memory.TotalPages * KilobytesPerPage, memory.FreePages * KilobytesPerPage);
        var hash = $"{machine.ComputeStateHash():x16}";
        if (options.Json)
        {
            using var stdout = new StandardOutput();
            using (var writer = new Utf8JsonWriter(stdout, _indented))
            {
                writer.WriteStartObject();
                writer.WriteString("profile", box.Profile.Name);
                writer.WriteNumber("seed", machine.Configuration.Seed);
                writer.WriteNumber("simulated_nanoseconds", machine.Now.Nanoseconds);
                writer.WriteNumber("mem_total_kb", totalKilobytes);
                writer.WriteNumber("mem_free_kb", freeKilobytes);
                writer.WriteNumber("tasks", machine.Processes.Count);
                writer.WriteString("state_hash", hash);
                writer.WriteString("out", options.Out);
                writer.WriteEndObject();
            }

            stdout.WriteByte((byte)'\n');
            return;
        }

        var culture = CultureInfo.InvariantCulture;
        Console.Out.WriteLine(string.Create(culture, $"box        {box.Profile.Name}, seed {machine.Configuration.Seed}"));
        Console.Out.WriteLine(string.Create(culture, $"uptime     {machine.Now} simulated"));
        Console.Out.WriteLine(string.Create(culture, $"memory     {totalKilobytes} kB total, {freeKilobytes} kB free"));
        Console.Out.WriteLine(string.Create(culture, $"tasks      {machine.Processes.Count}"));
        Console.Out.WriteLine($"state      {hash}");
        if (options.Out is not null)
        {
            Console.Out.WriteLine($"dump       {options.Out}");
        }
    }
}
