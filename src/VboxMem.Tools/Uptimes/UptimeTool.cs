// uptime: how long the system is up.
//
// Reads   /proc/uptime, loadavg; stat (btime) where there is no clock.
// Models  procps-ng 4.0.2 and 4.0.4; facts: virtual memory and tools, 7.7.
// Departs 4.0.4's -c (container) is unknown.

using VboxMem.Tools.Formatting;
using VboxMem.Tools.Options;

namespace VboxMem.Tools.Uptimes;

public static class UptimeTool
{
    public const string Name = "uptime";

    private const string Usage =
        """
        Usage: uptime [option]...

          -p --pretty   in words
          -s --since    when the system was booted
             --json     the figures as JSON
          -h --help     this text
          -V --version  the version

        """;

    private static readonly LongOption[] LongOptions =
    [
        new("pretty", OptionArgument.None, 'p'),
        new("help", OptionArgument.None, 'h'),
        new("since", OptionArgument.None, 's'),
        new("version", OptionArgument.None, 'V'),
        new("json", OptionArgument.None, 'J'),
    ];

    /// <summary>Runs uptime. See <see cref="ToolEntry"/>.</summary>
    public static int Run(IReadOnlyList<string> arguments, ToolContext context) =>
        ToolSession.Run(Name, context, () => RunParsed(arguments, context));

    private static int RunParsed(IReadOnlyList<string> arguments, ToolContext context)
    {
        var (isPretty, isJson) = (false, false);
        var parser = new GetOptLong(arguments, "phsV", LongOptions, Usage);
        while (parser.TryNext(out var id))
        {
            switch (id)
            {
                case 'p': isPretty = true; break;
                case 'J': isJson = true; break;
                case 's':
                    context.Out.Write(UptimeReport.Read(context).Since + "\n");
                    return ToolSession.Success;
                case 'V': return ToolSession.PrintVersion(Name, context);
                default: return ToolSession.PrintUsage(context, Usage);
            }
        }

        if (parser.Operands.Count > 0) throw new UsageException("", Usage);
        var report = UptimeReport.Read(context);
        if (isJson) JsonText.WriteLine(context.Out, report, UptimeReport.WriteJson);
        else context.Out.Write((isPretty ? report.Pretty(context.Version) : report.Line(context.Version)) + "\n");
        return ToolSession.Success;
    }
}
