using System.Text;

namespace VboxMem.Tools.Parsing;

/// <summary>A CPU's private stock of free pages in a zone.</summary>
/// <param name="Cpu">The CPU.</param>
/// <param name="Count">Pages in it.</param>
/// <param name="High">From so many on some go back.</param>
/// <param name="Batch">So many are taken or given back at once.</param>
public readonly record struct PageSet(ulong Cpu, ulong Count, ulong High, ulong Batch);

/// <summary>A zone of <c>/proc/zoneinfo</c>, all in pages. What a zone without memory lacks is empty.</summary>
/// <param name="Node">Its node.</param>
/// <param name="Name">Its name: DMA, DMA32, Normal, Movable, Device.</param>
public sealed record ZoneInfo(int Node, string Name)
{
    public const string Path = "/proc/zoneinfo";

    private readonly List<KeyValuePair<string, ulong>> _figures = [];
    private readonly List<KeyValuePair<string, ulong>> _counters = [];
    private readonly List<ulong> _protection = [];
    private readonly List<PageSet> _pageSets = [];

    private enum Part
    {
        Other,
        Figures,
        Counters,
        PageSets,
    }

    /// <summary>Name and value of each line from <c>pages free</c> to <c>managed</c>; the first is called free.</summary>
    public IReadOnlyList<KeyValuePair<string, ulong>> Figures => _figures;

    /// <summary>The zone's counters, <c>nr_free_pages</c> and on.</summary>
    public IReadOnlyList<KeyValuePair<string, ulong>> Counters => _counters;

    /// <summary>What the zone keeps from requests that could use a higher zone, by that zone.</summary>
    public IReadOnlyList<ulong> Protection => _protection;

    /// <summary>Its first frame; null for a zone without pages.</summary>
    public ulong? StartPfn { get; private set; }

    public IReadOnlyList<PageSet> PageSets => _pageSets;

    /// <summary>The value of one of the figures, else of one of the counters; null where the zone has none of that name.</summary>
    public ulong? this[string name] => Find(_figures, name) ?? Find(_counters, name);

    /// <summary>All zones, in the file's order. Lines about the node are passed over.</summary>
    /// <exception cref="ProcFormatException">A line that is looked at does not have its form.</exception>
    public static IReadOnlyList<ZoneInfo> Parse(ReadOnlySpan<byte> text, string path = Path)
    {
        var zones = new List<ZoneInfo>();
        ZoneInfo? zone = null;
        var part = Part.Other;
        var reader = new LineReader(text, path);
        while (reader.TryNextLine())
        {
            reader.TryTakeField(out var name);
            if (name.SequenceEqual("Node"u8))
            {
                zone = TakeHeading(ref reader);
                zones.Add(zone);
                part = Part.Other;
            }
            else
            {
                part = zone?.TakeLine(ref reader, name, part) ?? Part.Other;
            }
        }

        return zones;
    }

    private static ulong? Find(List<KeyValuePair<string, ulong>> lines, string name)
    {
        foreach (var (key, value) in lines)
        {
            if (key == name) return value;
        }

        return null;
    }

    private static ZoneInfo TakeHeading(ref LineReader reader)
    {
        var node = reader.Number(reader.TakeUpTo((byte)',').Trim(" "u8), "the node");
        reader.Skip("zone"u8);
        if (node > int.MaxValue || !reader.TryTakeField(out var zone)) throw reader.Malformed("expected such as \"Node 0, zone DMA32\"");
        return new ZoneInfo((int)node, Encoding.UTF8.GetString(zone));
    }

    /// <returns>The part that the next line belongs to.</returns>
    private Part TakeLine(ref LineReader reader, ReadOnlySpan<byte> name, Part part)
    {
        if (name.SequenceEqual("pages"u8))
        {
            reader.TryTakeField(out name);
            part = Part.Figures;
        }
        else if (name.SequenceEqual("protection:"u8))
        {
            TakeProtection(ref reader);
            return Part.Counters;
        }
        else if (name.SequenceEqual("pagesets"u8))
        {
            return Part.PageSets;
        }
        else if (name.SequenceEqual("start_pfn:"u8))
        {
            StartPfn = reader.TakeNumber("start_pfn");
            return Part.Other;
        }

        switch (part)
        {
            case Part.Figures:
                TakeInto(_figures, ref reader, name);
                break;
            case Part.Counters when name.StartsWith("node_unreclaimable"u8):
                return Part.Other;
            case Part.Counters:
                TakeInto(_counters, ref reader, name);
                break;
            case Part.PageSets:
                return TakePageSet(ref reader, name);
            default:
                break;
        }

        return part;
    }

    private static void TakeInto(List<KeyValuePair<string, ulong>> lines, ref LineReader reader, ReadOnlySpan<byte> name) =>
        lines.Add(new(Encoding.UTF8.GetString(name), reader.TakeNumber(name)));

    private void TakeProtection(ref LineReader reader)
    {
        reader.TakeUpTo((byte)'(');
        var list = reader.TakeUpTo((byte)')');
        foreach (var range in list.Split((byte)',')) _protection.Add(reader.Number(list[range].Trim(" "u8), "a protection"));
    }

    private Part TakePageSet(ref LineReader reader, ReadOnlySpan<byte> name)
    {
        if (name.SequenceEqual("cpu:"u8))
        {
            _pageSets.Add(new PageSet(reader.TakeNumber("the CPU"), 0, 0, 0));
            return Part.PageSets;
        }

        if (_pageSets.Count > 0)
        {
            var set = _pageSets[^1];
            if (name.SequenceEqual("count:"u8)) _pageSets[^1] = set with { Count = reader.TakeNumber("count") };
            if (name.SequenceEqual("high:"u8)) _pageSets[^1] = set with { High = reader.TakeNumber("high") };
            if (name.SequenceEqual("batch:"u8)) _pageSets[^1] = set with { Batch = reader.TakeNumber("batch") };
        }

        return name.StartsWith("node_unreclaimable"u8) ? Part.Other : Part.PageSets;
    }
}
