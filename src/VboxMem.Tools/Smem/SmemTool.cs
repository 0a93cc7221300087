// smem: memory by process, mapping, user, and of the whole system, with shared pages divided among those who share them.
//
// Reads   /proc/meminfo, and of each process cmdline, smaps, stat; the owner of its directory, /etc/passwd.
// Models  smem 1.5.
// Departs a malformed smaps is an error that names it, where smem passes over the process or falls over; see also SmemRequest.

using System.Text.Json;
using VboxMem.FileTree;
using VboxMem.Tools.Formatting;
using VboxMem.Tools.Options;
using VboxMem.Tools.Parsing;

namespace VboxMem.Tools.Smem;

public static class SmemTool
{
    public const string Name = "smem";

    private const int WrongOption = 2;

    /// <summary>Runs smem. See <see cref="ToolEntry"/>.</summary>
    public static int Run(IReadOnlyList<string> arguments, ToolContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        try
        {
            return Run(SmemRequest.Parse(arguments), context);
        }
        catch (PythonOptionException wrong)
        {
            context.Error.Write(wrong.Message);
            return WrongOption;
        }
        catch (ToolException end)
        {
            context.Error.Write(end.ExitCode == ToolSession.Failure ? $"{Name}: {end.Message}\n" : $"{end.Message}\n");
            return end.ExitCode;
        }
    }

    private static int Run(SmemRequest request, ToolContext context)
    {
        if (request.Help)
        {
            context.Out.Write(SmemRequest.Usage);
            return ToolSession.Success;
        }

        var reading = new SmemReading(context.Tree, request);
        if (!reading.HasProc) return ToolSession.Success;
        if (request.Json) return PrintJson(reading, request, context);

        var totals = request.Percent ? TotalsOf(ReadMeminfo(reading, context), request) : default;
        if (request.ByMapping) return Table(SmemViews.Mappings)
            .Print(SmemViews.MappingsOf(reading.Read()), SmemViews.MappingColumns, "pss");
        if (request.ByUser) return Table(SmemViews.Users(request.Numeric))
            .Print(SmemViews.UsersOf(reading.Read(), request.Numeric), SmemViews.UserColumns, "pss");
        if (request.System) return Table(SmemViews.Parts)
            .Print(SmemViews.PartsOf(ReadMeminfo(reading, context), request.RealMemory), SmemViews.SystemColumns, "order");
        return Table(SmemViews.Processes(request.Numeric))
            .Print(reading.Read(), SmemViews.ProcessColumns, "pss");

        SmemTable<T> Table<T>(SmemColumn<T>[] columns) => new(columns, request, totals, context.Out);
    }

    private static Meminfo ReadMeminfo(SmemReading reading, ToolContext context) => ToolSession.Load<Meminfo>(
        context, reading.MeminfoPath, Meminfo.Parse, errno => $"cannot read {reading.MeminfoPath}{(errno == Errno.None ? "" : ": " + errno.Describe())}");

    private static SmemTotals TotalsOf(Meminfo meminfo, SmemRequest request) =>
        new(request.RealMemory ?? meminfo.MemTotal ?? 0, meminfo.SwapTotal ?? 0);

    private static int PrintJson(SmemReading reading, SmemRequest request, ToolContext context)
    {
        JsonText.WriteLine(context.Out, (reading.Read(), ReadMeminfo(reading, context), request), static (json, model) =>
        {
            var (processes, meminfo, request) = model;
            json.WriteStartObject();
            json.WriteNumber("memoryKilobytes", request.RealMemory ?? meminfo.MemTotal ?? 0);
            json.WriteNumber("swapKilobytes", meminfo.SwapTotal ?? 0);
            json.WriteStartArray("processes");
            foreach (var process in processes) WriteProcess(json, process);
            json.WriteEndArray();
            json.WriteStartArray("mappings");
            foreach (var mapping in SmemViews.MappingsOf(processes)) WriteMapping(json, mapping);
            json.WriteEndArray();
            json.WriteEndObject();
        });
        return ToolSession.Success;
    }

    private static void WriteProcess(Utf8JsonWriter json, SmemProcess process)
    {
        json.WriteStartObject();
        json.WriteNumber("pid", process.Pid);
        json.WriteNumber("userId", process.UserId);
        json.WriteString("user", process.User);
        json.WriteString("name", process.Name);
        json.WriteString("command", process.Command);
        json.WriteNumber("mappings", process.Areas.Count);
        WriteSizes(json, process.Sizes);
        json.WriteEndObject();
    }

    private static void WriteMapping(Utf8JsonWriter json, SmemMapping mapping)
    {
        json.WriteStartObject();
        json.WriteString("name", mapping.Name);
        json.WriteNumber("count", mapping.Areas);
        json.WriteNumber("processes", mapping.Pids.Count);
        WriteSizes(json, mapping.Sizes);
        json.WriteEndObject();
    }

    private static void WriteSizes(Utf8JsonWriter json, in SmemSizes sizes)
    {
        json.WriteNumber("virtualKilobytes", sizes.Virtual);
        json.WriteNumber("residentKilobytes", sizes.Resident);
        json.WriteNumber("proportionalKilobytes", sizes.Proportional);
        json.WriteNumber("uniqueKilobytes", sizes.Unique);
        json.WriteNumber("swapKilobytes", sizes.Swap);
    }
}
