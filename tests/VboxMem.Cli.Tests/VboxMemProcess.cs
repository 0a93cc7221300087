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
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        Assert.True(process.WaitForExit(60_000), "the program does not end");
        return new Ending(process.ExitCode, output, error.Result);
    }

    public static Process Start(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [_program, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment.Remove("VBOXMEM__seed");
        return Process.Start(start)!;
    }
}
