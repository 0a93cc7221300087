// smem's four tables: processes, mappings, users, the system; what their columns are.
//
// Models  smem 1.5. Its users' vss is their proportional size, as it is there.

using System.Globalization;
using VboxMem.Tools.Parsing;

namespace VboxMem.Tools.Smem;

/// <summary>All areas of a name.</summary>
internal sealed record SmemMapping(string Name)
{
    internal int Areas { get; set; }

    internal HashSet<int> Pids { get; } = [];

    internal SmemSizes Sizes;
}

/// <summary>All processes of a user.</summary>
internal sealed record SmemUser(string Name)
{
    internal int Processes { get; set; }

    internal SmemSizes Sizes;
}

/// <summary>A part of the machine's memory.</summary>
internal sealed record SmemPart(int Order, string Name, SmemValue Used, SmemValue Cache)
{
    internal SmemValue NonCache => new(null, Used.Number - Cache.Number, Used.IsFraction);
}

internal static class SmemViews
{
    internal const string ProcessColumns = "pid user command swap uss pss rss";
    internal const string MappingColumns = "map pids avgpss pss";
    internal const string UserColumns = "user count swap uss pss rss";
    internal const string SystemColumns = "area used cache noncache";

    internal static SmemColumn<SmemProcess>[] Processes(bool numeric) =>
    [
        new("pid", "PID", 5, SmemKind.Rows, static row => Number(row.Pid), "process ID"),
        new("user", "User", -8, SmemKind.Distinct, row => User(UserOf(row, numeric), numeric), "owner of process"),
        new("name", "Name", -24, SmemKind.Text, static row => Text(row.Name), "name of process", IsCut: true),
        new("command", "Command", -27, SmemKind.Text, static row => Text(row.Command), "process command line", IsCut: true),
        new("maps", "Maps", 5, SmemKind.Count, static row => Number(row.Areas.Count), "total number of mappings"),
        new("swap", "Swap", 8, SmemKind.Swap, static row => Number(row.Sizes.Swap), "amount of swap space consumed (ignoring sharing)"),
        new("uss", "USS", 8, SmemKind.Memory, static row => Number(row.Sizes.Unique), "unique set size"),
        new("rss", "RSS", 8, SmemKind.Memory, static row => Number(row.Sizes.Resident), "resident set size (ignoring sharing)"),
        new("pss", "PSS", 8, SmemKind.Memory, static row => Number(row.Sizes.Proportional), "proportional set size (including sharing)"),
        new("vss", "VSS", 8, SmemKind.Memory, static row => Number(row.Sizes.Virtual), "virtual set size (total virtual memory mapped)"),
    ];

    internal static SmemColumn<SmemMapping>[] Mappings { get; } =
    [
        new("map", "Map", -40, SmemKind.Rows, static row => Text(row.Name), "mapping name", IsCut: true),
        new("count", "Count", 5, SmemKind.Count, static row => Number(row.Areas), "number of mappings found"),
        new("pids", "PIDs", 5, SmemKind.Count, static row => Number(row.Pids.Count), "number of PIDs using mapping"),
        new("swap", "Swap", 8, SmemKind.Swap, static row => Number(row.Sizes.Swap), "amount of swap space consumed (ignoring sharing)"),
        new("uss", "USS", 8, SmemKind.Memory, static row => Number(row.Sizes.Unique), "unique set size"),
        new("rss", "RSS", 8, SmemKind.Memory, static row => Number(row.Sizes.Resident), "resident set size (ignoring sharing)"),
        new("pss", "PSS", 8, SmemKind.Memory, static row => Number(row.Sizes.Proportional), "proportional set size (including sharing)"),
        new("vss", "VSS", 8, SmemKind.Memory, static row => Number(row.Sizes.Virtual), "virtual set size (total virtual address space mapped)"),
        new("avgpss", "AVGPSS", 8, SmemKind.Memory, static row => Number(row.Sizes.Proportional / (ulong)row.Pids.Count), "average PSS per PID"),
        new("avguss", "AVGUSS", 8, SmemKind.Memory, static row => Number(row.Sizes.Unique / (ulong)row.Pids.Count), "average USS per PID"),
        new("avgrss", "AVGRSS", 8, SmemKind.Memory, static row => Number(row.Sizes.Resident / (ulong)row.Pids.Count), "average RSS per PID"),
    ];

