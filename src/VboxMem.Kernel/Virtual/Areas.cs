// The areas of address spaces: making, splitting, changing and removing them, with what each area holds: a kernel object, its
// file, its place in reverse maps, its share of the descriptor's sums.
//
// Invariants (besides M1, M3 of MemoryDescriptor)
//   V1  An area that maps an inode holds it once and is registered with it.
//   V2  No huge page is mapped across the border of two areas.
//   V3  Two neighbours that could be one may stay two (as on Linux, where a merge is tried only when one of them changes).
//
// Promises of memory are the callers' business: nothing here commits or uncommits.
//
// Models   Linux 6.12 mm/vma.c: __split_vma, vma_modify, vma_merge_new_range, vma_merge_existing_range.

using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Slab;

namespace VboxMem.Kernel.Virtual;

/// <summary>What an area is to be.</summary>
internal readonly record struct AreaDescription(ulong StartPage, ulong EndPage, VmaFlags Flags, int Inode, ulong FirstIndex)
{
    public ulong Pages => EndPage - StartPage;
}

internal sealed class Areas(Machine machine)
{
    private static readonly int _cache = SlabCacheTable.IndexOf("vm_area_struct");

    /// <summary>The running task's last allocation is yet to be granted: what it does is to be unwound, without another one.</summary>
    public bool IsSuspended => machine.Scheduler.CurrentTask is { Allocation.IsPending: true };

    /// <summary>Maps a range that is free: as part of a neighbour if that is of the same kind, else as an area of its own.</summary>
    /// <returns>False, with nothing changed, when there is no memory.</returns>
    public bool TryMap(MemoryDescriptor mm, in AreaDescription wanted, out Vma area)
    {
        if (AreaMerge.TryExtend(machine, mm, wanted, out area))
        {
            area.Flags |= wanted.Flags & VmaFlags.SoftDirty;   // what has grown counts as written as a whole
            AreaAccounting.Add(mm, wanted.Flags, wanted.Pages);
            return true;
        }

        if (IsSuspended || !TryInsert(mm, wanted, out area))
        {
            return false;
        }

        AreaAccounting.Add(mm, wanted.Flags, wanted.Pages);
        return true;
    }

    /// <summary>Makes an area of its own; the sums are not moved.</summary>
    public bool TryInsert(MemoryDescriptor mm, in AreaDescription wanted, out Vma area)
    {
        area = null!;
        if (!machine.Slabs.Caches[_cache].TryAllocate(GfpFlags.KernelAccount, out var descriptor))
        {
            return false;
        }

        var index = mm.IndexAtOrAbove(wanted.StartPage);
        Invariant.Holds(index == mm.AreaList.Count || mm.AreaList[index].StartPage >= wanted.EndPage);
        area = new Vma
        {
            Id = mm.NextAreaId++,
            StartPage = wanted.StartPage,
            EndPage = wanted.EndPage,
            Flags = wanted.Flags,
            FirstIndex = wanted.FirstIndex,
            Inode = wanted.Inode,
            Descriptor = descriptor,
        };
        mm.AreaList.Insert(index, area);
        if (area.Inode != 0)
        {
            machine.FilePages.Hold(area.Inode);
            machine.ReverseMap.AddFileArea(area.Inode, mm.Id, area.Id);
        }

        return true;
    }

    /// <summary>Cuts an area in two at a page within it; what follows the page becomes a new area.</summary>
    /// <returns>False, with nothing changed, when there is no memory.</returns>
    public bool TrySplit(MemoryDescriptor mm, Vma area, ulong page)
    {
        Invariant.Holds(page > area.StartPage && page < area.EndPage);
        var upper = new AreaDescription(page, area.EndPage, area.Flags, area.Inode, area.IndexOf(page));
        if (!machine.Slabs.Caches[_cache].TryAllocate(GfpFlags.KernelAccount, out var descriptor))
        {
            return false;
        }

        var made = new Vma
        {
            Id = mm.NextAreaId,
            StartPage = upper.StartPage,
            EndPage = upper.EndPage,
            Flags = upper.Flags,
            FirstIndex = upper.FirstIndex,
            Inode = upper.Inode,
            SwapReadahead = area.SwapReadahead,
            Descriptor = descriptor,
        };
        if (area.AnonVmas.Count > 0 && !machine.ReverseMap.TryCloneAnon(mm, made, area))
        {
            machine.Slabs.Caches[_cache].Free(descriptor);
            return false;
        }

        mm.NextAreaId++;
        SplitHugeMappingAt(mm, area, page);
        area.EndPage = page;
        mm.AreaList.Insert(mm.AreaList.IndexOf(area) + 1, made);
        if (made.Inode != 0)
        {
            machine.FilePages.Hold(made.Inode);
            machine.ReverseMap.AddFileArea(made.Inode, mm.Id, made.Id);
        }

        return true;
    }

