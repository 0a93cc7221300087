using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Time;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Procfs.Pid;

/// <summary>Renders <c>/proc/PID/stat</c>: a task in 52 fields.</summary>
/// <remarks>
/// fs/proc/array.c: do_task_stat (facts: virtual memory, 6.3), for a reader who may ptrace. Departs: rss is exact, where Linux shows
/// a batched counter; a session that has a terminal has its own group in the foreground (there is no job control). Waiting for
/// disks (field 42) is 0 as on Linux, where delay accounting is off unless asked for at boot.
/// </remarks>
internal static class Stat
{
    private const ulong NanosecondsPerTick = SimTime.NanosecondsPerSecond / 100;
    private const ulong Unlimited = ulong.MaxValue;
    private const ulong LowSignals = 0x7fff_ffff;
    private const int NormalPriority = 20;
    private const int SchedFifo = 1;
    private const int KthreaddPid = 2;

    public static void Render(in Subject subject, ProcText text)
    {
        var task = subject.Task;
        text.Number((long)task.Pid).Literal(" ("u8).Text(task.Name).Literal(") "u8).Literal(LetterOf(task.State));
        RenderFamily(task, text);
        RenderTimes(subject, text);
        RenderPriority(subject, text);
        RenderMemory(subject.Memory, text);
        RenderSignals(subject, text);
        RenderScheduling(task, text);
        RenderAddresses(subject.Memory, text);
        Field(text, (ulong)TaskStanding.WaitStatusOf(task));
        text.NewLine();
    }

    private static ReadOnlySpan<byte> LetterOf(TaskState state) => state switch
    {
        TaskState.Running => "R"u8,
        TaskState.Sleeping => "S"u8,
        TaskState.DiskSleep => "D"u8,
        TaskState.Zombie => "Z"u8,
        _ => "I"u8,
    };

    /// <summary>Fields 4 to 9: parent, group, session, terminal, its foreground group, flags.</summary>
    private static void RenderFamily(Process task, ProcText text)
    {
        Field(text, (ulong)task.ParentPid);
        Field(text, (ulong)task.ProcessGroup);
        Field(text, (ulong)task.Session);
        Field(text, (ulong)task.Terminal);
        text.Literal(" "u8).Number(task.Terminal == 0 ? -1L : task.Session);
        Field(text, (ulong)TaskStanding.FlagsOf(task));
    }

    /// <summary>Fields 10 to 17: faults, CPU time; of children that were waited for, the second of each pair.</summary>
    private static void RenderTimes(in Subject subject, ProcText text)
    {
        var usage = subject.Usage;
        var group = subject.Task.Group;
        Field(text, usage.MinorFaults);
        Field(text, group.ChildMinorFaults);
        Field(text, usage.MajorFaults);
        Field(text, group.ChildMajorFaults);
        Field(text, usage.UserNanoseconds / NanosecondsPerTick);
        Field(text, usage.SystemNanoseconds / NanosecondsPerTick);
        Field(text, group.ChildUserNanoseconds / NanosecondsPerTick);
        Field(text, group.ChildSystemNanoseconds / NanosecondsPerTick);
    }

    /// <summary>Fields 18 to 22: priority, nice, threads, 0, start.</summary>
    private static void RenderPriority(in Subject subject, ProcText text)
    {
        var task = subject.Task;
        var realTime = TaskStanding.RealTimePriorityOf(task);
        text.Literal(" "u8).Number(realTime > 0 ? -1L - realTime : NormalPriority + task.Nice);
        text.Literal(" "u8).Number((long)task.Nice);
        Field(text, (ulong)subject.ThreadCount);
        Field(text, 0);
        Field(text, task.StartTime.Nanoseconds / NanosecondsPerTick);
    }

    /// <summary>Fields 23 to 30: sizes, code, stack; stack pointer and program counter are not shown of a task that lives.</summary>
    private static void RenderMemory(MemoryDescriptor? mm, ProcText text)
    {
        Field(text, (mm?.TotalPages ?? 0) * PageGeometry.PageBytes);
        Field(text, mm?.RssPages ?? 0);
        Field(text, Unlimited);
        Field(text, mm?.StartCode ?? 0);
        Field(text, mm?.EndCode ?? 0);
        Field(text, mm?.StartStack ?? 0);
        Field(text, 0);
        Field(text, 0);
    }

    /// <summary>Fields 31 to 37: signals 1 to 31; whether it sleeps; two that are 0.</summary>
    private static void RenderSignals(in Subject subject, ProcText text)
    {
        var task = subject.Task;
        var pending = StatusSignals.PendingForThread(task) | (subject.IsThread ? 0 : StatusSignals.PendingForProcess(task));
        Field(text, pending & LowSignals);
        Field(text, 0);
        Field(text, StatusSignals.Ignored(task) & LowSignals);
        Field(text, StatusSignals.Caught(task) & LowSignals);
        var showsSleep = subject.IsThread || subject.ThreadCount < 2;
        Field(text, showsSleep && task.State != TaskState.Running ? 1UL : 0);
        Field(text, 0);
        Field(text, 0);
    }

    /// <summary>Fields 38 to 44: signal at exit, CPU, real-time priority, policy, disk waits, guest time.</summary>
    private static void RenderScheduling(Process task, ProcText text)
    {
        var realTime = TaskStanding.RealTimePriorityOf(task);
        text.Literal(" "u8).Number(task.Pid == KthreaddPid ? 0L : task.IsLeader ? (long)Signal.Child : -1L);
        Field(text, (ulong)task.Cpu);
        Field(text, (ulong)realTime);
        Field(text, realTime > 0 ? (ulong)SchedFifo : 0);
        Field(text, 0);
        Field(text, 0);
        Field(text, 0);
    }

    /// <summary>Fields 45 to 51: data, heap, arguments, environment.</summary>
    private static void RenderAddresses(MemoryDescriptor? mm, ProcText text)
    {
        Field(text, mm?.StartData ?? 0);
        Field(text, mm?.EndData ?? 0);
        Field(text, mm?.StartBrk ?? 0);
        Field(text, mm?.ArgumentStart ?? 0);
        Field(text, mm?.ArgumentEnd ?? 0);
        Field(text, mm?.ArgumentEnd ?? 0);
        Field(text, mm?.ArgumentEnd ?? 0);
    }

    private static void Field(ProcText text, ulong value) => text.Literal(" "u8).Number(value);
}
