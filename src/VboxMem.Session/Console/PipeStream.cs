using VboxMem.Session.Console.Filters;
using VboxMem.Tools.Formatting;

namespace VboxMem.Session.Console;

/// <summary>The reader of a pipe has ended: who writes to it ends too, as by SIGPIPE.</summary>
internal sealed class PipeClosedException : IOException
{
    /// <summary>128 and the number of the signal.</summary>
    public const int Status = 141;
}

/// <summary>The writing end of a pipe: what is written goes to a filter at once.</summary>
internal sealed class PipeStream(InputFilter reader) : WriteOnlyStream
{
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (reader.IsFull)
        {
            throw new PipeClosedException();
        }

        try
        {
            reader.Take(buffer);
        }
        catch (PipeClosedException)
        {
            reader.IsBroken = true;
            throw;
        }
    }
}

/// <summary>Gathers what is written.</summary>
internal sealed class BufferStream(ByteBuffer target) : WriteOnlyStream
{
    public override void Write(ReadOnlySpan<byte> buffer) => target.Append(buffer);
}

/// <summary>Nobody reads what is written: /dev/null, or the pipe of a command that takes no input.</summary>
internal sealed class NullStream : WriteOnlyStream
{
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        // Gone.
    }
}
