using System.CommandLine;
using System.Diagnostics;

namespace VboxMem.Cli.Bench;

/// <summary><c>vbox-mem bench</c>: the simulated kernel beside the host's real one, measured in the same run.</summary>
/// <remarks>
/// Measures what a run of hours comes to: code that is compiled with a profile of its own, at once when it is hot. Runs of seconds go without
/// (see the project file). The runtime takes both settings when it starts, so the bench starts itself once more with them; whoever sets
/// DOTNET_TieredPGO is left alone.
/// </remarks>
internal static class BenchCommand
{
    private const string ProfileSetting = "DOTNET_TieredPGO";

    public static Command Create()
    {
        var json = new Option<bool>("--json") { Description = "Print the results as JSON." };
        var command = new Command("bench", "Measure the simulated kernel beside the host's real one.") { json };
        command.SetAction(parsed => Environment.GetEnvironmentVariable(ProfileSetting) is null
            ? RunWithProfile(parsed.GetValue(json))
            : Run(parsed.GetValue(json)));
        return command;
    }

    private static int RunWithProfile(bool json)
    {
        var program = new ProcessStartInfo(Environment.ProcessPath!);
        if (Path.GetFileNameWithoutExtension(program.FileName) == "dotnet")
        {
            program.ArgumentList.Add(Environment.GetCommandLineArgs()[0]);
        }

        program.ArgumentList.Add("bench");
        if (json)
        {
            program.ArgumentList.Add("--json");
        }

        program.Environment[ProfileSetting] = "1";
        program.Environment["DOTNET_TC_CallCountingDelayMs"] = "0";
        using var child = Process.Start(program)!;
        child.WaitForExit();
        return child.ExitCode;
    }

    private static int Run(bool json)
    {
        // The footprint first: memory that a later part has used and given back would be grown into unseen.
        var bytesPerPage = FootprintBench.BytesPerTouchedPage();
        var report = new BenchReport([.. PageBench.Run(), .. MemoryBench.Run()], bytesPerPage, BootBench.Run());
        if (json)
        {
            report.PrintJson();
        }
        else
        {
            report.PrintTable(Console.Out);
        }

        return ExitCode.Done;
    }
}
