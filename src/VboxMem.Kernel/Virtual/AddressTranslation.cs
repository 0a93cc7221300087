using VboxMem.Kernel.Physical;

namespace VboxMem.Kernel.Virtual;

/// <summary>A level of page tables, the top one first.</summary>
public enum TableLevel
{
    Pgd,
    P4d,
    Pud,
    Pmd,
    Pte,
}

/// <summary>What an entry leads to.</summary>
public enum EntryTarget
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>A table of the next level.</summary>
    Table,

    /// <summary>A page, of 2 MiB at the PMD level.</summary>
    Page,

    /// <summary>A zero page that many share.</summary>
    ZeroPage,

    /// <summary>A slot of swap.</summary>
    Swap,
}

/// <summary>What a processor looks at on its way down the page tables, at one level.</summary>
/// <param name="Level">The level.</param>
/// <param name="Index">Of the entry in its table.</param>
/// <param name="Table">Frame of the table.</param>
/// <param name="Entry">The entry, as a Linux kernel would have it.</param>
/// <param name="Target">What it leads to.</param>
public readonly record struct TranslationStep(TableLevel Level, int Index, Pfn Table, PageTableEntry Entry, EntryTarget Target);

/// <summary>An address translated as a processor does it, level by level. Changes nothing: no entry is marked accessed by it.</summary>
/// <remarks>Four levels have no P4D step. Departs: the bit that only this simulator has (MayHoldZeros) is left out of the entries.</remarks>
public static class AddressTranslation
{
    /// <summary>Steps of the longest way.</summary>
    public const int MostSteps = 5;

    /// <summary>The steps down to the entry that ends the way.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="mm">The address space.</param>
    /// <param name="page">A page below <see cref="MemoryDescriptor.EndPage"/>.</param>
    /// <param name="steps">At least <see cref="MostSteps"/>.</param>
    /// <returns>How many there are.</returns>
    public static int Of(Machine machine, MemoryDescriptor mm, ulong page, Span<TranslationStep> steps)
    {
        var tables = machine.Memory.Tables;
        var (table, level, shift) = (mm.TopTable, TableLevel.Pgd, tables.TopShift);
        for (var count = 0; ; count++)
        {
            var index = PageTables.IndexOf(page, shift);
            var entry = tables.Entries(table)[index];
            var target = TargetOf(level, entry);
            steps[count] = new TranslationStep(level, index, table, entry.IsMapped ? entry.Without(EntryBits.MayHoldZeros) : entry, target);
            if (target != EntryTarget.Table)
            {
                return count + 1;
            }

            table = PageTables.Next(entry);
            level = level == TableLevel.Pgd && !tables.HasFiveLevels ? TableLevel.Pud : level + 1;
            shift -= PageTables.PmdShift;
        }
    }

    private static EntryTarget TargetOf(TableLevel level, PageTableEntry entry)
    {
        if (!entry.IsMapped)
        {
            return entry.IsSwap ? EntryTarget.Swap : EntryTarget.None;
        }

        return level < TableLevel.Pte && !HugeMapping.IsHuge(entry) ? EntryTarget.Table
            : entry.Has(EntryBits.Special) && entry.Pfn == Pfn.None || HugeMapping.IsZero(entry) ? EntryTarget.ZeroPage
            : EntryTarget.Page;
    }
}
