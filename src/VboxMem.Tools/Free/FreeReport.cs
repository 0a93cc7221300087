using System.Text.Json;
using VboxMem.Tools.Formatting;
using VboxMem.Tools.Parsing;

namespace VboxMem.Tools.Free;

/// <summary>free's model: one reading of meminfo, and what procps derives from it.</summary>
public sealed record FreeReport(Meminfo Meminfo, MemoryFigures Figures)
{
    /// <summary>All values in kB. What meminfo has not is left out, unlike in the text, where procps prints 0.</summary>
    internal static void WriteJson(Utf8JsonWriter json, FreeReport report)
    {
        var (meminfo, figures) = report;
        json.WriteStartObject();
        json.WriteString("unit", "kB");

        json.WriteStartObject("memory");
        json.Optional("total", meminfo.MemTotal);
        if (meminfo.MemTotal is not null && meminfo.MemFree is not null) json.WriteNumber("used", figures.Used);
        json.Optional("free", meminfo.MemFree);
        json.Optional("shared", meminfo.Shmem);
        json.Optional("buffers", meminfo.Buffers);
        if (meminfo.Cached is not null || meminfo.SReclaimable is not null) json.WriteNumber("cache", figures.Cache);
        if (meminfo.MemFree is not null) json.WriteNumber("available", figures.Available);
        json.WriteEndObject();

        json.WriteStartObject("swap");
        json.Optional("total", meminfo.SwapTotal);
        if (meminfo.SwapTotal is not null) json.WriteNumber("used", figures.SwapUsed);
        json.Optional("free", meminfo.SwapFree);
        json.WriteEndObject();

        json.WriteStartObject("commit");
        json.Optional("limit", meminfo.CommitLimit);
        json.Optional("committed", meminfo.CommittedAs);
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
