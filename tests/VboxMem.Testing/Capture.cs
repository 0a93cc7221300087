// A machine captured from a real kernel (Linux 6.12.107, Debian cloud flavour, in an emulated PC), read into typed figures.
//
// A shape is a folder under Captures: "ram-1g", or "minfree-2048-1g/before" and "minfree-2048-1g/after", where a sysctl was
// written between the two. The kernel log and the machine's description lie one folder up there, and are the same for both.

using System.Globalization;
using System.Text.Json;

namespace VboxMem.Testing;

/// <summary>The machine as it was started: from <c>shape.json</c>.</summary>
public sealed record CapturedMachine(string Name, string Kind, int RamMebibytes, int Cpus, IReadOnlyList<int> NodesMebibytes, string CommandLine);

/// <summary>What was written to one file of <c>/proc/sys/vm</c> between <c>before</c> and <c>after</c>.</summary>
public sealed record CapturedSetting(string Name, string Value);

/// <summary>One node of the machine: its files under <c>/sys/devices/system/node</c> and its statistics in zoneinfo.</summary>
public sealed record CapturedNode(
    int Id, string CpuList, IReadOnlyList<int> Distances, CapturedCounters Meminfo, CapturedCounters Numastat, CapturedCounters Vmstat, CapturedCounters Stats);

/// <summary>A captured machine. Load once per test; reading costs a few milliseconds.</summary>
public sealed class Capture
{
    private readonly string _folder;
    private readonly string _machineFolder;

    private Capture(string shape)
    {
        Shape = shape;
        _folder = Path.Combine(SourceTree.Captures, shape);
        _machineFolder = Path.GetFileName(_folder) is "before" or "after" ? Path.GetDirectoryName(_folder)! : _folder;
        Machine = ReadMachine(File.ReadAllText(Path.Combine(_machineFolder, "shape.json")));
        (Zones, var nodeStats) = ZoneinfoReader.Read(Text("zoneinfo"));
        Meminfo = CapturedCounters.FromMeminfo(Text("meminfo"));
        Vmstat = CapturedCounters.FromNameValueLines(Text("vmstat"));
        Slabs = CapturedSlab.FromSlabinfo(Text("slabinfo"));
        Sysctls = ReadSysctls(Text("sysctl_vm"));
        Log = CapturedLog.FromDmesg(File.ReadAllText(Path.Combine(_machineFolder, "dmesg.txt")));
        Nodes = Enumerable.Range(0, Machine.NodesMebibytes.Count).Select(node => ReadNode(node, nodeStats[node])).ToArray();
        Setting = ReadSetting();
    }

    /// <summary>The shape's name, as given to <see cref="Load"/>.</summary>
    public string Shape { get; }

    public CapturedMachine Machine { get; }

    /// <summary>Every zone of every node, unpopulated ones included, in the order of zoneinfo.</summary>
    public IReadOnlyList<CapturedZone> Zones { get; }

    public IReadOnlyList<CapturedNode> Nodes { get; }

    /// <summary><c>/proc/meminfo</c> in kB (HugePages_ lines are counts).</summary>
    public CapturedCounters Meminfo { get; }

    public CapturedCounters Vmstat { get; }

    /// <summary><c>/proc/slabinfo</c> in file order: newest cache first.</summary>
    public IReadOnlyList<CapturedSlab> Slabs { get; }

    /// <summary>Contents of every file of <c>/proc/sys/vm</c> by name, without the newline.</summary>
    public IReadOnlyDictionary<string, string> Sysctls { get; }

    public CapturedLog Log { get; }

    /// <summary>What was written before this capture was taken; null at boot.</summary>
    public CapturedSetting? Setting { get; }

    /// <summary>Tasks alive: the number after the slash in <c>/proc/loadavg</c> (idle tasks are not counted).</summary>
    public int Tasks => int.Parse(Fields.Of(Text("loadavg"))[3].Split('/')[1], CultureInfo.InvariantCulture);

