namespace VboxMem.Procfs.Pid;

/// <summary>Renders <c>/proc/PID/cmdline</c>: the arguments, each ended by a zero byte; nothing where there is no address space.</summary>
/// <remarks>fs/proc/base.c: get_task_cmdline.</remarks>
internal static class Cmdline
{
    public static void Render(in Subject subject, ProcText text) => text.Text(subject.Memory is null ? "" : subject.Task.CommandLine);
}
