// The simulated box as a file tree: paths, directories, permissions; what is in a file is each renderer's matter.
//
// The names that never change come out of ProcTable, those of processes out of PidTable and the machine's tasks, so listing,
// reading, exporting and testing walk the same lists. A process is there as long as its task is.
//
// What a link of a process leads to (exe, fd/N) is opened on Linux whatever became of its path; here it is looked up like any path,
// and the box's own files, which have no content, are not in the tree: ENOENT.
//
// Invariants
//   T1  Reading, listing and describing change nothing in the machine.
//   T2  A directory of the table exists exactly where a file or link below it does.
//
// Models   path resolution as root sees it, and the errno of each file system for a write it does not take. /proc lists its fixed
//          names, then self and thread-self, then processes by pid (facts: virtual memory and tools, 8).
// Departs  who asks is always root and no process of the box: /proc/self is init, and only /proc/sys and sysfs, which hold modes
//          against root too, ever refuse for a mode.

using VboxMem.FileTree;
using VboxMem.Kernel;
using VboxMem.Procfs.Debug;
using VboxMem.Procfs.Pid;

namespace VboxMem.Procfs;

/// <summary>The files of one machine. Make one per machine; it holds nothing but the table of names and a buffer.</summary>
public sealed class MachineTree : IFileTree
{
    private const uint Root = 0;
    private const int MostLinks = 40;
    private const string Proc = "/proc";

    private readonly Machine _machine;
    private readonly ProcText _text = new();
    private readonly ProcFile[] _table;
    private readonly Dictionary<string, ProcFile> _files = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _links = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<string>> _directories = new(StringComparer.Ordinal) { ["/"] = [] };

    /// <param name="machine">A booted machine. The tree shows it as it is at each reading.</param>
    /// <param name="passwd">Makes what /etc/passwd has, when it is first read; null: root alone.</param>
    public MachineTree(Machine machine, Func<byte[]>? passwd = null)
    {
        _machine = machine;
        _table = [.. ProcTable.FilesOf(machine, passwd)];
        foreach (var file in _table)
        {
            _files.Add(file.Path, file);
            AddToDirectory(file.Path);
        }

        foreach (var (path, target) in ProcTable.LinksOf(machine))
        {
            _links.Add(path, target);
            AddToDirectory(path);
        }

        AddToDirectory(TranslateNode.Directory);
        foreach (var (path, names) in _directories)
        {
            DirectoryOrder.Sort(path, names);
        }

        // Not in the order of the others: the kernel lists them with the processes.
        foreach (var (path, target) in ProcTable.ReaderLinks)
        {
            _links.Add(path, target);
            AddToDirectory(path);
        }
    }

    /// <summary>All files that are there as long as the machine is, in the order of the table; those of processes are not among them.</summary>
    public IReadOnlyList<ProcFile> Files => _table;

    public Errno TryStat(string path, out NodeStat stat)
    {
        stat = default;
        var error = Resolve(path, followLast: false, out var node);
        if (error != Errno.None)
        {
            return error;
        }

        stat = node switch
        {
            { Live: { } live } => live.StatOn(_machine),
            { Kind: NodeKind.SymbolicLink } => new NodeStat(NodeKind.SymbolicLink, FileModes.Link, Root, Root),
            { File: { } file } => new NodeStat(NodeKind.File, file.Mode, Root, Root, file.IsBulky),
            _ => new NodeStat(NodeKind.Directory, DirectoryOrder.ModeOf(node.Path), Root, Root, ProcTable.BulkyDirectories.Contains(node.Path)),
        };
        return Errno.None;
    }

    public Errno TryList(string path, out IReadOnlyList<string> names)
    {
        names = [];
        var error = Resolve(path, followLast: true, out var node);
        if (error != Errno.None)
        {
            return error;
        }

        if (node.Kind != NodeKind.Directory)
        {
            return Errno.ENOTDIR;
        }

        names = node.Live is { } live ? live.ListOn(_machine)
            : node.Path == Proc ? NamesOfProc()
            : _directories[node.Path].AsReadOnly();
        return Errno.None;
    }

    public Errno TryReadLink(string path, out string target)
    {
        target = "";
        var error = Resolve(path, followLast: false, out var node);
        return error != Errno.None ? error
            : node.Kind != NodeKind.SymbolicLink ? Errno.EINVAL
            : TryTarget(node, out target);
    }

    public Errno TryRead(string path, out ReadOnlyMemory<byte> content)
    {
        content = default;
        var error = ResolveFile(path, out var node);
        if (error == Errno.None)
        {
            error = OpenForReading(node);
        }

        if (error == Errno.None)
        {
            error = RenderWhole(node);
        }

        content = error == Errno.None ? _text.Written.ToArray() : default;
        return error;
    }

    public Errno TryReadAt(string path, long offset, int length, out ReadOnlyMemory<byte> content)
    {
        content = default;
        var error = ResolveFile(path, out var node);
        if (error == Errno.None)
        {
            error = OpenForReading(node);
        }

        if (error == Errno.None)
        {
            error = offset < 0 || length < 0 ? Errno.EINVAL : RenderPart(node, offset, length);
        }

        content = error == Errno.None ? _text.Written.ToArray() : default;
        return error;
    }

