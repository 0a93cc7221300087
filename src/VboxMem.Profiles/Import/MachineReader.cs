// What the files of a tree say of its machine: names, CPUs, nodes, zones, swap areas.

using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using VboxMem.Kernel;
using VboxMem.Kernel.Physical;
using VboxMem.Tools;
using VboxMem.Tools.Parsing;

namespace VboxMem.Profiles.Import;

internal static partial class MachineReader
{
    private const string NodeFolder = "/sys/devices/system/node";
    private const string HugePageFile = "/sys/kernel/mm/transparent_hugepage/enabled";
    private const int MostCpus = 256;
    private const int MostNodes = 8;
    private const ulong KilobytesPerPage = 4;

    public static ImportedMachine Read(ImportSource source)
    {
        var meminfo = source.Parse(Meminfo.Parse, "totals are not known, and nothing is filled up to them", source.Proc("meminfo"));
        var zoneInfos = source.Parse(ZoneInfo.Parse, "zones follow from MemTotal, as QEMU lays out a PC", source.Proc("zoneinfo")) ?? [];
        var stat = source.Parse(Stat.Parse, "CPUs are counted in cpuinfo, and the boot time is the default", source.Proc("stat"));
        var vmstat = source.Parse(VmStat.Parse, "", source.Proc("vmstat"));
        var cpuinfo = source.Text(source.Proc("cpuinfo"));
        if (cpuinfo is null) source.Note($"missing: {source.NameOf(source.Proc("cpuinfo"))}: model and clock of the CPUs are the defaults");
        var cpus = CountCpus(source, stat, cpuinfo);
        var nodes = ReadNodes(source, zoneInfos, cpus);
        return new ImportedMachine
        {
            Meminfo = meminfo,
            HostName = source.Text(source.Proc("sys/kernel/hostname"), "/etc/hostname", "/hostname"),
            CommandLine = source.Text(source.Proc("cmdline")),
            BootTime = stat?.BootTime is { } seconds and < long.MaxValue ? (long)seconds : null,
            CpuModel = Field(cpuinfo, "model name"),
            CpuMegahertz = Field(cpuinfo, "cpu MHz"),
            HasLa57 = Field(cpuinfo, "flags")?.Split(' ').Contains("la57") ?? false,
            Cpus = nodes.Sum(static node => node.Cpus),
            Nodes = nodes,
            Zones = ReadZones(source, zoneInfos, nodes),
            LateFreedLogged = LateFreedOf(source, zoneInfos.Aggregate(0UL, static (sum, zone) => unchecked(sum + (zone["managed"] ?? 0)))),
            HugePages = source.Text(HugePageFile) is { } words ? ChosenWord().Match(words) is { Success: true } match ? match.Groups[1].Value : null : null,
            Tunables = TunableReader.Read(source),
            Swaps = source.Parse(SwapArea.Parse, "no swap", source.Proc("swaps")) ?? [],
            DirtyBackgroundPages = vmstat?.Fields["nr_dirty_background_threshold"u8],
        };
    }

    private static int CountCpus(ImportSource source, Stat? stat, string? cpuinfo)
    {
        var count = stat?.Cpus.Count ?? 0;
        if (count == 0 && cpuinfo is not null) count = cpuinfo.Split('\n').Count(static line => line.StartsWith("processor", StringComparison.Ordinal));
        if (count == 0) source.Note("missing: no file says how many CPUs there are: one is taken");
        if (count > MostCpus) source.Note($"not reproduced: {count} CPUs, allowed are {MostCpus}");
        return Math.Clamp(count, 1, MostCpus);
    }

    private static List<ImportedNode> ReadNodes(ImportSource source, IReadOnlyList<ZoneInfo> zones, int cpus)
    {
        var ids = zones.Where(static zone => zone["present"] > 0).Select(static zone => zone.Node).Distinct().Order().ToList();
        if (ids.Count <= 1) return [new ImportedNode(ids.Count == 0 ? 0 : ids[0], cpus, [])];
        if (ids.Count > MostNodes)
        {
            source.Note($"not reproduced: {ids.Count} nodes, allowed are {MostNodes}: all memory is that of one");
            return [new ImportedNode(-1, cpus, [])];
        }

        if (ids[^1] != ids.Count - 1) source.Note($"approximated: nodes {string.Join(", ", ids)} are numbered through from 0");
        var nodes = new List<ImportedNode>();
        foreach (var id in ids) nodes.Add(ReadNode(source, id, ids));
        var counted = nodes.Sum(static node => node.Cpus);
        if (counted == 0) source.Note($"missing: {source.NameOf(NodeFolder)}/node*/cpulist: all CPUs belong to node 0");
        if (counted is 0 or > MostCpus) nodes = [.. nodes.Select((node, index) => node with { Cpus = index == 0 ? cpus : 0 })];
        return nodes;
    }

