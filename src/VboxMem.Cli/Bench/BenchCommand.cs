using System.CommandLine;

namespace VboxMem.Cli.Bench;

/// <summary><c>vbox-mem bench</c>: the simulated kernel beside the host's real one, measured in the same run.</summary>
internal static class BenchCommand
{
    public static Command Create()
    {
        var json = new Option<bool>("--json") { Description = "Print the results as JSON." };
        var command = new Command("bench", "Measure the simulated kernel beside the host's real one.") { json };
        command.SetAction(parsed => Run(parsed.GetValue(json)));
        return command;
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
