using System.CommandLine;
using System.Text;
using VboxMem.Kernel;
using VboxMem.Kernel.Boot;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Time;
using VboxMem.Profiles;
using VboxMem.Session;
using VboxMem.Session.History;
using VboxMem.Session.Journals;

namespace VboxMem.Cli;

/// <summary><c>vbox-mem replay DIR|FILE</c>: does a recorded run and what its journal has again, and compares what it comes to.</summary>
internal static class ReplayCommand
{
    public static Command Create()
    {
        var place = new Argument<string>("DIR|FILE") { Description = "A dump, or its run.json, or a session that was saved." };
        var command = new Command("replay", "Do a recorded run again and compare the state it ends in.") { place };
        command.SetAction(parsed => Run(parsed.GetValue(place)!));
        return command;
    }

    private static int Run(string place)
    {
        if (TryRead(place, out var problem) is not var (record, journal))
        {
            return Complain(problem, ExitCode.BadInput);
        }

        var loaded = ProfileLoader.LoadJson(Encoding.UTF8.GetBytes(record.ProfileJson), place, "run", [], new Dictionary<string, string>());
        if (loaded.Profile is not { } profile)
        {
            foreach (var error in loaded.Errors)
            {
                Console.Error.WriteLine(error);
            }

            return ExitCode.BadInput;
        }

        try
        {
            using var box = Box.Boot(profile);
            return Replay(box, record, journal, place);
        }
        catch (Exception error) when (error is MachineLayoutException or BootFailedException or InsufficientMemoryException)
        {
            return Complain($"{place}: {error.Message}", ExitCode.BadInput);
        }
    }

    private static int Replay(Box box, RunRecord record, Journal journal, string place)
    {
        if (record.Reached < box.Machine.Now)
        {
            return Complain($"{place}: ends at {record.Reached}, before the box has booted at {box.Machine.Now}", ExitCode.BadInput);
        }

        using var signals = new RunSignals();
        var duration = new SimTime(record.Reached.Nanoseconds - box.Machine.Now.Nanoseconds);
        try
        {
            var (result, lastAgreement) = RunProgress.Follow(box, duration, isJson: false, progress =>
            {
                var replay = new Replay(box, journal, record.Reached, () =>
                {
                    progress.ShowTime();
                    return signals.HasCome;
                });
                return (replay.Run(), replay.LastAgreement);
            });
            return signals.HasCome ? signals.ExitCode
                : result.Difference.Length > 0 ? Complain($"{place}: {result.Difference}{OtherVersion(record)}", ExitCode.Differs)
                : Compare(box, record, place, lastAgreement);
        }
        catch (InvariantBrokenException defect)
        {
            throw new InvariantBrokenException($"{defect.Message} ({Defect.Place(box)})");
        }
    }

    private static string OtherVersion(RunRecord record) =>
        record.Version == Box.Version ? "" : $"; it was recorded by version {record.Version}, this is {Box.Version}";

    private static int Compare(Box box, RunRecord record, string place, SimTime lastAgreement)
    {
        var hash = box.ComputeStateHash();
        if (hash != record.StateHash && PanicsNow(box))
        {
            hash = box.ComputeStateHash();
        }

        if (hash == record.StateHash && box.Machine.Now == record.Reached)
        {
            Console.Out.WriteLine($"{box.Profile.Name}, seed {record.Seed}: {box.Machine.Now} simulated, state {hash:x16}, as recorded");
            return ExitCode.Done;
        }

        return Complain(
            $"{place}: at {box.Machine.Now} the state is {hash:x16}, recorded is {record.StateHash:x16} at {record.Reached}; it first differs after {lastAgreement}{OtherVersion(record)}",
            ExitCode.Differs);
    }

    /// <summary>A panic stops a box in the middle of a moment, of which a run up to that moment has done nothing yet: does it.</summary>
    private static bool PanicsNow(Box box)
    {
        if (!box.Machine.HasPanicked)
        {
            box.Machine.RunUntil(box.Machine.Now.Plus(new SimTime(1)));
        }

        return box.Machine.HasPanicked;
    }

    private static (RunRecord Record, Journal Journal)? TryRead(string place, out string problem)
    {
        if (SavedSession.IsSavedSession(place))
        {
            return SavedSession.TryRead(place, out problem) is { } saved ? (saved.Record, saved.Journal) : null;
        }

        return RunRecord.TryRead(place, out problem) is { } record && TryReadJournal(place, out problem) is { } journal ? (record, journal) : null;
    }

    /// <summary>The journal beside the record; an empty one where there is none.</summary>
    private static Journal? TryReadJournal(string place, out string problem)
    {
        problem = string.Empty;
        var folder = Directory.Exists(place) ? place : Path.GetDirectoryName(Path.GetFullPath(place))!;
        var file = Path.Combine(folder, Journal.FileName);
        return File.Exists(file) ? Journal.TryRead(file, out problem) : new Journal();
    }

    private static int Complain(string problem, int exitCode)
    {
        Console.Error.WriteLine($"vbox-mem replay: {problem}");
        return exitCode;
    }
}
