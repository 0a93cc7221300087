using System.CommandLine;
using VboxMem.Cli.Bench;
using VboxMem.Cli.Screen;
using VboxMem.Kernel;
using VboxMem.Profiles;
using VboxMem.Session;
using VboxMem.Tools;

namespace VboxMem.Cli;

/// <summary>The command line of vbox-mem's own commands.</summary>
internal static class OwnCommands
{
    public static int Run(string[] arguments)
    {
        if (arguments is [['-', '-', ..] option, ..] && option is not ("--help" or "--version"))
        {
            arguments = [TopCommand.Name, .. arguments];   // the screen's options need not name it
        }

        var tools = string.Join('|', ToolRegistry.All.Select(static tool => tool.Key));
        var root = new RootCommand(
            $"""
            A virtual Linux box whose memory management is simulated page by page. Without a command: the screen, on the default box.

              Tools, with procps's own options, on a dump or a booted box:
                vbox-mem {tools} … --root DIR | --profile NAME
            """)
        {
            TopCommand.Create(),
            RunCommand.Create(),
            ReplayCommand.Create(),
            ImportCommand.Create(),
            ProfilesCommand.Create(),
            BenchCommand.Create(),
        };
        root.SetAction(_ => root.Parse([TopCommand.Name]).Invoke(InvocationOf(Console.Out)));
        using var output = StandardOutput.Text(1 << 10);
        output.AutoFlush = true;
        Console.SetOut(output);
        var parsed = root.Parse(arguments);
        if (parsed.Errors.Count > 0)
        {
            foreach (var error in parsed.Errors)
            {
                Console.Error.WriteLine($"vbox-mem: {error.Message}");
            }

            if (IsProfile(arguments)) Console.Error.WriteLine($"vbox-mem: did you mean: vbox-mem {TopCommand.Name} {string.Join(' ', arguments)}");
            return ExitCode.BadInput;
        }

        try
        {
            return parsed.Invoke(InvocationOf(output));
        }
        catch (InvariantBrokenException defect)
        {
            return Defect.Report(defect.Message);
        }
        catch (OutputException error)
        {
            Console.Error.WriteLine($"vbox-mem: {error.Message}");
            return ExitCode.CannotWrite;
        }
        catch (StandardOutputException error)
        {
            return StandardOutput.Report("vbox-mem", error, ExitCode.CannotWrite);
        }
    }

    /// <summary>A box where a command should stand.</summary>
    private static bool IsProfile(string[] arguments) =>
        arguments is [[not '-', ..] name, ..] && File.Exists(ProfileCatalog.Resolve(ProfileOption.Folder, name));

    /// <summary>Exceptions are ours to report.</summary>
    private static InvocationConfiguration InvocationOf(TextWriter output) => new() { EnableDefaultExceptionHandler = false, Output = output };
}
