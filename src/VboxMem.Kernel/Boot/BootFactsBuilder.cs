using VboxMem.Kernel.Log;
using VboxMem.Kernel.Physical;

namespace VboxMem.Kernel.Boot;

/// <summary>Gathers what the boot messages tell from the machine that has just been laid out.</summary>
internal static class BootFactsBuilder
{
    private const ulong BiosDataStart = 0x9fc00;
    private const ulong VideoMemoryStart = 0xa0000;
    private const ulong BiosRomStart = 0xf0000;
    private const ulong OneMebibyte = 0x100000;
    private const ulong FlashStart = 0xfffc_0000;
    private const ulong FourGibibytes = 1UL << 32;
    private const int KilobytesPerPage = 4;

    public static BootFacts Build(
        MachineLayout layout, ReadOnlySpan<Node> nodes, BootAllocations boot, long freePages, ulong managedPages)
    {
        var memory = layout.Memory;
        var presentPages = PresentPages(layout);
        return new BootFacts
        {
            Version = KernelVersion.Banner,
            CommandLine = layout.Configuration.CommandLine,
            MaxArchPfn = layout.Configuration.PageTableLevels == 5 ? 1UL << 40 : 1UL << 34,
            MemoryMap = MemoryMap(layout),
            Zones = Zones(layout),
            Nodes = Nodes(layout, nodes),
            Unavailable = Unavailable(layout),
            HashTables = HashTables(layout, boot),
            Initrd = RangeOf(memory, BootPurpose.Initrd),
            Swiotlb = RangeOf(memory, BootPurpose.Swiotlb),
            PresentPages = presentPages,
            ManagedPages = managedPages,
            FreeKilobytes = (ulong)freePages * KilobytesPerPage,
            ReservedKilobytes = (presentPages - managedPages) * KilobytesPerPage,
            LateFreed = LateFreed(memory),
        };
    }

    private static ulong PresentPages(MachineLayout layout)
    {
        var pages = 0UL;
        foreach (var zone in layout.Zones)
        {
            pages += zone.PresentPages;
        }

        return pages;
    }

    private static List<E820Range> MemoryMap(MachineLayout layout)
    {
        var map = new List<E820Range>
        {
            new(new PhysicalRange(0, BiosDataStart), E820Type.Usable),
            new(new PhysicalRange(BiosDataStart, VideoMemoryStart), E820Type.Reserved),
            new(new PhysicalRange(BiosRomStart, OneMebibyte), E820Type.Reserved),
        };
        foreach (var range in Merged(layout.Memory.Memory))
        {
            if (range.Start < OneMebibyte)
            {
                continue;
            }

            map.Add(new E820Range(range, E820Type.Usable));
            var isLow = range.End <= FourGibibytes;
            if (isLow && layout.Configuration.Kind != MachineKind.Cloud && layout.Configuration.Zones.Count == 0)
            {
                var acpiPages = LayoutRecipe.AcpiPages(layout.Configuration.Kind);
                map.Add(new E820Range(new PhysicalRange(range.End, range.End + (acpiPages * PageGeometry.PageBytes)), E820Type.Reserved));
            }

            if (isLow)
            {
                map.Add(new E820Range(new PhysicalRange(FlashStart, FourGibibytes), E820Type.Reserved));
            }
        }

        return map;
    }

    /// <summary>RAM as the firmware reports it: neighbouring ranges of different nodes are one.</summary>
    private static List<PhysicalRange> Merged(IReadOnlyList<MemoryRange> memory)
    {
        var merged = new List<PhysicalRange>();
        foreach (var range in memory)
        {
            var bytes = ToBytes(range.Frames);
            if (merged.Count > 0 && merged[^1].End == bytes.Start)
            {
                merged[^1] = new PhysicalRange(merged[^1].Start, bytes.End);
            }
            else
            {
                merged.Add(bytes);
            }
        }

        return merged;
    }

    private static List<BootZone> Zones(MachineLayout layout)
    {
        var zones = new List<BootZone>();
        foreach (var type in (ReadOnlySpan<ZoneType>)[ZoneType.Dma, ZoneType.Dma32, ZoneType.Normal, ZoneType.Device])
        {
            var range = default(PhysicalRange);
            foreach (var zone in layout.Zones)
            {
                if (zone.Type == type && zone.SpannedPages > 0)
                {
                    var bytes = ToBytes(new PfnRange(zone.Start, zone.End));
                    range = range.IsEmpty ? bytes : new PhysicalRange(range.Start, bytes.End);
                }
            }

            zones.Add(new BootZone(type, range));
        }

        return zones;
    }

    private static List<BootNode> Nodes(MachineLayout layout, ReadOnlySpan<Node> nodes)
    {
        var result = new List<BootNode>();
        foreach (var node in nodes)
        {
            var cpus = new List<int>();
            for (var cpu = 0; cpu < layout.NodeOfCpu.Count; cpu++)
            {
                if (layout.NodeOfCpu[cpu] == node.Id)
                {
                    cpus.Add(cpu);
                }
            }

            var memory = new List<PhysicalRange>();
            foreach (var range in layout.Memory.Memory)
            {
                if (range.Node == node.Id)
                {
                    memory.Add(ToBytes(range.Frames));
                }
            }

            result.Add(new BootNode
            {
                Id = node.Id,
                Memory = memory,
                Cpus = cpus,
                FallbackOrder = node.FallbackNodes.ToArray(),
                MovableStart = (ulong)node[ZoneType.Movable].Extent.Start.Index * PageGeometry.PageBytes,
            });
        }

        return result;
    }

