// Recovers what was freed after the boot watermarks had been computed: initial RAM disk, init sections. No file says it; but the marks and
// the reserves kept back for higher zones were computed without these pages, and stay so until somebody writes a tunable.
//
//   reserve of a zone = pages of the zones above / ratio      --> pages above at boot, to within the ratio
//   min of a zone     = min_free x its pages / all pages      --> its pages at boot, to within all / min_free
//   gap of its marks  = pages x scale / 10000                 --> the same, where that is the larger
//
// Several answers explain the same marks. The kernel's log gives their sum; of what is left open the pages are taken to lie where initial
// RAM disks do, in the highest zone below 4 GiB, and without a log there are as few as can be. So an answer never changes when the machine
// that is booted with it is looked at again.
//
// Units    pages.

using VboxMem.Kernel;

namespace VboxMem.Profiles.Import;

/// <summary>What was freed late, and what must have been written since to explain marks and reserves.</summary>
/// <param name="Pages">Of each zone.</param>
/// <param name="MarksAreFromBoot">No tunable that redoes the marks was written.</param>
/// <param name="ReservesAreFromBoot">lowmem_reserve_ratio was neither written nor read.</param>
/// <param name="IsExplained">Marks and reserves follow from this.</param>
internal sealed record LateFreed(ulong[] Pages, bool MarksAreFromBoot, bool ReservesAreFromBoot, bool IsExplained);

/// <summary>What the search goes by.</summary>
/// <param name="Zones">Populated zones.</param>
/// <param name="MinFreeKilobytes">vm.min_free_kbytes; null: not known.</param>
/// <param name="Scale">vm.watermark_scale_factor.</param>
/// <param name="Ratio">vm.lowmem_reserve_ratio, one value a zone type.</param>
/// <param name="HugePages">khugepaged runs.</param>
/// <param name="Logged">What the kernel's log says was freed late, in all; null: it does not say.</param>
internal sealed record LateFreedQuestion(
    IReadOnlyList<ImportedZone> Zones, ulong? MinFreeKilobytes, uint Scale, IReadOnlyList<ulong> Ratio, bool HugePages, ulong? Logged);

internal sealed class LateFreedPages
{
    private const uint DefaultScale = 10;

    /// <summary>The most that is looked for: 4 GiB.</summary>
    private const ulong MostPages = 1 << 20;

    private readonly LateFreedQuestion _question;
    private readonly IReadOnlyList<ImportedZone> _zones;
    private readonly ulong[] _managed;
    private readonly int[] _order;

    private LateFreedPages(LateFreedQuestion question)
    {
        _question = question;
        _zones = question.Zones;
        _managed = [.. _zones.Select(static zone => zone.Managed)];
        _order = [.. Enumerable.Range(0, _zones.Count).OrderBy(PlaceOf).ThenBy(index => -_zones[index].Node)];
    }

    public static LateFreed Find(LateFreedQuestion question) => new LateFreedPages(question).Find();

    /// <summary>Where initial RAM disks lie: as high as the loader may go below 4 GiB.</summary>
    private int PlaceOf(int index) => _zones[index].Type switch
    {
        ZoneType.Dma32 => 0,
        ZoneType.Normal => 1,
        ZoneType.Movable => 2,
        _ => 3,
    };

    private LateFreed Find()
    {
        var knowsMarks = _question.MinFreeKilobytes is not null && _zones.Any(static zone => zone.Marks is not null);
        var knowsReserves = _zones.Any(static zone => zone.Protection.Count > 0);
        foreach (var goesByLog in (ReadOnlySpan<bool>)[true, false])
        {
            foreach (var (marks, reserves) in new[] { (true, true), (true, false), (false, true), (false, false) })
            {
                if ((marks && !knowsMarks) || (reserves && !knowsReserves) || (goesByLog && _question.Logged is null)) continue;
                if (!marks && knowsMarks && !BootLimits.AreMarks(_zones, _managed, _question.MinFreeKilobytes!.Value, _question.Scale)) continue;
                if (!reserves && !BootLimits.AreReserves(_zones, _managed, _question.Ratio)) continue;
                var pages = goesByLog ? Try(_question.Logged!.Value, marks, reserves) : Search(marks, reserves);
                if (pages is not null) return new LateFreed(pages, marks, reserves, IsExplained: true);
            }
        }

        // Marks of another kernel's making, or of one whose memory has grown since: what the log says, and no more.
        return new LateFreed(Spread(_question.Logged ?? 0, marks: false, reserves: false) ?? new ulong[_zones.Count], true, true, IsExplained: false);
    }

