// The memory of a box: the zones of the machine to the page, or RAM of the same size. The box is booted to see that it can be had.

using System.Globalization;
using VboxMem.Kernel;
using VboxMem.Kernel.Physical;

namespace VboxMem.Profiles.Import;

internal static class ZonePlan
{
    private const ulong PageBytes = 4096;
    private const ulong Step = 4UL << 20;
    private const ulong LeastRam = 64UL << 20;
    private const ulong MostRam = 8UL << 40;
    private const ulong SmallestHugePageRam = (512UL << 20) / PageBytes;

    /// <summary>Fills in the memory of a plan and boots it without settings.</summary>
    public static Machine? Boot(ImportSource source, ref ImportPlan plan, out LateFreed late)
    {
        var imported = plan.Machine;
        var problem = "its pages have another size";
        if (imported.Zones.Count > 0 && HasSmallPages(source, imported) && TryZones(source, imported.Zones, ref plan, out late, out problem) is { } booted) return booted;
        else if (imported.Zones.Count > 0) source.Note($"approximated: zones follow from MemTotal: {OneLine.OfPath(problem)}");

        var bare = plan with { Machine = imported with { Nodes = [new ImportedNode(0, imported.Cpus, [])] }, RamBytes = RamFor(imported), Zones = [], LateFreed = [] };
        using var recipe = Importer.TryBoot(bare, out problem);
        late = new LateFreed([], true, true, IsExplained: false);
        if (recipe is null) return null;

        plan = bare with { Machine = bare.Machine with { LateFreedLogged = recipe.Layout.Memory.LateFreedPages } };
        var ready = TryZones(source, ZonesOf(recipe), ref plan, out late, out problem);
        plan = plan with { RamBytes = ready is null ? plan.RamBytes : 0 };
        return ready;
    }

    /// <summary>Says where the booted box differs from the zones that were seen.</summary>
    public static void Compare(ImportSource source, ImportPlan plan, Machine machine)
    {
        foreach (var zone in plan.Machine.Zones)
        {
            if (zone.Node >= machine.Nodes.Length) continue;
            var box = machine.Nodes[zone.Node][zone.Type];
            var name = string.Create(CultureInfo.InvariantCulture, $"zone {zone.Type} of node {zone.Node}");
            if (zone.Marks is { } seen && box.Marks with { PromoPages = 0 } != seen with { PromoPages = 0 })
                source.Note(string.Create(CultureInfo.InvariantCulture, $"approximated: {name}: min, low and high are {box.Marks.MinPages}, {box.Marks.LowPages} and {box.Marks.HighPages}, on the machine {seen.MinPages}, {seen.LowPages} and {seen.HighPages}"));
            if (zone.Protection.Count > 0 && !zone.Protection.SequenceEqual(box.LowmemReservePages.ToArray().Take(zone.Protection.Count)))
                source.Note(string.Create(CultureInfo.InvariantCulture, $"approximated: {name}: its reserves are {string.Join(", ", box.LowmemReservePages.ToArray())}, on the machine {string.Join(", ", zone.Protection)}"));
        }
    }

    private static Machine? TryZones(ImportSource source, IReadOnlyList<ImportedZone> zones, ref ImportPlan plan, out LateFreed late, out string problem)
    {
        var imported = plan.Machine;
        var managed = zones.Aggregate(0UL, static (sum, zone) => sum + zone.Managed);
        var hugePages = managed >= SmallestHugePageRam && imported.HugePages != "never";
        var ratio = BootLimits.DefaultRatio.ToArray();
        if (imported.Tunables.TryGetValue("lowmem_reserve_ratio", out var text))
        {
            var given = text.Split(' ').Select(static part => ulong.TryParse(part, CultureInfo.InvariantCulture, out var value) ? value : 0).Take(ratio.Length).ToArray();
            given.CopyTo(ratio, 0);
        }

        late = LateFreedPages.Find(new LateFreedQuestion(zones, imported.MinFreeKilobytes, imported.Scale, ratio, hugePages, imported.LateFreedLogged));
        if (!late.IsExplained && zones.Any(static zone => zone.Marks is not null))
            source.Note("approximated: watermarks and reserves are none that Linux 6.12 computes from these zones and tunables");
        var candidate = plan with { Zones = zones, LateFreed = late.Pages, RamBytes = 0 };
        var machine = Importer.TryBoot(candidate, out problem);
        if (machine is not null) plan = candidate;
        return machine;
    }

    /// <summary>What zoneinfo counts must be pages of 4 KiB.</summary>
    private static bool HasSmallPages(ImportSource source, ImportedMachine machine)
    {
        var managed = machine.Zones.Aggregate(0UL, static (sum, zone) => sum + Math.Min(zone.Managed, 1UL << 40));
        var total = machine.Bytes("MemTotal"u8) / PageBytes;
        if (total == 0 || managed == 0 || (managed > total / 2 && managed < total * 2)) return true;
        source.Note("not reproduced: zoneinfo and meminfo do not fit each other: the pages may be larger than 4 KiB");
        return false;
    }

    /// <summary>The least RAM of which a box manages as much as the machine.</summary>
    private static ulong RamFor(ImportedMachine machine)
    {
        var total = machine.Bytes("MemTotal"u8);
        if (total == 0) total = machine.Zones.Aggregate(0UL, static (sum, zone) => sum + Math.Min(zone.Managed, 1UL << 31)) * PageBytes;
        var (low, high) = (LeastRam / Step, MostRam / Step);
        while (low < high)
        {
            var middle = low + ((high - low) / 2);
            if (ManagedBytes(middle * Step, machine.Cpus) >= total) high = middle;
            else low = middle + 1;
        }

        return low * Step;
    }

    private static ulong ManagedBytes(ulong ram, int cpus)
    {
        var layout = MachineLayout.Create(new MachineConfiguration { RamBytes = ram, Cpus = cpus, InitrdBytes = InitrdOf(ram) });
        var pages = (ulong)layout.Memory.LateFreedPages;
        foreach (var zone in layout.Zones)
        {
            foreach (var range in layout.Memory.FreeRanges(new PfnRange(zone.Start, zone.End))) pages += range.Pages;
        }

        return pages * PageBytes;
    }

    private static ulong InitrdOf(ulong ram) => ram < 121UL << 20 ? 0 : 30UL << 20;

    private static List<ImportedZone> ZonesOf(Machine machine)
    {
        var zones = new List<ImportedZone>();
        for (var node = 0; node < machine.Nodes.Length; node++)
        {
            foreach (var zone in machine.Nodes[node].Zones)
            {
                if (!zone.IsPopulated) continue;
                zones.Add(new ImportedZone(node, zone.Type, zone.Extent.Start.Index, zone.Extent.SpannedPages, zone.Extent.PresentPages, zone.ManagedPages)
                {
                    Marks = zone.Marks, HasPromo = true, Protection = [.. zone.LowmemReservePages.ToArray()],
                });
            }
        }

        return zones;
    }
}
