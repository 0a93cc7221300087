// Where the pages of files lie on disks: extents, chained by file, handed out one behind the other.
//
// Units    pages; places in bytes from the start of the disk.
// Models   Linux 6.12 fs/ext4/mballoc.c by its effect: a file made or grown alone lies in one piece.
// Departs  what is freed is counted as free, but places are handed out round the disk and may be handed out again before they are
//          free: only distances matter here. Files that grow by turns get pieces of up to 8 MiB each.

using System.Runtime.InteropServices;

namespace VboxMem.Kernel.PageCache;

/// <summary>A run of pages of a file that lie behind each other on its disk.</summary>
internal struct Extent
{
    public ulong FirstIndex;
    public ulong Pages;
    public ulong FirstBlock;

    /// <summary>Next of the file, ascending; 0: last.</summary>
    public int Next;
}

internal sealed class Extents
{
    private readonly List<Extent> _extents = [default];
    private readonly List<int> _unused = [];

    public Extents()
    {
    }

    private Extents(Extents other)
    {
        _extents = [.. other._extents];
        _unused.AddRange(other._unused);
    }

    public Extents Clone() => new(this);

    /// <summary>Adds pages to the end of a file, in its last extent if they lie right behind it.</summary>
    public void Append(ref Inode inode, ulong block, ulong pages)
    {
        var extents = CollectionsMarshal.AsSpan(_extents);
        if (inode.LastExtent != 0)
        {
            ref var last = ref extents[inode.LastExtent];
            if (last.FirstBlock + last.Pages == block)
            {
                last.Pages += pages;
                inode.PlacedPages += pages;
                return;
            }
        }

        var made = Take(new Extent { FirstIndex = inode.PlacedPages, Pages = pages, FirstBlock = block });
        if (inode.LastExtent == 0)
        {
            inode.FirstExtent = made;
        }
        else
        {
            CollectionsMarshal.AsSpan(_extents)[inode.LastExtent].Next = made;
        }

        inode.LastExtent = made;
        inode.PlacedPages += pages;
    }

    /// <summary>The block of a page that has one, and how many pages from it on lie behind each other.</summary>
    public ulong BlockOf(in Inode inode, ulong index, out ulong run)
    {
        Invariant.Holds(index < inode.PlacedPages);
        var extents = CollectionsMarshal.AsSpan(_extents);
        var extent = inode.FirstExtent;
        while (index - extents[extent].FirstIndex >= extents[extent].Pages)
        {
            extent = extents[extent].Next;
        }

        var offset = index - extents[extent].FirstIndex;
        run = extents[extent].Pages - offset;
        return extents[extent].FirstBlock + offset;
    }

    /// <summary>Takes all places of a file away.</summary>
    public void Clear(ref Inode inode)
    {
        for (var extent = inode.FirstExtent; extent != 0;)
        {
            var next = _extents[extent].Next;
            _extents[extent] = default;
            _unused.Add(extent);
            extent = next;
        }

        (inode.FirstExtent, inode.LastExtent, inode.PlacedPages) = (0, 0, 0);
    }

    public void HashInto(StateHash hash)
    {
        foreach (ref readonly var extent in CollectionsMarshal.AsSpan(_extents))
        {
            hash.Add(extent.FirstIndex);
            hash.Add(extent.Pages);
            hash.Add(extent.FirstBlock);
            hash.Add((long)extent.Next);
        }

        foreach (var extent in _unused)
        {
            hash.Add((long)extent);
        }
    }

    private int Take(in Extent extent)
    {
        if (_unused.Count == 0)
        {
            _extents.Add(extent);
            return _extents.Count - 1;
        }

        var number = _unused[^1];
        _unused.RemoveAt(_unused.Count - 1);
        _extents[number] = extent;
        return number;
    }
}
