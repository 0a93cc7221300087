// top -b: the system at a glance, and its tasks, frame after frame.
//
// Reads   /proc/stat, meminfo, uptime, loadavg, sys/kernel/pid_max and osrelease, /etc/passwd, and of each task stat and statm (with -c cmdline).
// Models  procps-ng 4.0.2 and 4.0.4; facts: virtual memory and tools, 7.4.
// Departs no interactive display, and no configuration file. A tree that stands still gives one frame after the other of the same.

using System.Text;
using System.Text.Json;
using VboxMem.FileTree;
using VboxMem.Tools.Formatting;
using VboxMem.Tools.Processes;

namespace VboxMem.Tools.Top;

public static class TopTool
{
    public const string Name = "top";

    private const int ShortestPidWidth = 5;

    private static readonly Version _firstWithSteal = new(2, 6, 11);

    /// <summary>What top lets pass between the two readings of its first frame.</summary>
    private static readonly TimeSpan _beforeFirstFrame = TimeSpan.FromMilliseconds(150);

    /// <summary>Runs top. See <see cref="ToolEntry"/>.</summary>
    public static int Run(IReadOnlyList<string> arguments, ToolContext context) =>
        ToolSession.Run(Name, context, () => Answer(arguments, context));

    private static int Answer(IReadOnlyList<string> arguments, ToolContext context)
    {
        var request = TopRequest.Parse(arguments, context.Tree);
        if (request.WrongOption is not null) ToolSession.Complain(Name, context, request.WrongOption);
        var code = request.WrongOption is null ? Run(request, context) : ToolSession.Success;   // no failure to top
        if (request.IsBatch && (request.Immediate != default || request.WrongOption is not null)) context.Out.Write('\n');
        return code;
    }

    private static int Run(TopRequest request, ToolContext context)
    {
        switch (request.Immediate)
        {
            case 'h':
                return ToolSession.PrintUsage(context, TopRequest.Usage);
            case 'V':
                return ToolSession.PrintVersion(Name, context);
            case 'O':
                foreach (var key in TopSortKey.All) context.Out.Write($"{key.Name}\n");
                return ToolSession.Success;
            default:
                break;
        }

        if (!request.IsBatch) throw new ToolException("options of top's go with -b, which prints; the screen is vbox-mem top without them");
        PrintFrames(request, context);
        return ToolSession.Success;
    }

    private static void PrintFrames(TopRequest request, ToolContext context)
    {
        var reading = new TopReading(context, request);
        var text = new TopText(context.Out, request, context.Version, PidWidth(context.Tree), CountsSteal(context.Tree), context.IsUtf8);
        reading.Prime();
        if (context.Ticker?.TryAdvance(_beforeFirstFrame) == false) return;
        for (var left = request.Iterations; ; left--)
        {
            var frame = reading.Read();
            var shown = Shown(frame.Tasks, request);
            if (request.Json) JsonText.WriteLine(context.Out, (frame, shown), WriteJson);
            else text.Write(frame, shown);
            if (left == 1) return;
            context.Out.Flush();
            if (!ToolSession.Ticker(context).TryAdvance(request.Delay)) return;
            if (!request.Json) context.Out.Write('\n');
        }
    }

    /// <summary>The tasks that are asked for, in the order asked for; equal ones as /proc lists them.</summary>
    private static List<TopTask> Shown(IReadOnlyList<TopTask> tasks, TopRequest request)
    {
        var shown = new List<TopTask>(tasks.Count);
        foreach (var task in tasks)
        {
            if (request.User?.Matches(task.Record) == false) continue;
            if (request.HidesIdle && task.DeltaTicks == 0) continue;
            shown.Add(task);
        }

        var compare = (request is { ShowsCommandLines: true, SortKey.Name: "COMMAND" } ? TopSortKey.CommandLine : request.SortKey).Compare;
        return [.. shown.Order(Comparer<TopTask>.Create((left, right) => request.IsAscending ? compare(left, right) : compare(right, left)))];
    }

