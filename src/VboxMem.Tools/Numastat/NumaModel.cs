// What numastat reads: counters and sizes of every node, and of a process the pages on each node, by kind of area.
//
// Units   numastat counts pages, meminfo kB and huge pages, numa_maps pages of 4 KiB or huge ones; all are turned into megabytes of 2^20.
// Models  numastat of numactl 2.0.16: which figures it knows, in which order; areas are told apart by the words huge, heap and stack.
// Departs a node that numa_maps names but sysfs does not is counted in the sum only; the real program may fall over.

using System.Globalization;
using System.Text;
using VboxMem.FileTree;
using VboxMem.Tools.Parsing;

namespace VboxMem.Tools.Numastat;

/// <summary>A figure of a node by its name in the file.</summary>
internal readonly record struct NumaFigure(string Name, ulong Value);

/// <summary>Pages of a process, in megabytes.</summary>
internal sealed record NumaProcess(int Pid, string? Name, IReadOnlyList<NumaRow> Kinds);

internal sealed class NumaModel(ToolContext context)
{
    internal const string NodesPath = "/sys/devices/system/node";
    private const double BytesPerMegabyte = 1048576;
    private const double BytesPerPage = 4096;
    internal const double MegabytesPerPage = BytesPerPage / BytesPerMegabyte;
    private const string PageSizeName = "Hugepagesize";

    /// <summary>The figures that numastat knows, in its order.</summary>
    internal static readonly string[] KnownInfo = ["numa_hit", "numa_miss", "numa_foreign", "interleave_hit", "local_node", "other_node"];

    internal static readonly string[] KnownMeminfo =
    [
        "MemTotal", "MemFree", "MemUsed", "HighTotal", "HighFree", "LowTotal", "LowFree", "Active", "Inactive", "Active(anon)", "Inactive(anon)", "Active(file)",
        "Inactive(file)", "Unevictable", "Mlocked", "Dirty", "Writeback", "FilePages", "Mapped", "AnonPages", "Shmem", "KernelStack", "PageTables", "NFS_Unstable",
        "Bounce", "WritebackTmp", "Slab", "SReclaimable", "SUnreclaim", "AnonHugePages", "ShmemHugePages", "ShmemPmdMapped", "HugePages_Total", "HugePages_Free",
        "HugePages_Surp", "KReclaimable",
    ];

    private static readonly string[] _kinds = ["Huge", "Heap", "Stack", "Private"];

    /// <summary>Node numbers, ascending.</summary>
    /// <exception cref="ToolException">There are no nodes to be seen.</exception>
    internal IReadOnlyList<int> ReadNodes(string failure)
    {
        var errno = context.Tree.TryList(NodesPath, out var names);
        if (errno != Errno.None) throw new ToolException($"{failure}: {errno.Describe()}");
        var nodes = new List<int>();
        foreach (var name in names)
        {
            if (name.StartsWith("node", StringComparison.Ordinal) && int.TryParse(name.AsSpan(4), NumberStyles.None, CultureInfo.InvariantCulture, out var node)) nodes.Add(node);
        }

        nodes.Sort();
        return nodes;
    }

    /// <summary>Megabytes of a huge page, from /proc/meminfo.</summary>
    internal double ReadHugePageSize()
    {
        var meminfo = Load<Meminfo>(Meminfo.Path, Meminfo.Parse, "Can't open");
        return (meminfo.Fields[Encoding.ASCII.GetBytes(PageSizeName)] ?? 2048) * 1024 / BytesPerMegabyte;
    }

    internal List<NumaFigure> ReadInfo(int node) => Load(
        string.Create(CultureInfo.InvariantCulture, $"{NodesPath}/node{node}/numastat"), static (text, path) => ParseFigures(text, path, isMeminfo: false), "cannot open");

    internal List<NumaFigure> ReadMeminfo(int node) => Load(
        string.Create(CultureInfo.InvariantCulture, $"{NodesPath}/node{node}/meminfo"), static (text, path) => ParseFigures(text, path, isMeminfo: true), "cannot open");

    private T Load<T>(string path, ProcParser<T> parse, string failure)
    {
        var errno = context.Tree.TryRead(path, out var content);
        return errno == Errno.None ? parse(content.Span, path) : throw new ToolException($"{failure} {path}: {errno.Describe()}");
    }

