// Freeing page tables that no area needs any more.
//
//   floor          start          end             ceiling
//     |  no area     |  was mapped  |   no area     |      a table goes when its whole span lies between floor and ceiling
//
// Models   Linux 6.12 mm/memory.c: free_pgd_range, free_pgtables (facts: virtual memory, 3.4).

using VboxMem.Kernel.Physical;

namespace VboxMem.Kernel.Virtual;

internal static class FreePageTables
{
    private const int BitsPerLevel = 9;

    /// <summary>Frees the tables that covered a range, as far as they cover nothing but it and unmapped pages around it.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="mm">The descriptor; nothing of the range is mapped any more.</param>
    /// <param name="start">First page of the range.</param>
    /// <param name="end">The page past it.</param>
    /// <param name="floor">End of the area below, or 0.</param>
    /// <param name="ceiling">Start of the area above, or the end of the address space.</param>
    public static void Free(Machine machine, MemoryDescriptor mm, ulong start, ulong end, ulong floor, ulong ceiling) =>
        Free(machine, mm, mm.TopTable, machine.Memory.Tables.TopShift, start, end, floor, ceiling);

    /// <param name="shift">Entries of the table cover 1 &lt;&lt; shift pages each.</param>
    private static void Free(
        Machine machine, MemoryDescriptor mm, Pfn table, int shift, ulong start, ulong end, ulong floor, ulong ceiling)
    {
        var tables = machine.Memory.Tables;
        var span = 1UL << shift;
        for (var page = start & ~(span - 1); page < end; page += span)
        {
            ref var entry = ref tables.Entries(table)[PageTables.IndexOf(page, shift)];
            var next = PageTables.Next(entry);
            if (next == Pfn.None)
            {
                continue;
            }

            if (shift > PageTables.PmdShift)
            {
                Free(machine, mm, next, shift - BitsPerLevel, Math.Max(start, page), Math.Min(end, page + span), floor, ceiling);
            }

            if (page >= floor && page + span <= ceiling)
            {
                entry = PageTableEntry.None;
                if (shift > PageTables.P4dShift)
                {
                    tables.FreeP4dTable(next);
                }
                else
                {
                    tables.FreeTable(mm, next);
                }

                machine.Cpus.SpendInKernel(machine.Costs.UnmapPage);
            }
        }
    }
}
