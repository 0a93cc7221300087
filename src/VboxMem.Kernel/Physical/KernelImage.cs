// Where the kernel's own code and data lie, and which parts of them are given back once boot is over.
//
// Models   Debian's 6.12.107 cloud kernel (its log and /proc/iomem: 16384K code, 11008K rodata, 3940K init, …) and physical
//          KASLR, which draws any 2 MiB-aligned place from 16 MiB on where the image fits (facts: physical memory, 1.3).

using VboxMem.Kernel.Time;

namespace VboxMem.Kernel.Physical;

internal static class KernelImage
{
    private static readonly Pfn _lowestStart = new(0x1000);

    // In order: code and rodata; gap behind them; data; init; more data; what only encrypted guests need; bss.
    private static readonly (uint Pages, bool IsFreedLate)[] _parts =
        [(6848, false), (320, true), (628, false), (985, true), (663, false), (507, true), (1320, false)];

    /// <summary>Reserves the image's parts.</summary>
    /// <returns>Its first frame.</returns>
    public static Pfn Place(Memblock memblock, MachineConfiguration configuration)
    {
        var pages = 0u;
        foreach (var part in _parts)
        {
            pages += part.Pages;
        }

        var start = ChooseStart(memblock, configuration, pages);
        var next = start;
        foreach (var (partPages, isFreedLate) in _parts)
        {
            var purpose = isFreedLate ? BootPurpose.KernelInit : BootPurpose.KernelImage;
            memblock.Reserve(new PfnRange(next, next.Plus(partPages)), purpose);
            next = next.Plus(partPages);
        }

        return start;
    }

    private static Pfn ChooseStart(Memblock memblock, MachineConfiguration configuration, uint pages)
    {
        var slots = new List<(Pfn First, uint Count)>();
        var total = 0UL;
        foreach (var free in memblock.FreeRanges())
        {
            var first = (free.Start < _lowestStart ? _lowestStart : free.Start).AlignUp(PageGeometry.PageblockOrder);
            if (first.Index + pages <= free.End.Index)
            {
                var count = ((free.End.Index - pages - first.Index) >> PageGeometry.PageblockOrder) + 1;
                slots.Add((first, count));
                total += count;
            }
        }

        if (total == 0)
        {
            throw new MachineLayoutException("RAM is too small: the kernel image needs 44 MiB in one piece above 16 MiB");
        }

        var isRandom = !configuration.HasBootOption("nokaslr");
        var chosen = isRandom ? new Prng(configuration.Seed, "kaslr").NextBelow(total) : 0;
        foreach (var (first, count) in slots)
        {
            if (chosen < count)
            {
                return first.Plus((uint)chosen << PageGeometry.PageblockOrder);
            }

            chosen -= count;
        }

        throw new InvariantBrokenException("a drawn slot lies outside all slots");
    }
}
