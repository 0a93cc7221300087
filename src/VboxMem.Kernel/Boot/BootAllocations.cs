using System.Collections.Immutable;
using VboxMem.Kernel.Physical;

namespace VboxMem.Kernel.Boot;

/// <summary>So many objects of one cache that lie in one slab.</summary>
public readonly record struct SlabHolding(int Cache, Pfn Slab, uint Objects);

/// <summary>A block of pages a subsystem took for itself.</summary>
/// <param name="Block">Its first frame.</param>
/// <param name="Owner">What for.</param>
/// <param name="IsTopLevel">A page table of a level that nr_page_table_pages does not count (P4D).</param>
public readonly record struct KernelBlock(Pfn Block, FrameOwner Owner, bool IsTopLevel = false);

/// <summary>RAM ran out while booting: the machine is too small for this kernel.</summary>
public sealed class BootFailedException(string message) : Exception(message);

/// <summary>
/// The kernel memory that boot took through the allocators and keeps for good; the owner of these frames when the audit asks.
/// Never changed, so copies of a machine share it.
/// </summary>
/// <param name="Objects">Slab objects.</param>
/// <param name="Blocks">Pages of drivers and subsystems, hash tables, per-CPU chunks.</param>
/// <param name="HashTables">Hash tables made, in order.</param>
/// <param name="ExtraPerCpuPagesTotal">Pages the per-CPU allocator has populated beyond its first chunk, over all CPUs.</param>
public sealed record BootAllocations(
    ImmutableArray<SlabHolding> Objects,
    ImmutableArray<KernelBlock> Blocks,
    ImmutableArray<SystemHashTable> HashTables,
    uint ExtraPerCpuPagesTotal);
