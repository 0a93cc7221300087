// The figures a predicate may name, by the file they come from.
//
// Every name is checked when the text is read. The names of services and swap areas are the box's own, so any is allowed there.

namespace VboxMem.Tools.Predicates;

internal static class FigureNames
{
    private static readonly string[] _roots = ["meminfo", "vmstat", "zone", "pressure", "loadavg", "swaps", "uptime"];
    private static readonly string[] _zones = ["DMA", "DMA32", "Normal", "Movable", "Device"];
    private static readonly string[] _zoneFields = ["free", "boost", "min", "low", "high", "promo", "spanned", "present", "managed"];
    private static readonly string[] _pressures = [.. from resource in (string[])["cpu", "io", "memory"]
                                                      from kind in (string[])["some", "full"]
                                                      from field in (string[])["avg10", "avg60", "avg300", "total"]
                                                      select $"{resource}.{kind}.{field}"];
    private static readonly string[] _loads = ["1", "5", "15", "running", "tasks"];
    private static readonly string[] _swaps = ["size", "used", "free", "areas"];
    private static readonly string[] _areaFields = ["size", "used", "free", "priority"];
    private static readonly string[] _serviceFields = ["p50", "p90", "p99", "max", "count"];

    /// <summary>The figure that a word names.</summary>
    /// <exception cref="PredicateException">There is none.</exception>
    internal static Figure Find(in Token token)
    {
        var name = token.Text;
        if (name == "uptime") return new Figure(name, Unit.Time, static tree => tree.UptimeSeconds);
        var dot = name.IndexOf('.', StringComparison.Ordinal);
        var (root, rest) = dot < 0 ? (name, "") : (name[..dot], name[(dot + 1)..]);
        if (_roots.Contains(root) && rest.Length == 0) throw new PredicateException(token.Start, $"{root} is a file, allowed is a figure of it: {Examples(root)}");
        return root switch
        {
            "meminfo" => Meminfo(token, rest),
            "vmstat" => Vmstat(token, rest),
            "zone" => Zone(token, rest),
            "pressure" => Pressure(token, rest),
            "loadavg" => Load(token, rest),
            "swaps" => Swaps(token, rest),
            _ => Service(token),
        };
    }

    private static Figure Meminfo(in Token token, string field)
    {
        Check(token, "meminfo.", field, MeminfoNames.All);
        var unit = field.StartsWith("HugePages_", StringComparison.Ordinal) ? Unit.Count : Unit.Size;
        return new Figure(token.Text, unit, tree => tree.Meminfo(field, unit == Unit.Count ? 1 : 1024));
    }

    private static Figure Vmstat(in Token token, string field)
    {
        Check(token, "vmstat.", field, VmstatNames.All);
        return VmstatNames.IsKilobytes(field)
            ? new Figure(token.Text, Unit.Size, tree => tree.Vmstat(field, 1024))
            : new Figure(token.Text, Unit.Count, tree => tree.Vmstat(field, 1));
    }

    /// <summary>ZONE.FIELD, over all nodes, or NODE.ZONE.FIELD.</summary>
    private static Figure Zone(in Token token, string rest)
    {
        var parts = rest.Split('.');
        int? node = null;
        if (parts.Length == 3 && int.TryParse(parts[0], System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var number))
        {
            node = number;
            parts = parts[1..];
        }

        if (parts.Length != 2) throw new PredicateException(token.Start, $"{token.Text} names no figure of a zone, allowed is such as zone.DMA32.free, or zone.1.Normal.free for node 1");
        var prefix = node is null ? "zone." : FormattableString.Invariant($"zone.{node}.");
        Check(token, prefix, parts[0], _zones);
        Check(token, $"{prefix}{parts[0]}.", parts[1], _zoneFields);
        var (zone, field) = (parts[0], parts[1]);
        return new Figure(token.Text, Unit.Size, tree => tree.Zone(node, zone, field));
    }

    private static Figure Pressure(in Token token, string rest)
    {
        Check(token, "pressure.", rest, _pressures);
        var parts = rest.Split('.');
        var unit = parts[2] == "total" ? Unit.Time : Unit.Percent;
        return new Figure(token.Text, unit, tree => tree.Pressure(parts[0], parts[1], parts[2]));
    }

    private static Figure Load(in Token token, string field)
    {
        Check(token, "loadavg.", field, _loads);
        var index = Array.IndexOf(_loads, field);
        return new Figure(token.Text, Unit.Count, tree => tree.Load(index));
    }

    private static Figure Swaps(in Token token, string rest)
    {
        var dot = rest.LastIndexOf('.');
        if (dot < 0)
        {
            Check(token, "swaps.", rest, _swaps);
            return new Figure(token.Text, rest == "areas" ? Unit.Count : Unit.Size, tree => tree.Swaps(null, rest));
        }

        var (area, field) = (rest[..dot], rest[(dot + 1)..]);
        Check(token, $"swaps.{area}.", field, _areaFields);
        return new Figure(token.Text, field == "priority" ? Unit.Count : Unit.Size, tree => tree.Swaps(area, field));
    }

    private static Figure Service(in Token token)
    {
        var name = token.Text;
        var dot = name.LastIndexOf('.');
        var field = name[(dot + 1)..];
        if (dot > 0 && _serviceFields.Contains(field))
        {
            var service = name[..dot];
            return new Figure(name, field == "count" ? Unit.Count : Unit.Time, tree => tree.Service(service, field));
        }

        throw new PredicateException(token.Start, $"{name} names nothing{Nearest(name, AllNames())}");
    }

    private static void Check(in Token token, string prefix, string written, IReadOnlyList<string> known)
    {
        if (known.Contains(written)) return;
        var nearest = EditDistance.Nearest(written, known) is { } word ? $", nearest is {prefix}{word}"
            : known.Count <= 12 ? $", allowed behind {prefix} {string.Join(", ", known)}"
            : Nearest(token.Text, AllNames());
        throw new PredicateException(token.Start, $"{token.Text} names nothing{nearest}");
    }

    private static string Nearest(string written, IEnumerable<string> known) =>
        EditDistance.Nearest(written, known) is { } word
            ? $", nearest is {word}"
            : $", allowed {string.Join(", ", _roots.SkipLast(1).Select(static root => root + ".…"))}, uptime, SERVICE.{string.Join('|', _serviceFields)}, {string.Join(", ", ProcessFunctions.Names.Select(static name => name + "(NAME)"))}";

    private static IEnumerable<string> AllNames() =>
    [
        .. MeminfoNames.All.Select(static name => "meminfo." + name),
        .. VmstatNames.All.Select(static name => "vmstat." + name),
        .. from zone in _zones from field in _zoneFields select $"zone.{zone}.{field}",
        .. _pressures.Select(static name => "pressure." + name),
        .. _loads.Select(static name => "loadavg." + name),
        .. _swaps.Select(static name => "swaps." + name),
        .. ProcessFunctions.Names,
        "uptime",
    ];

    private static string Examples(string root) => root switch
    {
        "meminfo" => "meminfo.MemAvailable",
        "vmstat" => "vmstat.pgscan_direct",
        "zone" => "zone.DMA32.free",
        "pressure" => "pressure.memory.some.avg10",
        "loadavg" => "loadavg.1",
        _ => "swaps.used",
    };
}
