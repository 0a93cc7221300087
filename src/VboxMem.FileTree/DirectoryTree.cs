// The file tree over a directory of the host: a dump, a capture, or the host's own root.
//
// Invariants
//   D1  Nothing outside the root is ever opened: ".." stops at the root, and a symbolic link is followed as if the
//       root were "/": an absolute target starts at the root, a relative one where the link stands.
//   D2  A path that needs more than 40 links answers ELOOP, as the kernel's MAXSYMLINKS has it.
//   D3  It never writes, and sends no signal.
//   D4  A listing has the same order on every host (ReaddirOrder).
//
// With the root "/" the kernel resolves paths itself: there is nothing to escape from, and the links of /proc/PID/fd
// or /proc/PID/exe name things that have no path. Inside another root it does so too where it can (RootDirectory);
// what that does not know is walked, component by component.
//
// Models  path_resolution(7), chroot(2).
// Departs who renames directories inside a dump while it is walked can make a path leave the root; a dump stands still.

using System.IO.Enumeration;

namespace VboxMem.FileTree;

/// <summary>Reads a directory of the host as a tree of files. Every write answers EROFS.</summary>
public sealed class DirectoryTree : IFileTree
{
    private const int MaxSymbolicLinks = 40;

    private readonly string _root;   // without a trailing slash; "" is the host's own root
    private readonly RootDirectory? _directory;   // null: the host's own root

