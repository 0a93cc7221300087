// Gives the pages of files places on their disks as files grow.
//
// Models   Linux 6.12 fs/ext4/mballoc.c: ext4_mb_normalize_request by its effect.

using VboxMem.Kernel.Physical;

namespace VboxMem.Kernel.PageCache;

internal static class FilePlacement
{
    /// <summary>What a growing file is given at most ahead of its size: 8 MiB.</summary>
    private const ulong MostAhead = 2048;

    /// <summary>Gives all pages of a file up to a size a place. False: no space on the disk.</summary>
    /// <param name="files">The file systems.</param>
    /// <param name="inode">A regular file of a disk.</param>
    /// <param name="pages">How many pages are to have one.</param>
    /// <param name="grows">It will go on growing: it gets as much again.</param>
    public static bool TryPlace(FileSystems files, ref Inode inode, ulong pages, bool grows)
    {
        if (pages <= inode.PlacedPages)
        {
            return true;
        }

        var system = files.Mounts[inode.Mount];
        var missing = pages - inode.PlacedPages;
        var ahead = grows ? Math.Min(Math.Max(pages, 1), MostAhead) : 0;
        if (!system.TryUse(missing + ahead))
        {
            ahead = 0;
            if (!system.TryUse(missing))
            {
                return false;
            }
        }

        files.Extents.Append(ref inode, system.TakeBlocks(missing + ahead), missing + ahead);
        return true;
    }

    /// <summary>Where a page lies on its disk, in bytes, and how many pages from it on lie behind each other.</summary>
    public static ulong PlaceOf(FileSystems files, in Inode inode, ulong index, out ulong run) =>
        files.Extents.BlockOf(inode, index, out run) * PageGeometry.PageBytes;
}
