// Writes a file tree to a real directory, so that real tools can be pointed at it.
//
// Files get their content, their owner and then their mode; directories and links are made as they are in the tree. A file that
// nobody may read (mode 0200, such as drop_caches on Linux) or that cannot be opened at this moment (smaps_rollup of a kernel
// thread) has no content to write: it is left out and counted. So is what is bulky: 8 bytes a page of the whole machine or of an
// address space would be far larger than all the rest, and the thousands of files of the slab caches far more.
//
// Departs  directories stay writable by their owner, or nobody but root could remove the export; owners are set for root alone.

using VboxMem.FileTree;

namespace VboxMem.Procfs;

/// <summary>An export could not be finished: which path, and why in the system's words.</summary>
public sealed class TreeExportException(string path, string reason, Exception? inner = null)
    : IOException($"{path}: {reason}", inner)
{
    /// <summary>The path in the tree or on the disk that made trouble.</summary>
    public string FailedPath { get; } = path;
}

/// <summary>What an export wrote.</summary>
/// <param name="Files">Files and links written.</param>
/// <param name="Unreadable">Paths left out because nobody may read or open them.</param>
/// <param name="Bulky">Paths left out because of their size.</param>
public readonly record struct TreeExport(int Files, IReadOnlyList<string> Unreadable, IReadOnlyList<string> Bulky);

public static class TreeExporter
{
    private const int OwnerWrite = 0b010_000_000;

    /// <summary>Writes the whole tree below a directory, which is made if need be; files already there are replaced.</summary>
    /// <exception cref="TreeExportException">The tree could not be read or the disk not be written. What was written stays.</exception>
    public static TreeExport Export(IFileTree tree, string directory)
    {
        var leftOut = new LeftOut([], []);
        var files = ExportDirectory(tree, "/", directory, leftOut);
        return new TreeExport(files, leftOut.Unreadable, leftOut.Bulky);
    }

    private readonly record struct LeftOut(List<string> Unreadable, List<string> Bulky);

    private static int ExportDirectory(IFileTree tree, string path, string target, in LeftOut leftOut)
    {
        Check(tree.TryList(path, out var names), path);
        OnDisk(target, () =>
        {
            if (path != "/" && new DirectoryInfo(target).LinkTarget is not null)
            {
                throw new TreeExportException(target, "is a link, behind which nothing is written");
            }

            Directory.CreateDirectory(target);
        });
        var files = 0;
        foreach (var name in names)
        {
            CheckName(path, name);
            var child = path == "/" ? "/" + name : $"{path}/{name}";
            var childTarget = Path.Combine(target, name);
            Check(tree.TryStat(child, out var stat), child);
            if (stat.IsBulky)
            {
                leftOut.Bulky.Add(child);
                continue;
            }

            files += stat.Kind switch
            {
                NodeKind.Directory => ExportDirectory(tree, child, childTarget, leftOut),
                NodeKind.SymbolicLink => ExportLink(tree, child, childTarget, stat, leftOut),
                _ => ExportFile(tree, child, childTarget, stat, leftOut),
            };
        }

        Check(tree.TryStat(path, out var own), path);
        SetOwner(target, own);
        SetMode(target, own.Mode | OwnerWrite);
        return files;
    }

    private static int ExportLink(IFileTree tree, string path, string target, in NodeStat stat, in LeftOut leftOut)
    {
        var error = tree.TryReadLink(path, out var destination);
        if (error == Errno.ENOENT)
        {
            leftOut.Unreadable.Add(path);   // exe of a kernel thread
            return 0;
        }

        Check(error, path);
        OnDisk(target, () =>
        {
            File.Delete(target);
            File.CreateSymbolicLink(target, destination);
        });
        SetOwner(target, stat);
        return 1;
    }

    private static int ExportFile(IFileTree tree, string path, string target, in NodeStat stat, in LeftOut leftOut)
    {
        var content = ReadOnlyMemory<byte>.Empty;
        var error = (stat.Mode & FileModes.OwnerRead) == 0 ? Errno.EACCES : tree.TryRead(path, out content);
        if (error is Errno.EACCES or Errno.ESRCH or Errno.EINVAL)
        {
            leftOut.Unreadable.Add(path);
            return 0;
        }

        Check(error, path);
        OnDisk(target, () =>
        {
            File.Delete(target);   // it may be there without write permission
            using var file = File.Create(target);
            file.Write(content.Span);
        });
        SetOwner(target, stat);
        SetMode(target, stat.Mode);
        return 1;
    }

    private static void SetOwner(string target, NodeStat stat) =>
        OnDisk(target, () => HostOwner.Set(target, stat.UserId, stat.GroupId));

    private static void SetMode(string target, int mode)
    {
        OnDisk(target, () =>
        {
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(target, (UnixFileMode)mode);
            }
        });
    }

    private static void Check(Errno error, string path)
    {
        if (error != Errno.None)
        {
            throw new TreeExportException(path, error.Describe());
        }
    }

    /// <summary>Whatever a tree lists, nothing is written outside the directory.</summary>
    private static void CheckName(string directory, string name)
    {
        if (name is "" or "." or ".." || name.Contains('/', StringComparison.Ordinal) || name.Contains('\0', StringComparison.Ordinal))
        {
            throw new TreeExportException(directory, $"lists \"{name}\", which is no name of a file");
        }
    }

    private static void OnDisk(string target, Action action)
    {
        try
        {
            action();
        }
        catch (Exception error) when (error is (IOException and not TreeExportException) or UnauthorizedAccessException or NotSupportedException)
        {
            throw new TreeExportException(target, HostError.Describe(error), error);
        }
    }
}
