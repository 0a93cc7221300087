using VboxMem.FileTree;
using VboxMem.Tools.Options;
using VboxMem.Tools.Parsing;

namespace VboxMem.Tools;

/// <summary>What every tool does around its own work: version, usage, messages under its name, exit codes.</summary>
internal static class ToolSession
{
    internal const int Success = 0;
    internal const int Failure = 1;

    /// <summary>Runs the tool's body; an ending by exception becomes a message and an exit code.</summary>
    internal static int Run(string tool, ToolContext context, Func<int> body) =>
        Run(tool, context, body, static (tool, wrong) => (wrong.Message.Length > 0 ? $"{tool}: {wrong.Message}\n" : "") + "\n" + wrong.Usage);

    /// <summary>The same for programs that are not of procps and word a wrong command line their own way.</summary>
    /// <param name="tool">Its name.</param>
    /// <param name="context">Its streams.</param>
    /// <param name="body">Its work.</param>
    /// <param name="wordWrongUsage">From the tool's name and the mistake: all that standard error shows.</param>
    internal static int Run(string tool, ToolContext context, Func<int> body, Func<string, UsageException, string> wordWrongUsage)
    {
        ArgumentNullException.ThrowIfNull(context);
        try
        {
            return body();
        }
        catch (UsageException wrong)
        {
            context.Error.Write(wordWrongUsage(tool, wrong));
            return wrong.ExitCode;
        }
        catch (SilentFailureException end)
        {
            return end.ExitCode;
        }
        catch (ToolException end)
        {
            Complain(tool, context, end.Message);
            return end.ExitCode;
        }
    }

    /// <summary>util-linux's answer to a wrong option.</summary>
    internal static string UtilLinuxUsage(string tool, UsageException wrong) =>
        (wrong.Message.Length > 0 ? $"{tool}: {wrong.Message}\n" : "") + $"Try '{tool} --help' for more information.\n";

    internal static void Complain(string tool, ToolContext context, string message) =>
        context.Error.Write($"{tool}: {message}\n");

    internal static int PrintVersion(string tool, ToolContext context)
    {
        context.Out.Write($"{tool} from procps-ng {(context.Version == ProcpsVersion.V4_0_2 ? "4.0.2" : "4.0.4")}\n");
        return Success;
    }

    internal static int PrintUsage(ToolContext context, string usage)
    {
        context.Out.Write('\n');
        context.Out.Write(usage);
        return Success;
    }

    /// <summary>What lets time pass; asked for before the first reading is printed.</summary>
    /// <exception cref="ToolException">The tree stands still.</exception>
    internal static ITicker Ticker(ToolContext context) =>
        context.Ticker ?? throw new ToolException("a later reading needs a live box; this file tree stands still");

    internal static IWallClock Clock(ToolContext context) =>
        context.Clock ?? throw new ToolException("a time stamp needs a live box; this file tree has no clock");

    /// <summary>Reads and parses one file of the tree.</summary>
    /// <param name="context">Whose tree.</param>
    /// <param name="path">The file.</param>
    /// <param name="parse">Its parser.</param>
    /// <param name="failure">procps's message when it cannot use the file; the place of a malformed line is added.</param>
    /// <exception cref="ToolException">The file cannot be read, is empty or malformed.</exception>
    internal static T Load<T>(ToolContext context, string path, ProcParser<T> parse, Func<Errno, string> failure)
    {
        var errno = context.Tree.TryRead(path, out var content);
        if (errno != Errno.None) throw new ToolException(failure(errno));
        if (content.IsEmpty) throw new ToolException(failure(Errno.None));
        try
        {
            return parse(content.Span, path);
        }
        catch (ProcFormatException malformed)
        {
            throw new ToolException($"{failure(Errno.None)}: {malformed.Message}");
        }
    }
}