    /// <summary>Whether the machine is as it booted: no sysctl was written.</summary>
    public bool IsAtBoot => Setting is null;

    /// <summary>Reads a captured machine.</summary>
    /// <param name="shape">A name out of <see cref="Shapes"/>.</param>
    /// <exception cref="DirectoryNotFoundException">There is no such capture.</exception>
    public static Capture Load(string shape) => new(shape);

    /// <summary>The names of all captured shapes, sorted.</summary>
    public static IReadOnlyList<string> Shapes { get; } = FindShapes();

    /// <summary>The zone of that name on a node.</summary>
    /// <exception cref="InvalidOperationException">The node has none.</exception>
    public CapturedZone Zone(int node, string name) => Zones.Single(zone => zone.Node == node && zone.Name == name);

    /// <summary>A sysctl that is one number.</summary>
    public long SysctlNumber(string name) => long.Parse(Sysctls[name], CultureInfo.InvariantCulture);

    /// <summary>A sysctl that is several numbers, such as lowmem_reserve_ratio.</summary>
    public IReadOnlyList<long> SysctlNumbers(string name) =>
        Fields.Of(Sysctls[name]).Select(static digits => long.Parse(digits, CultureInfo.InvariantCulture)).ToArray();

    /// <summary>A captured file as text; the name without its <c>.txt</c>, e.g. <c>buddyinfo</c> or <c>node0_meminfo</c>.</summary>
    public string Text(string file) => File.ReadAllText(Path.Combine(_folder, file + ".txt"));

    /// <summary>A captured file byte for byte.</summary>
    public byte[] Bytes(string file) => File.ReadAllBytes(Path.Combine(_folder, file + ".txt"));

    public override string ToString() => Shape;

    private static string[] FindShapes() =>
        Directory.EnumerateFiles(SourceTree.Captures, "zoneinfo.txt", SearchOption.AllDirectories)
            .Select(static file => Path.GetRelativePath(SourceTree.Captures, Path.GetDirectoryName(file)!).Replace('\\', '/'))
            .Order(StringComparer.Ordinal)
            .ToArray();

    private static CapturedMachine ReadMachine(string json)
    {
        using var document = JsonDocument.Parse(json);
        var root = document.RootElement;
        return new CapturedMachine(
            root.GetProperty("name").GetString()!,
            root.GetProperty("machine").GetString()!,
            root.GetProperty("ram_mib").GetInt32(),
            root.GetProperty("cpus").GetInt32(),
            root.GetProperty("nodes_mib").EnumerateArray().Select(static node => node.GetInt32()).ToArray(),
            root.GetProperty("kernel_command_line").GetString()!);
    }

    private CapturedNode ReadNode(int id, CapturedCounters stats) => new(
        id,
        Text($"node{id}_cpulist").Trim(),
        Fields.Of(Text($"node{id}_distance").Trim()).Select(static digits => int.Parse(digits, CultureInfo.InvariantCulture)).ToArray(),
        CapturedCounters.FromMeminfo(Text($"node{id}_meminfo")),
        CapturedCounters.FromNameValueLines(Text($"node{id}_numastat")),
        CapturedCounters.FromNameValueLines(Text($"node{id}_vmstat")),
        stats);

    private static Dictionary<string, string> ReadSysctls(string text)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = line.IndexOf(" = ", StringComparison.Ordinal);
            values.Add(line["vm.".Length..equals], line[(equals + 3)..]);
        }

        return values;
    }

    // set.txt: vm.NAME <- 'VALUE' rc=0 reads back: VALUE
    private CapturedSetting? ReadSetting()
    {
        var file = Path.Combine(_machineFolder, "set.txt");
        if (Path.GetFileName(_folder) != "after" || !File.Exists(file)) return null;

        var parts = File.ReadAllText(file).Split('\'');
        return new CapturedSetting(parts[0]["vm.".Length..].Replace(" <- ", "", StringComparison.Ordinal), parts[1]);
    }
}