    /// <param name="root">The directory that becomes "/". It need not exist: then every path answers ENOENT.</param>
    /// <exception cref="PlatformNotSupportedException">The host is not Linux: owners, modes and errnos come from its system calls.</exception>
    public DirectoryTree(string root)
    {
        ArgumentException.ThrowIfNullOrEmpty(root);
        if (!OperatingSystem.IsLinux()) throw new PlatformNotSupportedException("a directory can be read as a file tree on Linux only");
        _root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(root));
        if (_root == "/") _root = "";
        else _directory = new RootDirectory(_root);
    }

    /// <summary>The host directory, absolute.</summary>
    public string Root => _root.Length == 0 ? "/" : _root;

    private bool IsHostRoot => _root.Length == 0;

    public Errno TryStat(string path, out NodeStat stat)
    {
        stat = default;
        var errno = TryStatAtOnce(path, out var found);
        if (errno != Errno.None) return errno;
        var kind = found.Type switch
        {
            HostFiles.FileType.Directory => NodeKind.Directory,
            HostFiles.FileType.SymbolicLink => NodeKind.SymbolicLink,
            _ => NodeKind.File,
        };
        stat = new NodeStat(kind, found.Permissions, found.UserId, found.GroupId);
        return Errno.None;
    }

    public Errno TryList(string path, out IReadOnlyList<string> names)
    {
        names = [];
        _directory?.Check();
        var errno = LocateAndStat(path, out var place, out var stat);
        if (errno != Errno.None) return errno;
        if (stat.Type != HostFiles.FileType.Directory) return Errno.ENOTDIR;

        try
        {
            string[] sorted = [.. new FileSystemEnumerable<string>(place.HostPath, static (ref entry) => entry.FileName.ToString(), AllEntries)];
            ReaddirOrder.Sort(place.TreePath, sorted);
            names = sorted;
            return Errno.None;
        }
        catch (UnauthorizedAccessException)
        {
            return Errno.EACCES;
        }
        catch (DirectoryNotFoundException)
        {
            return Errno.ENOENT;   // a process that ended since the stat
        }
        catch (IOException)
        {
            return Errno.EIO;
        }
    }

    public Errno TryReadLink(string path, out string target)
    {
        target = "";
        var errno = Locate(path, followLast: false, out var place);
        return errno != Errno.None ? errno : HostFiles.TryReadLink(place.HostPath, out target);
    }

    public Errno TryRead(string path, out ReadOnlyMemory<byte> content)
    {
        content = default;
        var errno = TryOpen(path, out var descriptor);
        if (errno != Errno.None) return errno;
        errno = HostContent.TryReadAll(descriptor, HostContent.IsOneRecord(path), out content);
        HostFiles.Close(descriptor);
        return errno;
    }

    public Errno TryReadAt(string path, long offset, int length, out ReadOnlyMemory<byte> content)
    {
        content = default;
        if (offset < 0 || length < 0) return Errno.EINVAL;
        var errno = TryWalkAndOpen(path, out var descriptor);
        if (errno != Errno.None) return errno;
        errno = HostContent.TryReadAt(descriptor, offset, length, out content);
        HostFiles.Close(descriptor);
        return errno;
    }

    public Errno TryWrite(string path, ReadOnlySpan<byte> content) => Errno.EROFS;

    public Errno TrySignal(int pid, int signal) => Errno.EROFS;

    private static readonly EnumerationOptions AllEntries = new()
    {
        AttributesToSkip = 0,
        IgnoreInaccessible = false,
        MatchType = MatchType.Simple,
        RecurseSubdirectories = false,
        ReturnSpecialDirectories = false,
    };

    /// <summary>A directory may come out open: reading from it says EISDIR.</summary>
    private Errno TryOpen(string path, out int descriptor)
    {
        CheckAbsolute(path);
        if (!path.Contains('\0') && _directory?.TryOpen(path, isReading: true, out descriptor) is { } errno) return errno;
        if (IsHostRoot && !path.Contains('\0')) return HostFiles.TryOpen(path, out descriptor);
        return TryWalkAndOpen(path, out descriptor);
    }

    private Errno TryWalkAndOpen(string path, out int descriptor)
    {
        descriptor = -1;
        var errno = LocateAndStat(path, out var place, out var stat);
        if (errno != Errno.None) return errno;
        return stat.Type == HostFiles.FileType.Directory ? Errno.EISDIR : HostFiles.TryOpen(place.HostPath, out descriptor);
    }

    private Errno TryStatAtOnce(string path, out HostFiles.HostStat stat)
    {
        stat = default;
        CheckAbsolute(path);
        if (!path.Contains('\0') && _directory?.TryOpen(path, isReading: false, out var descriptor) is { } errno)
        {
            if (errno != Errno.None) return errno;
            errno = HostFiles.TryStat(descriptor, out stat);
            HostFiles.Close(descriptor);
            return errno;
        }

        errno = Locate(path, followLast: false, out var place);
        return errno != Errno.None ? errno : HostFiles.TryStat(place.HostPath, followLink: false, out stat);
    }

    private static void CheckAbsolute(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (path.Length == 0 || path[0] != '/') throw new ArgumentException("a path inside a tree is absolute", nameof(path));
    }

    /// <summary>A place inside the tree: the host's path to it, and the tree's own without links, "." and "..".</summary>
    private readonly record struct Place(string HostPath, string TreePath);

    private Errno LocateAndStat(string path, out Place place, out HostFiles.HostStat stat)
    {
        stat = default;
        var errno = Locate(path, followLast: true, out place);
        // Inside a root of its own the place holds no link any more; the host's root leaves links to the kernel.
        return errno != Errno.None ? errno : HostFiles.TryStat(place.HostPath, followLink: IsHostRoot, out stat);
    }

    private Errno Locate(string path, bool followLast, out Place place)
    {
        CheckAbsolute(path);
        place = default;
        if (path.Contains('\0')) return Errno.ENOENT;   // no file has such a name
        if (IsHostRoot)
        {
            place = new Place(path, Path.GetFullPath(path));
            return Errno.None;
        }

        return Walk(path, followLast, out place);
    }

    private Errno Walk(string path, bool followLast, out Place place)
    {
        place = default;
        var pending = new Stack<string>();
        var reached = new List<string>();
        var links = 0;
        PushReversed(pending, path);
        // A trailing slash asks for a directory, and follows a link to it.
        var wantsDirectory = path.EndsWith('/');

        while (pending.TryPop(out var name))
        {
            if (name == ".") continue;
            if (name == "..")
            {
                if (reached.Count > 0) reached.RemoveAt(reached.Count - 1);
                continue;
            }

            var errno = HostFiles.TryStat(HostPath(reached, name), followLink: false, out var stat);
            if (errno != Errno.None) return errno;

            var isLast = pending.Count == 0 && !wantsDirectory;
            if (stat.Type == HostFiles.FileType.SymbolicLink && (!isLast || followLast))
            {
                if (++links > MaxSymbolicLinks) return Errno.ELOOP;
                errno = HostFiles.TryReadLink(HostPath(reached, name), out var target);
                if (errno != Errno.None) return errno;
                if (target.StartsWith('/')) reached.Clear();
                PushReversed(pending, target);
                continue;
            }

            if (!isLast && stat.Type != HostFiles.FileType.Directory) return Errno.ENOTDIR;
            reached.Add(name);
        }

        place = new Place(HostPath(reached), "/" + string.Join('/', reached));
        return Errno.None;
    }

    private static void PushReversed(Stack<string> pending, string path)
    {
        var names = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        for (var i = names.Length - 1; i >= 0; i--) pending.Push(names[i]);
    }

    /// <summary>The "." behind the root itself makes it a directory even where the root was given as a link to one.</summary>
    private string HostPath(List<string> reached, string name = ".") =>
        reached.Count == 0 ? _root + "/" + name
        : name == "." ? _root + "/" + string.Join('/', reached)
        : _root + "/" + string.Join('/', reached) + "/" + name;
}
