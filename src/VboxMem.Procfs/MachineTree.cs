// The simulated box as a file tree: paths, directories, permissions; what is in a file is each renderer's matter.
//
// Every name comes out of ProcTable, so listing, reading, exporting and testing walk the same list.
//
// Invariants
//   T1  Reading, listing and describing change nothing in the machine.
//   T2  A directory exists exactly where a file below it does.
//
// Models   path resolution as root sees it, and the errno of each file system for a write it does not take.
// Departs  who asks is always root: there are no users yet, so only /proc/sys and sysfs, which hold modes against root too,
//          ever refuse for a mode.

using System.Diagnostics.CodeAnalysis;
using VboxMem.FileTree;
using VboxMem.Kernel;

namespace VboxMem.Procfs;

/// <summary>The files of one machine. Make one per machine; it holds nothing but the table of names and a buffer.</summary>
public sealed class MachineTree : IFileTree
{
    private const uint Root = 0;

    private readonly Machine _machine;
    private readonly ProcText _text = new();
    private readonly ProcFile[] _table;
    private readonly Dictionary<string, ProcFile> _files = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<string>> _directories = new(StringComparer.Ordinal) { ["/"] = [] };

    /// <param name="machine">A booted machine. The tree shows it as it is at each reading.</param>
    public MachineTree(Machine machine)
    {
        _machine = machine;
        _table = [.. ProcTable.FilesOf(machine)];
        foreach (var file in _table)
        {
            _files.Add(file.Path, file);
            AddToDirectory(file.Path);
        }

        foreach (var (path, names) in _directories)
        {
            DirectoryOrder.Sort(path, names);
        }
    }

    /// <summary>All files, in the order of the table.</summary>
    public IReadOnlyList<ProcFile> Files => _table;

    public Errno TryStat(string path, out NodeStat stat)
    {
        stat = default;
        var error = Resolve(path, out var file, out var directory);
        if (error != Errno.None)
        {
            return error;
        }

        stat = file is not null
            ? new NodeStat(NodeKind.File, file.Mode, Root, Root)
            : new NodeStat(NodeKind.Directory, DirectoryOrder.ModeOf(directory!), Root, Root);
        return Errno.None;
    }

    public Errno TryList(string path, out IReadOnlyList<string> names)
    {
        names = [];
        var error = Resolve(path, out _, out var directory);
        if (error != Errno.None)
        {
            return error;
        }

        if (directory is null)
        {
            return Errno.ENOTDIR;
        }

        names = _directories[directory].AsReadOnly();
        return Errno.None;
    }

    /// <inheritdoc/>
    /// <remarks>No file of the box is a symbolic link yet: an existing path answers EINVAL, as readlink(2) does.</remarks>
    public Errno TryReadLink(string path, out string target)
    {
        target = string.Empty;
        var error = Resolve(path, out _, out _);
        return error == Errno.None ? Errno.EINVAL : error;
    }

    public Errno TryRead(string path, out ReadOnlyMemory<byte> content)
    {
        content = default;
        var error = ResolveFile(path, out var file);
        if (error != Errno.None)
        {
            return error;
        }

        if ((file!.Mode & FileModes.OwnerRead) == 0)
        {
            return Errno.EACCES;   // /proc/sys checks the mode bits even for root
        }

        _text.Clear();
        file.Render(_machine, _text);
        content = _text.Written.ToArray();
        return Errno.None;
    }

    public Errno TryWrite(string path, ReadOnlySpan<byte> content)
    {
        var error = ResolveFile(path, out var file);
        if (error != Errno.None)
        {
            return error;
        }

        return file!.Write is null ? DirectoryOrder.WriteRefusedBy(file.Path) : file.Write(_machine, content);
    }

    private void AddToDirectory(string path)
    {
        var slash = path.LastIndexOf('/');
        var parent = slash == 0 ? "/" : path[..slash];
        if (!_directories.TryGetValue(parent, out var names))
        {
            _directories.Add(parent, names = []);
            AddToDirectory(parent);
        }

        names.Add(path[(slash + 1)..]);
    }

    private Errno ResolveFile(string path, out ProcFile? file)
    {
        var error = Resolve(path, out file, out _);
        return error == Errno.None && file is null ? Errno.EISDIR : error;
    }

    /// <summary>Finds the file or, failing that, the directory at a path; exactly one of them when there is no error.</summary>
    private Errno Resolve(string path, out ProcFile? file, out string? directory)
    {
        directory = null;
        if (_files.TryGetValue(path, out file))
        {
            return Errno.None;
        }

        if (!TreePath.TryNormalize(path, out var normal))
        {
            return Errno.ENOENT;
        }

        if (_directories.ContainsKey(normal))
        {
            directory = normal;
            return Errno.None;
        }

        if (_files.TryGetValue(normal, out file) && !path.EndsWith('/'))
        {
            return Errno.None;
        }

        return LiesBelowFile(normal, out file) ? Errno.ENOTDIR : Errno.ENOENT;
    }

    private bool LiesBelowFile(string normal, [NotNullWhen(true)] out ProcFile? file)
    {
        for (var end = normal.Length; end > 0; end = normal.LastIndexOf('/', end - 1))
        {
            if (_files.TryGetValue(normal[..end], out file))
            {
                return true;
            }
        }

        file = null;
        return false;
    }
}
