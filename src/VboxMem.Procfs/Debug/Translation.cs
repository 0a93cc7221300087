using System.Globalization;
using VboxMem.Kernel;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Procfs.Debug;

/// <summary>Renders a file of <c>translate/PID</c>: how a processor would translate an address, a line for each level of page tables.</summary>
internal static class Translation
{
    private const string Nothing = "-";
    private const int EntryDigits = 16;

    /// <summary>Of an entry that maps 2 MiB, the PAT bit: bit 12, since bit 7 says that it does.</summary>
    private const EntryBits HugePat = (EntryBits)(1UL << 12);

    private static readonly Column[] _columns =
    [
        ("level", 5), ("index", 5), ("table", 10), ("entry", 18), ("target", 6), ("frame", 10), ("P", 1), ("RW", 2), ("US", 2), ("PWT", 3),
        ("PCD", 3), ("A", 1), ("D", 1), ("PS", 2), ("PAT", 3), ("G", 1), ("SD", 2), ("NX", 2), ("swap", 12), ("physical", 14),
    ];

    /// <summary>Bits 0 to 6.</summary>
    private static readonly EntryBits[] _lowBits =
    [
        EntryBits.Present, EntryBits.Writable, EntryBits.User, EntryBits.WriteThrough, EntryBits.CacheDisable, EntryBits.Accessed, EntryBits.Dirty,
    ];

    public static void Render(Machine machine, MemoryDescriptor mm, ulong address, ProcText text)
    {
        var table = new Table(text, _columns);
        Span<TranslationStep> steps = stackalloc TranslationStep[AddressTranslation.MostSteps];
        var count = AddressTranslation.Of(machine, mm, UserSpace.PageOf(address), steps);
        foreach (ref readonly var step in steps[..count])
        {
            table.Cell(NameOf(step.Level)).Cell((ulong)step.Index).Cell(step.Table).Cell(Table.Hexadecimal(step.Entry.Value, EntryDigits));
            table.Cell(NameOf(step.Target)).Cell(step.Entry.IsMapped ? step.Entry.Pfn : (Pfn?)null);
            RenderBits(step, table);
            table.Cell(SlotOf(step)).Cell(PhysicalOf(step, address));
        }
    }

    /// <summary>Bits mean what they say in entries that map something; a slot of swap is marked soft-dirty by another one.</summary>
    private static void RenderBits(in TranslationStep step, Table table)
    {
        var (entry, isMapped) = (step.Entry, step.Entry.IsMapped);
        foreach (var bit in _lowBits)
        {
            table.Cell(BitOf(entry, bit, isMapped));
        }

        var isPte = step.Level == TableLevel.Pte;
        table.Cell(BitOf(entry, EntryBits.Huge, isMapped && !isPte));
        table.Cell(BitOf(entry, isPte ? EntryBits.Huge : HugePat, isMapped && (isPte || step.Target != EntryTarget.Table)));
        table.Cell(BitOf(entry, EntryBits.Global, isMapped));
        table.Cell(BitOf(entry, isMapped ? EntryBits.SoftDirty : EntryBits.Writable, isMapped || entry.IsSwap));
        table.Cell(BitOf(entry, EntryBits.NoExecute, isMapped));
    }

    private static string BitOf(PageTableEntry entry, EntryBits bit, bool hasMeaning) => !hasMeaning ? Nothing : entry.Has(bit) ? "1" : "0";

    private static string SlotOf(in TranslationStep step) => step.Target == EntryTarget.Swap
        ? string.Create(CultureInfo.InvariantCulture, $"{step.Entry.Swap.Area}:{step.Entry.Swap.Offset}")
        : Nothing;

    /// <summary>The address in RAM, where the way ends at a page.</summary>
    private static string PhysicalOf(in TranslationStep step, ulong address)
    {
        if (step.Target != EntryTarget.Page)
        {
            return Nothing;
        }

        var bytes = PageGeometry.PageBytes * (step.Level == TableLevel.Pte ? 1 : PageTables.PagesPerPteTable);
        return Table.Hexadecimal(UserSpace.AddressOf(step.Entry.Pfn.Index) + (address & (bytes - 1)));
    }

    private static string NameOf(TableLevel level) => level switch
    {
        TableLevel.Pgd => "pgd",
        TableLevel.P4d => "p4d",
        TableLevel.Pud => "pud",
        TableLevel.Pmd => "pmd",
        _ => "pte",
    };

    private static string NameOf(EntryTarget target) => target switch
    {
        EntryTarget.Table => "table",
        EntryTarget.Page => "page",
        EntryTarget.ZeroPage => "zero",
        EntryTarget.Swap => "swap",
        _ => "none",
    };
}