    /// <summary>As <see cref="TrySplit"/>, unless the descriptor has as many areas as it may (split_vma).</summary>
    public bool TrySplitWithinLimit(MemoryDescriptor mm, Vma area, ulong page) =>
        mm.Areas.Count < machine.Tunables.MaxMapCount && TrySplit(mm, area, page);

    /// <summary>Gives a part of an area other flags: joins it to a neighbour of that kind, or splits the area (vma_modify).</summary>
    /// <param name="mm">The descriptor.</param>
    /// <param name="area">The area.</param>
    /// <param name="start">First page of the part.</param>
    /// <param name="end">The page past it; both within the area.</param>
    /// <param name="flags">The new flags.</param>
    /// <param name="changed">The area that holds the part then, perhaps with more.</param>
    /// <returns>False: no memory, or too many areas. The area may have been split already.</returns>
    public bool TryModify(MemoryDescriptor mm, Vma area, ulong start, ulong end, VmaFlags flags, out Vma changed)
    {
        var before = area.Flags;
        if (!AreaMerge.TryJoinPart(machine, mm, area, start, end, flags, out changed))
        {
            if (IsSuspended)
            {
                return false;
            }

            if (start > area.StartPage)
            {
                if (!TrySplitWithinLimit(mm, area, start))
                {
                    return false;
                }

                area = mm.Find(start)!;
            }

            if (end < area.EndPage && !TrySplitWithinLimit(mm, area, end))
            {
                return false;
            }

            area.Flags = flags;
            changed = area;
        }

        AreaAccounting.Remove(mm, before, end - start);
        AreaAccounting.Add(mm, flags, end - start);
        return true;
    }

    /// <summary>An area goes away: nothing of it is mapped any more.</summary>
    public void Remove(MemoryDescriptor mm, Vma area)
    {
        AreaAccounting.Remove(mm, area.Flags, area.Pages);
        Discard(mm, area);
    }

    /// <summary>As <see cref="Remove"/>, when other areas have taken over its pages: the sums are not moved.</summary>
    public void Discard(MemoryDescriptor mm, Vma area)
    {
        if (area.AnonVmas.Count > 0)
        {
            machine.ReverseMap.UnlinkAnon(mm, area);
        }

        mm.AreaList.RemoveAt(mm.IndexAtOrAbove(area.EndPage - 1));
        machine.Slabs.Caches[_cache].Free(area.Descriptor);
        if (area.Inode != 0)
        {
            machine.ReverseMap.RemoveFileArea(area.Inode, mm.Id, area.Id);
            machine.FilePages.LetGo(area.Inode);
        }
    }

    /// <summary>V2: a huge page that reaches across a border to be is mapped page by page from now on.</summary>
    public void SplitHugeMappingAt(MemoryDescriptor mm, Vma area, ulong page)
    {
        if (page % PageTables.PagesPerPteTable != 0)
        {
            SplitHugeMapping(mm, area, page);
        }
    }

    /// <summary>Sees to it that no huge entry maps a page.</summary>
    public void SplitHugeMapping(MemoryDescriptor mm, Vma area, ulong page)
    {
        var tables = machine.Memory.Tables;
        var pmd = tables.FindPmdTable(mm, page);
        if (pmd != Pfn.None && HugeMapping.IsHuge(tables.Entries(pmd)[PageTables.IndexOf(page, PageTables.PmdShift)]))
        {
            machine.HugeFolios.Mappings.Split(mm, area, pmd, page);
        }
    }
}