    public Errno TryWrite(string path, ReadOnlySpan<byte> content)
    {
        var error = ResolveFile(path, out var node);
        if (error != Errno.None)
        {
            return error;
        }

        if (node.Live is { } live)
        {
            return live.Write(_machine, content) ?? DirectoryOrder.WriteRefusedBy(path);
        }

        return node.File!.Write?.Invoke(_machine, content) ?? DirectoryOrder.WriteRefusedBy(node.File.Path);
    }

    public Errno TrySignal(int pid, int signal) => Signals.Send(_machine, pid, signal);

    private void AddToDirectory(string path)
    {
        var parent = TreePath.ParentOf(path);
        if (!_directories.TryGetValue(parent, out var names))
        {
            _directories.Add(parent, names = []);
            AddToDirectory(parent);
        }

        names.Add(path[(path.LastIndexOf('/') + 1)..]);
    }

    private List<string> NamesOfProc()
    {
        var names = new List<string>(_directories[Proc].Count + _machine.Processes.Count);
        names.AddRange(_directories[Proc]);
        Threads.AddProcesses(_machine, names);
        return names;
    }

    private Errno ResolveFile(string path, out TreeNode node)
    {
        var error = Resolve(path, followLast: true, out node);
        return error == Errno.None && node.Kind == NodeKind.Directory ? Errno.EISDIR : error;
    }

    private Errno OpenForReading(in TreeNode node) => node.Live is { } live
        ? live.Open(_machine)
        : (node.File!.Mode & FileModes.OwnerRead) == 0 ? DirectoryOrder.ReadRefusedBy(node.File.Path)
        : Errno.None;

    private Errno RenderWhole(in TreeNode node)
    {
        _text.Clear();
        if (node.Live is { } live)
        {
            return live.Render(_machine, _text);
        }

        if (node.File?.Render is { } render)
        {
            render(_machine, _text);
            return Errno.None;
        }

        return Errno.EFBIG;   // made in parts only
    }

    private Errno RenderPart(in TreeNode node, long offset, int length)
    {
        _text.Clear();
        if (node.Live?.RenderPart(_machine, offset, length, _text) is { } answer)
        {
            return answer;
        }

        if (node.File?.ReadAt is { } readAt)
        {
            return readAt(_machine, offset, length, _text);
        }

        var error = RenderWhole(node);
        _text.Keep(offset, length);
        return error;
    }

    private Errno TryTarget(in TreeNode node, out string target)
    {
        target = node.Target;
        return node.Live is { } live ? live.TryReadLink(_machine, out target) : Errno.None;
    }

    private Errno Resolve(string path, bool followLast, out TreeNode node)
    {
        if (TryFind(path, out node) && !(followLast && node.Kind == NodeKind.SymbolicLink))
        {
            return Errno.None;
        }

        return path.StartsWith('/') ? Walk(path, followLast, out node) : Errno.ENOENT;
    }

    /// <summary>What a path names that is spelled without dots, empty parts, a final slash, and links on the way.</summary>
    private bool TryFind(string path, out TreeNode node)
    {
        node = default;
        if (_files.TryGetValue(path, out var file))
        {
            node = new TreeNode(NodeKind.File, File: file);
        }
        else if (_directories.ContainsKey(path))
        {
            node = new TreeNode(NodeKind.Directory, path);
        }
        else if (_links.TryGetValue(path, out var target))
        {
            node = new TreeNode(NodeKind.SymbolicLink, Target: target);
        }
        else if (PidNode.TryFind(_machine, path, out var process))
        {
            node = new TreeNode(process.Kind, Live: process);
        }
        else if (TranslateNode.TryFind(_machine, path, out var translation))
        {
            node = new TreeNode(translation.Kind, Live: translation);
        }
        else
        {
            return false;
        }

        return true;
    }

    /// <summary>Goes from name to name, as the kernel does.</summary>
    private Errno Walk(string path, bool followLast, out TreeNode node)
    {
        var pending = new Stack<string>();
        TreePath.PushParts(pending, path);
        var reached = "/";
        var links = 0;
        var wantsDirectory = path.EndsWith('/');
        _ = TryFind(reached, out node);
        while (pending.TryPop(out var name))
        {
            if (node.Kind != NodeKind.Directory)
            {
                return Errno.ENOTDIR;
            }

            var directory = reached;
            reached = TreePath.Join(directory, name);
            if (!TryFind(reached, out node))
            {
                return Errno.ENOENT;
            }

            if (node.Kind == NodeKind.SymbolicLink && (pending.Count > 0 || wantsDirectory || followLast))
            {
                if (++links > MostLinks)
                {
                    return Errno.ELOOP;
                }

                var error = TryTarget(node, out var target);
                if (error != Errno.None)
                {
                    return error;
                }

                TreePath.PushParts(pending, target);
                reached = target.StartsWith('/') ? "/" : directory;
                _ = TryFind(reached, out node);
            }
        }

        return wantsDirectory && node.Kind != NodeKind.Directory ? Errno.ENOTDIR : Errno.None;
    }
}
