using System.Text;

namespace VboxMem.Tools.Parsing;

/// <summary>A zone of <c>/proc/zoneinfo</c> by its sizes and limits, in pages.</summary>
/// <param name="Node">Its node.</param>
/// <param name="Name">DMA, DMA32, Normal, Movable, Device; HighMem on 32 bits.</param>
public sealed record ZoneInfo(int Node, string Name)
{
    public const string Path = "/proc/zoneinfo";

    /// <summary>Its first frame; null for a zone without pages.</summary>
    public ulong? StartPfn { get; private set; }

    /// <summary>What is kept back from requests for the zones above it: one value a zone. Empty: the file does not say.</summary>
    public IReadOnlyList<ulong> Protection { get; private set; } = [];

    private Dictionary<string, ulong> Figures { get; } = new(StringComparer.Ordinal);

    /// <summary>A line from <c>pages free</c> on: free, boost, min, low, high, promo, spanned, present, managed; null: there is none.</summary>
    public ulong? this[string figure] => Figures.TryGetValue(figure, out var value) ? value : null;

    /// <summary>All zones, in the file's order. Counters of nodes, zones and CPUs are passed over.</summary>
    /// <exception cref="ProcFormatException">A heading or a line of sizes and limits does not have its form.</exception>
    public static IReadOnlyList<ZoneInfo> Parse(ReadOnlySpan<byte> text, string path = Path)
    {
        var zones = new List<ZoneInfo>();
        var isInFigures = false;
        var reader = new LineReader(text, path);
        while (reader.TryNextLine())
        {
            reader.TryTakeField(out var name);
            if (name.SequenceEqual("Node"u8))
            {
                zones.Add(TakeHeading(ref reader));
                isInFigures = false;
                continue;
            }

            if (zones.Count == 0) throw reader.Malformed("expected such as \"Node 0, zone DMA32\"");
            if (name.SequenceEqual("pages"u8)) isInFigures = reader.TryTakeField(out name);
            if (name.SequenceEqual("protection:"u8)) zones[^1].Protection = TakeProtection(ref reader);
            else if (name.SequenceEqual("start_pfn:"u8)) zones[^1].StartPfn = reader.TakeNumber("start_pfn");
            else if (isInFigures) zones[^1].Figures[Encoding.UTF8.GetString(name)] = reader.TakeNumber(LineReader.Quote(name));
            isInFigures &= !name.SequenceEqual("managed"u8);
        }

        return zones;
    }

    private static ZoneInfo TakeHeading(ref LineReader reader)
    {
        var node = reader.Number(reader.TakeUpTo((byte)',').Trim(" "u8), "the node");
        reader.Skip("zone"u8);
        if (node > int.MaxValue || !reader.TryTakeField(out var zone)) throw reader.Malformed("expected such as \"Node 0, zone DMA32\"");
        return new ZoneInfo((int)node, Encoding.UTF8.GetString(zone));
    }

    /// <summary>As in <c>(0, 944, 944, 944, 944)</c>.</summary>
    private static List<ulong> TakeProtection(ref LineReader reader)
    {
        var values = new List<ulong>();
        while (reader.TryTakeField(out var field)) values.Add(reader.Number(field.Trim("(),"u8), "a protection"));
        return values;
    }
}
