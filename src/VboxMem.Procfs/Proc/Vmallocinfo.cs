using VboxMem.Kernel;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Procfs.Proc;

/// <summary>Renders <c>/proc/vmallocinfo</c>: a line an area. Addresses are shown hashed, to root too.</summary>
/// <remarks>
/// mm/vmalloc.c: vmalloc_info_show (facts: physical memory, 6.3). As many lists as CPUs, by 64 KiB of address in turn; each ascends, and they are
/// shown one behind the other. Departs: only kernel stacks name their caller; what boot takes is one area; there is no ioremap, vmap or per-CPU
/// area, and none that waits to be purged.
/// </remarks>
internal static class Vmallocinfo
{
    private const ulong Start = 0xffff_c900_0000_0000;
    private const ulong FiveLevelStart = 0xffa0_0000_0000_0000;
    private const ulong ListZoneBytes = 64 << 10;
    private const int MostLists = 128;

    /// <summary>More pages than that need more than a page for the list of them, which is a vmalloc area then.</summary>
    private const int MostPagesInOnePage = 512;

    public static void Render(Machine machine, ProcText text)
    {
        var origin = machine.Configuration.PageTableLevels == 5 ? FiveLevelStart : Start;
        var lists = (ulong)Math.Min(machine.Cpus.Count, MostLists);
        for (var list = 0UL; list < lists; list++)
        {
            foreach (var area in machine.Vmalloc.ByAddress)
            {
                if ((origin + area.Start) / ListZoneBytes % lists == list)
                {
                    RenderArea(machine, area, origin + area.Start, text);
                }
            }
        }
    }

    private static void RenderArea(Machine machine, VmallocArea area, ulong start, ProcText text)
    {
        text.Literal("0x"u8).Hexadecimal(Hash(machine, start), 16).Literal("-0x"u8).Hexadecimal(Hash(machine, start + area.Bytes), 16);
        text.Literal(" "u8).Number(area.Bytes, 7);
        text.Literal(area.Purpose == Vmalloc.KernelStackPurpose ? " kernel_clone+0xbd/0x440"u8 : ""u8);
        text.Literal(" pages="u8).Number((long)area.Pages.Length).Literal(" vmalloc"u8);
        text.Literal(area.Pages.Length > MostPagesInOnePage ? " vpages"u8 : ""u8);
        var counts = new long[machine.Nodes.Length];
        foreach (var page in area.Pages)
        {
            counts[machine.Allocator.ZoneOf(page).Node]++;
        }

        for (var node = 0; node < counts.Length; node++)
        {
            if (counts[node] > 0)
            {
                text.Literal(" N"u8).Number((long)node).Literal("="u8).Number(counts[node]);
            }
        }

        text.NewLine();
    }

    /// <summary>What %p makes of an address: 32 bits that tell addresses apart and nothing else, by a key of this boot.</summary>
    private static ulong Hash(Machine machine, ulong address)
    {
        var value = unchecked((address ^ machine.Configuration.Seed) + 0x9e37_79b9_7f4a_7c15);
        value = unchecked((value ^ (value >> 30)) * 0xbf58_476d_1ce4_e5b9);
        value = unchecked((value ^ (value >> 27)) * 0x94d0_49bb_1331_11eb);
        return (value ^ (value >> 31)) & uint.MaxValue;
    }
}
