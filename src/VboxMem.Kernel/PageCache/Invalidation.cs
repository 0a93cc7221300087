// Drops what can be dropped at once of a file's cached pages: clean, unmapped, unlocked, held by no one else. What cannot is moved to
// the inactive list.
//
// Models   Linux 6.12 mm/truncate.c: mapping_try_invalidate, mapping_evict_folio (facts: reclaim, 7.7).
// Departs  pages of tmpfs are always kept, also those that were only read.

using VboxMem.Kernel.Physical;

namespace VboxMem.Kernel.PageCache;

internal static class Invalidation
{
    /// <summary>Drops pages and shadows of a file from an index up to, not including, an end.</summary>
    /// <returns>Pages dropped, and shadows erased.</returns>
    public static ulong Run(Machine machine, int inode, ulong first, ulong end)
    {
        var dropped = 0UL;
        var next = first;
        while (machine.FileSystems.Inodes[inode].Tree is var tree and not 0
            && machine.PageCache.Trees.TryNext(tree, next, end, out var index, out var entry))
        {
            next = index + 1;
            var isTmpfs = machine.FileSystems.Inodes[inode].IsTmpfs;
            if (entry.IsValue)
            {
                if (!isTmpfs)
                {
                    machine.PageCache.EraseValue(inode, index);
                    dropped++;
                }

                continue;
            }

            ref var frame = ref machine.Frames[entry.Folio];
            if (frame.Has(PageFlags.Locked))
            {
                continue;
            }

            if (!isTmpfs && !frame.HasAny(PageFlags.Dirty | PageFlags.Writeback) && frame.ReferenceCount == 1 && !machine.Lru.IsMapped(entry.Folio))
            {
                machine.PageCache.Remove(entry.Folio, shadow: 0);
                machine.Lru.Put(entry.Folio);
                dropped++;
            }
            else
            {
                machine.Lru.DeactivateFile(entry.Folio);
            }
        }

        machine.FileSystems.Release.PagesGone(inode);
        return dropped;
    }
}
