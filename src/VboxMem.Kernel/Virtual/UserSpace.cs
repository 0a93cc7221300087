// Where things lie in a program's half of the address space, before chance moves them (AddressLayout).
//
// Units    addresses are bytes, pages are virtual page numbers.
// Models   Linux 6.12 arch/x86/include/asm/page_64_types.h, arch/x86/mm/mmap.c, fs/binfmt_elf.c with randomize_va_space 0
//          (facts: virtual memory, 1.1, 1.3).

namespace VboxMem.Kernel.Virtual;

/// <summary>Addresses and sizes of a user address space.</summary>
public static class UserSpace
{
    public const int PageShift = 12;

    /// <summary>Where programs end that do not ask for more (DEFAULT_MAP_WINDOW): 2^47 less a guard page. All there is with four levels.</summary>
    public const ulong WindowEnd = 0x7fff_ffff_f000;
    public const ulong WindowEndPage = WindowEnd >> PageShift;

    /// <summary>The end of all (TASK_SIZE) with five levels: 2^56 less a guard page.</summary>
    public const ulong FiveLevelEnd = 0x00ff_ffff_ffff_f000;

    /// <summary>Where the first mapping ends: below the stack, its limit of 8 MiB raised to 127 MiB, and its guard gap.</summary>
    public const ulong MmapBase = 0x7fff_f7ff_f000;

    /// <summary>Where mappings go that find no place below <see cref="MmapBase"/>, upwards (TASK_UNMAPPED_BASE): a third, rounded up.</summary>
    public const ulong BottomUpBase = 0x2aaa_aaaa_b000;

    /// <summary>Where a position-independent executable begins: at two thirds, rounded down.</summary>
    public const ulong ExecutableBase = 0x5555_5555_4000;

    /// <summary>Where all other executables are linked to lie.</summary>
    public const ulong FixedExecutableBase = 0x40_0000;

    /// <summary>Pages below a growing area that stay free (stack_guard_gap).</summary>
    public const ulong GuardGapPages = 256;

    /// <summary>The stack at the start: 128 KiB and the page of the arguments.</summary>
    public const ulong StackPages = 33;

    /// <summary>RLIMIT_MEMLOCK: 8 MiB.</summary>
    public const ulong MemoryLockLimitPages = 2048;

    public const ulong VvarPages = 4;
    public const ulong VdsoPages = 2;

    public static ulong PageOf(ulong address) => address >> PageShift;

    public static ulong AddressOf(ulong page) => page << PageShift;

    /// <summary>Pages that so many bytes need.</summary>
    public static ulong PagesFor(ulong bytes) => (bytes >> PageShift) + ((bytes & ((1UL << PageShift) - 1)) != 0 ? 1UL : 0);

    public static bool IsPageAligned(ulong address) => (address & ((1UL << PageShift) - 1)) == 0;
}
