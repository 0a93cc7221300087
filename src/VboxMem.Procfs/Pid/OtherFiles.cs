using VboxMem.Kernel.Sched;

namespace VboxMem.Procfs.Pid;

/// <summary>Files of a process that hold a word or a line.</summary>
internal static class OtherFiles
{
    /// <summary><c>cgroup</c>: hierarchy 0, no controllers named, the path: cgroup v2 alone.</summary>
    public static void RenderCgroup(in Subject subject, ProcText text) => text.Literal("0::"u8).Text(subject.Task.Cgroup).NewLine();

    /// <summary><c>wchan</c>: no line break follows.</summary>
    public static void RenderWaitChannel(in Subject subject, ProcText text) => text.Text(WaitChannel.Of(subject.Task));

    /// <summary><c>schedstat</c>: nanoseconds on a CPU and waiting for one, and how often it was given one; of the first thread alone.</summary>
    public static void RenderSchedstat(in Subject subject, ProcText text)
    {
        var task = subject.Task;
        text.Number(task.UserNanoseconds + task.SystemNanoseconds).Literal(" "u8).Number(task.RunDelayNanoseconds)
            .Literal(" "u8).Number(task.Timeslices).NewLine();
    }

    /// <summary><c>environ</c>: programs are started with an empty environment, as the addresses in stat say too.</summary>
    public static void RenderEnvironment(in Subject subject, ProcText text)
    {
    }

    public static void RenderMountinfo(in Subject subject, ProcText text) => Proc.Mounts.RenderInfo(subject.Machine, text);

    public static void RenderMounts(in Subject subject, ProcText text) => Proc.Mounts.Render(subject.Machine, text);
}
