// A stack grows when it is touched below: down to that page at once, however far away, if limits and neighbours allow it.
//
// Models   Linux 6.12 mm/mmap.c: expand_downwards, acct_stack_growth (facts: virtual memory, 1.4).

using VboxMem.Kernel.Sched;

namespace VboxMem.Kernel.Virtual;

internal sealed class StackGrowth(Machine machine)
{
    /// <summary>RLIMIT_STACK as it usually is: 8 MiB, from the end of the area.</summary>
    public const ulong StackLimitPages = 2048;

    /// <summary>Extends an area that grows down to a page below it (expand_stack).</summary>
    /// <returns>False: it may not, or no memory; nothing has changed.</returns>
    public bool TryGrow(Process task, MemoryDescriptor mm, Vma area, ulong page)
    {
        if (!area.Has(VmaFlags.GrowsDown) || page < UserSpace.PagesFor(machine.Tunables.MmapMinAddress) || IsTooNearBelow(mm, area, page))
        {
            return false;
        }

        var growth = area.StartPage - page;
        if (growth > area.FirstIndex || area.EndPage - page > task.Group.Limits.StackPages
            || !task.Group.Limits.AllowsMapping(mm, growth)
            || !task.Group.Limits.AllowsLocking(task.Uid, mm, area.Flags, growth))
        {
            return false;
        }

        if (!machine.ReverseMap.TryPrepareAnon(mm, area) || !machine.Memory.TryCommit(task, (long)growth))
        {
            return false;
        }

        AreaAccounting.Add(mm, area.Flags, growth);
        area.StartPage = page;
        area.FirstIndex -= growth;
        return true;
    }

    /// <summary>Another area that programs may access ends within the guard gap below the page.</summary>
    private static bool IsTooNearBelow(MemoryDescriptor mm, Vma area, ulong page)
    {
        var at = mm.IndexAtOrAbove(area.StartPage);
        if (at == 0)
        {
            return false;
        }

        var below = mm.AreaList[at - 1];
        const VmaFlags access = VmaFlags.Read | VmaFlags.Write | VmaFlags.Execute;
        return !below.Has(VmaFlags.GrowsDown) && (below.Flags & access) != 0 && page - below.EndPage < UserSpace.GuardGapPages;
    }
}
