// pmap: the areas of a process's memory.
//
// Reads   /proc/PID/stat, status, cmdline; maps, or smaps with -x and -X.
// Models  procps-ng 4.0.2 and 4.0.4; facts: virtual memory and tools, 7.6.
// Departs the options that read and write a configuration file (-c -C -n -N) are unknown; a malformed line is an error.

using VboxMem.Tools.Formatting;
using VboxMem.Tools.Processes;

namespace VboxMem.Tools.Pmap;

public static class PmapTool
{
    public const string Name = "pmap";

    private const int SomeNotFound = 42;

    /// <summary>Runs pmap. See <see cref="ToolEntry"/>.</summary>
    public static int Run(IReadOnlyList<string> arguments, ToolContext context) =>
        ToolSession.Run(Name, context, () =>
            Run(PmapOptions.Parse(arguments, warning => ToolSession.Complain(Name, context, warning)), context));

    private static int Run(PmapOptions options, ToolContext context)
    {
        if (options.Immediate == 'h') return ToolSession.PrintUsage(context, PmapOptions.Usage);
        if (options.Immediate == 'V') return ToolSession.PrintVersion(Name, context);

        var code = ToolSession.Success;
        var found = 0;
        var reader = new ProcessReader(context.Tree);
        var details = new PmapDetails(options, context.Out, context.Version);
        foreach (var pid in options.Pids)
        {
            if (reader.TryRead(pid, ProcessFiles.Stat | ProcessFiles.Status | ProcessFiles.CommandLine) is not { } process) continue;
            found++;
            code |= Print(process, options, details, context);
        }

        return found < options.Pids.Count ? code | SomeNotFound : code;
    }

    private static int Print(ProcessRecord process, PmapOptions options, PmapDetails details, ToolContext context)
    {
        var report = Read(process, options, context, out var path);
        if (options.Json)
        {
            JsonText.WriteLine(context.Out, report, PmapReport.WriteJson);
            return report.Areas is null ? ToolSession.Failure : ToolSession.Success;
        }

        context.Out.Write($"{report.Pid}:   {report.CommandLine}\n");
        if (report.Areas is null) return ToolSession.Failure;
        if (options.Detailed > 0) details.Write(report, path);
        else new PmapText(options, context).Write(report);
        return ToolSession.Success;
    }

    private static PmapReport Read(ProcessRecord process, PmapOptions options, ToolContext context, out string path)
    {
        var wantsSizes = options.Extended || options.Detailed > 0 || options.Json;
        path = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"/proc/{process.Tgid}/{(wantsSizes ? "smaps" : "maps")}");
        var canRead = context.Tree.TryRead(path, out var content) == FileTree.Errno.None;
        return new PmapReport(process.Tgid, ProcessText.CommandLine(process, context.IsUtf8), process.Stat.StartStack,
            canRead ? MapArea.Parse(content, path) : null);
    }
}
