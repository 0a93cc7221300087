using VboxMem.FileTree;
using VboxMem.Tools;

namespace VboxMem.Cli;

/// <summary>
/// Runs a tool on a directory (<c>--root DIR</c>) or on a box (<c>--profile NAME</c>). These options are ours; all others are
/// the tool's own, in its own grammar.
/// </summary>
internal static class ToolCommand
{
    private const string Usage = """
        which box? Give one of
          --root DIR       read a dump, a capture, or the host itself (/)
          --profile NAME   boot this profile and read the box
        and, if need be,
          --procps 4.0.2   behave as Debian 12's procps, known bugs included (default 4.0.4)
        """;

    /// <summary>procps's own code for output that cannot be written.</summary>
    private const int ToolCannotWrite = 1;

    public static int Run(string name, ToolEntry tool, ReadOnlySpan<string> arguments)
    {
        try
        {
            using var output = StandardOutput.Text(1 << 16);
            return Run(name, tool, arguments, output);
        }
        catch (StandardOutputException error)
        {
            return StandardOutput.Report(name, error, ToolCannotWrite);
        }
    }

    private static int Run(string name, ToolEntry tool, ReadOnlySpan<string> arguments, StreamWriter output)
    {
        var own = new List<string>();
        string? root = null, profile = null;
        var version = ProcpsVersion.V4_0_4;
        for (var i = 0; i < arguments.Length; i++)
        {
            if (TryTake("--root", arguments, ref i, ref root) || TryTake("--profile", arguments, ref i, ref profile))
            {
                continue;
            }

            string? asked = null;
            if (!TryTake("--procps", arguments, ref i, ref asked))
            {
                own.Add(arguments[i]);
            }
            else if (asked is "4.0.2" or "4.0.4")
            {
                version = asked == "4.0.2" ? ProcpsVersion.V4_0_2 : ProcpsVersion.V4_0_4;
            }
            else
            {
                return Complain(name, $"--procps {asked}: allowed are 4.0.2 and 4.0.4");
            }
        }

        var wantsNoTree = own.Contains("--help") || own.Contains("-V") || own.Contains("--version");
        if (root is not null && profile is not null)
        {
            return Complain(name, "--root and --profile exclude each other");
        }

        if (profile is not null)
        {
            return LiveToolCommand.Run(name, tool, own, profile, version, output);
        }

        if (root is null && !wantsNoTree)
        {
            return Complain(name, Usage);
        }

        if (root is not null && !Directory.Exists(root))
        {
            return Complain(name, $"--root {root}: no such directory");
        }

        return tool(own, new ToolContext
        {
            Tree = new DirectoryTree(root ?? "/"),
            Out = output,
            Error = Console.Error,
            Version = version,
            ScreenColumns = ScreenColumns,
            Ticker = Path.GetFullPath(root ?? "/") == "/" ? new HostTime() : null,
        });
    }

    /// <summary>Null when the output is no terminal: then lines are not cut.</summary>
    internal static int? ScreenColumns => Console.IsOutputRedirected || Console.WindowWidth <= 0 ? null : Console.WindowWidth;

    /// <summary>The host's own files change while we wait; a dump's never do.</summary>
    private sealed class HostTime : ITicker
    {
        private static readonly TimeSpan _longestSleep = TimeSpan.FromDays(1);

        public bool TryAdvance(TimeSpan interval)
        {
            while (interval > _longestSleep)
            {
                Thread.Sleep(_longestSleep);
                interval -= _longestSleep;
            }

            Thread.Sleep(interval);
            return true;
        }
    }

    private static bool TryTake(string option, ReadOnlySpan<string> arguments, ref int index, ref string? value)
    {
        var argument = arguments[index];
        if (argument.StartsWith(option + "=", StringComparison.Ordinal))
        {
            value = argument[(option.Length + 1)..];
            return true;
        }

        if (argument != option || index + 1 >= arguments.Length)
        {
            return false;
        }

        value = arguments[++index];
        return true;
    }

    private static int Complain(string name, string message)
    {
        Console.Error.WriteLine($"vbox-mem {name}: {message}");
        return ExitCode.BadInput;
    }
}
