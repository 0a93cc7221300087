using VboxMem.FileTree;
using VboxMem.Kernel.Oom;
using VboxMem.Kernel.Sched;

namespace VboxMem.Procfs.Pid;

/// <summary><c>/proc/PID/oom_score</c>, <c>oom_score_adj</c> and the older <c>oom_adj</c>.</summary>
/// <remarks>
/// fs/proc/base.c: proc_oom_score, oom_score_adj_write, oom_adj_write, __set_oom_adj (facts: virtual memory, 6.5), for a writer with all
/// rights. Departs: the first write to oom_adj logs no warning; it would name the writer, who is no process of the box.
/// </remarks>
internal static class OomFiles
{
    public static void RenderScore(in Subject subject, ProcText text) =>
        text.Number(ProcessScore.Of(subject.Machine, subject.Task)).NewLine();

    public static void RenderAdj(in Subject subject, ProcText text) => text.Number((long)subject.Task.OomScoreAdj).NewLine();

    public static void RenderLegacyAdj(in Subject subject, ProcText text) =>
        text.Number((long)OomScore.ToLegacyAdj(subject.Task.OomScoreAdj)).NewLine();

    public static Errno WriteAdj(in Subject subject, ReadOnlySpan<byte> content)
    {
        var error = WrittenNumber.TryParse(content, out var value);
        return error != Errno.None ? error
            : subject.Task.SetOomScoreAdj(value) == SystemCallError.None ? Errno.None
            : Errno.EINVAL;
    }

    /// <summary>Leaves the recorded minimum alone, unlike the newer file.</summary>
    public static Errno WriteLegacyAdj(in Subject subject, ReadOnlySpan<byte> content)
    {
        var error = WrittenNumber.TryParse(content, out var value);
        if (error != Errno.None)
        {
            return error;
        }

        if (!OomScore.TryFromLegacyAdj(value, out var adj))
        {
            return Errno.EINVAL;
        }

        subject.Task.OomScoreAdj = adj;
        return Errno.None;
    }
}
