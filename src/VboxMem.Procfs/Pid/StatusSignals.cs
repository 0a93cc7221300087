using VboxMem.Kernel.Sched;

namespace VboxMem.Procfs.Pid;

/// <summary>The lines of <c>/proc/PID/status</c> from Threads to SigCgt.</summary>
/// <remarks>fs/proc/array.c: task_sig. A fatal signal is a SIGKILL in each thread's own set.</remarks>
internal static class StatusSignals
{
    private const int MaskDigits = 16;
    private const ulong All = ulong.MaxValue;

    public static void Render(in Subject subject, ProcText text)
    {
        var task = subject.Task;
        text.Literal("Threads:\t"u8).Number((long)subject.ThreadCount);
        text.Literal("\nSigQ:\t0/"u8).Number(ResourceLimits.PendingSignals(subject.Machine));
        RenderMask("\nSigPnd:\t"u8, PendingForThread(task), text);
        RenderMask("\nShdPnd:\t"u8, PendingForProcess(task), text);
        RenderMask("\nSigBlk:\t"u8, 0, text);
        RenderMask("\nSigIgn:\t"u8, Ignored(task), text);
        RenderMask("\nSigCgt:\t"u8, Caught(task), text);
        text.NewLine();
    }

    /// <summary>Sets of signals as masks: signal n is bit n - 1.</summary>
    public static ulong PendingForThread(Process task) => IsGone(task) ? 0 : task.PendingSignals >> 1;

    public static ulong PendingForProcess(Process task) => IsGone(task) ? 0 : task.Group.PendingSignals >> 1;

    /// <summary>Kernel threads ignore all.</summary>
    public static ulong Ignored(Process task) => task.IsKernelThread ? All : 0;

    public static ulong Caught(Process task) => (task.Program?.HandledSignals ?? 0) >> 1;

    /// <summary>What was pending has been taken, or flushed when it died.</summary>
    private static bool IsGone(Process task) => task.Has(ProcessFlags.Exiting);

    private static void RenderMask(ReadOnlySpan<byte> label, ulong mask, ProcText text) => text.Literal(label).Hexadecimal(mask, MaskDigits);
}
