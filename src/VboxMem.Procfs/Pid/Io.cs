namespace VboxMem.Procfs.Pid;

/// <summary>Renders <c>/proc/PID/io</c>: bytes and calls of read and write, bytes from and to disks.</summary>
/// <remarks>fs/proc/base.c: do_io_accounting.</remarks>
internal static class Io
{
    public static void Render(in Subject subject, ProcText text)
    {
        var usage = subject.Usage;
        text.Literal("rchar: "u8).Number(usage.ReadCharacters).Literal("\nwchar: "u8).Number(usage.WrittenCharacters);
        text.Literal("\nsyscr: "u8).Number(usage.ReadCalls).Literal("\nsyscw: "u8).Number(usage.WriteCalls);
        text.Literal("\nread_bytes: "u8).Number(usage.ReadBytes).Literal("\nwrite_bytes: "u8).Number(usage.WrittenBytes);
        text.Literal("\ncancelled_write_bytes: "u8).Number(usage.CancelledWriteBytes).NewLine();
    }
}
