using System.Globalization;
using System.Text.Json;

namespace VboxMem.Cli.Bench;

/// <summary>All that <c>vbox-mem bench</c> has measured, as text and as JSON.</summary>
/// <param name="Operations">One row each.</param>
/// <param name="BytesPerTouchedPage">Host memory that a touched page takes.</param>
/// <param name="Boots">Boots of machines of several sizes.</param>
internal sealed record BenchReport(
    IReadOnlyList<OperationResult> Operations, double BytesPerTouchedPage, IReadOnlyList<BootBench.Result> Boots)
{
    private const double NanosecondsPerMicrosecond = 1000;

    private static readonly JsonWriterOptions _indented = new() { Indented = true };

    public void PrintTable(TextWriter output)
    {
        output.WriteLine($"{"",-40}{"simulated",25}{"host kernel",25}{"ratio",8}");
        output.WriteLine($"{"operation",-40}{"time",14}{"million/s",11}{"time",14}{"million/s",11}");
        foreach (var result in Operations)
        {
            var ratio = result.HostNanoseconds is { } host ? Fixed(result.SimulatedNanoseconds / host, 2) : "-";
            output.WriteLine($"{result.Name,-40}{Columns(result.SimulatedNanoseconds)}{Columns(result.HostNanoseconds)}{ratio,8}");
        }

        output.WriteLine();
        output.WriteLine($"Host memory a touched page: {Fixed(BytesPerTouchedPage, 1)} bytes.");
        output.WriteLine();
        output.WriteLine($"{"boot of",-40}{"time",14}{"host memory",14}");
        foreach (var boot in Boots)
        {
            output.WriteLine($"{boot.Name,-40}{Fixed(boot.Milliseconds, 1) + " ms",14}{Fixed(boot.ResidentMebibytes, 1) + " MiB",14}");
        }

        output.WriteLine();
        output.WriteLine("Times are CPU time for one page, of 4 KiB or as the row says; the best of several rounds counts.");
        output.WriteLine("pages, a streak of each: the host clears, maps and unmaps them too; the simulated allocator does not.");
        output.WriteLine("fork: what it takes longer for each page that parent and child share then.");
        output.WriteLine("reclaim by MADV_PAGEOUT: of mapped clean pages of a file, the same call on both sides.");
        output.WriteLine("a page scanned: by kswapd and direct reclaim, for a program that fills a box full of clean cache.");
        output.WriteLine("Host memory at boot is what the process has in RAM with the booted box, the runtime included.");
    }

    public void PrintJson()
    {
        using var stdout = new StandardOutput();
        using (var writer = new Utf8JsonWriter(stdout, _indented))
        {
            writer.WriteStartObject();
            WriteOperations(writer);
            writer.WriteNumber("host_bytes_per_touched_page", BytesPerTouchedPage);
            WriteBoots(writer);
            writer.WriteEndObject();
        }

        stdout.WriteByte((byte)'\n');
    }

    private void WriteOperations(Utf8JsonWriter writer)
    {
        writer.WriteStartArray("operations");
        foreach (var result in Operations)
        {
            writer.WriteStartObject();
            writer.WriteString("name", result.Name);
            writer.WriteNumber("simulated_ns", result.SimulatedNanoseconds);
            writer.WriteNumber("simulated_per_second", 1e9 / result.SimulatedNanoseconds);
            if (result.HostNanoseconds is { } host)
            {
                writer.WriteNumber("host_ns", host);
                writer.WriteNumber("host_per_second", 1e9 / host);
                writer.WriteNumber("ratio", result.SimulatedNanoseconds / host);
            }

            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private void WriteBoots(Utf8JsonWriter writer)
    {
        writer.WriteStartArray("boots");
        foreach (var boot in Boots)
        {
            writer.WriteStartObject();
            writer.WriteString("name", boot.Name);
            writer.WriteNumber("milliseconds", boot.Milliseconds);
            writer.WriteNumber("resident_mib", boot.ResidentMebibytes);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static string Columns(double? nanoseconds) => nanoseconds is { } value
        ? $"{Fixed(value, 1) + " ns",14}{Fixed(NanosecondsPerMicrosecond / value, 2),11}"
        : $"{"-",14}{"-",11}";

    private static string Fixed(double value, int digits) => value.ToString("F" + digits.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
}
