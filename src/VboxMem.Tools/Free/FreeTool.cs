// free: memory and swap at a glance.
//
// Reads   /proc/meminfo.
// Models  procps-ng 4.0.2 and 4.0.4; facts: virtual memory and tools, 7.1.
// Departs every repetition reads meminfo anew, while procps keeps a reading for a second of wall clock; a number
//         that is none, or beyond 64 bits, is an error, where procps shows 0 or something near 2^64; all of the
//         file is read, not its first 8191 bytes.

using VboxMem.FileTree;
using VboxMem.Tools.Formatting;
using VboxMem.Tools.Parsing;

namespace VboxMem.Tools.Free;

public static class FreeTool
{
    public const string Name = "free";

    /// <summary>Runs free. See <see cref="ToolEntry"/>.</summary>
    public static int Run(IReadOnlyList<string> arguments, ToolContext context) =>
        ToolSession.Run(Name, context, () => Run(FreeOptions.Parse(arguments, context.Version), context));

    /// <summary>Reads the model that free prints.</summary>
    /// <exception cref="ToolException">meminfo cannot be read or is malformed.</exception>
    public static FreeReport Read(ToolContext context)
    {
        var meminfo = ToolSession.Load<Meminfo>(context, Meminfo.Path, Meminfo.Parse, errno => errno == Errno.ENOENT
            ? $"Memory information file {Meminfo.Path} does not exist"
            : "Unable to create meminfo structure");
        return new FreeReport(meminfo, MemoryFigures.From(meminfo));
    }

    private static int Run(FreeOptions options, ToolContext context)
    {
        if (options.ShowUsage) return ToolSession.PrintUsage(context, FreeOptions.Usage);
        if (options.ShowVersion) return ToolSession.PrintVersion(Name, context);

        var ticker = options.Repeats && options.Count != 1 ? ToolSession.Ticker(context) : null;
        for (var left = options.Repeats ? options.Count : 1; ; left--)
        {
            Print(Read(context), options, isLast: left == 1, context.Out);
            if (ticker is null || left == 1) return ToolSession.Success;
            if (!options.Json) context.Out.Write('\n');
            context.Out.Flush();
            if (!ticker.TryAdvance(options.Interval)) return ToolSession.Success;
        }
    }

    private static void Print(FreeReport report, FreeOptions options, bool isLast, TextWriter writer)
    {
        if (options.Json)
        {
            JsonText.WriteLine(writer, report, FreeReport.WriteJson);
        }
        else if (options.OneLine)
        {
            FreeText.WriteOneLine(writer, report.Figures, options);
            if (isLast) writer.Write('\n');
        }
        else
        {
            FreeText.Write(writer, report.Figures, options);
        }
    }
}
