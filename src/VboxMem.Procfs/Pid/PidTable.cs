// The one list of the files that every process has, in the order in which Linux lists them (fs/proc/base.c: tgid_base_stuff).

namespace VboxMem.Procfs.Pid;

internal static class PidTable
{
    /// <summary>The directory of a process's threads: first in the list of a process, absent in that of a thread.</summary>
    public const string TaskDirectory = "task";

    public static IReadOnlyList<PidFile> Files { get; } =
    [
        Readable("status", Status.Render),
        Readable("limits", Limits.Render),
        Writable("comm", Comm.Render, Comm.Write),
        Readable("cmdline", Cmdline.Render),
        Readable("stat", Stat.Render),
        Readable("statm", Statm.Render),
        Readable("maps", Maps.Render),
        Readable("mounts", OtherFiles.RenderMounts) with { Opens = PidCondition.IsAlive },
        Readable("smaps", Smaps.Render),
        Readable("smaps_rollup", Smaps.RenderRollup) with { Opens = PidCondition.HasMemory },
        Readable("wchan", OtherFiles.RenderWaitChannel),
        Readable("cgroup", OtherFiles.RenderCgroup),
        Readable("oom_score", OomFiles.RenderScore),
        Writable("oom_adj", OomFiles.RenderLegacyAdj, OomFiles.WriteLegacyAdj),
        Writable("oom_score_adj", OomFiles.RenderAdj, OomFiles.WriteAdj),
        new PidFile("io", FileModes.ReadOwner, Io.Render),
    ];

    /// <summary>Names in the directory of a process.</summary>
    public static IReadOnlyList<string> ProcessNames { get; } = [TaskDirectory, .. Files.Select(static file => file.Name)];

    /// <summary>Names in the directory of a thread.</summary>
    public static IReadOnlyList<string> ThreadNames { get; } = [.. Files.Select(static file => file.Name)];

    public static PidFile? Find(ReadOnlySpan<char> name)
    {
        foreach (var file in Files)
        {
            if (name.SequenceEqual(file.Name))
            {
                return file;
            }
        }

        return null;
    }

    private static PidFile Writable(string name, PidRenderer render, PidWriter write) => new(name, FileModes.ReadAllWriteOwner, render, write);

    private static PidFile Readable(string name, PidRenderer render) => new(name, FileModes.ReadAll, render);
}
