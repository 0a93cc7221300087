using VboxMem.FileTree;
using VboxMem.Kernel;
using VboxMem.Kernel.Sched;

namespace VboxMem.Procfs.Pid;

/// <summary>Something below /proc/PID that exists at this moment.</summary>
/// <param name="Path">What the path says.</param>
/// <param name="Task">The thread; in the directory of a process its leader.</param>
/// <param name="Entry">Null for the directory of a process, of its threads or of one of them.</param>
/// <param name="Descriptor">Which of a directory of descriptors; below 0: the directory itself, or something else.</param>
internal sealed record PidNode(PidPath Path, Process Task, PidEntry? Entry, int Descriptor) : ILiveNode
{
    private const uint Root = 0;
    private const int None = -1;

    public NodeKind Kind => Entry switch
    {
        PidFile => NodeKind.File,
        PidLink => NodeKind.SymbolicLink,
        PidDescriptors directory when Descriptor >= 0 => directory.HasLinks ? NodeKind.SymbolicLink : NodeKind.File,
        _ => NodeKind.Directory,
    };

    /// <summary>Finds what a path names, spelled as <see cref="PidPath"/> wants it.</summary>
    public static bool TryFind(Machine machine, string path, out PidNode node)
    {
        node = null!;
        if (!PidPath.TryParse(path, out var parsed) || !Threads.TryFindProcess(machine, parsed.Pid, out var leader))
        {
            return false;
        }

        var task = leader;
        if (parsed.Tid != 0 && !Threads.TryFindThread(machine, leader, parsed.Tid, out task))
        {
            return false;
        }

        return TryFindEntry(machine, parsed, task, parsed.FileStart == 0 ? default : path.AsSpan(parsed.FileStart), out node);
    }

    /// <summary>
    /// Mode and owner. The directory of a task and those that anyone may look into belong to its user always; all else only while there is
    /// an address space, and to root else.
    /// </summary>
    /// <remarks>fs/proc/base.c: task_dump_owner. Departs: all address spaces may be dumped, a program that has changed its user too.</remarks>
    public NodeStat StatOn(Machine machine)
    {
        var isOpenDirectory = Kind == NodeKind.Directory && (Entry is null || Entry.Mode == FileModes.DirectoryReadOnly);
        var isUsers = isOpenDirectory || SubjectOn(machine).Memory is not null;
        var isBulky = Entry is PidFile { IsBulky: true };
        return new NodeStat(Kind, ModeOn(machine), isUsers ? Task.Uid : Root, isUsers ? Task.Gid : Root, isBulky);
    }

    public IReadOnlyList<string> ListOn(Machine machine)
    {
        if (Entry is not null)
        {
            return Descriptors.NamesOf(SubjectOn(machine));
        }

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

    public Errno TryReadLink(Machine machine, out string target) => Entry is PidLink link
        ? link.Target(SubjectOn(machine), out target)
        : Descriptors.TryTarget(SubjectOn(machine), Descriptor, out target);

    public Errno Open(Machine machine) => Entry is PidFile file ? file.Open(SubjectOn(machine)) : Errno.None;

    public Errno Render(Machine machine, ProcText text)
    {
        switch (Entry)
        {
            case PidFile { Render: { } render }:
                render(SubjectOn(machine), text);
                return Errno.None;
            case PidFile:
                return Errno.EFBIG;   // made in parts only
            default:
                return Descriptors.RenderInfo(SubjectOn(machine), Descriptor, text);
        }
    }

    public Errno? RenderPart(Machine machine, long offset, int length, ProcText text) =>
        Entry is PidFile { ReadAt: { } readAt } ? readAt(SubjectOn(machine), offset, length, text) : null;

    public Errno? Write(Machine machine, ReadOnlySpan<byte> content) =>
        Entry is PidFile { Write: { } write } ? write(SubjectOn(machine), content) : null;

    private static bool TryFindEntry(Machine machine, in PidPath path, Process task, ReadOnlySpan<char> name, out PidNode node)
    {
        var slash = name.IndexOf('/');
        var entry = PidTable.Find(slash < 0 ? name : name[..slash]);
        node = new PidNode(path, task, entry, None);
        if (slash < 0)
        {
            return entry is not null || path.FileStart == 0;
        }

        if (entry is not PidDescriptors || !PidPath.TryDescriptor(name[(slash + 1)..], out var descriptor))
        {
            return false;
        }

        node = node with { Descriptor = descriptor };
        return Descriptors.IsOpen(node.SubjectOn(machine), descriptor);
    }

    private int ModeOn(Machine machine) => Entry switch
    {
        null => FileModes.DirectoryReadOnly,
        PidDescriptors { HasLinks: true } when Descriptor >= 0 => Descriptors.ModeOf(SubjectOn(machine), Descriptor),
        PidDescriptors when Descriptor >= 0 => FileModes.ReadAll,
        _ => Entry.Mode,
    };

    private Subject SubjectOn(Machine machine) => new(machine, Task, Path.IsInTask);
}
