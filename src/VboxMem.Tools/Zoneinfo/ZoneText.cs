using System.Globalization;
using System.Text.Json;
using VboxMem.Tools.Parsing;

namespace VboxMem.Tools.Zoneinfo;

/// <summary>zoneinfo's output.</summary>
internal sealed class ZoneText(TextWriter writer, bool inPages)
{
    private const int GaugeWidth = 40;
    private const int LabelWidth = 10;
    private const int HeadingWidth = 54;
    private const decimal PagesPerMebibyte = 256;

    private static readonly string[] _zones = ["DMA", "DMA32", "Normal", "Movable", "Device"];

    private string Unit => inPages ? "pages" : "MiB";

    internal void Write(IReadOnlyList<ZoneInfo> zones)
    {
        for (var i = 0; i < zones.Count; i++)
        {
            if (i > 0) writer.Write('\n');
            Write(zones[i]);
        }
    }

    internal static void WriteJson(Utf8JsonWriter json, IReadOnlyList<ZoneInfo> zones)
    {
        json.WriteStartObject();
        json.WriteString("unit", "pages");
        json.WriteStartArray("zones");
        foreach (var zone in zones) WriteJson(json, zone);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteJson(Utf8JsonWriter json, ZoneInfo zone)
    {
        json.WriteStartObject();
        json.WriteNumber("node", zone.Node);
        json.WriteString("zone", zone.Name);
        json.WriteString("level", zone.LevelOf().ToString());
        foreach (var (name, value) in zone.Figures) json.WriteNumber(name, value);
        json.WriteStartArray("protection");
        foreach (var pages in zone.Protection) json.WriteNumberValue(pages);
        json.WriteEndArray();
        json.WriteStartObject("counters");
        foreach (var (name, value) in zone.Counters) json.WriteNumber(name, value);
        json.WriteEndObject();
        json.WriteStartArray("pageSets");
        foreach (var set in zone.PageSets)
        {
            json.WriteStartObject();
            json.WriteNumber("cpu", set.Cpu);
            json.WriteNumber("count", set.Count);
            json.WriteNumber("high", set.High);
            json.WriteNumber("batch", set.Batch);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private void Write(ZoneInfo zone)
    {
        var level = zone.LevelOf();
        var heading = string.Create(CultureInfo.InvariantCulture, $"Node {zone.Node}, zone {zone.Name}");
        writer.Write($"{heading.PadRight(HeadingWidth)}{level.Describe()}\n");
        if (level == ZoneLevel.NoMemory) return;

        var (free, managed) = (zone["free"] ?? 0, zone["managed"] ?? 0);
        Line("free", $"{Size(free)} {Unit}  [{Gauge(zone, free)}]  {Percent(free, managed)} of {Size(managed)} {Unit}");
        var boost = zone["boost"] is > 0 and var pages ? $", boost {Size(pages)} in them" : "";
        Line("marks", $"min {Size(zone["min"])}, low {Size(zone["low"])}, high {Size(zone["high"])}, promo {Size(zone["promo"])} {Unit}{boost}");
        WriteReserves(zone);
        Line("lists", $"anon {Size(zone["nr_zone_active_anon"])} active, {Size(zone["nr_zone_inactive_anon"])} inactive; "
            + $"file {Size(zone["nr_zone_active_file"])} active, {Size(zone["nr_zone_inactive_file"])} inactive; "
            + $"unevictable {Size(zone["nr_zone_unevictable"])} {Unit}");
        WritePageSets(zone);
    }

    private void WriteReserves(ZoneInfo zone)
    {
        var parts = new List<string>();
        for (var i = 0; i < zone.Protection.Count && i < _zones.Length; i++)
        {
            // Of equal reserves the lowest zone stands for all: what could use more is kept out at least as much.
            if (zone.Protection[i] > (i == 0 ? 0 : zone.Protection[i - 1])) parts.Add($"{Size(zone.Protection[i])} from what could use {_zones[i]}");
        }

        if (parts.Count > 0) Line("reserve", $"kept, in {Unit}: {string.Join(", ", parts)}");
    }

    private void WritePageSets(ZoneInfo zone)
    {
        var (count, high) = (0UL, 0UL);
        foreach (var set in zone.PageSets)
        {
            count += set.Count;
            high += set.High;
        }

        Line("per-CPU", string.Create(CultureInfo.InvariantCulture, $"{count} pages on {zone.PageSets.Count} CPUs, at most {high}"));
    }

    private void Line(string label, string text) => writer.Write($"  {label.PadRight(LabelWidth)}{text}\n");

    /// <summary>From nothing to twice the high mark; an arrow where there is more.</summary>
    private static string Gauge(ZoneInfo zone, ulong free)
    {
        var end = Math.Max(2 * (zone["high"] ?? 0), 1);
        var cells = new char[GaugeWidth];
        var filled = Place(free, end);
        for (var i = 0; i < GaugeWidth; i++) cells[i] = i < filled ? '#' : '.';
        foreach (var (mark, letter) in (ReadOnlySpan<(string, char)>)[("min", 'm'), ("low", 'l'), ("high", 'h')])
            cells[Math.Min(Place(zone[mark] ?? 0, end), GaugeWidth - 1)] = letter;
        if (free > end) cells[^1] = '>';
        return new string(cells);
    }

    private static int Place(ulong pages, ulong end) => (int)UInt128.Min((UInt128)pages * GaugeWidth / end, GaugeWidth);

    private static string Percent(ulong part, ulong whole) =>
        string.Create(CultureInfo.InvariantCulture, $"{100m * part / whole:0.0} %");

    private string Size(ulong? pages) => pages is not { } value ? "?"
        : inPages ? value.ToString(CultureInfo.InvariantCulture)
        : (value / PagesPerMebibyte).ToString("0.0", CultureInfo.InvariantCulture);
}
