using System.Globalization;
using VboxMem.Tools;
using VboxMem.Tools.Processes;

namespace VboxMem.Tui.Readings;

/// <summary>An area of a process's memory as smaps tells of it, or all areas of one name together; sizes in kB.</summary>
internal sealed record AreaRow
{
    public required ulong Start { get; init; }

    public required ulong End { get; init; }

    /// <summary>Such as <c>rw-p</c>; of areas of several permissions empty.</summary>
    public required string Permissions { get; init; }

    public required string Name { get; init; }

    /// <summary>How many areas it stands for.</summary>
    public int Count { get; init; } = 1;

    public ulong Kilobytes { get; init; }

    public ulong Rss { get; init; }

    public ulong Pss { get; init; }

    public ulong PrivateDirty { get; init; }

    public ulong Referenced { get; init; }

    public ulong Anonymous { get; init; }

    /// <summary>Of anonymous and shared huge pages, and those of files.</summary>
    public ulong Huge { get; init; }

    public ulong Swap { get; init; }

    /// <summary>Makes the rows of a process.</summary>
    /// <exception cref="ProcFormatException">smaps is malformed.</exception>
    public static List<AreaRow> Parse(ReadOnlyMemory<byte> smaps, int pid)
    {
        var rows = new List<AreaRow>();
        foreach (var area in MapArea.Parse(smaps, string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/smaps"))) rows.Add(Of(area));
        return rows;
    }

    /// <summary>All areas of one name in one row, where the first of them stands.</summary>
    public static List<AreaRow> Fold(List<AreaRow> rows)
    {
        var folded = new List<AreaRow>();
        var places = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var row in rows)
        {
            if (places.TryGetValue(row.Name, out var place))
            {
                folded[place] = folded[place].With(row);
                continue;
            }

            places.Add(row.Name, folded.Count);
            folded.Add(row);
        }

        return folded;
    }

    private static AreaRow Of(MapArea area)
    {
        var row = new AreaRow
        {
            Start = area.Start,
            End = area.End,
            Permissions = area.Permissions,
            Name = area.Name.IsEmpty ? "[anonymous]" : PrintableText.Escape(area.Name.Span, isUtf8: true),
            Kilobytes = area.Bytes / 1024,
        };
        foreach (var detail in area.Details)
        {
            if (!ulong.TryParse(detail.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var kilobytes) || kilobytes == 0) continue;
            row = detail.Name switch
            {
                "Rss" => row with { Rss = kilobytes },
                "Pss" => row with { Pss = kilobytes },
                "Private_Dirty" => row with { PrivateDirty = kilobytes },
                "Referenced" => row with { Referenced = kilobytes },
                "Anonymous" => row with { Anonymous = kilobytes },
                "AnonHugePages" or "ShmemPmdMapped" or "FilePmdMapped" => row with { Huge = row.Huge + kilobytes },
                "Swap" => row with { Swap = kilobytes },
                _ => row,
            };
        }

        return row;
    }

    private AreaRow With(AreaRow other) => this with
    {
        Count = Count + 1,
        Permissions = Permissions == other.Permissions ? Permissions : "",
        Kilobytes = Kilobytes + other.Kilobytes,
        Rss = Rss + other.Rss,
        Pss = Pss + other.Pss,
        PrivateDirty = PrivateDirty + other.PrivateDirty,
        Referenced = Referenced + other.Referenced,
        Anonymous = Anonymous + other.Anonymous,
        Huge = Huge + other.Huge,
        Swap = Swap + other.Swap,
    };
}
