// What a write to /proc/sys/vm/drop_caches does.
//
// Models   Linux 6.12 fs/drop_caches.c: drop_caches_sysctl_handler, drop_pagecache_sb (facts: reclaim, 7.7).

using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Log;

namespace VboxMem.Kernel.PageCache;

internal static class DropCaches
{
    private const int PageCacheBit = 1;
    private const int SlabBit = 2;
    private const int SilentBit = 4;

    /// <summary>Drops what the bits say, and logs who asked, until someone has asked for silence.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="mask">The number written, 1 to 4.</param>
    /// <param name="comm">Name of the writing task.</param>
    /// <param name="pid">Its pid.</param>
    public static void Run(Machine machine, int mask, string comm, int pid)
    {
        if ((mask & PageCacheBit) != 0)
        {
            machine.Paths.Count(ReachedPath.DropCachesPages);
            DropPages(machine);
            machine.Events.Count(VmEvent.DropPagecache, 1);
        }

        if ((mask & SlabBit) != 0)
        {
            machine.Paths.Count(ReachedPath.DropCachesSlab);
            machine.Reclaimer.DropSlab();
            machine.Events.Count(VmEvent.DropSlab, 1);
        }

        if (!machine.FileSystems.DropsSilently)
        {
            machine.Log.Print((long)machine.Cpus.Now.Nanoseconds, LogLevel.Info, $"{comm} ({pid}): drop_caches: {mask}");
        }

        machine.FileSystems.DropsSilently |= (mask & SilentBit) != 0;
    }

    private static void DropPages(Machine machine)
    {
        machine.Lru.DrainAll();
        var inodes = machine.FileSystems.Inodes;
        for (var inode = 1; inode < inodes.End; inode++)
        {
            if (inodes[inode].InCore && !machine.PageCache.Trees.IsEmpty(inodes[inode].Tree))
            {
                _ = Invalidation.Run(machine, inode, 0, ulong.MaxValue);
            }
        }
    }
}
