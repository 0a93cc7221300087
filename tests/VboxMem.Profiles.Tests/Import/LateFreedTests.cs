// Goal: from marks and reserves alone follows what was freed late, to within what they leave open, and what was written since.

using VboxMem.Kernel;
using VboxMem.Kernel.Physical;
using VboxMem.Profiles.Import;

namespace VboxMem.Profiles.Tests.Import;

public sealed class LateFreedTests
{
    private const uint Scale = 10;
    private static readonly ulong[] _ratio = [256, 256, 32, 0, 0];

    [Fact]
    public void What_machines_of_any_size_freed_late_is_explained_again()
    {
        var random = new Random(11);
        for (var round = 0; round < 40; round++)
        {
            var late = (ulong)random.Next(0, 30_000);
            var zones = Machine(random, late);
            var found = LateFreedPages.Find(Question(zones, late, logged: null));
            Assert.True(found is { IsExplained: true, MarksAreFromBoot: true, ReservesAreFromBoot: true }, $"round {round}");
            Assert.InRange(found.Pages.Aggregate(0UL, static (sum, pages) => sum + pages), late - Math.Min(late, 300), late);
            var logged = LateFreedPages.Find(Question(zones, late, logged: late));
            Assert.Equal(late, logged.Pages.Aggregate(0UL, static (sum, pages) => sum + pages));
        }
    }

    [Fact]
    public void Marks_that_were_redone_are_told_from_those_of_boot()
    {
        var zones = Machine(new Random(1), 10_000);
        var managed = zones.Select(static zone => zone.Managed).ToArray();
        var lowmem = BootLimits.Sum(zones, managed);
        var redone = zones.Select((zone, index) => zone with { Marks = Watermarks.ForZone(20_000, 50, zone.Type, managed[index], lowmem) }).ToArray();
        var found = LateFreedPages.Find(new LateFreedQuestion(redone, 20_000, 50, _ratio, true, 10_000));
        Assert.True(found is { IsExplained: true, MarksAreFromBoot: false, ReservesAreFromBoot: true });
        Assert.Equal(10_000UL, found.Pages.Aggregate(0UL, static (sum, pages) => sum + pages));
    }

    [Fact]
    public void Marks_that_nothing_explains_are_said_to_be_so()
    {
        var zones = Machine(new Random(1), 10_000).Select(static zone => zone with { Marks = new Watermarks(1, 3, 9, 27) }).ToArray();
        Assert.False(LateFreedPages.Find(Question(zones, 10_000, logged: null)).IsExplained);
    }

    private static LateFreedQuestion Question(IReadOnlyList<ImportedZone> zones, ulong late, ulong? logged) =>
        new(zones, BootLimits.MinFreeKilobytes(zones, AtBoot(zones, late), hugePages: true), Scale, _ratio, true, logged);

    /// <summary>All late-freed pages are those of DMA32.</summary>
    private static ulong[] AtBoot(IReadOnlyList<ImportedZone> zones, ulong late) =>
        [.. zones.Select(zone => zone.Managed - (zone.Type == ZoneType.Dma32 ? late : 0))];

    private static ImportedZone[] Machine(Random random, ulong late)
    {
        var low = (ulong)random.Next(200_000, 780_000);
        var normal = random.Next(2) == 0 ? 0 : (ulong)random.Next(100_000, 4_000_000);
        List<ImportedZone> zones = [new(0, ZoneType.Dma, 1, 4095, 3998, 3840), new(0, ZoneType.Dma32, 4096, low + 8000, low + 8000, low)];
        if (normal > 0) zones.Add(new ImportedZone(0, ZoneType.Normal, 1048576, normal + 9000, normal + 9000, normal));
        var atBoot = AtBoot(zones, late);
        var lowmem = BootLimits.Sum(zones, atBoot);
        var minFree = BootLimits.MinFreeKilobytes(zones, atBoot, hugePages: true);
        return
        [
            .. zones.Select((zone, index) => zone with
            {
                Marks = Watermarks.ForZone(minFree, Scale, zone.Type, atBoot[index], lowmem),
                HasPromo = true,
                Protection = [.. Enumerable.Range(0, 5).Select(type => ReserveOf(zones, atBoot, zone, type))],
            }),
        ];
    }

    private static ulong ReserveOf(List<ImportedZone> zones, ulong[] atBoot, ImportedZone zone, int type)
    {
        var above = 0UL;
        for (var higher = (int)zone.Type + 1; higher <= type; higher++) above += BootLimits.ManagedBy(zones, atBoot, 0, (ZoneType)higher);
        return _ratio[(int)zone.Type] == 0 ? 0 : above / _ratio[(int)zone.Type];
    }
}