    /// <summary>As wide as pid_max.</summary>
    private static int PidWidth(IFileTree tree)
    {
        if (tree.TryRead("/proc/sys/kernel/pid_max", out var content) != Errno.None) return ShortestPidWidth;
        var text = Encoding.ASCII.GetString(content.Span).Trim();
        return int.TryParse(text, out var most) && most > 0
            ? Math.Max(most.ToString(System.Globalization.CultureInfo.InvariantCulture).Length, ShortestPidWidth)
            : ShortestPidWidth;
    }

    /// <summary>Linux from 2.6.11 on.</summary>
    private static bool CountsSteal(IFileTree tree)
    {
        if (tree.TryRead("/proc/sys/kernel/osrelease", out var content) != Errno.None) return false;
        var text = Encoding.ASCII.GetString(content.Span);
        var length = 0;
        while (length < text.Length && (char.IsAsciiDigit(text[length]) || text[length] == '.')) length++;
        return Version.TryParse(text[..length].Trim('.'), out var release) && release >= _firstWithSteal;
    }

    private static void WriteJson(Utf8JsonWriter json, (TopFrame Frame, List<TopTask> Shown) model)
    {
        var (frame, shown) = model;
        json.WriteStartObject();
        json.WriteNumber("uptimeSeconds", frame.Uptime.Centiseconds / 100m);
        json.WriteStartObject("tasks");
        json.WriteNumber("total", frame.Counts.Total);
        json.WriteNumber("running", frame.Counts.Running);
        json.WriteNumber("sleeping", frame.Counts.Sleeping);
        json.WriteNumber("stopped", frame.Counts.Stopped);
        json.WriteNumber("zombie", frame.Counts.Zombie);
        json.WriteEndObject();
        WriteShares(json, "cpuPercent", frame.Cpu);
        json.WriteStartObject("cpuPercentByCpu");
        foreach (var (cpu, shares) in frame.Cpus) WriteShares(json, cpu.ToString(System.Globalization.CultureInfo.InvariantCulture), shares);
        json.WriteEndObject();
        json.WriteStartArray("processes");
        foreach (var task in shown) WriteJson(json, task);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteShares(Utf8JsonWriter json, string name, in CpuPercents shares)
    {
        json.WriteStartObject(name);
        json.WriteNumber("user", shares.User);
        json.WriteNumber("system", shares.System);
        json.WriteNumber("nice", shares.Nice);
        json.WriteNumber("idle", shares.Idle);
        json.WriteNumber("iowait", shares.IoWait);
        json.WriteNumber("irq", shares.Irq);
        json.WriteNumber("softirq", shares.SoftIrq);
        json.WriteNumber("steal", shares.Steal);
        json.WriteEndObject();
    }

    /// <summary>A share of nothing is none.</summary>
    private static void WriteShare(Utf8JsonWriter json, string name, float percent)
    {
        if (float.IsFinite(percent)) json.WriteNumber(name, percent);
        else json.WriteNull(name);
    }

    private static void WriteJson(Utf8JsonWriter json, TopTask task)
    {
        json.WriteStartObject();
        json.WriteNumber("pid", task.Record.Pid);
        json.WriteString("user", task.User);
        json.WriteNumber("priority", task.Record.Stat.Priority);
        json.WriteNumber("nice", task.Record.Stat.Nice);
        json.WriteNumber("virtualKilobytes", task.VirtualKilobytes);
        json.WriteNumber("residentKilobytes", task.ResidentKilobytes);
        json.WriteNumber("sharedKilobytes", task.SharedKilobytes);
        json.WriteString("state", ((char)task.Record.State).ToString());
        WriteShare(json, "cpuPercent", task.CpuPercent);
        WriteShare(json, "memoryPercent", task.MemoryPercent);
        json.WriteNumber("cpuSeconds", task.Ticks / 100m);
        json.WriteString("command", ProcessText.CommandLine(task.Record, isUtf8: true));
        json.WriteEndObject();
    }
}
