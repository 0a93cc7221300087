using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using VboxMem.FileTree;
using VboxMem.Session.Console;
using VboxMem.Tools;

namespace VboxMem.Session.Tests;

/// <summary>What a line came to.</summary>
internal sealed record ShellOutcome(string Out, string Error, int Status)
{
    public override string ToString() => $"{Out}-- stderr --\n{Error}-- status {Status} --\n";
}

/// <summary>The same line given to the machine's own bash, in a folder, and to our console, whose root that folder is.</summary>
internal static class RealShell
{
    public static bool IsHere { get; } = OperatingSystem.IsLinux() && File.Exists("/bin/bash");

    public static ShellOutcome Bash(string folder, string line)
    {
        var start = new ProcessStartInfo("bash", ["-c", line])
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.Latin1,
            StandardErrorEncoding = Encoding.Latin1,
        };
        start.Environment["LC_ALL"] = "C";
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        if (!process.WaitForExit(20_000))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"bash does not end: {line}");
        }

        // Not at a prompt, bash adds where in its script it is.
        var messages = Regex.Replace(error.Result, "(?m)^bash: (-c: )?line [0-9]+: `.*'\n", "");
        return new ShellOutcome(output, Regex.Replace(messages, "(?m)^bash: (-c: )?line [0-9]+: ", "bash: "), process.ExitCode);
    }

    /// <summary>Time that passes at once.</summary>
    private sealed class NoTime : ITicker, IWallClock
    {
        public DateTime Now => new(2026, 11, 24, 12, 39, 53);

        public string ZoneName => "UTC";

        public bool TryAdvance(TimeSpan interval) => true;
    }

    public static ShellOutcome Ours(IFileTree tree, string line)
    {
        var console = new BoxConsole(new ConsoleHost { Tree = tree, Ticker = new NoTime(), Clock = new NoTime() });
        using var output = new MemoryStream();
        using var error = new MemoryStream();
        var status = console.Run(line, output, error);
        return new ShellOutcome(Encoding.Latin1.GetString(output.ToArray()), Encoding.Latin1.GetString(error.ToArray()), status);
    }
}
