using System.Text;
using VboxMem.Tools;

namespace VboxMem.Session.Console.Commands;

/// <summary>A tool of the registry as a command: its text becomes bytes, and is pushed out whenever time passes.</summary>
internal static class ToolCommand
{
    private const int BufferCharacters = 4096;

    public static ConsoleCommand Of(string name, ToolEntry tool) => new(name)
    {
        Run = call => Run(call, tool),
        CanChange = arguments => name == "sysctl" && IsSetting(arguments),
    };

    public static int Run(CommandCall call, ToolEntry tool)
    {
        var output = WriterOn(call.Out);
        var error = WriterOn(call.Error);
        error.AutoFlush = true;
        var status = tool(call.Arguments, new ToolContext
        {
            Tree = call.Host.Tree,
            Out = output,
            Error = error,
            Version = call.Host.Version,
            Ticker = call.Host.Ticker is { } ticker ? new FlushingTicker(ticker, output) : null,
            Clock = call.Host.Clock,
        });
        output.Flush();
        return status;
    }

    /// <summary>sysctl with a value to set.</summary>
    private static bool IsSetting(IReadOnlyList<string> arguments) =>
        arguments.Any(static argument => argument.Contains('=', StringComparison.Ordinal) || argument is "-w" or "--write");

    /// <summary>Not closed in the end: a closed pipe would be written to once more.</summary>
    private static StreamWriter WriterOn(Stream stream) =>
        new(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), BufferCharacters, leaveOpen: true) { NewLine = "\n" };

    private sealed class FlushingTicker(ITicker ticker, StreamWriter output) : ITicker
    {
        public bool TryAdvance(TimeSpan interval)
        {
            output.Flush();
            return ticker.TryAdvance(interval);
        }
    }
}
