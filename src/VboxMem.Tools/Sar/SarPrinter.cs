using System.Globalization;
using System.Text.Json;
using VboxMem.Tools.Formatting;

namespace VboxMem.Tools.Sar;

/// <summary>Prints reports interval by interval. A heading stands again before each block when there is more than one report, or a line for each CPU.</summary>
internal sealed class SarPrinter(TextWriter writer, SarOptions options, IReadOnlyList<SarReport> reports)
{
    private bool _hasHeader;

    internal void PrintInterval(SarReading before, SarReading now)
    {
        var blocks = Blocks(report => report.Interval(before, now));
        if (options.Json) PrintJson(blocks, now.Time, SarReading.Elapsed(before, now));
        else PrintText(blocks, SarText.Stamp(before.Time), SarText.Stamp(now.Time), headers: !_hasHeader || HasBlocks);
        _hasHeader = true;
    }

    internal void PrintAverage(SarReading first, SarReading last)
    {
        var blocks = Blocks(report => report.Average(first, last));
        if (options.Json) PrintJson(blocks, null, SarReading.Elapsed(first, last));
        else PrintText(blocks, SarText.Average, SarText.Average, HasBlocks);
    }

    private bool HasBlocks => reports.Count > 1 || options.Cpus is { HasSeveral: true };

    private List<(SarReport Report, IReadOnlyList<SarRow> Rows)> Blocks(Func<SarReport, IReadOnlyList<SarRow>> rows)
    {
        var blocks = new List<(SarReport, IReadOnlyList<SarRow>)>();
        foreach (var report in reports) blocks.Add((report, rows(report)));
        return blocks;
    }

    private void PrintText(List<(SarReport Report, IReadOnlyList<SarRow> Rows)> blocks, string before, string now, bool headers)
    {
        foreach (var (report, rows) in blocks)
        {
            if (headers) SarText.WriteHeader(writer, before, report);
            foreach (var row in rows) SarText.WriteRow(writer, now, row, options);
        }
    }

    private void PrintJson(List<(SarReport Report, IReadOnlyList<SarRow> Rows)> blocks, DateTime? time, ulong elapsedCentiseconds) =>
        JsonText.WriteLine(writer, (blocks, time, elapsedCentiseconds), static (json, model) =>
        {
            json.WriteStartObject();
            if (model.time is { } at) json.WriteString("time", at.ToString("yyyy-MM-ddTHH:mm:ss", CultureInfo.InvariantCulture));
            else json.WriteBoolean("average", true);
            json.WriteNumber("elapsedSeconds", model.elapsedCentiseconds / 100.0);
            foreach (var (report, rows) in model.blocks) WriteReport(json, report, rows);
            json.WriteEndObject();
        });

    private static void WriteReport(Utf8JsonWriter json, SarReport report, IReadOnlyList<SarRow> rows)
    {
        if (report.LabelColumn is not null) json.WriteStartArray(report.Name);
        foreach (var row in rows)
        {
            if (report.LabelColumn is { } label)
            {
                json.WriteStartObject();
                json.WriteString(label, row.Label);
            }
            else
            {
                json.WriteStartObject(report.Name);
            }

            for (var i = 0; i < row.Figures.Count; i++)
            {
                if (row.Figures[i].Whole is { } whole) json.WriteNumber(report.Columns[i], whole);
                else json.WriteNumber(report.Columns[i], row.Figures[i].Value);
            }

            json.WriteEndObject();
        }

        if (report.LabelColumn is not null) json.WriteEndArray();
    }
}
