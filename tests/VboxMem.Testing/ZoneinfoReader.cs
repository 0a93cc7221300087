// Reads a captured /proc/zoneinfo: the zones in file order, and the node statistics printed with the first zone of a node.

using System.Globalization;

namespace VboxMem.Testing;

internal sealed class ZoneinfoReader
{
    private readonly List<CapturedZone> _zones = [];
    private readonly SortedDictionary<int, CapturedCounters> _nodeStats = [];
    private readonly List<CapturedPageset> _pagesets = [];
    private CapturedCounters? _counters;

    private ZoneinfoReader()
    {
    }

    public static (IReadOnlyList<CapturedZone> Zones, IReadOnlyDictionary<int, CapturedCounters> NodeStats) Read(string text)
    {
        var reader = new ZoneinfoReader();
        foreach (var line in text.Split('\n')) reader.ReadLine(line);
        reader.FinishZone();
        return (reader._zones, reader._nodeStats);
    }

    private void ReadLine(string line)
    {
        var fields = Fields.Of(line);
        if (fields.Length == 0) return;

        if (fields[0] == "Node") StartZone(fields);
        else if (line == "  per-node stats") _counters = _nodeStats[_zones[^1].Node] = new CapturedCounters();
        else if (fields[0] == "pages") ReadFigure("free", fields[2]);
        else if (fields[0] == "protection:") ReadProtection(line);
        else if (fields[0] == "pagesets") _counters = null;
        else if (line.StartsWith("        ", StringComparison.Ordinal) && _counters is null) ReadFigureOrPageset(fields);
        else if (fields[0] == "cpu:") _pagesets.Add(new CapturedPageset(int.Parse(fields[1], CultureInfo.InvariantCulture), 0, 0, 0, 0));
        else if (line.StartsWith("  vm stats threshold:", StringComparison.Ordinal)) _pagesets[^1] = _pagesets[^1] with { VmStatThreshold = Int(fields[3]) };
        else if (fields[0] is "node_unreclaimable:" or "start_pfn:") ReadFigure(fields[0], fields[1]);
        else _counters!.Add(fields[0], fields[1]);
    }

    private void StartZone(string[] fields)
    {
        FinishZone();
        _counters = null;
        _zones.Add(new CapturedZone { Node = Int(fields[1].TrimEnd(',')), Name = fields[3] });
    }

    private void FinishZone()
    {
        if (_zones.Count == 0) return;
        _zones[^1].Pagesets = _pagesets.ToArray();
        _pagesets.Clear();
    }

    private void ReadProtection(string line)
    {
        var open = line.IndexOf('(', StringComparison.Ordinal);
        var inside = line[(open + 1)..line.IndexOf(')', StringComparison.Ordinal)];
        _zones[^1].Protection = inside.Split(", ").Select(static digits => long.Parse(digits, CultureInfo.InvariantCulture)).ToArray();
        _counters = _zones[^1].Stats;
    }

    private void ReadFigureOrPageset(string[] fields)
    {
        switch (fields[0])
        {
            case "count:": _pagesets[^1] = _pagesets[^1] with { CountPages = Int(fields[1]) }; break;
            case "high:": _pagesets[^1] = _pagesets[^1] with { HighPages = Int(fields[1]) }; break;
            case "batch:": _pagesets[^1] = _pagesets[^1] with { BatchPages = Int(fields[1]) }; break;
            default: ReadFigure(fields[0], fields[1]); break;
        }
    }

    private void ReadFigure(string name, string digits)
    {
        var zone = _zones[^1];
        var value = long.Parse(digits, CultureInfo.InvariantCulture);
        _counters = null;
        switch (name)
        {
            case "free": zone.FreePages = value; break;
            case "boost": zone.BoostPages = value; break;
            case "min": zone.MinPages = value; break;
            case "low": zone.LowPages = value; break;
            case "high": zone.HighPages = value; break;
            case "promo": zone.PromoPages = value; break;
            case "spanned": zone.SpannedPages = value; break;
            case "present": zone.PresentPages = value; break;
            case "managed": zone.ManagedPages = value; break;
            case "cma": break;
            case "node_unreclaimable:": zone.NodeUnreclaimable = value; break;
            case "start_pfn:": zone.StartPfn = value; break;
            default: throw new FormatException($"zoneinfo: unknown figure '{name}'");
        }
    }

    private static int Int(string digits) => int.Parse(digits, CultureInfo.InvariantCulture);
}
