using VboxMem.Kernel.Slab;
using VboxMem.Kernel.Time;

namespace VboxMem.Kernel.Virtual;

/// <summary>An area that may map pages of an anon_vma (anon_vma_chain), with its kernel object.</summary>
internal readonly record struct AnonVmaLink(MemoryDescriptor Memory, Vma Area, SlabObject Chain);

/// <summary>
/// What anonymous pages name as their owner (struct anon_vma): the areas that may map them. An area that forks leaves its pages
/// with its own anon_vma and gets none new; the child's area is linked to all of the parent's and to one of its own.
/// </summary>
internal sealed class AnonVma
{
    public required int Id { get; init; }

    /// <summary>The oldest ancestor; itself for a root.</summary>
    public required int Root { get; init; }

    /// <summary>The anon_vma it was forked from; itself for a root.</summary>
    public required int Parent { get; init; }

    public required SlabObject Descriptor { get; init; }

    /// <summary>anon_vmas forked from it; a root counts itself.</summary>
    public int Children { get; set; }

    /// <summary>Areas whose own anon_vma it is.</summary>
    public int ActiveAreas { get; set; }

    /// <summary>1 while some area is linked, and for a root 1 for each anon_vma below it.</summary>
    public int References { get; set; } = 1;

    /// <summary>Of a root: when, and on which CPU, its lock was last held for writing, to split a huge folio.</summary>
    public SimTime LockedFrom { get; set; }

    public SimTime LockedUntil { get; set; }

    public int LockedOnCpu { get; set; }

    /// <summary>All areas that are linked to it.</summary>
    public List<AnonVmaLink> Links { get; } = [];
}