    internal static SmemColumn<SmemUser>[] Users(bool numeric) =>
    [
        new("user", "User", -8, SmemKind.Text, row => User(row.Name, numeric), "user name or ID"),
        new("count", "Count", 5, SmemKind.Count, static row => Number(row.Processes), "number of processes"),
        new("swap", "Swap", 8, SmemKind.Swap, static row => Number(row.Sizes.Swap), "amount of swapspace consumed (ignoring sharing)"),
        new("uss", "USS", 8, SmemKind.Memory, static row => Number(row.Sizes.Unique), "unique set size"),
        new("rss", "RSS", 8, SmemKind.Memory, static row => Number(row.Sizes.Resident), "resident set size (ignoring sharing)"),
        new("pss", "PSS", 8, SmemKind.Memory, static row => Number(row.Sizes.Proportional), "proportional set size (including sharing)"),
        new("vss", "VSS", 8, SmemKind.Memory, static row => Number(row.Sizes.Proportional), "virtual set size (total virtual memory mapped)"),
    ];

    internal static SmemColumn<SmemPart>[] Parts { get; } =
    [
        new("order", "Order", 1, SmemKind.Text, static row => Number(row.Order), "hierarchical order"),
        new("area", "Area", -24, SmemKind.Text, static row => Text(row.Name), "memory area"),
        new("used", "Used", 10, SmemKind.Memory, static row => row.Used, "area in use"),
        new("cache", "Cache", 10, SmemKind.Memory, static row => row.Cache, "area used as reclaimable cache"),
        new("noncache", "Noncache", 10, SmemKind.Memory, static row => row.NonCache, "area not reclaimable"),
    ];

    internal static string UserOf(SmemProcess process, bool numeric) =>
        numeric ? process.UserId.ToString(CultureInfo.InvariantCulture) : process.User;

    internal static IEnumerable<SmemMapping> MappingsOf(List<SmemProcess> processes)
    {
        var mappings = new Dictionary<string, SmemMapping>(StringComparer.Ordinal);
        foreach (var process in processes)
        {
            foreach (var area in process.Areas)
            {
                if (!mappings.TryGetValue(area.Name, out var mapping)) mappings.Add(area.Name, mapping = new SmemMapping(area.Name));
                mapping.Areas++;
                mapping.Pids.Add(process.Pid);
                mapping.Sizes.Add(area.Sizes);
            }
        }

        return mappings.Values;
    }

    internal static IEnumerable<SmemUser> UsersOf(List<SmemProcess> processes, bool numeric)
    {
        var users = new Dictionary<string, SmemUser>(StringComparer.Ordinal);
        foreach (var process in processes)
        {
            var name = UserOf(process, numeric);
            if (!users.TryGetValue(name, out var user)) users.Add(name, user = new SmemUser(name));
            user.Processes++;
            user.Sizes.Add(process.Sizes);
        }

        return users.Values;
    }

    /// <exception cref="ToolException">meminfo lacks a line.</exception>
    internal static SmemPart[] PartsOf(Meminfo meminfo, double? realMemory)
    {
        var (total, free) = (Line(meminfo, "MemTotal"), Line(meminfo, "MemFree"));
        var mapped = Line(meminfo, "Mapped");
        var programs = Line(meminfo, "AnonPages") + mapped;
        var cache = Line(meminfo, "Buffers") + Line(meminfo, "SReclaimable") + Line(meminfo, "Cached") - mapped;
        var firmware = realMemory > total ? new SmemValue(null, realMemory.Value - total, IsFraction: true) : Number(0);
        return
        [
            new(0, "firmware/hardware", firmware, Number(0)),
            new(1, "kernel image", Number(0), Number(0)),
            new(2, "kernel dynamic memory", Number(total - free - programs), Number(cache)),
            new(3, "userspace memory", Number(programs), Number(mapped)),
            new(4, "free memory", Number(free), Number(free)),
        ];
    }

    private static double Line(Meminfo meminfo, string name) =>
        meminfo.Fields[global::System.Text.Encoding.ASCII.GetBytes(name)] ?? throw new ToolException($"{Meminfo.Path} has no line {name}");

    private static SmemValue User(string user, bool numeric) => numeric ? Number(uint.Parse(user, CultureInfo.InvariantCulture)) : Text(user);

    private static SmemValue Text(string text) => new(text, 0);

    private static SmemValue Number(double number) => new(null, number);
}
