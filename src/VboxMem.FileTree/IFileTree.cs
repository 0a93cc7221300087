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
public readonly record struct NodeStat(NodeKind Kind, int Mode, uint UserId, uint GroupId);

public interface IFileTree
{
    /// <summary>Describes a node; a symbolic link itself, not what it points at.</summary>
    Errno TryStat(string path, out NodeStat stat);

    /// <summary>Names in a directory, in the order readdir(3) gives them, without "." and "..".</summary>
    Errno TryList(string path, out IReadOnlyList<string> names);

    /// <summary>The target of a symbolic link, as written in it.</summary>
    Errno TryReadLink(string path, out string target);

    /// <summary>The whole content of a file at this moment; the bytes never change afterwards. Follows symbolic links.</summary>
    Errno TryRead(string path, out ReadOnlyMemory<byte> content);

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