    /// <summary>
    /// Holes in front of each range of RAM, as far as sections with RAM reach into them, by the zone of the range behind; and
    /// the one behind the last range. Only there do descriptors exist that stand for nothing (init_unavailable_range).
    /// </summary>
    private static List<UnavailablePages> Unavailable(MachineLayout layout)
    {
        var result = new List<UnavailablePages>();
        var previousEnd = Pfn.None;
        foreach (var range in layout.Memory.Memory)
        {
            foreach (var zone in layout.Zones)
            {
                var start = range.Frames.Start > zone.Start ? range.Frames.Start : zone.Start;
                var end = range.Frames.End < zone.End ? range.Frames.End : zone.End;
                if (zone.IsPopulated && start < end)
                {
                    Add(zone, PagesInPresentSections(previousEnd, start));
                    previousEnd = end;
                }
            }
        }

        var last = layout.Zones.Last(static zone => zone.IsPopulated);
        Add(last, SectionEnd(previousEnd) - previousEnd.Index);
        return result;

        void Add(ZoneExtent zone, uint pages)
        {
            if (pages > 0)
            {
                result.Add(new UnavailablePages(zone.Node, zone.Type, pages));
            }
        }
    }

    /// <summary>Pages of a hole that lie in the section of the RAM before it or of the RAM behind it.</summary>
    private static uint PagesInPresentSections(Pfn start, Pfn end)
    {
        var sectionOfEnd = end.Index / PageGeometry.SectionPages * PageGeometry.SectionPages;
        var before = Math.Min(end.Index, SectionEnd(start)) - start.Index;
        return start.Index >= sectionOfEnd ? end.Index - start.Index : before + (end.Index - sectionOfEnd);
    }

    private static uint SectionEnd(Pfn pfn) =>
        (pfn.Index + PageGeometry.SectionPages - 1) / PageGeometry.SectionPages * PageGeometry.SectionPages;

    private static List<BootHashTable> HashTables(MachineLayout layout, BootAllocations boot)
    {
        var isNuma = layout.NodeCount > 1;
        var phase = isNuma ? BootHashPhase.FileSystems : BootHashPhase.Early;
        var result = new List<BootHashTable>
        {
            new("Dentry cache", phase, layout.HashTables.DentryBuckets, layout.HashTables.DentryBytes, Where(layout.HashTables.DentryBytes)),
            new("Inode-cache", phase, layout.HashTables.InodeBuckets, layout.HashTables.InodeBytes, Where(layout.HashTables.InodeBytes)),
        };
        foreach (var table in boot.HashTables)
        {
            result.Add(new BootHashTable(
                table.Name, PhaseOf(table.Name), table.Entries, table.Bytes, isNuma || table.Order > PageGeometry.MaxOrder ? "vmalloc" : "linear"));
        }

        return result;

        string Where(ulong bytes) => !isNuma ? "linear"
            : bytes / (ulong)layout.NodeCount >= PageGeometry.PageblockPages * PageGeometry.PageBytes ? "vmalloc hugepage"
            : "vmalloc";
    }

    private static BootHashPhase PhaseOf(string table) => table switch
    {
        "Mount-cache" or "Mountpoint-cache" => BootHashPhase.FileSystems,
        "futex" => BootHashPhase.Futex,
        _ => BootHashPhase.Network,
    };

    private static LateFreedMemory LateFreed(BootMemory memory)
    {
        // Of explicit zones only the sum is known: all of it counts as the initial RAM disk.
        var initrd = memory.PagesFor(BootPurpose.Initrd) + memory.PagesFor(BootPurpose.UnspecifiedLate);
        var init = new List<int>();
        foreach (var range in memory.Reserved)
        {
            if (range.Purpose == BootPurpose.KernelInit)
            {
                init.Add((int)range.Frames.Pages * KilobytesPerPage);
            }
        }

        // In the order of the image: gap, init, decrypted data.
        return init.Count == 0
            ? new LateFreedMemory((int)initrd * KilobytesPerPage, 0, 0, 0)
            : new LateFreedMemory((int)initrd * KilobytesPerPage, init[2], init[1], init[0]);
    }

    private static PhysicalRange RangeOf(BootMemory memory, BootPurpose purpose)
    {
        foreach (var range in memory.Reserved)
        {
            if (range.Purpose == purpose)
            {
                return ToBytes(range.Frames);
            }
        }

        return default;
    }

    private static PhysicalRange ToBytes(PfnRange frames) => new(
        (ulong)frames.Start.Index * PageGeometry.PageBytes, (ulong)frames.End.Index * PageGeometry.PageBytes);
}
