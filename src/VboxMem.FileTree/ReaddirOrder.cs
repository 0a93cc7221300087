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
        var places = new Place[names.Length];
        for (var i = 0; i < names.Length; i++)
        {
            var bytes = Encoding.UTF8.GetByteCount(names[i]);
            // Numbers have no leading zero, so their lengths and digits compare them by value too.
            places[i] = new Place(isSysctl ? 0 : Rank(names[i], isProc), isSysctl ? 0 : bytes, names[i], bytes == names[i].Length);
        }

        Array.Sort(places, names);
    }

    /// <summary>Where a name stands among others. A class, as sorting objects is code that is compiled ahead; sorting a value type of ours is not.</summary>
    private sealed class Place(int rank, int length, string name, bool isAscii) : IComparable<Place>
    {
        private readonly int _rank = rank;
        private readonly int _length = length;
        private readonly string _name = name;
        private readonly bool _isAscii = isAscii;

        public int CompareTo(Place? other)
        {
            if (other is null) return 1;
            if (_rank != other._rank) return _rank.CompareTo(other._rank);
            if (_length != other._length) return _length.CompareTo(other._length);
            return _isAscii && other._isAscii ? string.CompareOrdinal(_name, other._name) : Bytewise(_name, other._name);
        }
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
