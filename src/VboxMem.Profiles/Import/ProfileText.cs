// Writes a profile, an item of a list a line. Of groups and tunables only what is not the default.

using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using VboxMem.Workloads.Scenarios;

namespace VboxMem.Profiles.Import;

internal sealed class ProfileText
{
    private const ulong PageKilobytes = 4;
    private const ulong GiB = 1UL << 30;

    /// <summary>Below this RAM the default initial RAM disk would be more than a profile allows.</summary>
    private const ulong RamForInitrd = 121UL << 20;

    private readonly ImportPlan _plan;
    private readonly StringBuilder _text = new();

    private ProfileText(ImportPlan plan) => _plan = plan;

    public static string Write(ImportPlan plan)
    {
        var text = new ProfileText(plan);
        text.Write();
        return text._text.ToString();
    }

    private ulong Ram => _plan.RamBytes > 0 ? _plan.RamBytes : _plan.Zones.Aggregate(0UL, static (sum, zone) => sum + (zone.Present * PageKilobytes << 10));

    private void Write()
    {
        _text.Append("{\n  \"name\": \"imported\",\n  \"description\": \"A machine as its files showed it: vbox-mem import.\",\n");
        _text.Append("  \"machine\": {\n");
        _text.AppendJoin(",\n", MachineMembers().Select(static member => "    " + member)).Append("\n  }");
        if (_plan.Tunables.Count > 0) Section("vm", _plan.Tunables.Select(static pair => $"{Quoted(pair.Key)}: {NumberOrText(pair.Value)}"));
        if (_plan.HasInit) _text.Append(",\n  \"init\": \"first\"");
        if (_plan.Users.Count > 0) List("users", _plan.Users.Select(static user => string.Create(CultureInfo.InvariantCulture, $"{{ \"name\": {Quoted(user.Name)}, \"uid\": {user.Uid}, \"gid\": {user.Gid} }}")));
        var groups = _plan.Groups.Select(Group).Concat(_plan.Totals.Count > 0 ? [TotalsGroup()] : []).ToArray();
        if (groups.Length > 0) List("groups", groups);
        _text.Append("\n}\n");
    }

    private IEnumerable<string> MachineMembers()
    {
        var machine = _plan.Machine;
        if (_plan.Zones.Count == 0) yield return $"\"ram\": {Quoted(ByteSize.Format(_plan.RamBytes))}";
        if (machine.Nodes.Count > 1) yield return ListOf("nodes", machine.Nodes.Select(Node));
        else yield return string.Create(CultureInfo.InvariantCulture, $"\"cpus\": {machine.Cpus}");
        if (_plan.Zones.Count > 0) yield return ListOf("zones", _plan.Zones.Select(Zone));
        if (Ram < RamForInitrd) yield return "\"initrd\": 0";
        yield return $"\"boot_time\": {Quoted(ValueOf("machine:boot_time", machine.BootTime is { } boot ? TimeOf(boot) : null))}";
        yield return $"\"hostname\": {Quoted(ValueOf("machine:hostname", machine.HostName))}";
        yield return $"\"command_line\": {Quoted(ValueOf("machine:command_line", _plan.CommandLine))}";
        yield return $"\"cpu_model\": {Quoted(ValueOf("machine:cpu_model", machine.CpuModel))}";
        yield return $"\"cpu_mhz\": {ValueOf("machine:cpu_mhz", machine.CpuMegahertz)}";
        if (machine.HasLa57) yield return "\"la57\": true";
        yield return ListOf("disks", [RootDisk(), .. _plan.Swaps.Select(static swap => string.Create(CultureInfo.InvariantCulture, $"{{ \"size\": \"{swap.Mebibytes}MiB\" }}"))]);
        if (_plan.Swaps.Count > 0) yield return ListOf("swap", _plan.Swaps.Select(Swap));
        yield return ListOf("mounts", ["{ \"path\": \"/\", \"disk\": \"vda\" }", "{ \"path\": \"/dev/shm\" }"]);
    }

    /// <summary>Room for all files that may be in memory, and their like.</summary>
    private string RootDisk() => string.Create(CultureInfo.InvariantCulture, $"{{ \"size\": \"{Math.Min(64 * 1024UL, (((Ram * 4) + GiB - 1) / GiB) + 64)}GiB\" }}");

    private static string Swap(PlannedSwap swap, int index)
    {
        var priority = swap.Priority >= 0 ? string.Create(CultureInfo.InvariantCulture, $", \"priority\": {swap.Priority}") : "";
        return $"{{ \"disk\": \"{DeviceKeys.DiskName(index + 1)}\"{priority} }}";
    }

    private string Node(ImportedNode node, int index)
    {
        const ulong step = 4UL << 20;
        var bytes = _plan.Zones.Where(zone => zone.Node == index).Aggregate(0UL, static (sum, zone) => sum + (zone.Present * PageKilobytes << 10));
        var distances = node.Distances.Count > 0 ? $", \"distances\": [{string.Join(", ", node.Distances)}]" : "";
        return string.Create(CultureInfo.InvariantCulture, $"{{ \"ram\": {Quoted(ByteSize.Format((bytes + step - 1) / step * step))}, \"cpus\": {node.Cpus}{distances} }}");
    }

