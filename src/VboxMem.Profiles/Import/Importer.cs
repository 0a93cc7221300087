// A profile from the files of a machine.
//
//   read --> lay zones out --> boot without settings: what would the tunables be? --> settings --> processes and totals --> text --> checked
//
// The text is loaded as any profile and booted before it is given out. Where the zones are none that a box can have, it has RAM of the same
// size instead, laid out as QEMU does it.

using System.Text;
using VboxMem.FileTree;
using VboxMem.Kernel;
using VboxMem.Kernel.Boot;
using VboxMem.Kernel.Physical;

namespace VboxMem.Profiles.Import;

/// <summary>What an import gives.</summary>
/// <param name="Json">The profile; null exactly when there are errors.</param>
/// <param name="Notes">What was missing, approximated or left out: one line each.</param>
/// <param name="Errors">What is malformed: file, line, what stands there, what is allowed.</param>
public sealed record ImportResult(string? Json, IReadOnlyList<string> Notes, IReadOnlyList<string> Errors);

public static class Importer
{
    /// <summary>Makes a profile that reproduces the machine whose files these are. Never throws for what stands in them.</summary>
    /// <param name="tree">The files: with /proc, or those of a /proc at the top.</param>
    /// <param name="root">What messages call the tree: its directory.</param>
    /// <param name="keepsArguments">Takes processes' arguments over; else only the first, which is the program's name.</param>
    public static ImportResult Import(IFileTree tree, string root, bool keepsArguments = true)
    {
        ArgumentNullException.ThrowIfNull(tree);
        ArgumentNullException.ThrowIfNull(root);
        var source = new ImportSource(tree, root);
        if (!source.IsProc) return new ImportResult(null, [], [$"{OneLine.OfPath(root)}: neither proc/meminfo nor meminfo is there, nor zoneinfo: no copy of /proc"]);

        var machine = MachineReader.Read(source);
        var processes = ImportedProcessReader.Read(source);
        if (source.Errors.Count > 0) return new ImportResult(null, source.Notes, source.Errors);

        UnknownFeatures.Note(source, machine);
        var plan = Plan(source, machine, processes, keepsArguments);
        return plan is null
            ? new ImportResult(null, source.Notes, [$"{OneLine.OfPath(root)}: no machine that a box can be follows from its meminfo and zoneinfo"])
            : new ImportResult(ProfileText.Write(plan), source.Notes, []);
    }

    private static ImportPlan? Plan(ImportSource source, ImportedMachine machine, ImportedProcesses processes, bool keepsArguments)
    {
        var plan = new ImportPlan { Machine = machine, CommandLine = CommandLineOf(machine), Swaps = SwapPlan.Of(source, machine) };
        using var booted = ZonePlan.Boot(source, ref plan, out var late);
        if (booted is null) return null;

        plan = plan with { Tunables = TunablePlan.Of(source, plan.Machine, booted, late) };
        IReadOnlyList<ImportedProcess> list = PsListing.Divide(processes.List, machine);
        if (!keepsArguments) list = [.. list.Select(static process => process with { Arguments = [.. process.Arguments.Take(1)] })];
        var groups = GroupBuilder.Build(source, machine, list);
        plan = plan with
        {
            Groups = groups,
            HasInit = list.Any(static process => process.Pid == 1),
            Users = UserNames.Of(source, groups.Select(static group => group.Process)),
            Totals = Totals.Of(source, machine, processes.Targets),
        };
        return Checked(source, plan);
    }

    /// <summary>The plan, without what a box turns out not to take.</summary>
    private static ImportPlan? Checked(ImportSource source, ImportPlan plan)
    {
        ImportPlan[] candidates = [plan, plan with { Tunables = [] }, plan with { Groups = [], HasInit = false, Users = [] }, plan with { Tunables = [], Groups = [], HasInit = false, Users = [], Swaps = [] }];
        foreach (var candidate in candidates)
        {
            var problem = "";
            using var machine = TryBoot(candidate, out problem);
            if (machine is null)
            {
                source.Note($"not reproduced: {OneLine.OfPath(problem)}");
                continue;
            }

            ZonePlan.Compare(source, candidate, machine);
            return candidate;
        }

        return null;
    }

    /// <summary>Boots what a plan says; null, and why, where that is no machine.</summary>
    internal static Machine? TryBoot(ImportPlan plan, out string problem)
    {
        problem = "";
        var result = ProfileLoader.LoadJson(Encoding.UTF8.GetBytes(ProfileText.Write(plan)), "import", "imported", [], new Dictionary<string, string>());
        if (result.Profile is not { } profile)
        {
            problem = result.Errors[0];
            return null;
        }

        try
        {
            return Machine.Boot(profile.Machine);
        }
        catch (Exception error) when (error is MachineLayoutException or BootFailedException or InsufficientMemoryException or InvariantBrokenException)
        {
            problem = error.Message;
            return null;
        }
    }

    /// <summary>The command line, with the setting of huge pages on it that the machine has come to otherwise.</summary>
    private static string CommandLineOf(ImportedMachine machine)
    {
        const string option = "transparent_hugepage=";
        var line = machine.CommandLine ?? "";
        var last = line.Split(' ').LastOrDefault(static word => word.StartsWith(option, StringComparison.Ordinal))?[option.Length..];
        var isLarge = machine.Bytes("MemTotal"u8) >= 512UL << 20;
        var wanted = machine.HugePages;
        if (!isLarge || wanted is not ("always" or "madvise" or "never") || wanted == (last ?? "always")) return line;
        return $"{line} {option}{wanted}".TrimStart();
    }
}
