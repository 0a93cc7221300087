using System.Text.Json;
using VboxMem.Tools.Processes;

namespace VboxMem.Tools.Pmap;

/// <summary>pmap's model of one process.</summary>
/// <param name="Pid">The process.</param>
/// <param name="CommandLine">As ps prints it.</param>
/// <param name="StartStack">Where its stack began: the area that holds it is the stack.</param>
/// <param name="Areas">Null: maps or smaps cannot be read.</param>
internal sealed record PmapReport(int Pid, string CommandLine, ulong StartStack, IReadOnlyList<MapArea>? Areas)
{
    /// <summary>Sizes in kB; those of smaps only where it was read.</summary>
    internal static void WriteJson(Utf8JsonWriter json, PmapReport report)
    {
        json.WriteStartObject();
        json.WriteNumber("pid", report.Pid);
        json.WriteString("commandLine", report.CommandLine);
        json.WriteStartArray("areas");
        foreach (var area in report.Areas ?? []) WriteArea(json, area);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteArea(Utf8JsonWriter json, MapArea area)
    {
        json.WriteStartObject();
        json.WriteString("start", area.StartText);
        json.WriteNumber("kilobytes", area.Bytes >> 10);
        json.WriteString("permissions", area.Permissions);
        json.WriteNumber("offset", area.Offset);
        json.WriteString("device", area.DeviceText);
        json.WriteNumber("inode", area.Inode);
        json.WriteString("name", PrintableText.Escape(area.Name.Span, isUtf8: true));
        foreach (var detail in area.Details) json.WriteNumber(detail.Name, area.Kilobytes(detail.Name));
        if (area.Flags is { } flags) json.WriteString("VmFlags", flags.TrimEnd());
        json.WriteEndObject();
    }
}
