using System.Buffers.Text;
using System.Globalization;
using System.Text;
using VboxMem.Tools.Parsing;

namespace VboxMem.Tools.Processes;

/// <summary>A line of sizes of an area in smaps: its name, and its value as written.</summary>
public readonly record struct MapDetail(string Name, string Value);

/// <summary>
/// An area of <c>/proc/PID/maps</c> or <c>smaps</c>, its columns as the file writes them besides their numbers.
/// </summary>
public sealed class MapArea
{
    public required ulong Start { get; init; }

    public required ulong End { get; init; }

    /// <summary>Such as <c>rw-p</c>.</summary>
    public required string Permissions { get; init; }

    public required ulong Offset { get; init; }

    public required uint Major { get; init; }

    public required uint Minor { get; init; }

    public required ulong Inode { get; init; }

    /// <summary>Path or name in brackets, raw bytes; empty for anonymous memory.</summary>
    public required ReadOnlyMemory<byte> Name { get; init; }

    /// <summary>The start as written, without leading zeros beyond eight digits.</summary>
    public required string StartText { get; init; }

    public required string OffsetText { get; init; }

    /// <summary>Such as <c>fe:01</c>.</summary>
    public required string DeviceText { get; init; }

    /// <summary>The sizes, of smaps alone, in the file's order.</summary>
    public List<MapDetail> Details { get; } = [];

    /// <summary>The two-letter flags of smaps; null where the file has none.</summary>
    public string? Flags { get; private set; }

    public ulong Bytes => unchecked(End - Start);

    /// <summary>A size of smaps in kB; 0 where the file has it not.</summary>
    public ulong Kilobytes(string name)
    {
        foreach (var detail in Details)
        {
            if (detail.Name == name) return ulong.Parse(detail.Value, CultureInfo.InvariantCulture);
        }

        return 0;
    }

    /// <summary>Parses maps or smaps.</summary>
    /// <exception cref="ProcFormatException">A line is neither an area nor one of its sizes.</exception>
    public static List<MapArea> Parse(ReadOnlyMemory<byte> text, string path)
    {
        var areas = new List<MapArea>();
        var reader = new LineReader(text.Span, path);
        while (reader.TryNextLine())
        {
            if (!PidRollup.IsSize(reader.Rest)) areas.Add(ParseArea(ref reader, text));
            else if (areas.Count == 0) throw reader.Malformed($"\"{LineReader.Quote(reader.Rest)}\" stands before the first area");
            else areas[^1].TakeDetail(ref reader);
        }

        return areas;
    }

    private void TakeDetail(ref LineReader reader)
    {
        var label = reader.TakeUpTo((byte)':');
        if (label.SequenceEqual("VmFlags"u8))
        {
            Flags = Encoding.Latin1.GetString(reader.Rest.TrimStart((byte)' '));
            return;
        }

        if (!reader.TryTakeField(out var value)) throw reader.Malformed($"the line ends before {LineReader.Quote(label)}, a number");
        _ = reader.Number(value, LineReader.Quote(label));
        Details.Add(new MapDetail(Encoding.Latin1.GetString(label), Encoding.Latin1.GetString(value)));
    }

    private static MapArea ParseArea(ref LineReader reader, ReadOnlyMemory<byte> text)
    {
        reader.TryTakeField(out var range);
        var dash = range.IndexOf((byte)'-');
        if (dash <= 0) throw reader.Malformed($"\"{LineReader.Quote(range)}\" is no range of addresses such as \"00400000-00401000\"");
        reader.TryTakeField(out var permissions);
        if (permissions.Length < 4) throw reader.Malformed($"\"{LineReader.Quote(permissions)}\" are no permissions such as \"r-xp\"");
        reader.TryTakeField(out var offset);
        reader.TryTakeField(out var device);
        var colon = device.IndexOf((byte)':');
        if (colon <= 0) throw reader.Malformed($"\"{LineReader.Quote(device)}\" is no device such as \"fe:01\"");
        var inode = reader.TakeNumber("the inode");
        var name = reader.Rest.TrimStart(" \t"u8);
        text.Span.Overlaps(name, out var start);
        return new MapArea
        {
            Start = Hexadecimal(ref reader, range[..dash], "the start"),
            End = Hexadecimal(ref reader, range[(dash + 1)..], "the end"),
            Permissions = Encoding.Latin1.GetString(permissions),
            Offset = Hexadecimal(ref reader, offset, "the offset"),
            Major = (uint)Hexadecimal(ref reader, device[..colon], "the major number", uint.MaxValue),
            Minor = (uint)Hexadecimal(ref reader, device[(colon + 1)..], "the minor number", uint.MaxValue),
            Inode = inode,
            Name = name.IsEmpty ? default : text.Slice(start, name.Length),
            StartText = Encoding.Latin1.GetString(range[..dash]),
            OffsetText = Encoding.Latin1.GetString(offset),
            DeviceText = Encoding.Latin1.GetString(device),
        };
    }

    private static ulong Hexadecimal(ref LineReader reader, ReadOnlySpan<byte> digits, string what, ulong most = ulong.MaxValue) =>
        Utf8Parser.TryParse(digits, out ulong value, out var length, 'x') && length == digits.Length && value <= most
            ? value
            : throw reader.Malformed($"{what} is \"{LineReader.Quote(digits)}\", allowed is a hexadecimal number up to {most:x}");
}
