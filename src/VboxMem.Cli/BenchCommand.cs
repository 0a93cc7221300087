using System.CommandLine;
using System.Globalization;
using System.Text.Json;

namespace VboxMem.Cli;

/// <summary><c>vbox-mem bench</c>: the simulated kernel beside the host's real one, measured in the same run.</summary>
internal static class BenchCommand
{
    private static readonly JsonWriterOptions _indented = new() { Indented = true };

    public static Command Create()
    {
        var json = new Option<bool>("--json") { Description = "Print the results as JSON." };
        var command = new Command("bench", "Measure the simulated kernel beside the host's real one.") { json };
        command.SetAction(parsed => Run(parsed.GetValue(json)));
        return command;
    }

    private static int Run(bool json)
    {
        var pages = PageBench.Run();
        var boots = BootBench.Run();
        if (json)
        {
            PrintJson(pages, boots);
        }
        else
        {
            PrintTable(pages, boots);
        }

        return ExitCode.Done;
    }

    private static void PrintTable(IReadOnlyList<PageBench.Result> pages, IReadOnlyList<BootBench.Result> boots)
    {
        var culture = CultureInfo.InvariantCulture;
        Console.Out.WriteLine($"{"operation",-34}{"simulated",14}{"host kernel",14}{"ratio",8}");
        foreach (var result in pages)
        {
            var host = result.HostNanoseconds is { } nanoseconds ? nanoseconds.ToString("F1", culture) + " ns" : "-";
            var ratio = result.HostNanoseconds is { } value ? (result.SimulatedNanoseconds / value).ToString("F2", culture) : "-";
            Console.Out.WriteLine($"{result.Name,-34}{result.SimulatedNanoseconds.ToString("F1", culture) + " ns",14}{host,14}{ratio,8}");
        }

        Console.Out.WriteLine();
        Console.Out.WriteLine($"{"boot of",-34}{"time",14}{"host memory",14}");
        foreach (var result in boots)
        {
            Console.Out.WriteLine(
                $"{result.Name,-34}{result.Milliseconds.ToString("F1", culture) + " ms",14}{result.ResidentMebibytes.ToString("F1", culture) + " MiB",14}");
        }

        Console.Out.WriteLine();
        Console.Out.WriteLine("The host allocates, clears, maps, unmaps and frees; the simulated allocator allocates and frees.");
        Console.Out.WriteLine("Host memory is what the process has in RAM with the booted box, the runtime included.");
    }

    private static void PrintJson(IReadOnlyList<PageBench.Result> pages, IReadOnlyList<BootBench.Result> boots)
    {
        using var stdout = new StandardOutput();
        using (var writer = new Utf8JsonWriter(stdout, _indented))
        {
            writer.WriteStartObject();
            writer.WriteStartArray("operations");
            foreach (var result in pages)
            {
                writer.WriteStartObject();
                writer.WriteString("name", result.Name);
                writer.WriteNumber("simulated_ns", result.SimulatedNanoseconds);
                if (result.HostNanoseconds is { } host)
                {
                    writer.WriteNumber("host_ns", host);
                }

                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteStartArray("boots");
            foreach (var result in boots)
            {
                writer.WriteStartObject();
                writer.WriteString("name", result.Name);
                writer.WriteNumber("milliseconds", result.Milliseconds);
                writer.WriteNumber("resident_mib", result.ResidentMebibytes);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        stdout.WriteByte((byte)'\n');
    }
}
