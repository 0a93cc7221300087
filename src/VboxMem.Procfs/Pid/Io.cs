namespace VboxMem.Procfs.Pid;

/// <summary>Renders <c>/proc/PID/io</c>: bytes and calls of read and write, bytes from and to disks.</summary>
/// <remarks>fs/proc/base.c: do_io_accounting.</remarks>
internal static class Io
{
    public static void Render(in Subject subject, ProcText text)
    {
        var (read, written, readCalls, writeCalls, fromDisks, toDisks, cancelled) = (0UL, 0UL, 0UL, 0UL, 0UL, 0UL, 0UL);
        foreach (var thread in subject.Counted)
        {
            read += thread.ReadCharacters;
            written += thread.WrittenCharacters;
            readCalls += thread.ReadCalls;
            writeCalls += thread.WriteCalls;
            fromDisks += thread.ReadBytes;
            toDisks += thread.WrittenBytes;
            cancelled += thread.CancelledWriteBytes;
        }

        text.Literal("rchar: "u8).Number(read).Literal("\nwchar: "u8).Number(written);
        text.Literal("\nsyscr: "u8).Number(readCalls).Literal("\nsyscw: "u8).Number(writeCalls);
        text.Literal("\nread_bytes: "u8).Number(fromDisks).Literal("\nwrite_bytes: "u8).Number(toDisks);
        text.Literal("\ncancelled_write_bytes: "u8).Number(cancelled).NewLine();
    }
}
