using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Procfs.Pid;

/// <summary>Renders <c>/proc/PID/status</c>: a task in words. Memory in kB, 8 columns.</summary>
/// <remarks>
/// fs/proc/array.c: proc_pid_status; fs/proc/task_mmu.c: task_mem (facts: virtual memory, 6.2). What the model has no state for is
/// what a task has from the kernel: umask, no supplementary groups, no signal ignored or blocked, no core dump, no seccomp.
/// </remarks>
internal static class Status
{
    private const ulong BytesPerKilobyte = 1024;

    public static void Render(in Subject subject, ProcText text)
    {
        RenderIdentity(subject, text);
        RenderNumbersOfNamespace(subject.Task, text);
        if (subject.Memory is { } mm)
        {
            RenderMemory(mm, text);
            text.Literal("CoreDumping:\t0\nTHP_enabled:\t1\nuntag_mask:\t0xffffffffffffffff\n"u8);
        }

        StatusSignals.Render(subject, text);
        StatusRights.Render(subject, text);
        text.Literal("voluntary_ctxt_switches:\t"u8).Number(subject.Task.VoluntarySwitches);
        text.Literal("\nnonvoluntary_ctxt_switches:\t"u8).Number(subject.Task.InvoluntarySwitches);
        text.Literal("\nx86_Thread_features:\t\nx86_Thread_features_locked:\t\n"u8);
    }

    private static void RenderIdentity(in Subject subject, ProcText text)
    {
        var task = subject.Task;
        text.Literal("Name:\t"u8);
        RenderEscaped(task.Name, text);
        text.Literal(subject.IsZombie ? "\n"u8 : "\nUmask:\t0022\n"u8);
        text.Literal("State:\t"u8).Literal(WordOf(task.State));
        text.Literal("\nTgid:\t"u8).Number((long)task.ThreadGroupId);
        text.Literal("\nNgid:\t0\nPid:\t"u8).Number((long)task.Pid);
        text.Literal("\nPPid:\t"u8).Number((long)task.ParentPid);
        text.Literal("\nTracerPid:\t0\n"u8);
        RenderFourTimes("Uid:"u8, task.Uid, text);
        RenderFourTimes("Gid:"u8, task.Gid, text);
        text.Literal("FDSize:\t"u8).Number((long)(subject.IsZombie ? 0 : DescriptorTable.SizeFor(task.Files.Count)));
        RenderGroups(task, text);
    }

    /// <summary>Supplementary groups: root has none; who has become somebody else has his own group (initgroups).</summary>
    private static void RenderGroups(Process task, ProcText text)
    {
        text.Literal("\nGroups:\t"u8);
        if (task.Uid != 0)
        {
            text.Number((long)task.Gid);
        }

        text.Literal(" \n"u8);
    }

    private static void RenderNumbersOfNamespace(Process task, ProcText text)
    {
        text.Literal("NStgid:\t"u8).Number((long)task.ThreadGroupId);
        text.Literal("\nNSpid:\t"u8).Number((long)task.Pid);
        text.Literal("\nNSpgid:\t"u8).Number((long)task.ProcessGroup);
        text.Literal("\nNSsid:\t"u8).Number((long)task.Session);
        text.Literal("\nKthread:\t"u8).Number(task.IsKernelThread ? 1L : 0L).NewLine();
    }

    private static void RenderMemory(MemoryDescriptor mm, ProcText text)
    {
        text.Kilobytes("VmPeak:\t"u8, (long)Math.Max(mm.PeakPages, mm.TotalPages));
        text.Kilobytes("VmSize:\t"u8, (long)mm.TotalPages);
        text.Kilobytes("VmLck:\t"u8, (long)mm.LockedPages);
        text.Kilobytes("VmPin:\t"u8, 0);   // nothing is pinned for devices
        text.Kilobytes("VmHWM:\t"u8, (long)Math.Max(mm.HighWaterRssPages, mm.RssPages));
        text.Kilobytes("VmRSS:\t"u8, (long)mm.RssPages);
        text.Kilobytes("RssAnon:\t"u8, (long)mm.RssAnonPages);
        text.Kilobytes("RssFile:\t"u8, (long)mm.RssFilePages);
        text.Kilobytes("RssShmem:\t"u8, (long)mm.RssShmemPages);
        text.Kilobytes("VmData:\t"u8, (long)mm.DataPages);
        text.Kilobytes("VmStk:\t"u8, (long)mm.StackPages);
        text.Kilobytes("VmExe:\t"u8, (long)mm.ProgramCodePages);
        text.Kilobytes("VmLib:\t"u8, (long)(mm.ExecutablePages - mm.ProgramCodePages));
        text.Literal("VmPTE:\t"u8).Number(mm.PageTableBytes / BytesPerKilobyte, 8).Literal(" kB\n"u8);
        text.Kilobytes("VmSwap:\t"u8, (long)mm.SwapEntryPages);
        text.Kilobytes("HugetlbPages:\t"u8, 0);   // no hugetlb areas
    }

    private static ReadOnlySpan<byte> WordOf(TaskState state) => state switch
    {
        TaskState.Running => "R (running)"u8,
        TaskState.Sleeping => "S (sleeping)"u8,
        TaskState.DiskSleep => "D (disk sleep)"u8,
        TaskState.Zombie => "Z (zombie)"u8,
        _ => "I (idle)"u8,
    };

    /// <summary>Real, effective, saved and file system's: programs change them together.</summary>
    private static void RenderFourTimes(ReadOnlySpan<byte> label, uint id, ProcText text)
    {
        text.Literal(label);
        for (var i = 0; i < 4; i++)
        {
            text.Literal("\t"u8).Number((long)id);
        }

        text.NewLine();
    }

    private static void RenderEscaped(string name, ProcText text) =>
        text.Text(name.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal));
}
