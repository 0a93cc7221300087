// The program's standard output, where a failed write is an error.
//
// The base library's console stream takes a pipe that nobody reads any more for a success, so that an endless `vmstat 1 | head`
// would go on for ever; and of other failures it says no more than that there was one.

using System.Runtime.InteropServices;
using System.Text;
using VboxMem.Tools.Formatting;

namespace VboxMem.Cli;

/// <summary>Standard output cannot be written to. Says why in the system's words.</summary>
internal sealed class StandardOutputException(string reason, bool readerIsGone) : IOException(reason)
{
    /// <summary>Whoever read our output has ended: no mistake, but no reason to go on either.</summary>
    public bool ReaderIsGone { get; } = readerIsGone;
}

/// <summary>Writes straight to file descriptor 1.</summary>
internal sealed partial class StandardOutput : WriteOnlyStream
{
    private const int Descriptor = 1;
    private const int Interrupted = 4;
    private const int TryAgain = 11;
    private const int BrokenPipe = 32;

    /// <summary>A writer of UTF-8 text with Linux's line ends.</summary>
    /// <param name="bufferBytes">Characters kept back until they are written together.</param>
    public static StreamWriter Text(int bufferBytes) =>
        new(new StandardOutput(), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), bufferBytes) { NewLine = "\n" };

    /// <summary>What a run ends with when its output could not be written: the message, if any, and the exit code.</summary>
    /// <param name="who">Who complains.</param>
    /// <param name="error">What happened.</param>
    /// <param name="exitCode">For failures other than a reader that is gone.</param>
    public static int Report(string who, StandardOutputException error, int exitCode)
    {
        if (error.ReaderIsGone)
        {
            return ExitCode.ReaderIsGone;
        }

        Console.Error.WriteLine($"{who}: write error: {error.Message}");
        return exitCode;
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            var written = WriteSome(Descriptor, buffer, (nuint)buffer.Length);
            if (written >= 0)
            {
                buffer = buffer[(int)written..];
                continue;
            }

            var errno = Marshal.GetLastPInvokeError();
            if (errno == TryAgain)
            {
                Thread.Sleep(1);   // somebody made the other end non-blocking
            }
            else if (errno != Interrupted)
            {
                throw new StandardOutputException(Marshal.GetPInvokeErrorMessage(errno), errno == BrokenPipe);
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint WriteSome(int descriptor, ReadOnlySpan<byte> buffer, nuint count);
}
