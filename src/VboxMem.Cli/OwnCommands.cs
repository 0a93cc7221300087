using System.CommandLine;
using VboxMem.Kernel;
using VboxMem.Session;
using VboxMem.Tools;

namespace VboxMem.Cli;

/// <summary>The command line of vbox-mem's own commands.</summary>
internal static class OwnCommands
{
    public static int Run(string[] arguments)
    {
        var tools = string.Join('|', ToolRegistry.All.Select(static tool => tool.Key));
        var root = new RootCommand(
            $"""
            A virtual Linux box whose memory management is simulated page by page.

              Tools, with procps's own options, on a dump or a booted box:
                vbox-mem {tools} … --root DIR | --profile NAME
            """)
        {
            RunCommand.Create(),
            ProfilesCommand.Create(),
            BenchCommand.Create(),
        };
        root.SetAction(_ => NoCommand(root));
        var parsed = root.Parse(arguments);
        if (parsed.Errors.Count > 0)
        {
            foreach (var error in parsed.Errors)
            {
                Console.Error.WriteLine($"vbox-mem: {error.Message}");
            }

            return ExitCode.BadInput;
        }

        try
        {
            return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
        }
        catch (InvariantBrokenException defect)
        {
            Console.Error.WriteLine($"vbox-mem: broken invariant, a defect of vbox-mem: {defect.Message}");
            return ExitCode.Defect;
        }
        catch (OutputException error)
        {
            Console.Error.WriteLine($"vbox-mem: {error.Message}");
            return ExitCode.CannotWrite;
        }
    }

    private static int NoCommand(RootCommand root)
    {
        root.Parse(["--help"]).Invoke();
        return ExitCode.BadInput;
    }
}
