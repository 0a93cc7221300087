// Where a new program's address space has its parts: by chance, as far as kernel.randomize_va_space says.
//
//   value        mmap base, stack, executable     heap
//   0            as in UserSpace                  behind the bss
//   2            by chance                        by chance, up to 1 GiB above the bss
//   any other    by chance                        behind the bss
//
//   low   executable   bss   ~ gap ~   heap …                … libraries, vdso, vvar, loader | mmap base   ~ gap ~   stack   high
//
// The gap below the stack is what the stack may grow by, its guard gap and all that chance can take off its top; at least 128 MiB.
//
// Units    addresses are bytes, pages are virtual page numbers and counts of them.
// Models   Linux 6.12 arch/x86/mm/mmap.c: arch_pick_mmap_layout, mmap_base; fs/binfmt_elf.c: randomize_stack_top, load_elf_binary;
//          arch/x86/kernel/process.c: arch_align_stack, arch_randomize_brk (facts: virtual memory, 1.3).
// Departs  RLIMIT_STACK is 8 MiB for all, so the gap never comes near its upper bound of 5/6 of the address space; no personality
//          switches chance off for one program; executables that need no loader but may lie anywhere (static PIE) do not exist.

using VboxMem.Kernel.Time;

namespace VboxMem.Kernel.Virtual;

/// <summary>The places drawn for one program.</summary>
/// <param name="MmapBase">Where mappings begin: the end of the first one, going down; its start, going up.</param>
/// <param name="LegacyBase">Where mappings go upwards that find no place below.</param>
/// <param name="IsBottomUp">Mappings go upwards (vm.legacy_va_layout).</param>
/// <param name="StackEnd">End of the stack.</param>
/// <param name="StackPointer">Where it starts.</param>
/// <param name="ExecutableBase">Where an executable lies that may lie anywhere.</param>
/// <param name="HeapGapPages">Pages between the bss and the heap.</param>
internal readonly record struct AddressLayout(
    ulong MmapBase, ulong LegacyBase, bool IsBottomUp, ulong StackEnd, ulong StackPointer, ulong ExecutableBase, ulong HeapGapPages)
{
    /// <summary>Arguments and environment take the end of the stack.</summary>
    private const ulong ArgumentBytes = 0x500;

    private const int StackBits = 22;
    private const ulong LeastGapPages = 32768;
    private const ulong LargestHeapGapPages = 1 << 18;

    /// <summary>How far chance moves the end of the stack, and within it the stack pointer, in bytes and to a multiple of 16.</summary>
    private const ulong AlignmentBytes = 8192;

    private const int FullRandomization = 2;

    /// <summary>Draws the places of a program that is about to be executed.</summary>
    /// <param name="chance">The process's own stream; not touched where nothing is left to chance.</param>
    /// <param name="randomizeVaSpace">kernel.randomize_va_space.</param>
    /// <param name="mmapBits">vm.mmap_rnd_bits.</param>
    /// <param name="isBottomUp">vm.legacy_va_layout.</param>
    public static AddressLayout Draw(ref Prng chance, int randomizeVaSpace, int mmapBits, bool isBottomUp)
    {
        var isRandom = randomizeVaSpace != 0;
        var mmapPages = isRandom ? Pages(ref chance, mmapBits) : 0;
        var gapPages = StackGrowth.StackLimitPages + UserSpace.GuardGapPages + (isRandom ? (1UL << StackBits) - 1 : 0);
        var mmapBase = UserSpace.AddressOf(UserSpace.WindowEndPage - Math.Max(gapPages, LeastGapPages) - mmapPages);
        var legacyBase = UserSpace.BottomUpBase + UserSpace.AddressOf(mmapPages);

        var stackTop = UserSpace.AddressOf(UserSpace.WindowEndPage - (isRandom ? Pages(ref chance, StackBits) : 0));
        var stackEnd = UserSpace.AddressOf(UserSpace.PagesFor(Aligned(ref chance, stackTop, isRandom)));
        return new AddressLayout(
            isBottomUp ? legacyBase : mmapBase,
            legacyBase,
            isBottomUp,
            stackEnd,
            Aligned(ref chance, stackEnd - ArgumentBytes, isRandom),
            UserSpace.ExecutableBase + (isRandom ? UserSpace.AddressOf(Pages(ref chance, mmapBits)) : 0),
            randomizeVaSpace >= FullRandomization ? 1 + chance.NextBelow(LargestHeapGapPages) : 0);
    }

    private static ulong Pages(ref Prng chance, int bits) => chance.NextBelow(1UL << bits);

    private static ulong Aligned(ref Prng chance, ulong address, bool isRandom) =>
        (address - (isRandom ? chance.NextBelow(AlignmentBytes) : 0)) & ~0xfUL;
}
