// The order in which names come out of a directory, made the same on every host.
//
// A dump lies on a file system that has an order of its own (a hash, or the order of creation), while a program that
// reads real procfs relies on procfs's: it breaks ties in top and is the very order of `sysctl -a`. So a listing is
// sorted the way the kernel would have given it:
//   /proc/sys and below   bytewise;
//   elsewhere             shorter names first, equal lengths bytewise; in /proc then self and thread-self;
//                         numbers (PIDs, TIDs, descriptors) last, ascending.
//
// Models  facts: virtual memory and tools, sections 6.7 and 8 (order of a directory on a real procfs).

using System.Text;

namespace VboxMem.FileTree;

internal static class ReaddirOrder
{
    /// <param name="directory">The directory's absolute path inside the tree, without ".", ".." and links.</param>
    internal static void Sort(string directory, string[] names)
    {
        var isSysctl = directory == "/proc/sys" || directory.StartsWith("/proc/sys/", StringComparison.Ordinal);
        var isProc = directory == "/proc";
        Array.Sort(names, (left, right) => isSysctl ? Bytewise(left, right) : Procfs(left, right, isProc));
    }

    private static int Procfs(string left, string right, bool isProc)
    {
        var byRank = Rank(left, isProc).CompareTo(Rank(right, isProc));
        if (byRank != 0) return byRank;

        // Numbers have no leading zero, so this compares them by value too.
        var byLength = Encoding.UTF8.GetByteCount(left).CompareTo(Encoding.UTF8.GetByteCount(right));
        return byLength != 0 ? byLength : Bytewise(left, right);
    }

    private static int Rank(string name, bool isProc) =>
        IsNumber(name) ? 3
        : isProc && name == "thread-self" ? 2
        : isProc && name == "self" ? 1
        : 0;

    private static bool IsNumber(string name)
    {
        if (name.Length > 1 && name[0] == '0') return false;
        foreach (var c in name)
        {
            if (!char.IsAsciiDigit(c)) return false;
        }

        return name.Length > 0;
    }

    /// <summary>By UTF-8 bytes. Ordinal order of UTF-16 differs from it only where surrogates meet U+E000..U+FFFF.</summary>
    private static int Bytewise(string left, string right) =>
        Encoding.UTF8.GetBytes(left).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(right));
}
