// The one list of what is in the directory of every process, in the order in which Linux lists them (fs/proc/base.c: tgid_base_stuff).
//
// Departs  no sched: most of its lines are figures that nothing here is made of (the decaying averages of load and utilization, virtual run
//          time, NUMA scans), and a file without them would not be Linux's. Run time, delay and slices are in schedstat, switches in status.

namespace VboxMem.Procfs.Pid;

internal static class PidTable
{
    /// <summary>The directory of a process's threads: first in the list of a process, absent in that of a thread.</summary>
    public const string TaskDirectory = "task";

    public static IReadOnlyList<PidEntry> Entries { get; } =
    [
        new PidDescriptors("fd", FileModes.DirectorySearchOwner, HasLinks: true),
        new PidDescriptors("fdinfo", FileModes.DirectoryReadOnly, HasLinks: false),
        new PidFile("environ", FileModes.ReadOwner, OtherFiles.RenderEnvironment),
        Readable("status", Status.Render),
        Readable("limits", Limits.Render),
        Writable("comm", Comm.Render, Comm.Write),
        Readable("cmdline", Cmdline.Render),
        Readable("stat", Stat.Render),
        Readable("statm", Statm.Render),
        Readable("maps", Maps.Render),
        Readable("numa_maps", NumaMaps.Render),
        new PidLink("cwd", PidLinks.TryWorkingDirectory),
        new PidLink("root", PidLinks.TryRoot),
        new PidLink("exe", PidLinks.TryExecutable),
        Readable("mounts", OtherFiles.RenderMounts) with { Opens = PidCondition.IsAlive },
        Readable("mountinfo", OtherFiles.RenderMountinfo) with { Opens = PidCondition.IsAlive },
        new PidFile("clear_refs", FileModes.WriteOwner, Render: null, ClearRefsFile.Write, PidCondition.Never),
        Readable("smaps", Smaps.Render),
        Readable("smaps_rollup", Smaps.RenderRollup) with { Opens = PidCondition.HasMemory },
        PidFile.Bulky("pagemap", FileModes.ReadOwner, Pagemap.RenderPart),
        Readable("wchan", OtherFiles.RenderWaitChannel),
        Readable("schedstat", OtherFiles.RenderSchedstat),
        Readable("cgroup", OtherFiles.RenderCgroup),
        Readable("oom_score", OomFiles.RenderScore),
        Writable("oom_adj", OomFiles.RenderLegacyAdj, OomFiles.WriteLegacyAdj),
        Writable("oom_score_adj", OomFiles.RenderAdj, OomFiles.WriteAdj),
        new PidFile("io", FileModes.ReadOwner, Io.Render),
    ];

    /// <summary>Names in the directory of a process.</summary>
    public static IReadOnlyList<string> ProcessNames { get; } = [TaskDirectory, .. Entries.Select(static entry => entry.Name)];

    /// <summary>Names in the directory of a thread.</summary>
    public static IReadOnlyList<string> ThreadNames { get; } = [.. Entries.Select(static entry => entry.Name)];

    public static PidEntry? Find(ReadOnlySpan<char> name)
    {
        foreach (var entry in Entries)
        {
            if (name.SequenceEqual(entry.Name))
            {
                return entry;
            }
        }

        return null;
    }

    private static PidFile Writable(string name, PidRenderer render, PidWriter write) => new(name, FileModes.ReadAllWriteOwner, render, write);

    private static PidFile Readable(string name, PidRenderer render) => new(name, FileModes.ReadAll, render);
}
