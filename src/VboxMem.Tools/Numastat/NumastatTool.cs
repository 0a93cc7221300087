// numastat: where memory lies and where allocations were served, by NUMA node.
//
// Reads   /sys/devices/system/node/node*/numastat and meminfo, /proc/meminfo, and of a process numa_maps, status, cmdline.
// Models  numastat of numactl 2.0.16.
// Departs a line that is no name and number is an error that names its place; lines are never folded to the width of a terminal.

using System.Globalization;
using System.Text.Json;
using VboxMem.FileTree;
using VboxMem.Tools.Formatting;
using VboxMem.Tools.Options;

namespace VboxMem.Tools.Numastat;

public static class NumastatTool
{
    public const string Name = "numastat";

    private const string VersionText = "numastat version: 20130723: Dec 26 2022\n";
    private const string ProcessTitle = "\nPer-node process memory usage (in MBs)";

    /// <summary>Runs numastat. See <see cref="ToolEntry"/>.</summary>
    public static int Run(IReadOnlyList<string> arguments, ToolContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        try
        {
            return Run(NumastatRequest.Parse(arguments), context);
        }
        catch (UsageException wrong)
        {
            context.Error.Write($"{Name}: {wrong.Message}\n{wrong.Usage}");
            return ToolSession.Failure;
        }
        catch (ProcFormatException malformed)
        {
            context.Error.Write($"{Name}: {malformed.Message}\n");
            return ToolSession.Failure;
        }
        catch (ToolException end)
        {
            context.Error.Write($"{end.Message}\n");
            return end.ExitCode;
        }
    }

    private static int Run(NumastatRequest request, ToolContext context)
    {
        if (request.Help)
        {
            context.Error.Write(NumastatRequest.Usage);
            return ToolSession.Failure;
        }

        if (request.Version)
        {
            context.Out.Write(VersionText);
            return ToolSession.Success;
        }

        var model = new NumaModel(context);
        if (request.IsPlain)
        {
            PrintInfo(model, model.ReadNodes("sysfs not mounted or system not NUMA aware"), request, context);
            return ToolSession.Success;
        }

        var nodes = model.ReadNodes($"Couldn't open {NumaModel.NodesPath}");
        var hugePage = model.ReadHugePageSize();
        var pids = PidsOf(model, request, context);
        if (request.Json) return PrintJson(model, nodes, hugePage, pids, context);
        if (pids.Count > 0) PrintProcesses(model, nodes, hugePage, pids, request, context);
        if (request.ShowsMeminfo) PrintMeminfo(model, nodes, hugePage, request, context);
        if (request.ShowsInfo || (pids.Count == 0 && !request.ShowsMeminfo)) PrintInfo(model, nodes, request, context);
        return ToolSession.Success;
    }

    private static SortedSet<int> PidsOf(NumaModel model, NumastatRequest request, ToolContext context)
    {
        var pids = new SortedSet<int>();
        foreach (var process in request.Processes)
        {
            if (int.TryParse(process, NumberStyles.None, CultureInfo.InvariantCulture, out var pid) || process.Length == 0)
            {
                pids.Add(pid);   // no digits at all are process 0
                continue;
            }

            var found = model.Find(process);
            if (found.Count == 0 && !request.Json) context.Out.Write($"Found no processes containing pattern: \"{process}\"\n");
            pids.UnionWith(found);
        }

        return pids;
    }

    private static void PrintProcesses(
        NumaModel model, IReadOnlyList<int> nodes, double hugePage, SortedSet<int> pids, NumastatRequest request, ToolContext context)
    {
        var isEach = request.IsVerbose || pids.Count == 1;
        if (!isEach) context.Out.Write($"{ProcessTitle}\n");
        var together = new NumaTable(nodes, NumaForm.Processes, request);
        var isWhole = true;
        foreach (var pid in pids)
        {
            var process = model.ReadProcess(pid, nodes, hugePage, out var errno);
            var label = string.Create(CultureInfo.InvariantCulture, $"{pid} ({process.Name ?? "(null)"})");
            if (isEach) context.Out.Write($"{ProcessTitle} for PID {label}\n");
            if (errno != Errno.None)
            {
                context.Error.Write(string.Create(CultureInfo.InvariantCulture, $"Can't read /proc/{pid}/numa_maps: {errno.Describe()}\n"));
                isWhole &= model.Exists(pid);
                if (isEach) continue;
            }

            if (isEach)
            {
                var table = new NumaTable(nodes, NumaForm.Process, request);
                table.Rows.AddRange(process.Kinds);
                table.Print(context.Out);
                continue;
            }

            together.Rows.Add(new NumaRow(
                label, [.. nodes.Select((_, node) => process.Kinds.Sum(kind => kind.Cells[node]))], process.Kinds.Sum(static kind => kind.Elsewhere)));
        }

        if (!isEach && isWhole) together.Print(context.Out);
    }

