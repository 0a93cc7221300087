// The kernel's vmalloc areas: single pages, wherever they lie, behind one range of kernel addresses. Kernel stacks live here.
//
// Models   Linux 6.12 mm/vmalloc.c, as far as pages go (facts: physical memory, 6.3).
// Departs  addresses are not laid out; freed areas do not linger until a lazy purge; pages are taken one by one, not in bulk.

using System.Collections.Immutable;
using System.Runtime.InteropServices;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Slab;

namespace VboxMem.Kernel.Virtual;

/// <summary>One area: its pages, and the kernel object that describes it. Never changed, so copies of the machine share it.</summary>
public sealed record VmallocArea(ImmutableArray<Pfn> Pages, SlabObject Descriptor, string Purpose);

public sealed class Vmalloc
{
    /// <summary>The purpose of areas that are kernel stacks: whoever forks asks for them.</summary>
    public const string KernelStackPurpose = "kernel_clone";

    private readonly PageAllocator _allocator;
    private readonly SlabCache _areaCache;
    private readonly List<VmallocArea> _areas;

    public Vmalloc(PageAllocator allocator, SlabAllocator slabs)
    {
        _allocator = allocator;
        _areaCache = slabs["vmap_area"];
        _areas = [];
    }

    private Vmalloc(Vmalloc other, PageAllocator allocator, SlabAllocator slabs)
    {
        _allocator = allocator;
        _areaCache = slabs["vmap_area"];
        _areas = [.. other._areas];
        UsedPages = other.UsedPages;
    }

    public IReadOnlyList<VmallocArea> Areas => _areas;

    /// <summary>Pages behind all areas, kernel stacks included: VmallocUsed.</summary>
    public ulong UsedPages { get; private set; }

    public Vmalloc Clone(PageAllocator allocator, SlabAllocator slabs) => new(this, allocator, slabs);

    /// <summary>Allocates an area of single pages.</summary>
    /// <param name="pages">Pages wanted, at least 1.</param>
    /// <param name="owner">Kernel stack or plain vmalloc.</param>
    /// <param name="purpose">Who asked; the kernel's function or subsystem.</param>
    /// <param name="area">The area, when true is returned.</param>
    /// <returns>False when it is more than there is at all, or memory ran out half-way; what had been taken is given back.</returns>
    public bool TryAllocate(int pages, FrameOwner owner, string purpose, out VmallocArea? area)
    {
        area = null;
        if (IsMoreThanAll(pages) || !_areaCache.TryAllocate(GfpFlags.Kernel, out var descriptor))
        {
            return false;
        }

        var frames = new Pfn[pages];
        for (var i = 0; i < pages; i++)
        {
            if (_allocator.TryAllocate(GfpFlags.Kernel | GfpFlags.HighMem, 0, owner, out frames[i]))
            {
                continue;
            }

            while (--i >= 0)
            {
                _allocator.Free(frames[i]);
            }

            _areaCache.Free(descriptor);
            return false;
        }

        area = new VmallocArea(ImmutableCollectionsMarshal.AsImmutableArray(frames), descriptor, purpose);
        _areas.Add(area);
        UsedPages += (ulong)pages;
        return true;
    }

    public void Free(VmallocArea area)
    {
        Invariant.Holds(_areas.Remove(area));
        foreach (var page in area.Pages)
        {
            _allocator.Free(page);
        }

        _areaCache.Free(area.Descriptor);
        UsedPages -= (ulong)area.Pages.Length;
    }

    public void HashInto(StateHash hash)
    {
        hash.Add(UsedPages);
        foreach (var area in _areas)
        {
            hash.Add(area.Pages.AsSpan());
            hash.Add((ulong)area.Descriptor.Slab.Index);
            hash.Add(area.Purpose);
        }
    }

    private bool IsMoreThanAll(int pages)
    {
        var all = 0UL;
        foreach (var node in _allocator.Nodes)
        {
            all += node.ManagedPages;
        }

        return (ulong)pages > all;
    }
}
