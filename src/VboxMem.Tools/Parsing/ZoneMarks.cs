using System.Text;

namespace VboxMem.Tools.Parsing;

/// <summary>A zone of <c>/proc/zoneinfo</c>: free pages, marks and sizes, all in pages.</summary>
/// <param name="Node">Its node.</param>
/// <param name="Zone">Its name: DMA, DMA32, Normal, Movable, Device.</param>
/// <param name="Figures">Name and value of each line from <c>pages free</c> to <c>managed</c>; the first is called free.</param>
public sealed record ZoneMarks(int Node, string Zone, IReadOnlyList<KeyValuePair<string, ulong>> Figures)
{
    public const string Path = "/proc/zoneinfo";

    /// <summary>The value of a line; null where the zone has none of that name.</summary>
    public ulong? this[string name]
    {
        get
        {
            foreach (var (key, value) in Figures)
            {
                if (key == name) return value;
            }

            return null;
        }
    }

    /// <summary>All zones, in the file's order. Lines about counters, CPUs and the node are passed over.</summary>
    /// <exception cref="ProcFormatException">A heading or one of the zone's own lines does not have its form.</exception>
    public static IReadOnlyList<ZoneMarks> Parse(ReadOnlySpan<byte> text, string path = Path)
    {
        var zones = new List<ZoneMarks>();
        List<KeyValuePair<string, ulong>>? figures = null;
        var reader = new LineReader(text, path);
        while (reader.TryNextLine())
        {
            reader.TryTakeField(out var name);
            if (name.SequenceEqual("Node"u8))
            {
                figures = [];
                zones.Add(TakeHeading(ref reader, figures));
                continue;
            }

            if (name.SequenceEqual("pages"u8) && figures is { Count: 0 }) reader.TryTakeField(out name);
            else if (figures is null or { Count: 0 }) continue;
            if (figures.Count > 0 && IsEnd(name)) figures = null;
            else figures.Add(new(Encoding.UTF8.GetString(name), reader.TakeNumber(LineReader.Quote(name))));
        }

        return zones;
    }

    private static bool IsEnd(ReadOnlySpan<byte> name) => name.SequenceEqual("cma"u8) || name.SequenceEqual("protection:"u8);

    private static ZoneMarks TakeHeading(ref LineReader reader, List<KeyValuePair<string, ulong>> figures)
    {
        var node = reader.Number(reader.TakeUpTo((byte)',').Trim(" "u8), "the node");
        reader.Skip("zone"u8);
        if (node > int.MaxValue || !reader.TryTakeField(out var zone)) throw reader.Malformed("expected such as \"Node 0, zone DMA32\"");
        return new ZoneMarks((int)node, Encoding.UTF8.GetString(zone), figures);
    }
}
