// The kernel's vmalloc areas: single pages, wherever they lie, behind one range of kernel addresses. Kernel stacks live here.
//
// An area lies at the lowest place that holds it and a page without memory behind it, which catches who runs over the end.
//
// Invariants
//   V1  Areas with their guard pages do not overlap; the list by address ascends.
//   V2  No gap before the hint holds a kernel stack.
//
// Units    pages; addresses in bytes from the start of the range.
// Models   Linux 6.12 mm/vmalloc.c, as far as pages go (facts: physical memory, 6.3).
// Departs  freed areas do not linger until a lazy purge, so their addresses are used again at once; pages are taken one by one, not in bulk.

using System.Collections.Immutable;
using System.Runtime.InteropServices;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Slab;

namespace VboxMem.Kernel.Virtual;

/// <summary>One area: its pages, and the kernel object that describes it. Never changed, so copies of the machine share it.</summary>
/// <param name="Pages">The pages behind it, in order.</param>
/// <param name="Descriptor">The kernel object.</param>
/// <param name="Purpose">Who asked for it.</param>
/// <param name="Start">Where it starts, in bytes from the start of the range.</param>
public sealed record VmallocArea(ImmutableArray<Pfn> Pages, SlabObject Descriptor, string Purpose, ulong Start)
{
    /// <summary>Its size with the guard page behind it, in bytes.</summary>
    public ulong Bytes => (ulong)(Pages.Length + 1) * PageGeometry.PageBytes;

    internal ulong End => Start + Bytes;
}

public sealed class Vmalloc
{
    /// <summary>The purpose of areas that are kernel stacks: whoever forks asks for them.</summary>
    public const string KernelStackPurpose = "kernel_clone";

    /// <summary>A kernel stack lies at a multiple of its size.</summary>
    private const ulong StackBytes = 16 << 10;

    private readonly PageAllocator _allocator;
    private readonly SlabCache _areaCache;
    private readonly List<VmallocArea> _areas;
    private readonly List<VmallocArea> _byAddress;

    /// <summary>Index in the list by address before which there is no room for a kernel stack.</summary>
    private int _stackHint;

    public Vmalloc(PageAllocator allocator, SlabAllocator slabs)
    {
        _allocator = allocator;
        _areaCache = slabs["vmap_area"];
        _areas = [];
        _byAddress = [];
    }

    private Vmalloc(Vmalloc other, PageAllocator allocator, SlabAllocator slabs)
    {
        _allocator = allocator;
        _areaCache = slabs["vmap_area"];
        _areas = [.. other._areas];
        _byAddress = [.. other._byAddress];
        _stackHint = other._stackHint;
        UsedPages = other.UsedPages;
    }

    public IReadOnlyList<VmallocArea> Areas => _areas;

    /// <summary>The same areas, ascending by address.</summary>
    public IReadOnlyList<VmallocArea> ByAddress => _byAddress;

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

        area = Place(new VmallocArea(ImmutableCollectionsMarshal.AsImmutableArray(frames), descriptor, purpose, Start: 0), owner == FrameOwner.KernelStack);
        _areas.Add(area);
        UsedPages += (ulong)pages;
        return true;
    }

    public void Free(VmallocArea area)
    {
        Invariant.Holds(_areas.Remove(area));
        var at = IndexOf(area.Start);
        _byAddress.RemoveAt(at);
        _stackHint = Math.Min(_stackHint, at);
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
            hash.Add(area.Start);
        }
    }

    /// <summary>Gives an area the lowest address that has room for it.</summary>
    private VmallocArea Place(VmallocArea area, bool isStack)
    {
        var align = isStack ? StackBytes : PageGeometry.PageBytes;
        var at = isStack ? _stackHint : 0;
        var start = RoundUp(at > 0 ? _byAddress[at - 1].End : 0, align);
        while (at < _byAddress.Count && start + area.Bytes > _byAddress[at].Start)
        {
            start = RoundUp(_byAddress[at].End, align);
            at++;
        }

        area = area with { Start = start };
        _byAddress.Insert(at, area);
        _stackHint = isStack ? at + 1 : _stackHint + (at < _stackHint ? 1 : 0);
        return area;
    }

    private int IndexOf(ulong start)
    {
        var (low, high) = (0, _byAddress.Count - 1);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = _byAddress[middle].Start < start ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

    private static ulong RoundUp(ulong address, ulong align) => (address + align - 1) / align * align;

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
