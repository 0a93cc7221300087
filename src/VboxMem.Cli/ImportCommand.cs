using System.CommandLine;
using VboxMem.FileTree;
using VboxMem.Profiles.Import;
using VboxMem.Session;

namespace VboxMem.Cli;

/// <summary><c>vbox-mem import --root DIR [--out FILE]</c>: a profile from the files of a machine.</summary>
internal static class ImportCommand
{
    public static Command Create()
    {
        var root = new Option<string>("--root")
        {
            Description = "Where the machine's /proc lies: a dump, an sosreport, a bare copy of /proc, or / for this machine.", Required = true,
        };
        var output = new Option<string?>("--out") { Description = "Write the profile to this file, not to standard output." };
        var force = new Option<bool>("--force") { Description = "Replace the file if it exists." };
        var bare = new Option<bool>("--no-arguments") { Description = "Leave out what processes were started with, which may be secret." };
        var command = new Command("import", "Write a profile that reproduces a machine by its files.") { root, output, force, bare };
        command.SetAction(parsed => Run(parsed.GetValue(root)!, parsed.GetValue(output), parsed.GetValue(force), keepsArguments: !parsed.GetValue(bare)));
        return command;
    }

    private static int Run(string root, string? output, bool force, bool keepsArguments)
    {
        if (root.Length == 0 || !Directory.Exists(root)) return Complain($"--root {root}: no such directory");
        if (output is not null && Directory.Exists(output)) return Complain($"--out {output}: a directory, allowed is a file");
        if (output is not null && File.Exists(output) && !force) return Complain($"--out {output}: exists, give --force to replace it");
        var result = Importer.Import(new DirectoryTree(root), root, keepsArguments);
        foreach (var line in result.Notes.Concat(result.Errors)) Console.Error.WriteLine(line);
        if (result.Json is not { } json) return ExitCode.BadInput;
        if (output is null) Console.Out.Write(json);
        else Write(output, json);
        return ExitCode.Done;
    }

    /// <summary>Writes the file whole or not at all.</summary>
    /// <exception cref="OutputException">It could not be written; nothing of it is left.</exception>
    private static void Write(string output, string json)
    {
        var temporary = output + ".part";
        try
        {
            File.WriteAllText(temporary, json);
            File.Move(temporary, output, overwrite: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            try
            {
                File.Delete(temporary);
            }
            catch (Exception) when (!File.Exists(temporary))
            {
                // it was never made
            }

            throw new OutputException($"{output}: cannot be written: {error.Message}", error);
        }
    }

    private static int Complain(string problem)
    {
        Console.Error.WriteLine($"vbox-mem import: {problem}");
        return ExitCode.BadInput;
    }
}
