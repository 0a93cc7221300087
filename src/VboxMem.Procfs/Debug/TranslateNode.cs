using System.Globalization;
using VboxMem.FileTree;
using VboxMem.Kernel;
using VboxMem.Kernel.Virtual;
using VboxMem.Procfs.Pid;

namespace VboxMem.Procfs.Debug;

/// <summary>
/// Something below <c>/sys/kernel/debug/vbox/translate</c>: that directory, one for each process that has memory, and in it a file for any
/// address, in hexadecimal. No listing names the addresses: whoever wants one translated opens the file of its name.
/// </summary>
/// <param name="Subject">The process; null: the directory of all.</param>
/// <param name="Address">The address; null: the directory of the process.</param>
internal sealed record TranslateNode(Subject? Subject, ulong? Address) : ILiveNode
{
    public const string Directory = "/sys/kernel/debug/vbox/translate";

    private const uint Root = 0;

    public NodeKind Kind => Address is null ? NodeKind.Directory : NodeKind.File;

    /// <summary>Finds what a path names that is spelled without dots, empty parts and a final slash.</summary>
    public static bool TryFind(Machine machine, string path, out TranslateNode node)
    {
        node = new TranslateNode(null, null);
        if (!path.StartsWith(Directory, StringComparison.Ordinal))
        {
            return false;
        }

        if (path.Length == Directory.Length)
        {
            return true;
        }

        var rest = path.AsSpan(Directory.Length);
        var slash = rest[1..].IndexOf('/') + 1;
        var name = slash == 0 ? rest[1..] : rest[1..slash];
        if (rest[0] != '/' || !PidPath.TryDescriptor(name, out var pid) || !Threads.TryFindProcess(machine, pid, out var leader))
        {
            return false;
        }

        var subject = new Subject(machine, leader, isThread: false);
        node = new TranslateNode(subject, null);
        if (slash == 0)
        {
            return subject.Memory is not null;
        }

        node = node with { Address = AddressOf(rest[(slash + 1)..]) };
        return subject.Memory is { } mm && node.Address < mm.End;
    }

    public NodeStat StatOn(Machine machine) =>
        new(Kind, Address is null ? FileModes.DirectoryWritable : FileModes.ReadAll, Root, Root);

    public IReadOnlyList<string> ListOn(Machine machine)
    {
        var names = new List<string>();
        foreach (var task in machine.Processes.Tasks)
        {
            if (Subject is null && Threads.TryFindProcess(machine, task.Pid, out var leader)
                && new Subject(machine, leader, isThread: false).Memory is not null)
            {
                names.Add(Threads.NameOf(task));
            }
        }

        return names;
    }

    public Errno TryReadLink(Machine machine, out string target)
    {
        target = "";
        return Errno.EINVAL;
    }

    public Errno Open(Machine machine) => Errno.None;

    public Errno Render(Machine machine, ProcText text)
    {
        Translation.Render(machine, Subject!.Value.Memory!, Address!.Value, text);
        return Errno.None;
    }

    public Errno? RenderPart(Machine machine, long offset, int length, ProcText text) => null;

    public Errno? Write(Machine machine, ReadOnlySpan<byte> content) => null;

    /// <summary>Hexadecimal digits, behind 0x or not; null: it is no address.</summary>
    private static ulong? AddressOf(ReadOnlySpan<char> name)
    {
        name = name.StartsWith("0x", StringComparison.Ordinal) ? name[2..] : name;
        return ulong.TryParse(name, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var address) ? address : null;
    }
}
