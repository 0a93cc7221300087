// A captured machine as the figures of its boot. What other files of the capture tell (zones, CPUs, sizes) is taken from there;
// what only the log tells (memory map, memory of a node, hash tables, times) is read back from its lines.

using System.Globalization;
using System.Text.RegularExpressions;
using VboxMem.Kernel;
using VboxMem.Kernel.Log;
using VboxMem.Testing;
using Capture = VboxMem.Testing.Capture;

namespace VboxMem.Conformance.Tests.Log;

internal static partial class CapturedBoot
{
    public static BootFacts Facts(Capture capture)
    {
        var late = capture.Log.LateFreed;
        var memory = Memory().Match(capture.Log.LineStarting("Memory: "));
        var swiotlb = Matches(capture, Swiotlb()).SingleOrDefault();
        return new BootFacts
        {
            Version = capture.Text("version"),
            CommandLine = capture.Text("cmdline").TrimEnd('\n'),
            MemoryMap = Matches(capture, E820()).Select(static line => new E820Range(Range(line), TypeOf(line.Groups["type"].Value))).ToArray(),
            Zones = Zones(capture),
            Nodes = capture.Nodes.Select(node => Node(capture, node)).ToArray(),
            Unavailable = Matches(capture, Unavailable()).Select(static line =>
                new UnavailablePages((int)Number(line, "node"), ZoneOf(line.Groups["zone"].Value), Number(line, "pages"))).ToArray(),
            HashTables = HashTables(capture),
            Initrd = Range(Matches(capture, RamDisk()).Single()),
            Swiotlb = swiotlb is null ? default : new PhysicalRange(Hex(swiotlb, "start"), Hex(swiotlb, "end")),
            PresentPages = (ulong)capture.Zones.Sum(zone => zone.PresentPages),
            ManagedPages = (ulong)capture.Meminfo["MemTotal"] / 4,
            FreeKilobytes = Number(memory, "free"),
            ReservedKilobytes = Number(memory, "reserved"),
            LateFreed = new LateFreedMemory(
                (int)late.InitrdKilobytes, (int)late.DecryptedKilobytes, (int)late.InitmemKilobytes, (int)late.RodataGapKilobytes),
            InitPath = "/init",
        };
    }

    // The addresses of a zone: from its first node's first page to its last node's last.
    private static BootZone[] Zones(Capture capture) =>
        new[] { ZoneType.Dma, ZoneType.Dma32, ZoneType.Normal, ZoneType.Device }.Select(type =>
        {
            var parts = capture.Zones.Where(zone => ZoneOf(zone.Name) == type && zone.IsPopulated).ToArray();
            if (parts.Length == 0) return new BootZone(type, default);

            var start = parts.Min(zone => zone.StartPfn);
            var end = parts.Max(zone => zone.StartPfn + zone.SpannedPages);
            return new BootZone(type, new PhysicalRange((ulong)start << 12, (ulong)end << 12));
        }).ToArray();

    private static BootNode Node(Capture capture, CapturedNode node)
    {
        var deferred = Matches(capture, Deferred()).SingleOrDefault(line => (int)Number(line, "node") == node.Id);
        return new BootNode
        {
            Id = node.Id,
            Memory = Matches(capture, NodeMemory()).Where(line => (int)Number(line, "node") == node.Id).Select(Range).ToArray(),
            Cpus = Cpus(node.CpuList),
            FallbackOrder = Enumerable.Range(0, node.Distances.Count).OrderBy(other => node.Distances[other]).ToArray(),
            DeferredInitMilliseconds = deferred is null ? null : (int)Number(deferred, "ms"),
        };
    }

    private static int[] Cpus(string list)
    {
        var ends = list.Split('-').Select(static digits => int.Parse(digits, CultureInfo.InvariantCulture)).ToArray();
        return Enumerable.Range(ends[0], ends[^1] - ends[0] + 1).ToArray();
    }

    private static BootHashTable[] HashTables(Capture capture) =>
        Matches(capture, HashTable()).Select(line =>
        {
            var name = line.Groups["name"].Value;
            var phase = name switch
            {
                "Dentry cache" or "Inode-cache" => capture.Nodes.Count == 1 ? BootHashPhase.Early : BootHashPhase.FileSystems,
                "Mount-cache" or "Mountpoint-cache" => BootHashPhase.FileSystems,
                "futex" => BootHashPhase.Futex,
                _ => BootHashPhase.Network,
            };
            return new BootHashTable(name, phase, Number(line, "entries"), Number(line, "bytes"), line.Groups["where"].Value);
        }).ToArray();

    private static IEnumerable<Match> Matches(Capture capture, Regex pattern) =>
        capture.Log.Lines.Select(line => pattern.Match(line.Text)).Where(match => match.Success);

    private static PhysicalRange Range(Match line) => new(Hex(line, "start"), Hex(line, "end") + 1);

    private static ulong Hex(Match line, string group) => ulong.Parse(line.Groups[group].ValueSpan, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private static ulong Number(Match line, string group) => ulong.Parse(line.Groups[group].ValueSpan, CultureInfo.InvariantCulture);

    private static E820Type TypeOf(string name) => name == "usable" ? E820Type.Usable : E820Type.Reserved;

    private static ZoneType ZoneOf(string name) => Enum.Parse<ZoneType>(name, ignoreCase: true);

    [GeneratedRegex(@"^BIOS-e820: \[mem 0x(?<start>\w+)-0x(?<end>\w+)\] (?<type>usable|reserved)$")]
    private static partial Regex E820();

    [GeneratedRegex(@"^RAMDISK: \[mem 0x(?<start>\w+)-0x(?<end>\w+)\]$")]
    private static partial Regex RamDisk();

    [GeneratedRegex(@"^software IO TLB: mapped \[mem 0x(?<start>\w+)-0x(?<end>\w+)\]")]
    private static partial Regex Swiotlb();

    [GeneratedRegex(@"^  node +(?<node>\d+): \[mem 0x(?<start>\w+)-0x(?<end>\w+)\]$")]
    private static partial Regex NodeMemory();

    [GeneratedRegex(@"^On node (?<node>\d+), zone (?<zone>\w+): (?<pages>\d+) pages in unavailable ranges$")]
    private static partial Regex Unavailable();

    [GeneratedRegex(@"^node (?<node>\d+) deferred pages initialised in (?<ms>\d+)ms$")]
    private static partial Regex Deferred();

    [GeneratedRegex(@"^(?<name>.+) hash table entries: (?<entries>\d+) \(order: \d+, (?<bytes>\d+) bytes, (?<where>[a-z ]+)\)$")]
    private static partial Regex HashTable();

    [GeneratedRegex(@"^Memory: (?<free>\d+)K/\d+K available \(.* (?<reserved>\d+)K reserved,")]
    private static partial Regex Memory();
}
