// w: who is logged in. Nobody ever is: users come from utmp or systemd-logind, which a tree has not; so there are the line of uptime
// and the header.
//
// Reads   /proc/uptime, loadavg; stat (btime) where there is no clock.
// Models  procps-ng 4.0.2 and 4.0.4; facts: virtual memory and tools, 7.7.
// Departs 4.0.4's -c (container) and -t (terminal) are unknown.

using VboxMem.FileTree;
using VboxMem.Tools.Formatting;
using VboxMem.Tools.Options;
using VboxMem.Tools.Parsing;
using VboxMem.Tools.Uptimes;

namespace VboxMem.Tools.W;

public static class WTool
{
    public const string Name = "w";

    private const string Usage =
        """
        Usage: w [option]... [user]

          -h --no-header   nothing before the users
          -u --no-current  ignore the current process's user
          -s --short       without login, JCPU and PCPU
          -f --from        with or without the column of hosts
          -o --old-style   old style
          -i --ip-addr     addresses instead of names of hosts
             --json        the figures of the first line as JSON
             --help        this text
          -V --version     the version

        """;

    private static readonly LongOption[] LongOptions =
    [
        new("no-header", OptionArgument.None, 'h'),
        new("no-current", OptionArgument.None, 'u'),
        new("short", OptionArgument.None, 's'),
        new("from", OptionArgument.None, 'f'),
        new("old-style", OptionArgument.None, 'o'),
        new("ip-addr", OptionArgument.None, 'i'),
        new("help", OptionArgument.None, 'H'),
        new("version", OptionArgument.None, 'V'),
        new("json", OptionArgument.None, 'J'),
    ];

    /// <summary>Runs w. See <see cref="ToolEntry"/>.</summary>
    public static int Run(IReadOnlyList<string> arguments, ToolContext context) =>
        ToolSession.Run(Name, context, () => RunParsed(arguments, context));

    private static int RunParsed(IReadOnlyList<string> arguments, ToolContext context)
    {
        var (hasHeader, isShort, hasFrom, isJson) = (true, false, true, false);
        var parser = new GetOptLong(arguments, "husfoVi", LongOptions, Usage);
        while (parser.TryNext(out var id))
        {
            switch (id)
            {
                case 'h': hasHeader = false; break;
                case 's': isShort = true; break;
                case 'f': hasFrom = !hasFrom; break;
                case 'J': isJson = true; break;
                case 'V': return ToolSession.PrintVersion(Name, context);
                case 'H': return ToolSession.PrintUsage(context, Usage);
                default: break;   // changes only lines of users
            }
        }

        if (isJson) JsonText.WriteLine(context.Out, UptimeReport.Read(context), UptimeReport.WriteJson);
        else if (hasHeader) WriteHeader(context, isShort, hasFrom);
        return ToolSession.Success;
    }

    private static void WriteHeader(ToolContext context, bool isShort, bool hasFrom)
    {
        // Without uptime the first line is empty, as in procps.
        var hasUptime = context.Tree.TryRead(Uptime.Path, out var content) == Errno.None && !content.IsEmpty;
        if (hasUptime) context.Out.Write(UptimeReport.Read(context).Line(context.Version));
        context.Out.Write("\nUSER     TTY      ");
        context.Out.Write(hasFrom ? "FROM           " : "");
        context.Out.Write(isShort ? "   IDLE WHAT\n" : "  LOGIN@   IDLE   JCPU   PCPU WHAT\n");
    }
}
