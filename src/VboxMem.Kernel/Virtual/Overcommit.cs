// How much memory may be promised: the limit of strict accounting, and what it keeps back for recovery.
//
// Units    pages of 4096 bytes unless a name says kilobytes.
// Models   Linux 6.12 mm/util.c: vm_commit_limit; mm/mmap.c: init_user_reserve, init_admin_reserve
//          (facts: virtual memory, 4; physical memory, 2.7 and 9.3).

namespace VboxMem.Kernel.Virtual;

/// <summary>Formulas of memory overcommitment.</summary>
public static class Overcommit
{
    private const long MaxUserReserveKilobytes = 128 << 10;
    private const long MaxAdminReserveKilobytes = 8 << 10;

    /// <summary>CommitLimit: what may be committed under vm.overcommit_memory 2, and what meminfo shows in every mode.</summary>
    /// <param name="totalPages">All pages of the page allocator (MemTotal).</param>
    /// <param name="hugetlbPages">Pages in pools of huge pages, of all sizes.</param>
    /// <param name="totalSwapPages">Swap of all areas in use.</param>
    /// <param name="ratioPercent">vm.overcommit_ratio.</param>
    /// <param name="overcommitKilobytes">vm.overcommit_kbytes; replaces the share of RAM when not 0.</param>
    public static long CommitLimitPages(
        long totalPages, long hugetlbPages, long totalSwapPages, int ratioPercent, long overcommitKilobytes)
    {
        var fromMemory = overcommitKilobytes != 0 ? overcommitKilobytes / 4 : (totalPages - hugetlbPages) * ratioPercent / 100;
        return fromMemory + totalSwapPages;
    }

    /// <summary>vm.user_reserve_kbytes as boot sets it: a 32nd of the memory free then, at most 128 MiB.</summary>
    /// <param name="freePages">Free pages when the kernel's core is up: before drivers load and before late-freed pages come in.</param>
    public static long UserReserveAtBootKilobytes(long freePages) => Math.Min(freePages * 4 / 32, MaxUserReserveKilobytes);

    /// <summary>vm.admin_reserve_kbytes as boot sets it: a 32nd of the memory free then, at most 8 MiB.</summary>
    /// <param name="freePages">As for <see cref="UserReserveAtBootKilobytes"/>.</param>
    public static long AdminReserveAtBootKilobytes(long freePages) => Math.Min(freePages * 4 / 32, MaxAdminReserveKilobytes);
}
