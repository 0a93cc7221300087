// ps: the processes of a moment.
//
// Reads   /proc/PID/stat, status, and what the columns need: cmdline, wchan, cgroup, io, oom_score, smaps_rollup, …; with threads
//         /proc/PID/task/TID. /proc/uptime, stat (btime), meminfo, self, sys/kernel/pid_max; /etc/passwd and group.
// Models  procps-ng 4.0.2 and 4.0.4; facts: virtual memory and tools, 7.5.
// Departs who asks is /proc/self, init on the box and in a dump; a malformed file is an error, where procps shows zeros.

using VboxMem.FileTree;
using VboxMem.Tools.Formatting;
using VboxMem.Tools.Processes;

namespace VboxMem.Tools.Ps;

public static class PsTool
{
    public const string Name = "ps";

    internal const string Usage =
        """
        Usage: ps [option]...

          -A -e        all            -a  with a terminal, no leaders    -d  no session leaders
          a            with a terminal    x  without one, too            r   running ones
          -p -q -C -u -U -g -G -s -t LIST, --pid --ppid --user --User --group --Group --sid --tty LIST
          -N           all the others
          -f -F -l -j -c -M -P -y, u v s l j X    formats
          -o o --format NAME[:WIDTH][=HEADER],...  -O O     columns of your own
          -H f --forest     who comes of whom      -L -T -m m H   threads
          --sort k [+|-]NAME,...                   S --cumulative   with dead children
          -w w --cols N --rows N --headers --no-headers   c e n
          L            lists the names of columns
             --filter QUERY   of those the ones of which it holds: rss > 50MiB and (user = www-data or name ~ leak)
             --json    the processes as JSON
             --help    this text              -V V --version  the version

        """;

    /// <summary>Runs ps. See <see cref="ToolEntry"/>.</summary>
    public static int Run(IReadOnlyList<string> arguments, ToolContext context) =>
        ToolSession.Run(Name, context, () => RunParsed(arguments, context));

    private static int RunParsed(IReadOnlyList<string> arguments, ToolContext context)
    {
        if (arguments.Contains("--help")) return ToolSession.PrintUsage(context, Usage);
        if (arguments is ["-V" or "V" or "--version"]) return ToolSession.PrintVersion(Name, context);
        if (arguments is ["L"]) return PrintSpecifiers(context);

        PsSelf self;
        try
        {
            self = PsSelf.Read(context);
        }
        catch (ToolException none) when (none is not ProcFormatException)
        {
            context.Error.Write($"Error, do this: {none.Message}\n");
            return none.ExitCode;
        }

        var accounts = new Accounts(context.Tree);
        try
        {
            var request = PsCommandLine.Parse(arguments, context, accounts, self);
            return request.Instead switch
            {
                PsInstead.Usage => ToolSession.PrintUsage(context, Usage),
                PsInstead.Version => ToolSession.PrintVersion(Name, context),
                PsInstead.Specifiers => PrintSpecifiers(context),
                _ => Print(request, context, accounts, self),
            };
        }
        catch (PsOptionException wrong)
        {
            context.Error.Write($"error: {wrong.Message}\n\n{Usage}");
            return ToolSession.Failure;
        }
    }

    private static int PrintSpecifiers(ToolContext context)
    {
        foreach (var specifier in PsSpecifiers.All)
        {
            if (specifier.Field == PsField.Nothing) continue;
            context.Out.Left(specifier.Name, 12);
            context.Out.Write(' ');
            context.Out.Left(specifier.Header.Length > 8 ? specifier.Header[..8] : specifier.Header, 8);
            context.Out.Write('\n');
        }

        return ToolSession.Success;
    }

    private static int Print(PsRequest request, ToolContext context, Accounts accounts, PsSelf self)
    {
        if (QuickConflict(request) is { } conflict)
        {
            context.Error.Write(conflict + "\n");
            return ToolSession.Failure;
        }

        var system = new PsSystem(context, accounts, request);
        var processes = PsListing.Read(request, system, self);
        if (processes is null)
        {
            context.Error.Write("fatal library error, reap\n");
            return ToolSession.Failure;
        }

        if (request.Json)
        {
            JsonText.WriteLine(context.Out, processes, PsJson.Write);
            return ToolSession.Success;
        }

        return new PsOutput(request, context.Out).Print(processes);
    }

    /// <summary>Quick selection goes with no other.</summary>
    private static string? QuickConflict(PsRequest request)
    {
        var quick = request.Selectors.FindAll(selector => selector.By == PsSelect.QuickPid).Count;
        return quick == 0 ? null
            : quick > 1 ? "q/-q/--quick-pid can only be used once."
            : request.Selectors.Count > quick ? "q/-q/--quick-pid cannot be combined with other selection options."
            : request.Forest != '\0' ? "q/-q/--quick-pid cannot be used together with forest type listings."
            : request.SortKeys.Count > 0 ? "q/-q,--quick-pid cannot be used together with sort options."
            : request.Negated ? "q/-q/--quick-pid cannot be used together with negation switches."
            : null;
    }
}
