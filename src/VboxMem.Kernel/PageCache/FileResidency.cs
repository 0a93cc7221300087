// How much of each file is in the page cache, and in what state: counted from the trees, for readers of files.
//
// Units    pages.
// Models   what Linux 6.12 mm/filemap.c: filemap_cachestat counts of one file, and mincore(2) of each page.

using VboxMem.Kernel.Physical;

namespace VboxMem.Kernel.PageCache;

/// <summary>What of a file is in memory.</summary>
public struct FileResidency
{
    public FileIdentity File { get; init; }

    /// <summary>Size in bytes.</summary>
    public ulong Size { get; init; }

    public ulong CachedPages { get; private set; }

    public ulong DirtyPages { get; private set; }

    public ulong WritebackPages { get; private set; }

    /// <summary>On an active list.</summary>
    public ulong ActivePages { get; private set; }

    /// <summary>Mapped by some process.</summary>
    public ulong MappedPages { get; private set; }

    /// <summary>Gone, and not forgotten: their shadows are there. Of a tmpfs file: in swap.</summary>
    public ulong EvictedPages { get; private set; }

    /// <summary>Of these, gone so lately that reading them now would be a refault of the working set.</summary>
    public ulong RecentlyEvictedPages { get; private set; }

    internal void AddFolio(in PageFrame folio)
    {
        CachedPages++;
        DirtyPages += folio.Has(PageFlags.Dirty) ? 1UL : 0;
        WritebackPages += folio.Has(PageFlags.Writeback) ? 1UL : 0;
        ActivePages += folio.Has(PageFlags.Active) ? 1UL : 0;
        MappedPages += folio.MapCount > 0 ? 1UL : 0;
    }

    internal void AddEvicted(bool isRecent)
    {
        EvictedPages++;
        RecentlyEvictedPages += isRecent ? 1UL : 0;
    }
}

/// <summary>Pages of a file that lie behind each other and are in memory.</summary>
/// <param name="FirstPage">Index of the first.</param>
/// <param name="Pages">How many.</param>
public readonly record struct ResidentRun(ulong FirstPage, ulong Pages);

/// <summary>Goes through the files that have pages in memory, or had. Changes nothing.</summary>
public sealed class FileCensus(Machine machine)
{
    private int _inode;

    /// <summary>The file at hand.</summary>
    public FileIdentity Identity => FileIdentity.Of(machine, _inode);

    /// <summary>Goes to the next file that has pages in memory, or remembers some; by the numbers the machine gives files.</summary>
    public bool MoveNext()
    {
        var inodes = machine.FileSystems.Inodes;
        while (++_inode < inodes.End)
        {
            ref var file = ref inodes[_inode];
            if (file.Kind != InodeKind.None && file.Tree != 0
                && machine.PageCache.Trees.TryNext(file.Tree, 0, ulong.MaxValue, out _, out _))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The figures of the file at hand. Looks at every page of it that is in memory or remembered.</summary>
    public FileResidency Count()
    {
        ref var file = ref machine.FileSystems.Inodes[_inode];
        var figures = new FileResidency { File = Identity, Size = file.Size };
        for (var next = 0UL; machine.PageCache.Trees.TryNext(file.Tree, next, ulong.MaxValue, out var index, out var entry); next = index + 1)
        {
            if (entry.IsFolio)
            {
                figures.AddFolio(machine.Frames[entry.Folio]);
            }
            else
            {
                figures.AddEvicted(isRecent: !file.IsTmpfs && machine.Workingset.IsRecent(entry.Word, isFile: true));
            }
        }

        return figures;
    }

    /// <summary>Adds the runs of resident pages of the file at hand, ascending.</summary>
    public void AddRuns(List<ResidentRun> runs)
    {
        var tree = machine.FileSystems.Inodes[_inode].Tree;
        var (first, pages) = (0UL, 0UL);
        for (var next = 0UL; machine.PageCache.Trees.TryNext(tree, next, ulong.MaxValue, out var index, out var entry); next = index + 1)
        {
            if (!entry.IsFolio)
            {
                continue;
            }

            if (pages > 0 && first + pages != index)
            {
                runs.Add(new ResidentRun(first, pages));
                pages = 0;
            }

            first = pages == 0 ? index : first;
            pages++;
        }

        if (pages > 0)
        {
            runs.Add(new ResidentRun(first, pages));
        }
    }
}
