// All files by number. Numbers are used again once nothing of a file is left.

using System.Runtime.CompilerServices;

namespace VboxMem.Kernel.PageCache;

internal sealed class InodeTable
{
    private const int ChunkBits = 8;
    private const int ChunkMask = (1 << ChunkBits) - 1;

    /// <summary>A plain array: every look at a page of a file passes here.</summary>
    private Inode[][] _chunks = [new Inode[1 << ChunkBits]];
    private readonly List<int> _free = [];

    public InodeTable() => Unused = new UnusedLists();

    private InodeTable(InodeTable other)
    {
        _chunks = Array.ConvertAll(other._chunks, chunk => (Inode[])chunk.Clone());
        _free.AddRange(other._free);
        End = other.End;
        Unused = other.Unused.Clone();
        InCoreCount = other.InCoreCount;
    }

    /// <summary>Files in memory that no one uses and that have no pages, by mount and memory node.</summary>
    public UnusedLists Unused { get; }

    /// <summary>One past the highest number ever used; 0 is none.</summary>
    public int End { get; private set; } = 1;

    /// <summary>Files in memory.</summary>
    public ulong InCoreCount { get; set; }

    public ref Inode this[int inode]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => ref _chunks[inode >> ChunkBits][inode & ChunkMask];
    }

    public InodeTable Clone() => new(this);

    public int Make(in Inode inode)
    {
        int number;
        if (_free.Count > 0)
        {
            number = _free[^1];
            _free.RemoveAt(_free.Count - 1);
        }
        else
        {
            number = End++;
            if (number >> ChunkBits == _chunks.Length)
            {
                _chunks = [.. _chunks, new Inode[1 << ChunkBits]];
            }
        }

        this[number] = inode;
        return number;
    }

    public void Free(int inode)
    {
        Invariant.Holds(this[inode].Tree == 0 && !Unused.Holds(inode));
        this[inode] = default;
        _free.Add(inode);
    }

    public void HashInto(StateHash hash)
    {
        hash.Add((long)End);
        for (var inode = 1; inode < End; inode++)
        {
            this[inode].HashInto(hash);
        }

        foreach (var inode in _free)
        {
            hash.Add((long)inode);
        }

        Unused.HashInto(hash);
    }
}
