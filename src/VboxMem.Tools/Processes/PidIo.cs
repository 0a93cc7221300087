using VboxMem.Tools.Parsing;

namespace VboxMem.Tools.Processes;

/// <summary><c>/proc/PID/io</c>: bytes and calls. A line the file has not counts 0.</summary>
public struct PidIo
{
    public ulong ReadCharacters, WrittenCharacters, ReadCalls, WriteCalls, ReadBytes, WrittenBytes, CancelledBytes;

    /// <exception cref="ProcFormatException">A line is no <c>name: NUMBER</c>.</exception>
    public static PidIo Parse(ReadOnlySpan<byte> text, string path)
    {
        var io = new PidIo();
        var reader = new LineReader(text, path);
        while (reader.TryNextLine())
        {
            var name = reader.TakeUpTo((byte)':');
            if (name.SequenceEqual("rchar"u8)) io.ReadCharacters = reader.TakeNumber("rchar");
            else if (name.SequenceEqual("wchar"u8)) io.WrittenCharacters = reader.TakeNumber("wchar");
            else if (name.SequenceEqual("syscr"u8)) io.ReadCalls = reader.TakeNumber("syscr");
            else if (name.SequenceEqual("syscw"u8)) io.WriteCalls = reader.TakeNumber("syscw");
            else if (name.SequenceEqual("read_bytes"u8)) io.ReadBytes = reader.TakeNumber("read_bytes");
            else if (name.SequenceEqual("write_bytes"u8)) io.WrittenBytes = reader.TakeNumber("write_bytes");
            else if (name.SequenceEqual("cancelled_write_bytes"u8)) io.CancelledBytes = reader.TakeNumber("cancelled_write_bytes");
        }

        return io;
    }
}
