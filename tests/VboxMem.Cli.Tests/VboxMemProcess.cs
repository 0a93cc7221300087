using System.Diagnostics;

namespace VboxMem.Cli.Tests;

/// <summary>How a run of the program ended.</summary>
internal sealed record Ending(int Code, string Out, string Error);

/// <summary>Runs the built program as a user would: a process, its streams, its exit code.</summary>
internal static class VboxMemProcess
{
    private static readonly string _program = Path.Combine(AppContext.BaseDirectory, "vbox-mem.dll");

    public static Ending Run(params string[] arguments)
    {
        using var process = Start(arguments);
        return Wait(process);
    }

    /// <summary>Runs it within a shell command, whose <c>"$@"</c> is the program with its arguments.</summary>
    public static Ending RunWithin(string shellCommand, params string[] arguments)
    {
        using var process = Process.Start(Redirected("sh", ["-c", shellCommand, "sh", "dotnet", _program, .. arguments]))!;
        return Wait(process);
    }

    public static Process Start(params string[] arguments) => Process.Start(Redirected("dotnet", [_program, .. arguments]))!;

    private static Ending Wait(Process process)
    {
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        if (!process.WaitForExit(60_000))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail("the program does not end");
        }

        return new Ending(process.ExitCode, output, error.Result);
    }

    private static ProcessStartInfo Redirected(string program, IReadOnlyList<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment.Remove("VBOXMEM__seed");
        return start;
    }
}