    private static void PrintMeminfo(NumaModel model, IReadOnlyList<int> nodes, double hugePage, NumastatRequest request, ToolContext context)
    {
        context.Out.Write("\nPer-node system memory usage (in MBs):\n");
        PrintFigures(nodes, model.ReadMeminfo, NumaModel.KnownMeminfo, static name => name, NumaForm.Figures, request, context,
            figure => figure.Name.StartsWith("HugePages_", StringComparison.Ordinal) ? figure.Value * hugePage : figure.Value / 1024.0);
    }

    private static void PrintInfo(NumaModel model, IReadOnlyList<int> nodes, NumastatRequest request, ToolContext context)
    {
        if (!request.IsPlain) context.Out.Write("\nPer-node numastat info (in MBs):\n");
        PrintFigures(nodes, model.ReadInfo, NumaModel.KnownInfo, request.IsPlain ? static name => name : Titled,
            request.IsPlain ? NumaForm.Plain : NumaForm.Figures, request, context,
            figure => request.IsPlain ? figure.Value : Math.Min(figure.Value, long.MaxValue) * NumaModel.MegabytesPerPage);
    }

    private static void PrintFigures(
        IReadOnlyList<int> nodes, Func<int, List<NumaFigure>> read, string[] known, Func<string, string> label, NumaForm form,
        NumastatRequest request, ToolContext context, Func<NumaFigure, double> value)
    {
        var cells = known.Select(_ => new double?[nodes.Count]).ToArray();
        for (var node = 0; node < nodes.Count; node++)
        {
            foreach (var figure in read(nodes[node]))
            {
                var row = Array.IndexOf(known, figure.Name);
                if (row < 0) context.Out.Write($"Token {figure.Name} not in hash table.\n");
                else cells[row][node] = value(figure);
            }
        }

        var table = new NumaTable(nodes, form, request);
        for (var row = 0; row < known.Length; row++)
        {
            if (Array.Exists(cells[row], static cell => cell is not null)) table.Rows.Add(new NumaRow(label(known[row]), cells[row]));
        }

        table.Print(context.Out);
    }

    /// <summary>Numa_Hit for numa_hit.</summary>
    private static string Titled(string name) =>
        string.Join('_', name.Split('_').Select(static word => char.ToUpperInvariant(word[0]) + word[1..]));

    private static int PrintJson(NumaModel model, IReadOnlyList<int> nodes, double hugePage, SortedSet<int> pids, ToolContext context)
    {
        var processes = pids.Where(model.Exists).Select(pid => model.ReadProcess(pid, nodes, hugePage, out _)).ToArray();
        var figures = nodes.Select(node => (node, model.ReadInfo(node), model.ReadMeminfo(node))).ToArray();
        JsonText.WriteLine(context.Out, (nodes, figures, processes), static (json, model) =>
        {
            json.WriteStartObject();
            json.WriteStartArray("nodes");
            foreach (var (node, info, meminfo) in model.figures)
            {
                json.WriteStartObject();
                json.WriteNumber("node", node);
                WriteFigures(json, "numastatPages", info);
                WriteFigures(json, "meminfo", meminfo);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteStartArray("processes");
            foreach (var process in model.processes) WriteProcess(json, process, model.nodes);
            json.WriteEndArray();
            json.WriteEndObject();
        });
        return ToolSession.Success;
    }

    private static void WriteFigures(Utf8JsonWriter json, string name, List<NumaFigure> figures)
    {
        json.WriteStartObject(name);
        foreach (var figure in figures) json.WriteNumber(figure.Name, figure.Value);
        json.WriteEndObject();
    }

    private static void WriteProcess(Utf8JsonWriter json, NumaProcess process, IReadOnlyList<int> nodes)
    {
        json.WriteStartObject();
        json.WriteNumber("pid", process.Pid);
        json.WriteString("name", process.Name);
        foreach (var kind in process.Kinds)
        {
            json.WriteStartObject(char.ToLowerInvariant(kind.Label[0]) + kind.Label[1..] + "Megabytes");
            for (var node = 0; node < nodes.Count; node++)
                json.WriteNumber(string.Create(CultureInfo.InvariantCulture, $"node{nodes[node]}"), kind.Cells[node] ?? 0);
            json.WriteNumber("total", kind.Total ?? 0);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }
}
