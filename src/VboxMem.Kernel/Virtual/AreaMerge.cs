// Joining neighbouring areas of the same kind, so that an address space has as few of them as Linux has.
//
// Two areas are of one kind when flags (but soft-dirty) and file are equal, the one goes on in file or linear index where the other
// ends, and the anonymous pages of both can be found through one set of anon_vmas. An area inherited through fork is not joined
// to one without anonymous memory, so that trees of processes do not grow into each other.
//
// Models   Linux 6.12 mm/vma.c: can_vma_merge_before, can_vma_merge_after, is_mergeable_anon_vma, vma_merge_new_range,
//          vma_merge_existing_range, dup_anon_vma.

namespace VboxMem.Kernel.Virtual;

internal static class AreaMerge
{
    /// <summary>Flags of areas that stay alone (VM_SPECIAL).</summary>
    private const VmaFlags Special = VmaFlags.Io | VmaFlags.DontExpand | VmaFlags.PfnMap;

    /// <summary>Extends a neighbour, or two, over a free range that is to be mapped.</summary>
    /// <returns>False when neither is of the kind, or no memory could be had to join them.</returns>
    public static bool TryExtend(Machine machine, MemoryDescriptor mm, in AreaDescription wanted, out Vma area)
    {
        area = null!;
        if ((wanted.Flags & Special) != 0)
        {
            return false;
        }

        var at = mm.IndexAtOrAbove(wanted.StartPage);
        var below = at > 0 ? mm.AreaList[at - 1] : null;
        var above = at < mm.AreaList.Count ? mm.AreaList[at] : null;
        var joinsBelow = below is not null && GoesOn(below, wanted) && AnonAllows(below, own: 0);
        var joinsAbove = above is not null && LeadsTo(wanted, above) && AnonAllows(above, own: 0);
        if (joinsBelow && joinsAbove && AreAnonAlike(below!, above!))
        {
            if (!TryTakeAnon(machine, mm, below!, above!))
            {
                return false;
            }

            var end = above!.EndPage;
            machine.Memory.Areas.Discard(mm, above);
            below!.EndPage = end;
            area = below;
            return true;
        }

        if (joinsBelow)
        {
            below!.EndPage = wanted.EndPage;
            area = below;
            return true;
        }

        if (joinsAbove)
        {
            above!.FirstIndex -= wanted.Pages;
            above.StartPage = wanted.StartPage;
            area = above;
            return true;
        }

        return false;
    }

    /// <summary>Joins a part of an area, whose flags are about to become those, to the neighbours that it touches.</summary>
    public static bool TryJoinPart(Machine machine, MemoryDescriptor mm, Vma area, ulong start, ulong end, VmaFlags flags, out Vma joined)
    {
        joined = null!;
        if ((flags & Special) != 0)
        {
            return false;
        }

        var at = mm.IndexAtOrAbove(area.StartPage);
        var below = start == area.StartPage && at > 0 ? mm.AreaList[at - 1] : null;
        var above = end == area.EndPage && at + 1 < mm.AreaList.Count ? mm.AreaList[at + 1] : null;
        var part = new AreaDescription(start, end, flags, area.Inode, area.IndexOf(start));
        var own = OwnAnonOf(area);
        var joinsBelow = below is not null && GoesOn(below, part) && AnonAllows(below, own);
        var joinsAbove = above is not null && LeadsTo(part, above) && AnonAllows(above, own);
        if (joinsBelow && joinsAbove && AreAnonAlike(below!, above!))
        {
            return TryJoinAll(machine, mm, below!, area, above!, out joined);
        }

        if (joinsBelow)
        {
            return TryJoinBelow(machine, mm, below!, area, end, out joined);
        }

        return joinsAbove && TryJoinAbove(machine, mm, area, above!, start, out joined);
    }

    private static bool TryJoinAll(Machine machine, MemoryDescriptor mm, Vma below, Vma area, Vma above, out Vma joined)
    {
        joined = below;
        if (!TryTakeAnon(machine, mm, below, above.AnonVmas.Count > 0 ? above : area))
        {
            return false;
        }

        var end = above.EndPage;
        machine.Memory.Areas.Discard(mm, above);
        machine.Memory.Areas.Discard(mm, area);
        below.EndPage = end;
        return true;
    }

    private static bool TryJoinBelow(Machine machine, MemoryDescriptor mm, Vma below, Vma area, ulong end, out Vma joined)
    {
        joined = below;
        if (!TryTakeAnon(machine, mm, below, area))
        {
            return false;
        }

        if (end == area.EndPage)
        {
            machine.Memory.Areas.Discard(mm, area);
        }
        else
        {
            machine.Memory.Areas.SplitHugeMappingAt(mm, area, end);
            area.FirstIndex += end - area.StartPage;
            area.StartPage = end;
        }

        below.EndPage = end;
        return true;
    }

    private static bool TryJoinAbove(Machine machine, MemoryDescriptor mm, Vma area, Vma above, ulong start, out Vma joined)
    {
        joined = above;
        if (!TryTakeAnon(machine, mm, above, area))
        {
            return false;
        }

        var pages = above.StartPage - start;
        if (start == area.StartPage)
        {
            machine.Memory.Areas.Discard(mm, area);
        }
        else
        {
            machine.Memory.Areas.SplitHugeMappingAt(mm, area, start);
            area.EndPage = start;
        }

        above.FirstIndex -= pages;
        above.StartPage = start;
        return true;
    }

    /// <summary>An area that takes over pages of another must lead to the same anon_vmas (dup_anon_vma).</summary>
    private static bool TryTakeAnon(Machine machine, MemoryDescriptor mm, Vma taker, Vma giver) =>
        taker.AnonVmas.Count > 0 || giver.AnonVmas.Count == 0 || machine.ReverseMap.TryCloneAnon(mm, taker, giver);

    /// <summary>The range goes on where the area ends.</summary>
    private static bool GoesOn(Vma below, in AreaDescription part) =>
        below.EndPage == part.StartPage && IsOneKind(below, part) && below.IndexOf(below.EndPage) == part.FirstIndex;

    /// <summary>The area goes on where the range ends.</summary>
    private static bool LeadsTo(in AreaDescription part, Vma above) =>
        part.EndPage == above.StartPage && IsOneKind(above, part) && part.FirstIndex + part.Pages == above.FirstIndex;

    private static bool IsOneKind(Vma area, in AreaDescription part) =>
        ((area.Flags ^ part.Flags) & ~VmaFlags.SoftDirty) == 0 && area.Inode == part.Inode;

    private static int OwnAnonOf(Vma area) => area.AnonVmas.Count > 0 ? area.AnonVmas[^1] : 0;

    private static bool AnonAllows(Vma neighbour, int own)
    {
        var theirs = OwnAnonOf(neighbour);
        return own == theirs || ((own == 0 || theirs == 0) && neighbour.AnonVmas.Count == 1);
    }

    private static bool AreAnonAlike(Vma below, Vma above) =>
        below.AnonVmas.Count == 0 || above.AnonVmas.Count == 0 || OwnAnonOf(below) == OwnAnonOf(above);
}
