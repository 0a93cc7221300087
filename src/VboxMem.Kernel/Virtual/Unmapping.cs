// Taking mappings away from a range: areas are cut at its ends, its pages unmapped in steps, then its tables and areas freed.
//
// The areas stay in the address space until their last page is gone, so that reverse maps find what is still mapped.
//
// Models   Linux 6.12 mm/vma.c: vms_gather_munmap_vmas, vms_clear_ptes, vms_complete_munmap_vmas.

namespace VboxMem.Kernel.Virtual;

internal sealed class Unmapping(Machine machine)
{
    /// <summary>Cuts the areas at both ends of a range.</summary>
    /// <returns>False: no memory, or the cut would make too many areas (ENOMEM).</returns>
    public bool TryPrepare(MemoryDescriptor mm, ulong start, ulong end)
    {
        if (mm.FindAtOrAbove(start) is not { } first || first.StartPage >= end)
        {
            return true;
        }

        if (start > first.StartPage)
        {
            var makesHole = end < first.EndPage;
            if ((makesHole && mm.Areas.Count >= machine.Tunables.MaxMapCount) || !machine.Memory.Areas.TrySplit(mm, first, start))
            {
                return false;
            }
        }

        return mm.Find(end) is not { } last || last.StartPage >= end || machine.Memory.Areas.TrySplit(mm, last, end);
    }

    /// <summary>Unmaps the range's pages until the CPU's turn is over.</summary>
    /// <param name="mm">The descriptor.</param>
    /// <param name="position">The page to go on at, within the range.</param>
    /// <param name="end">End of the range.</param>
    /// <returns>True when all are gone.</returns>
    public bool Zap(MemoryDescriptor mm, ref ulong position, ulong end)
    {
        while (mm.FindAtOrAbove(position) is { } area && area.StartPage < end)
        {
            var stop = Math.Min(area.EndPage, end);
            position = machine.Zaps.Zap(mm, area, Math.Max(position, area.StartPage), stop);
            if (machine.Cpus.IsTurnOver && position < end)
            {
                return false;
            }
        }

        position = end;
        return true;
    }

    /// <summary>Removes the areas of a range, which maps nothing any more, with their tables and promises.</summary>
    public void Finish(MemoryDescriptor mm, ulong start, ulong end)
    {
        var first = mm.IndexAtOrAbove(start);
        var last = mm.IndexAtOrAbove(end);
        if (first == last)
        {
            return;
        }

        var floor = first > 0 ? mm.Areas[first - 1].EndPage : 0;
        var ceiling = last < mm.Areas.Count ? mm.Areas[last].StartPage : ulong.MaxValue;
        FreePageTables.Free(machine, mm, mm.Areas[first].StartPage, mm.Areas[last - 1].EndPage, floor, ceiling);
        for (var at = last - 1; at >= first; at--)
        {
            var area = mm.Areas[at];
            if (area.IsAccounted)
            {
                machine.Memory.Uncommit((long)area.Pages);
            }

            machine.Memory.Areas.Remove(mm, area);
        }
    }
}
