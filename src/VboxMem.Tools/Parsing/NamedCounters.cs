// A file of names and numbers, in the file's order: /proc/meminfo, /proc/vmstat and their likes.
//
// It keeps the file's bytes and, for every line, where the name lies and what the number is, so that a reading costs
// no string. Where a name stands twice the later line counts, as it does in procps. A name the file has not is absent,
// which is not zero: callers see null.
//
// Units   the file's own.

using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace VboxMem.Tools.Parsing;

/// <summary>Names and numbers of one reading of a file.</summary>
public sealed class NamedCounters
{
    private readonly byte[] _text;
    private readonly List<Entry> _entries = [];

    private readonly record struct Entry(int NameStart, int NameLength, ulong Value);

    internal NamedCounters(ReadOnlySpan<byte> text) => _text = text.ToArray();

    /// <summary>The file's bytes, which names are slices of.</summary>
    internal ReadOnlySpan<byte> Text => _text;

    public int Count => _entries.Count;

    /// <summary>The name on line <paramref name="index"/> of the file, 0-based, empty lines not counted.</summary>
    public string Name(int index) => Encoding.UTF8.GetString(NameBytes(index));

    /// <summary>The bytes of that name.</summary>
    public ReadOnlySpan<byte> NameBytes(int index) =>
        _text.AsSpan(_entries[index].NameStart, _entries[index].NameLength);

    /// <summary>The number on that line.</summary>
    public ulong Value(int index) => _entries[index].Value;

    /// <summary>The number behind a name; null when the file has no such name. O(lines).</summary>
    public ulong? this[ReadOnlySpan<byte> name]
    {
        get
        {
            var entries = CollectionsMarshal.AsSpan(_entries);
            for (var i = entries.Length - 1; i >= 0; i--)
            {
                ref readonly var entry = ref entries[i];
                if (entry.NameLength == name.Length && _text.AsSpan(entry.NameStart, name.Length).SequenceEqual(name)) return entry.Value;
            }

            return null;
        }
    }

    /// <param name="name">A slice of <see cref="Text"/>.</param>
    /// <param name="value">The number beside it.</param>
    internal void AddSlice(ReadOnlySpan<byte> name, ulong value)
    {
        var isSlice = Text.Overlaps(name, out var start);
        Debug.Assert(isSlice && start >= 0);
        _entries.Add(new Entry(start, name.Length, value));
    }
}