    /// <summary>Lines <c>numa_hit 5</c>, or <c>Node 0 MemFree: 5 kB</c>.</summary>
    internal static List<NumaFigure> ParseFigures(ReadOnlySpan<byte> text, string path, bool isMeminfo)
    {
        var figures = new List<NumaFigure>();
        var reader = new LineReader(text, path);
        while (reader.TryNextLine())
        {
            if (isMeminfo)
            {
                reader.Skip("Node"u8);
                reader.TakeNumber("the node");
            }

            reader.TryTakeField(out var field);
            var name = Encoding.UTF8.GetString(field.TrimEnd((byte)':'));
            figures.Add(new NumaFigure(name, reader.TakeNumber(field)));
        }

        return figures;
    }

    /// <summary>Nothing is known of a process whose numa_maps cannot be read; then there is an errno.</summary>
    internal NumaProcess ReadProcess(int pid, IReadOnlyList<int> nodes, double hugePage, out Errno errno)
    {
        var path = string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/numa_maps");
        errno = context.Tree.TryRead(path, out var content);
        return new NumaProcess(pid, NameOf(pid), ParseMaps(errno == Errno.None ? content.Span : default, path, nodes, hugePage));
    }

    internal bool Exists(int pid) => context.Tree.TryStat(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}"), out _) == Errno.None;

    internal static List<NumaRow> ParseMaps(ReadOnlySpan<byte> text, string path, IReadOnlyList<int> nodes, double hugePage)
    {
        var pages = new double[_kinds.Length, nodes.Count + 1];
        var reader = new LineReader(text, path);
        while (reader.TryNextLine()) TakeArea(ref reader, pages, nodes, hugePage);
        var rows = new List<NumaRow>();
        for (var kind = 0; kind < _kinds.Length; kind++)
            rows.Add(new NumaRow(_kinds[kind], [.. nodes.Select((_, node) => (double?)pages[kind, node])], pages[kind, nodes.Count]));
        return rows;
    }

    /// <summary>Address, policy, then words: kinds, counts, and <c>N1=5</c> for five pages on node 1.</summary>
    private static void TakeArea(ref LineReader reader, double[,] pages, IReadOnlyList<int> nodes, double hugePage)
    {
        reader.TryTakeField(out _);
        if (!reader.TryTakeField(out _)) throw reader.Malformed("the line ends before the policy");
        var kind = _kinds.Length - 1;
        while (reader.TryTakeField(out var word))
        {
            if (word.StartsWith("huge"u8)) kind = 0;
            else if (word.StartsWith("heap"u8)) kind = 1;
            else if (word.StartsWith("stack"u8)) kind = 2;
            if (word[0] != 'N' || word.IndexOf((byte)'=') is not (> 1 and var equals)) continue;
            var node = reader.Number(word[1..equals], "the node");
            var count = reader.Number(word[(equals + 1)..], "the number of pages");
            var place = nodes.Count;
            for (var i = 0; i < nodes.Count; i++)
            {
                if ((ulong)nodes[i] == node) place = i;
            }

            pages[kind, place] += count * (kind == 0 ? hugePage : MegabytesPerPage);
        }
    }

    private string? NameOf(int pid)
    {
        if (context.Tree.TryRead(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/status"), out var content) != Errno.None) return null;
        var line = content.Span;
        var end = line.IndexOf((byte)'\n');
        if (end >= 0) line = line[..end];
        return line.StartsWith("Name:\t"u8) ? Encoding.UTF8.GetString(line["Name:\t"u8.Length..]) : null;
    }

    /// <summary>Processes whose name or command line, its arguments joined by blanks, has the pattern.</summary>
    internal List<int> Find(string pattern)
    {
        var found = new List<int>();
        if (context.Tree.TryList("/proc", out var names) != Errno.None) return found;
        foreach (var name in names)
        {
            if (!int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var pid)) continue;
            var isNamed = NameOf(pid)?.Contains(pattern, StringComparison.Ordinal) == true;
            if (isNamed || CommandLineOf(pid).Contains(pattern, StringComparison.Ordinal)) found.Add(pid);
        }

        return found;
    }

    private string CommandLineOf(int pid) =>
        context.Tree.TryRead(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/cmdline"), out var content) == Errno.None
            ? Encoding.UTF8.GetString(content.Span).Replace('\0', ' ') : "";
}