    private static ImportedNode ReadNode(ImportSource source, int id, List<int> ids)
    {
        var folder = string.Create(CultureInfo.InvariantCulture, $"{NodeFolder}/node{id}");
        var list = source.Parse<int[]>(CpuList.Parse, "", folder + "/cpulist") ?? [];
        var first = list.Length > 0 ? list[0] : 0;
        if (list.Where((cpu, index) => cpu != first + index).Any()) source.Note("approximated: CPUs are numbered through node by node");
        var distances = source.Parse<int[]>(CpuList.ParseDistances, "", folder + "/distance") ?? [];
        var isUsable = distances.Length == ids.Count
            && distances.Select((distance, index) => ids[index] == id ? distance == 10 : distance is > 10 and < 255).All(static fits => fits)
            && !distances.Select((distance, index) => ids[index] == id ? distance == 10 : distance == 20).All(static usual => usual);
        return new ImportedNode(id, list.Length, isUsable ? distances : []);
    }

    private static List<ImportedZone> ReadZones(ImportSource source, IReadOnlyList<ZoneInfo> zones, IReadOnlyList<ImportedNode> nodes)
    {
        var read = new List<ImportedZone>();
        foreach (var zone in zones)
        {
            var (spanned, present, managed) = (zone["spanned"] ?? 0, zone["present"] ?? 0, zone["managed"] ?? 0);
            if (present == 0) continue;
            var node = nodes.ToList().FindIndex(node => node.Id == zone.Node);
            if (TypeOf(zone.Name) is not { } type || zone.StartPfn is not { } start || node < 0)
            {
                source.Note($"not reproduced: zone {zone.Name} of node {zone.Node}: {(node < 0 ? "too many nodes" : "the box has no such zone, or its place is not known")}");
                return [];
            }

            read.Add(new ImportedZone(node, type, start, spanned, present, managed)
            {
                Marks = MarksOf(zone), HasPromo = zone["promo"] is not null, Protection = zone.Protection,
            });
        }

        return read;
    }

    /// <summary>Null for a zone that no box has. By name alone: a number would be the place of a type that does not exist.</summary>
    private static ZoneType? TypeOf(string name)
    {
        foreach (var type in (ReadOnlySpan<ZoneType>)[ZoneType.Dma, ZoneType.Dma32, ZoneType.Normal, ZoneType.Movable])
        {
            if (type.Name() == name) return type;
        }

        return null;
    }

    private static Watermarks? MarksOf(ZoneInfo zone)
    {
        var boost = zone["boost"] ?? 0;
        return zone["min"] is { } min && zone["low"] is { } low && zone["high"] is { } high && min >= boost && low >= boost && high >= boost
            ? new Watermarks(min - boost, low - boost, high - boost, Math.Max(zone["promo"] ?? 0, boost) - boost)
            : null;
    }

    /// <summary>
    /// What was freed at the end of boot, by the log: what is managed now and was not yet when it said how much memory there is; or else
    /// what it says was freed.
    /// </summary>
    private static ulong? LateFreedOf(ImportSource source, ulong managedPages)
    {
        if (source.Read("/dev/kmsg", "/sos_commands/kernel/dmesg", "/var/log/dmesg", "/dmesg") is not { } log) return null;
        var text = Encoding.UTF8.GetString(log);
        if (MemoryLine().Match(text) is { Success: true } line)
        {
            var atBoot = (ulong.Parse(line.Groups[1].ValueSpan, CultureInfo.InvariantCulture) - Math.Min(
                ulong.Parse(line.Groups[1].ValueSpan, CultureInfo.InvariantCulture), ulong.Parse(line.Groups[2].ValueSpan, CultureInfo.InvariantCulture))) / KilobytesPerPage;
            if (atBoot > 0 && atBoot <= managedPages) return managedPages - atBoot;
        }

        var found = FreeingLine().Matches(text);
        return found.Count == 0 ? null : found
            .Select(static match => ulong.TryParse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture, out var kilobytes) ? kilobytes / KilobytesPerPage : 0)
            .Aggregate(0UL, static (sum, pages) => sum + pages);
    }

    /// <summary>A field of the first CPU of cpuinfo.</summary>
    private static string? Field(string? cpuinfo, string name)
    {
        foreach (var line in cpuinfo?.Split('\n') ?? [])
        {
            var colon = line.IndexOf(':');
            if (colon > 0 && line[..colon].TrimEnd() == name) return line[(colon + 1)..].Trim();
        }

        return null;
    }

    [GeneratedRegex(@"\[(\w+)\]")]
    private static partial Regex ChosenWord();

    [GeneratedRegex(@"Memory: \d{1,15}K/(\d{1,15})K available \([^)\n]*?(\d{1,15})K reserved")]
    private static partial Regex MemoryLine();

    [GeneratedRegex(@"Freeing (?:initrd|unused [a-z /()]+) memory: (\d{1,12})K")]
    private static partial Regex FreeingLine();
}
