// The file tree that every tool reads: what Linux shows of a machine under /proc, /sys, /dev and /etc.
//
// Behind it stands the simulated box or a directory (a dump, a capture, the host's own root); whoever reads
// cannot tell which. A path is absolute, '/'-separated and names the tree's own files ("/proc/meminfo").
// Reading changes nothing. Failure is a value: the errno Linux would give.

namespace VboxMem.FileTree;

public enum NodeKind
{
    File,
    Directory,
    SymbolicLink,
}

/// <summary>What lstat(2) says of a node.</summary>
/// <param name="Kind">File, directory or symbolic link.</param>
/// <param name="Mode">Permission bits, octal 0..07777.</param>
/// <param name="UserId">Owner.</param>
/// <param name="GroupId">Owning group.</param>
/// <param name="IsBulky">
/// Left out of copies of the tree: a table of 8 bytes a page (kpagecount, kpageflags, pagemap), which is read in parts only, or a directory of
/// very many files (/sys/kernel/slab). Only the simulated box says so.
/// </param>
public readonly record struct NodeStat(NodeKind Kind, int Mode, uint UserId, uint GroupId, bool IsBulky = false);

public interface IFileTree
{
    /// <summary>Describes a node; a symbolic link itself, not what it points at.</summary>
    Errno TryStat(string path, out NodeStat stat);

    /// <summary>Names in a directory, in the order readdir(3) gives them, without "." and "..".</summary>
    Errno TryList(string path, out IReadOnlyList<string> names);

    /// <summary>The target of a symbolic link, as written in it.</summary>
    Errno TryReadLink(string path, out string target);

    /// <summary>
    /// The whole content of a file at this moment; the bytes never change afterwards. Follows symbolic links. A bulky file answers EFBIG.
    /// </summary>
    Errno TryRead(string path, out ReadOnlyMemory<byte> content);

    /// <summary>
    /// A part of a file as one pread(2) gives it: fewer bytes than asked for where the file ends, none behind its end. Tables of 8 bytes a
    /// page answer EINVAL unless offset and length are multiples of 8. Follows symbolic links.
    /// </summary>
    /// <param name="path">Absolute path.</param>
    /// <param name="offset">Bytes into the file; EINVAL when negative.</param>
    /// <param name="length">Bytes at most; EINVAL when negative.</param>
    /// <param name="content">What was read; the bytes never change afterwards.</param>
    Errno TryReadAt(string path, long offset, int length, out ReadOnlyMemory<byte> content)
    {
        content = default;
        if (offset < 0 || length < 0)
        {
            return Errno.EINVAL;
        }

        var errno = TryRead(path, out var whole);
        content = whole[(int)Math.Min(offset, whole.Length)..];
        content = content[..Math.Min(length, content.Length)];
        return errno;
    }

    /// <summary>Writes to a file as one write(2) call would. A tree that is not the simulated box answers EROFS.</summary>
    Errno TryWrite(string path, ReadOnlySpan<byte> content);

    /// <summary>
    /// Sends a signal to processes, as kill(2) by root does. A tree that is not the simulated box answers EROFS: nobody lives behind it
    /// whom a reader might touch.
    /// </summary>
    /// <param name="pid">A process, or any of its threads; -1: all but init; below that: a process group, negated.</param>
    /// <param name="signal">1..64; 0: none, only looks whether there is such a process.</param>
    Errno TrySignal(int pid, int signal) => Errno.EROFS;
}
