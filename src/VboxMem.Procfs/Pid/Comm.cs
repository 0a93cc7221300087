using VboxMem.FileTree;

namespace VboxMem.Procfs.Pid;

/// <summary>Renders <c>/proc/PID/comm</c>: the name as it is.</summary>
/// <remarks>fs/proc/base.c: comm_show, comm_write.</remarks>
internal static class Comm
{
    public static void Render(in Subject subject, ProcText text) => text.Text(subject.Task.Name).NewLine();

    /// <summary>Only a thread of the process itself may write here, and no writer is one.</summary>
    public static Errno Write(in Subject subject, ReadOnlySpan<byte> content) => Errno.EINVAL;
}