    private string Zone(ImportedZone zone, int index)
    {
        var node = zone.Node > 0 ? string.Create(CultureInfo.InvariantCulture, $"\"node\": {zone.Node}, ") : "";
        var late = _plan.LateFreed[index] > 0 ? string.Create(CultureInfo.InvariantCulture, $", \"late_freed\": {_plan.LateFreed[index]}") : "";
        return string.Create(CultureInfo.InvariantCulture, $"{{ {node}\"zone\": \"{ProfileKeys.Zone.Format(zone.Type)}\", \"start_pfn\": {zone.StartPfn}, \"spanned\": {zone.Spanned}, \"present\": {zone.Present}, \"managed\": {zone.Managed}{late} }}");
    }

    private static string Group(ImportedGroup group)
    {
        var process = group.Process;
        var system = Accounts.FindSystem(process.Uid);
        var members = new List<string> { $"\"name\": {Quoted(group.Name)}", "\"program\": \"process\"" };
        Add(members, "parent", group.Parent);
        if (group.Count > 1) Add(members, "count", (ulong)group.Count);
        if (process.Uid != 0) members.Add($"\"user\": {(system is null ? process.Uid.ToString(CultureInfo.InvariantCulture) : Quoted(system.Name))}");
        if (process.Gid != (system?.Gid ?? process.Uid)) members.Add(string.Create(CultureInfo.InvariantCulture, $"\"gid\": {process.Gid}"));
        Add(members, "nice", process.Nice);
        Add(members, "oom_score_adj", process.OomScoreAdj);
        Add(members, "path", process.Executable);
        Add(members, "comm", process.Comm == group.Name ? "" : process.Comm);
        if (process.Arguments.Count > 0) members.Add($"\"arguments\": [{string.Join(", ", process.Arguments.Select(Quoted))}]");
        if (process.Threads > 1) Add(members, "number", (ulong)process.Threads);
        AddPages(members, "size", process.AnonPages);
        AddPages(members, "inherited", group.InheritedPages);
        AddPages(members, "file", process.FilePages);
        AddPages(members, "shared_file", group.SharedFilePages);
        AddPages(members, "shmem", process.ShmemPages);
        AddPages(members, "shared_shmem", group.SharedShmemPages);
        AddPages(members, "swapped", process.SwapPages);
        return $"{{ {string.Join(", ", members)} }}";
    }

    private string TotalsGroup()
    {
        var members = new List<string> { $"\"name\": \"{GroupBuilder.TotalsName}\"", "\"program\": \"totals\"" };
        foreach (var total in _plan.Totals) AddPages(members, total.Key, total.Pages);
        return $"{{ {string.Join(", ", members)} }}";
    }

    private static void Add(List<string> members, string key, string text)
    {
        if (text.Length > 0) members.Add($"\"{key}\": {Quoted(text)}");
    }

    private static void Add(List<string> members, string key, long number)
    {
        if (number != 0) members.Add(string.Create(CultureInfo.InvariantCulture, $"\"{key}\": {number}"));
    }

    private static void Add(List<string> members, string key, ulong number) => Add(members, key, (long)number);

    private static void AddPages(List<string> members, string key, ulong pages)
    {
        if (pages > 0) members.Add(string.Create(CultureInfo.InvariantCulture, $"\"{key}\": \"{pages * PageKilobytes}KiB\""));
    }

    private static string ListOf(string key, IEnumerable<string> items) => $"\"{key}\": [\n{string.Join(",\n", items.Select(static item => "      " + item))}\n    ]";

    private void List(string key, IEnumerable<string> items) =>
        _text.Append(CultureInfo.InvariantCulture, $",\n  \"{key}\": [\n{string.Join(",\n", items.Select(static item => "    " + item))}\n  ]");

    private void Section(string key, IEnumerable<string> members) =>
        _text.Append(CultureInfo.InvariantCulture, $",\n  \"{key}\": {{\n{string.Join(",\n", members.Select(static member => "    " + member))}\n  }}");

    private static string TimeOf(long seconds) =>
        DateTimeOffset.FromUnixTimeSeconds(Math.Clamp(seconds, 0, 253_402_300_799)).UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);

    /// <summary>What the machine says, as far as a box takes it; else the default: the box says that, and an import of it finds it.</summary>
    private static string ValueOf(string path, string? value)
    {
        var key = ProfileKeys.All.OfType<ScalarKey>().First(key => key.Path == path);
        return (value is { Length: > 0 } ? key.Canonical(value, out _) : null) ?? key.Default!;
    }

    private static string NumberOrText(string value) => value.Length is > 0 and < 20 && value.All(char.IsAsciiDigit) ? value : Quoted(value);

    private static string Quoted(string text) => $"\"{JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\"";
}
