// The captured reports as files, and as the facts that ours are written from.

using System.Globalization;
using System.Text.RegularExpressions;
using VboxMem.Kernel;
using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Log;
using VboxMem.Kernel.Oom;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Reclaim;
using VboxMem.Testing;

namespace VboxMem.Conformance.Tests.Oom;

internal static partial class CapturedReports
{
    private static readonly string _folder = Path.Combine(SourceTree.Captures, "reports");

    /// <summary>Names of all captured reports, sorted.</summary>
    public static IReadOnlyList<string> Names { get; } =
        Directory.EnumerateFiles(_folder, "*.txt").Select(static file => Path.GetFileNameWithoutExtension(file)).Order(StringComparer.Ordinal).ToArray();

    /// <summary>Those of OOM kills.</summary>
    public static IReadOnlyList<string> OomNames { get; } = Names.Where(static name => !name.StartsWith("frag-", StringComparison.Ordinal)).ToArray();

    public static string Text(string file) => File.ReadAllText(Path.Combine(_folder, file));

    /// <summary>A report's lines without their stamps.</summary>
    public static IReadOnlyList<string> Lines(string name) =>
        Text(name + ".txt").Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => line[(line.IndexOf(']', StringComparison.Ordinal) + 2)..]).ToArray();

    public static LoggedReport Load(string name) => LoggedReport.AllOf(Lines(name)).Single();

    public static OomReportFacts OomFacts(LoggedReport report)
    {
        var request = OomRequest().Match(report.Request);
        var kill = Kill().Match(report.KillLine!);
        return new OomReportFacts
        {
            Gfp = Gfp(request),
            Order = int.Parse(request.Groups["order"].ValueSpan, CultureInfo.InvariantCulture),
            Invoker = Task(report),
            InvokerOomScoreAdj = short.Parse(request.Groups["adj"].ValueSpan, CultureInfo.InvariantCulture),
            Origin = Origin(report),
            Constraint = kill.Groups["constraint"].Value == "MEMORY_POLICY" ? OomConstraint.MemoryPolicy : OomConstraint.None,
            NodeMask = Nodes(kill.Groups["mask"].Value),
            Cpuset = kill.Groups["cpuset"].Value,
            AllowedNodes = Nodes(kill.Groups["allowed"].Value)!,
            Memory = Memory(report),
            UnreclaimableSlabs = [],
            Tasks = report.Tasks.Select(Task).ToArray(),
            Victim = new OomVictim(Victim(report), kill.Groups["cgroup"].Value),
        };
    }

    public static AllocationFailureFacts FailureFacts(LoggedReport report)
    {
        var request = FailureRequest().Match(report.Request);
        return new AllocationFailureFacts
        {
            Gfp = Gfp(request),
            Order = int.Parse(request.Groups["order"].ValueSpan, CultureInfo.InvariantCulture),
            Task = Task(report),
            Origin = Origin(report),
            NodeMask = Nodes(request.Groups["mask"].Value),
            Cpuset = request.Groups["cpuset"].Value,
            AllowedNodes = Nodes(request.Groups["allowed"].Value)!,
            Memory = Memory(report),
        };
    }

    /// <summary>The process as the <c>Killed process</c> line gives it.</summary>
    public static OomTask Victim(LoggedReport report)
    {
        var line = Killed().Match(report.KilledLine!);
        ulong Pages(string group) => ulong.Parse(line.Groups[group].ValueSpan, CultureInfo.InvariantCulture) / 4;

        return new OomTask
        {
            Pid = int.Parse(line.Groups["pid"].ValueSpan, CultureInfo.InvariantCulture),
            ThreadGroup = int.Parse(line.Groups["pid"].ValueSpan, CultureInfo.InvariantCulture),
            Uid = uint.Parse(line.Groups["uid"].ValueSpan, CultureInfo.InvariantCulture),
            Comm = line.Groups["comm"].Value,
            TotalVirtual = Pages("vm"),
            Anon = Pages("anon"),
            File = Pages("file"),
            Shmem = Pages("shmem"),
            PageTableBytes = ulong.Parse(line.Groups["tables"].ValueSpan, CultureInfo.InvariantCulture) * 1024,
            SwapEntries = 0,   // the line does not tell
            OomScoreAdj = short.Parse(line.Groups["adj"].ValueSpan, CultureInfo.InvariantCulture),
        };
    }

    public static OomTask Task(LoggedTask row) => new()
    {
        Pid = row.Pid,
        ThreadGroup = row.ThreadGroup,
        Uid = row.Uid,
        Comm = row.Comm,
        TotalVirtual = row.TotalVirtual,
        Anon = row.Anon,
        File = row.File,
        Shmem = row.Shmem,
        PageTableBytes = row.PageTableBytes,
        SwapEntries = row.SwapEntries,
        OomScoreAdj = row.OomScoreAdj,
    };

    private static GfpFlags Gfp(Match request) =>
        (GfpFlags)uint.Parse(request.Groups["gfp"].ValueSpan, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private static RunningTask Task(LoggedReport report)
    {
        var line = Banner().Match(report.Lines[1]);
        return new RunningTask(
            int.Parse(line.Groups["cpu"].ValueSpan, CultureInfo.InvariantCulture), uint.Parse(line.Groups["uid"].ValueSpan, CultureInfo.InvariantCulture),
            int.Parse(line.Groups["pid"].ValueSpan, CultureInfo.InvariantCulture), line.Groups["comm"].Value, HardwareName.Of(MachineKind.Pc));
    }

    private static AllocationOrigin Origin(LoggedReport report) =>
        report.Lines.Any(static line => line.StartsWith(" do_anonymous_page+", StringComparison.Ordinal)) ? AllocationOrigin.AnonymousFault
        : report.Lines.Any(static line => line.StartsWith(" __pmd_alloc+", StringComparison.Ordinal)) ? AllocationOrigin.ExecPageTable
        : AllocationOrigin.SocketBuffer;

    private static int[]? Nodes(string list)
    {
        if (list == "(null)") return null;

        var ends = list.Split('-').Select(static digits => int.Parse(digits, CultureInfo.InvariantCulture)).ToArray();
        return Enumerable.Range(ends[0], ends[^1] - ends[0] + 1).ToArray();
    }

    private static MemoryReportFacts Memory(LoggedReport report) =>
        new() { Totals = Totals(report.Totals), Nodes = report.Nodes.Select(node => Node(report, node)).ToArray(), Zones = report.Zones.Select(Zone).ToArray() };

    private static MemoryTotals Totals(CapturedCounters totals) => new()
    {
        ActiveAnon = (ulong)totals["active_anon"],
        InactiveAnon = (ulong)totals["inactive_anon"],
        IsolatedAnon = (ulong)totals["isolated_anon"],
        ActiveFile = (ulong)totals["active_file"],
        InactiveFile = (ulong)totals["inactive_file"],
        IsolatedFile = (ulong)totals["isolated_file"],
        Unevictable = (ulong)totals["unevictable"],
        Dirty = (ulong)totals["dirty"],
        Writeback = (ulong)totals["writeback"],
        SlabReclaimable = (ulong)totals["slab_reclaimable"],
        SlabUnreclaimable = (ulong)totals["slab_unreclaimable"],
        Mapped = (ulong)totals["mapped"],
        Shmem = (ulong)totals["shmem"],
        PageTables = (ulong)totals["pagetables"],
        SecondaryPageTables = (ulong)totals["sec_pagetables"],
        Bounce = (ulong)totals["bounce"],
        KernelMiscReclaimable = (ulong)totals["kernel_misc_reclaimable"],
        Free = (ulong)totals["free"],
        FreeCma = (ulong)totals["free_cma"],
        FilePages = (ulong)totals["pagecache"],
        SwapCache = (ulong)totals["swapcache"],
        FreeSwap = (ulong)totals["free_swap"] / 4,
        TotalSwap = (ulong)totals["total_swap"] / 4,
        Present = (ulong)totals["ram"],
        Reserved = (ulong)totals["reserved"],
    };

    private static NodeReport Node(LoggedReport report, LoggedNode node)
    {
        ulong Pages(string name) => (ulong)node.Kilobytes[name] / 4;

        return new NodeReport
        {
            Node = node.Node,
            ActiveAnon = Pages("active_anon"),
            InactiveAnon = Pages("inactive_anon"),
            ActiveFile = Pages("active_file"),
            InactiveFile = Pages("inactive_file"),
            Unevictable = Pages("unevictable"),
            IsolatedAnon = Pages("isolated(anon)"),
            IsolatedFile = Pages("isolated(file)"),
            Mapped = Pages("mapped"),
            Dirty = Pages("dirty"),
            Writeback = Pages("writeback"),
            Shmem = Pages("shmem"),
            ShmemHuge = Pages("shmem_thp"),
            ShmemPmdMapped = Pages("shmem_pmdmapped"),
            AnonHuge = Pages("anon_thp"),
            WritebackTemporary = Pages("writeback_tmp"),
            KernelStackKilobytes = (ulong)node.Kilobytes["kernel_stack"],
            PageTables = Pages("pagetables"),
            SecondaryPageTables = Pages("sec_pagetables"),
            AllUnreclaimable = node.AllUnreclaimable,
            HugePools = report.HugePools.Where(pool => pool.Node == node.Node)
                .Select(static pool => new HugePoolReport(pool.Total, pool.Free, pool.Surplus, pool.Kilobytes)).ToArray(),
        };
    }

    private static ZoneReport Zone(LoggedZone zone)
    {
        ulong Pages(string name) => (ulong)zone.Kilobytes[name] / 4;

        return new ZoneReport
        {
            Node = zone.Node,
            Zone = Enum.Parse<ZoneType>(zone.Name, ignoreCase: true),
            Free = Pages("free"),
            Boost = Pages("boost"),
            Min = Pages("min"),
            Low = Pages("low"),
            High = Pages("high"),
            ReservedHighAtomic = Pages("reserved_highatomic"),
            ActiveAnon = Pages("active_anon"),
            InactiveAnon = Pages("inactive_anon"),
            ActiveFile = Pages("active_file"),
            InactiveFile = Pages("inactive_file"),
            Unevictable = Pages("unevictable"),
            WritePending = Pages("writepending"),
            Present = Pages("present"),
            Managed = Pages("managed"),
            Mlocked = Pages("mlocked"),
            Bounce = Pages("bounce"),
            PerCpu = Pages("free_pcp"),
            LocalPerCpu = Pages("local_pcp"),
            FreeCma = Pages("free_cma"),
            LowmemReserve = zone.LowmemReserve,
            FreeBlocks = zone.FreeBlocks.Select(static blocks => new FreeBlocks(blocks.Count, Types(blocks.Types))).ToArray(),
        };
    }

    private static uint Types(string letters)
    {
        var types = 0U;
        foreach (var letter in letters)
        {
            types |= 1U << (int)(letter switch
            {
                'U' => MigrateType.Unmovable,
                'M' => MigrateType.Movable,
                'E' => MigrateType.Reclaimable,
                'H' => MigrateType.HighAtomic,
                'I' => MigrateType.Isolate,
                _ => throw new FormatException($"free list of type '{letter}'"),
            });
        }

        return types;
    }

    [GeneratedRegex(@" gfp_mask=0x(?<gfp>\w+)\(.*\), order=(?<order>-?\d+), oom_score_adj=(?<adj>-?\d+)$")]
    private static partial Regex OomRequest();

    [GeneratedRegex(@": order:(?<order>\d+), mode:0x(?<gfp>\w+)\(.*\), nodemask=(?<mask>[^,]*),cpuset=(?<cpuset>[^,]*),mems_allowed=(?<allowed>.*)$")]
    private static partial Regex FailureRequest();

    [GeneratedRegex(@"^CPU: (?<cpu>\d+) UID: (?<uid>\d+) PID: (?<pid>\d+) Comm: (?<comm>\S+) ")]
    private static partial Regex Banner();

    [GeneratedRegex(@"^oom-kill:constraint=CONSTRAINT_(?<constraint>\w+),nodemask=(?<mask>[^,]*),cpuset=(?<cpuset>[^,]*),mems_allowed=(?<allowed>[^,]*),global_oom,task_memcg=(?<cgroup>[^,]*),")]
    private static partial Regex Kill();

    [GeneratedRegex(@"Killed process (?<pid>\d+) \((?<comm>.*)\) total-vm:(?<vm>\d+)kB, anon-rss:(?<anon>\d+)kB, file-rss:(?<file>\d+)kB, shmem-rss:(?<shmem>\d+)kB, UID:(?<uid>\d+) pgtables:(?<tables>\d+)kB oom_score_adj:(?<adj>-?\d+)$")]
    private static partial Regex Killed();
}
