using VboxMem.FileTree;
using VboxMem.Kernel;
using VboxMem.Kernel.Sched;

namespace VboxMem.Procfs.Pid;

/// <summary>A file or directory of a process that exists at this moment.</summary>
/// <param name="Path">What the path says.</param>
/// <param name="Task">The thread; in the directory of a process its leader.</param>
/// <param name="File">Null for a directory.</param>
internal readonly record struct PidNode(PidPath Path, Process Task, PidFile? File)
{
    private const uint Root = 0;

    /// <summary>Finds what a path names, spelled as <see cref="PidPath"/> wants it.</summary>
    public static bool TryFind(Machine machine, string path, out PidNode node)
    {
        node = default;
        if (!PidPath.TryParse(path, out var parsed) || !Threads.TryFindProcess(machine, parsed.Pid, out var leader))
        {
            return false;
        }

        var task = leader;
        if (parsed.Tid != 0 && !Threads.TryFindThread(machine, leader, parsed.Tid, out task))
        {
            return false;
        }

        var file = parsed.FileStart > 0 ? PidTable.Find(path.AsSpan(parsed.FileStart)) : null;
        node = new PidNode(parsed, task, file);
        return file is not null || parsed.FileStart == 0;
    }

    /// <summary>
    /// Mode and owner. A directory belongs to the task's user always; a file only while there is an address space, and to root else.
    /// </summary>
    /// <remarks>fs/proc/base.c: task_dump_owner. Departs: all address spaces may be dumped, a program that has changed its user too.</remarks>
    public NodeStat StatOn(Machine machine)
    {
        if (File is null)
        {
            return new NodeStat(NodeKind.Directory, FileModes.DirectoryReadOnly, Task.Uid, Task.Gid);
        }

        var hasMemory = SubjectOn(machine).Memory is not null;
        return new NodeStat(NodeKind.File, File.Mode, hasMemory ? Task.Uid : Root, hasMemory ? Task.Gid : Root, File.IsBulky);
    }

    /// <summary>Names in a directory.</summary>
    public IReadOnlyList<string> ListOn(Machine machine)
    {
        if (Path.IsInTask && Path.Tid == 0)
        {
            var names = new List<string>();
            foreach (var thread in Task.Group.Threads)
            {
                names.Add(Threads.NameOf(thread));
            }

            return names;
        }

        return Path.IsInTask ? PidTable.ThreadNames : PidTable.ProcessNames;
    }

    public Subject SubjectOn(Machine machine) => new(machine, Task, Path.IsInTask);
}
