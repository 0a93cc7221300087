// The end of an address space, in steps: first all pages, area by area; when none is left, tables and areas at once.
//
// Models   Linux 6.12 mm/mmap.c: exit_mmap; mm/oom_kill.c: __oom_reap_task_mm (facts: virtual memory, 3.6).

namespace VboxMem.Kernel.Virtual;

internal sealed class TearDown(Machine machine)
{
    /// <summary>Does a part of it.</summary>
    /// <param name="mm">The descriptor.</param>
    /// <param name="position">The page to go on at; 0 to begin with.</param>
    /// <returns>True: the descriptor is gone.</returns>
    public bool Step(MemoryDescriptor mm, ref ulong position)
    {
        if (!ZapAll(mm, ref position, isReaping: false))
        {
            return false;
        }

        FreePageTables.Free(machine, mm, 0, mm.EndPage, 0, ulong.MaxValue);
        for (var last = mm.Areas.Count - 1; last >= 0; last--)
        {
            var area = mm.Areas[last];
            if (area.IsAccounted)
            {
                machine.Memory.Uncommit((long)area.Pages);
            }

            machine.Memory.Areas.Remove(mm, area);
        }

        machine.HugeFolios.ZeroPage.LetGo(mm);
        machine.Memory.Free(mm);
        return true;
    }

    /// <summary>The OOM reaper's part: pages that are the descriptor's own.</summary>
    /// <returns>True: done.</returns>
    public bool StepReap(MemoryDescriptor mm, ref ulong position) => ZapAll(mm, ref position, isReaping: true);

    private bool ZapAll(MemoryDescriptor mm, ref ulong position, bool isReaping)
    {
        while (mm.FindAtOrAbove(position) is { } area)
        {
            var start = Math.Max(position, area.StartPage);
            position = isReaping && !IsReapable(area) ? area.EndPage : machine.Zaps.Zap(mm, area, start, area.EndPage);
            if (machine.Cpus.IsTurnOver && mm.FindAtOrAbove(position) is not null)
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsReapable(Vma area) =>
        (area.Flags & (VmaFlags.HugeTlb | VmaFlags.PfnMap)) == 0 && (area.Inode == 0 || !area.Has(VmaFlags.Shared));
}