    private ulong[]? Search(bool marks, bool reserves)
    {
        if (!marks && !reserves) return new ulong[_zones.Count];
        for (var sum = 0UL; sum <= Math.Min(MostPages, BootLimits.Sum(_zones, _managed) / 2); sum++)
        {
            if (Try(sum, marks, reserves) is { } pages) return pages;
        }

        return null;
    }

    private ulong[]? Try(ulong sum, bool marks, bool reserves)
    {
        if (Spread(sum, marks, reserves) is not { } pages) return null;
        var atBoot = _managed.Zip(pages, static (managed, late) => managed - late).ToArray();
        if (reserves && !BootLimits.AreReserves(_zones, atBoot, BootLimits.DefaultRatio)) return null;
        if (!marks) return pages;
        var minFree = _question.MinFreeKilobytes!.Value;
        return BootLimits.MinFreeKilobytes(_zones, atBoot, _question.HugePages) == minFree
            && BootLimits.AreMarks(_zones, atBoot, minFree, DefaultScale) ? pages : null;
    }

    /// <summary>A sum of late-freed pages over the zones, each within its bounds; null where the bounds do not allow it.</summary>
    private ulong[]? Spread(ulong sum, bool marks, bool reserves)
    {
        var total = BootLimits.Sum(_zones, _managed);
        if (sum > total) return null;
        var atBoot = total - sum;
        var pages = new ulong[_zones.Count];
        var most = new ulong[_zones.Count];
        for (var zone = 0; zone < _zones.Count; zone++)
        {
            var (low, high) = BoundsOf(zone, atBoot, marks, reserves);
            if (low > high) return null;
            (pages[zone], most[zone]) = (low, high);
            if (low > sum) return null;
            sum -= low;
        }

        foreach (var zone in _order)
        {
            var part = Math.Min(sum, most[zone] - pages[zone]);
            pages[zone] += part;
            sum -= part;
        }

        return sum == 0 ? pages : null;
    }

    /// <summary>The fewest and most late-freed pages that a zone may have had, if all zones together managed so many at boot.</summary>
    private (ulong Low, ulong High) BoundsOf(int index, ulong total, bool marks, bool reserves)
    {
        var zone = _zones[index];
        var (least, most) = (zone.Managed / 2, zone.Managed);   // pages at boot
        if (marks && zone is { Marks: { } seen, Type: <= ZoneType.Normal })
        {
            var minFree = Math.Max(1, _question.MinFreeKilobytes!.Value >> 2);
            least = Math.Max(least, Ceiling((UInt128)seen.MinPages * total, minFree));
            most = Math.Min(most, Ceiling((UInt128)(seen.MinPages + 1) * total, minFree) - 1);
            var gap = seen.LowPages - Math.Min(seen.LowPages, seen.MinPages);
            most = Math.Min(most, ((gap + 1) * 10000 / DefaultScale) - 1);
            least = gap > seen.MinPages >> 2 ? Math.Max(least, gap * 10000 / DefaultScale) : least;
        }

        if (reserves)
        {
            var (fewest, largest) = ByReserves(zone);
            (least, most) = (Math.Max(least, fewest), Math.Min(most, largest));
        }

        return least > most ? (1, 0) : (zone.Managed - most, zone.Managed - least);
    }

    /// <summary>By what the zones below keep back: their reserves up to this zone and up to the one before differ by it.</summary>
    private (ulong Least, ulong Most) ByReserves(ImportedZone zone)
    {
        var (least, most) = (0UL, zone.Managed);
        foreach (var below in _zones)
        {
            if (below.Node != zone.Node || below.Type >= zone.Type || below.Protection.Count <= (int)zone.Type || below.Managed == 0) continue;
            var ratio = BootLimits.DefaultRatio[(int)below.Type];
            if (ratio == 0) continue;
            var upTo = below.Protection[(int)zone.Type];
            var upToLast = below.Protection[(int)zone.Type - 1];
            if (upTo < upToLast || upTo > ulong.MaxValue / ratio - 2) return (1, 0);
            var isFirst = (int)zone.Type - 1 == (int)below.Type;
            var slack = isFirst || upToLast == 0 && NoneBetween(below, zone) ? 0 : ratio - 1;
            var difference = (upTo - upToLast) * ratio;
            least = Math.Max(least, difference - Math.Min(difference, slack));
            most = Math.Min(most, difference + ratio - 1);
        }

        return (least, most);
    }

    private bool NoneBetween(ImportedZone below, ImportedZone zone) =>
        !_zones.Any(other => other.Node == zone.Node && other.Type > below.Type && other.Type < zone.Type);

    private static ulong Ceiling(UInt128 dividend, ulong divisor)
    {
        var quotient = (dividend + divisor - 1) / divisor;
        return quotient > ulong.MaxValue ? ulong.MaxValue : (ulong)quotient;
    }
}
