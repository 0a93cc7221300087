// How much memory may be promised: the limit of strict accounting, and what it keeps back for recovery.
//
// Units    pages of 4096 bytes unless a name says kilobytes.
// Models   Linux 6.12 mm/util.c: vm_commit_limit, __vm_enough_memory; mm/mmap.c: init_user_reserve, init_admin_reserve
//          (facts: virtual memory, 4; physical memory, 2.7 and 9.3).

namespace VboxMem.Kernel.Virtual;

/// <summary>vm.overcommit_memory.</summary>
public enum OvercommitMode
{
    /// <summary>Only what could never be there is refused.</summary>
    Guess,
    Always,

    /// <summary>Strict accounting.</summary>
    Never,
}

/// <summary>What the decision about a promise depends on besides the promise itself.</summary>
/// <param name="TotalPages">All pages of the page allocator.</param>
/// <param name="SwapPages">Swap of all areas in use.</param>
/// <param name="CommitLimitPages">CommitLimit.</param>
/// <param name="IsPrivileged">The asking task may use what is kept back for root.</param>
/// <param name="TotalVirtualPages">Size of the asking task's address space; 0 when it has none.</param>
public readonly record struct OvercommitFacts(
    long TotalPages, long SwapPages, long CommitLimitPages, bool IsPrivileged, long TotalVirtualPages, long AdminReserveKilobytes,
    long UserReserveKilobytes);

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

    /// <summary>Whether a promise may be made.</summary>
    /// <param name="mode">vm.overcommit_memory.</param>
    /// <param name="pages">Pages asked for now.</param>
    /// <param name="committedPages">All promises, these among them.</param>
    /// <param name="facts">The rest.</param>
    public static bool IsAllowed(OvercommitMode mode, long pages, long committedPages, in OvercommitFacts facts)
    {
        switch (mode)
        {
            case OvercommitMode.Always:
                return true;
            case OvercommitMode.Guess:
                return pages <= facts.TotalPages + facts.SwapPages;
            default:
                var allowed = facts.CommitLimitPages;
                allowed -= facts.IsPrivileged ? 0 : facts.AdminReserveKilobytes / 4;
                allowed -= facts.TotalVirtualPages == 0 ? 0 : Math.Min(facts.TotalVirtualPages / 32, facts.UserReserveKilobytes / 4);
                return Math.Max(0, committedPages) < allowed;
        }
    }

    /// <summary>vm.user_reserve_kbytes as boot sets it: a 32nd of the memory free then, at most 128 MiB.</summary>
    /// <param name="freePages">Free pages when the kernel's core is up: before drivers load and before late-freed pages come in.</param>
    public static long UserReserveAtBootKilobytes(long freePages) => Math.Min(freePages * 4 / 32, MaxUserReserveKilobytes);

    /// <summary>vm.admin_reserve_kbytes as boot sets it: a 32nd of the memory free then, at most 8 MiB.</summary>
    /// <param name="freePages">As for <see cref="UserReserveAtBootKilobytes"/>.</param>
    public static long AdminReserveAtBootKilobytes(long freePages) => Math.Min(freePages * 4 / 32, MaxAdminReserveKilobytes);
}
