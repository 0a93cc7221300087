namespace VboxMem.Session.Console.Filters;

/// <summary>A filter that works line by line. What does not end with a line end is the last line.</summary>
internal abstract class LineFilter(CommandCall call, IReadOnlyList<string> files) : InputFilter(call, files)
{
    private readonly ByteBuffer _begun = new();

    public sealed override void Take(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty && !IsFull)
        {
            var end = bytes.IndexOf((byte)'\n');
            if (end < 0)
            {
                _begun.Append(bytes);
                return;
            }

            TakePart(bytes[..end], isEnded: true);
            bytes = bytes[(end + 1)..];
        }
    }

    protected sealed override void End()
    {
        if (_begun.Length > 0 && !IsFull)
        {
            TakePart([], isEnded: false);
        }

        _begun.Clear();
        EndFile();
    }

    /// <summary>A line without its end.</summary>
    /// <param name="line">The line.</param>
    /// <param name="isEnded">It had a line end.</param>
    protected abstract void TakeLine(ReadOnlySpan<byte> line, bool isEnded);

    protected virtual void EndFile()
    {
    }

    protected void PrintLine(ReadOnlySpan<byte> line)
    {
        Call.Out.Write(line);
        Call.Out.Write("\n"u8);
    }

    private void TakePart(ReadOnlySpan<byte> rest, bool isEnded)
    {
        if (_begun.Length == 0)
        {
            TakeLine(rest, isEnded);
            return;
        }

        _begun.Append(rest);
        var line = _begun.Span.ToArray();
        _begun.Clear();
        TakeLine(line, isEnded);
    }
}
