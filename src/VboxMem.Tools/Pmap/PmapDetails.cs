// pmap -X and -XX: every size of smaps as a column, as wide as its widest value, its total or its name.
//
// Where several processes are shown, a column stays as wide as it was for those before; and 4.0.2 goes on adding up its totals.
//
// Models  procps-ng 4.0.2 and 4.0.4.
// Departs smaps whose areas have different lines is an error in our own words.

using System.Globalization;
using System.Text;
using VboxMem.Tools.Formatting;
using VboxMem.Tools.Parsing;
using VboxMem.Tools.Processes;

namespace VboxMem.Tools.Pmap;

internal sealed class PmapDetails(PmapOptions options, TextWriter writer, ProcpsVersion version)
{
    private const int LongestName = 127;

    private static readonly string[] Unimportant =
        ["AnonHugePages", "KernelPageSize", "MMUPageSize", "Shared_Dirty", "Private_Dirty", "Shared_Clean", "Private_Clean", "VmFlags"];

    private readonly List<Column> _columns = [];

    private sealed class Column
    {
        internal required string Name { get; init; }

        internal int Width { get; set; }

        internal ulong Total { get; set; }
    }

    /// <summary>Widths of address, permissions, offset, device, inode and flags.</summary>
    private readonly record struct Widths(int Start, int Permissions, int Offset, int Device, int Inode, int Flags);

    internal void Write(PmapReport report, string path)
    {
        var areas = report.Areas!;
        if (areas.Count == 0) return;
        foreach (var area in areas) Measure(area, path);
        foreach (var column in _columns)
        {
            if (!options.Quiet) column.Width = Math.Max(column.Width, Decimal(column.Total).Length);
        }

        var widths = WidthsOf(areas);
        if (!options.Quiet) WriteHeader(ref widths);
        foreach (var area in areas) WriteArea(area, widths);
        if (!options.Quiet && _columns.Count > 0) WriteTotals(widths);
    }

    private bool IsShown(string name) => options.Detailed > 1 || !Unimportant.Contains(name);

    private void Measure(MapArea area, string path)
    {
        var index = 0;
        foreach (var detail in area.Details)
        {
            if (!IsShown(detail.Name)) continue;
            if (index == _columns.Count) _columns.Add(new Column { Name = detail.Name, Width = options.Quiet ? 0 : detail.Name.Length });
            var column = _columns[index++];
            if (column.Name != detail.Name)
                throw new ProcFormatException(path, 0, $"the area at {area.StartText} has {Shown(detail.Name)} where the others have {Shown(column.Name)}");
            column.Total = unchecked(column.Total + ulong.Parse(detail.Value, CultureInfo.InvariantCulture));
            if (options.Quiet) column.Width = Math.Max(column.Width, detail.Value.Length);
        }

        if (index != _columns.Count) throw new ProcFormatException(path, 0, $"the area at {area.StartText} lacks {Shown(_columns[index].Name)}");
    }

    private static string Shown(string name) => LineReader.Quote(Encoding.Latin1.GetBytes(name));

    private Widths WidthsOf(IReadOnlyList<MapArea> areas)
    {
        var widths = default(Widths);
        foreach (var area in areas)
        {
            widths = new Widths(
                Math.Max(widths.Start, area.StartText.Length),
                Math.Max(widths.Permissions, area.Permissions.Length),
                Math.Max(widths.Offset, area.OffsetText.Length),
                Math.Max(widths.Device, area.DeviceText.Length),
                Math.Max(widths.Inode, Decimal(area.Inode).Length),
                IsShown("VmFlags") && area.Flags is { } flags ? Math.Max(widths.Flags, FlagsOf(flags).Length) : widths.Flags);
        }

        return widths;
    }

    private static string FlagsOf(string flags) => flags.EndsWith(' ') ? flags[..^1] : flags;

    private static string Decimal(ulong value) => value.ToString(CultureInfo.InvariantCulture);

    private void WriteHeader(ref Widths widths)
    {
        widths = new Widths(
            WriteName("Address", widths.Start), WriteName("Perm", widths.Permissions), WriteName("Offset", widths.Offset),
            WriteName("Device", widths.Device), WriteName("Inode", widths.Inode), widths.Flags);
        foreach (var column in _columns) WriteName(column.Name, column.Width);
        if (widths.Flags > 0) widths = widths with { Flags = WriteName("VmFlags", widths.Flags) };
        writer.Write("Mapping\n");
    }

    private int WriteName(string name, int width)
    {
        writer.Right(name, width);
        writer.Write(' ');
        return Math.Max(width, name.Length);
    }

    private void WriteArea(MapArea area, Widths widths)
    {
        writer.Right(area.StartText, widths.Start);
        WriteValue(area.Permissions, widths.Permissions);
        WriteValue(area.OffsetText, widths.Offset);
        WriteValue(area.DeviceText, widths.Device);
        WriteValue(Decimal(area.Inode), widths.Inode);
        var index = 0;
        foreach (var detail in area.Details)
        {
            if (IsShown(detail.Name)) WriteValue(detail.Value, _columns[index++].Width);
        }

        if (widths.Flags > 0) WriteValue(FlagsOf(area.Flags ?? ""), widths.Flags);
        writer.Write($" {NameOf(area)}\n");
    }

    private void WriteValue(string value, int width)
    {
        writer.Write(' ');
        writer.Right(value, width);
    }

    private string NameOf(MapArea area)
    {
        var bytes = area.Name.Span;
        var name = Encoding.UTF8.GetString(bytes.Length > LongestName ? bytes[..LongestName] : bytes);
        return options.ShowPath ? name : name[(name.LastIndexOf('/') + 1)..];
    }

    private void WriteTotals(Widths widths)
    {
        var gap = widths.Start + widths.Permissions + widths.Offset + widths.Device + widths.Inode + 5;
        writer.Right("", gap);
        foreach (var column in _columns)
        {
            writer.Write(new string('=', column.Width));
            writer.Write(' ');
        }

        writer.Write('\n');
        writer.Right("", gap);
        foreach (var column in _columns)
        {
            writer.Right(column.Total, column.Width);
            writer.Write(' ');
            if (version != ProcpsVersion.V4_0_2) column.Total = 0;
        }

        writer.Write("KB \n");
    }
}
