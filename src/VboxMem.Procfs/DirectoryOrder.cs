// What differs between the file systems of the box besides their files: order of names, modes of directories, and the answer
// to a write that a file does not take.
//
//   proc            shorter names first, equal lengths by bytes
//   /proc/sys       by bytes
//   sysfs           by a 31-bit hash of the name
//   the rest        by bytes
//
// Models   Linux 6.12 fs/proc/generic.c (proc_match), fs/proc/proc_sysctl.c (namecmp), fs/kernfs/dir.c (kernfs_name_hash)
//          (facts: virtual memory and tools, 8). The hash is checked against a running kernel's /sys in the tests.
// Departs  devtmpfs and debugfs list the newest file first; here they are, as /etc, in order of bytes.

using VboxMem.FileTree;

namespace VboxMem.Procfs;

internal static class DirectoryOrder
{
    private const string DebugMount = "/sys/kernel/debug";
    private const ulong GoldenRatio = 0x61C8_8646_80B5_83EB;

    private enum FileSystem
    {
        Root,
        Proc,
        ProcSys,
        Sysfs,
        Debugfs,
    }

    /// <summary>Puts a directory's names into the order in which its file system lists them.</summary>
    public static void Sort(string directory, List<string> names)
    {
        names.Sort(FileSystemOf(directory) switch
        {
            FileSystem.Proc => static (left, right) =>
                left.Length != right.Length ? left.Length.CompareTo(right.Length) : string.CompareOrdinal(left, right),
            FileSystem.Sysfs => static (left, right) => KernfsHash(left).CompareTo(KernfsHash(right)) is var order && order != 0
                ? order
                : string.CompareOrdinal(left, right),
            _ => string.CompareOrdinal,
        });
    }

    public static int ModeOf(string directory) =>
        directory == DebugMount ? FileModes.DirectoryOwnerOnly
        : FileSystemOf(directory) is FileSystem.Proc or FileSystem.ProcSys ? FileModes.DirectoryReadOnly
        : FileModes.DirectoryWritable;

    /// <summary>
    /// What a write by root gets from a file without one: /proc and debugfs have nobody to take it, /proc/sys and sysfs look at the mode.
    /// </summary>
    public static Errno WriteRefusedBy(string path) => FileSystemOf(path) switch
    {
        FileSystem.Proc => Errno.EIO,
        FileSystem.ProcSys or FileSystem.Sysfs => Errno.EACCES,
        FileSystem.Debugfs => Errno.EINVAL,
        _ => Errno.EROFS,   // the box has no file system of its own to write to yet
    };

    /// <summary>What a read by root gets from a file that nobody may read: /proc has nobody to answer it, /proc/sys and sysfs look at the mode.</summary>
    public static Errno ReadRefusedBy(string path) => FileSystemOf(path) == FileSystem.Proc ? Errno.EIO : Errno.EACCES;

    /// <summary>Hash of a name in a kernfs directory without namespace.</summary>
    public static uint KernfsHash(string name)
    {
        var hash = 0UL;
        foreach (var character in name)
        {
            hash = unchecked((hash + ((ulong)character << 4) + ((ulong)character >> 4)) * 11);
        }

        var folded = (uint)(unchecked(hash * GoldenRatio) >> 32) & int.MaxValue;
        return folded < 2 ? folded + 2 : Math.Min(folded, int.MaxValue - 1);
    }

    private static FileSystem FileSystemOf(string path) =>
        IsWithin(path, "/proc/sys") ? FileSystem.ProcSys
        : IsWithin(path, "/proc") ? FileSystem.Proc
        : IsWithin(path, DebugMount) ? FileSystem.Debugfs
        : IsWithin(path, "/sys") ? FileSystem.Sysfs
        : FileSystem.Root;

    private static bool IsWithin(string path, string directory) =>
        path.StartsWith(directory, StringComparison.Ordinal) && (path.Length == directory.Length || path[directory.Length] == '/');
}
