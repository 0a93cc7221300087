// The totals that a box is filled up to. A box that is filled up says on its command line what to: as long as it is about there, that is
// what an import takes, so that what moves by itself (dirty pages, slabs) does not move the profile.
//
// Units    pages.

using System.Globalization;

namespace VboxMem.Profiles.Import;

/// <summary>A total: its key in a profile, and its pages.</summary>
internal readonly record struct Total(string Key, ulong Pages);

internal static class Totals
{
    private const ulong PageBytes = 4096;
    private const ulong KilobytesPerPage = 4;

    /// <summary>How far a total may be from what was asked for: one percent, or 2 MiB.</summary>
    private const ulong NearPages = 512;

    public static IReadOnlyList<Total> Of(ImportSource source, ImportedMachine machine, SortedDictionary<string, ulong>? targets)
    {
        var swapped = machine.Bytes("SwapTotal"u8) - Math.Min(machine.Bytes("SwapTotal"u8), machine.Bytes("SwapFree"u8));
        Total[] totals =
        [
            new("cached", machine.Bytes("Cached"u8) / PageBytes), new("buffers", machine.Bytes("Buffers"u8) / PageBytes),
            new("shmem", machine.Bytes("Shmem"u8) / PageBytes), new("dirty", machine.Bytes("Dirty"u8) / PageBytes),
            new("reclaimable", machine.Bytes("SReclaimable"u8) / PageBytes), new("unreclaimable", machine.Bytes("SUnreclaim"u8) / PageBytes),
            new("swapped", swapped / PageBytes),
        ];
        return [.. totals.Select(total => Wanted(source, machine, total, targets)).Where(static total => total.Pages > 0)];
    }

    private static Total Wanted(ImportSource source, ImportedMachine machine, Total seen, SortedDictionary<string, ulong>? targets)
    {
        if (targets is not null && targets.TryGetValue(seen.Key, out var kilobytes))
        {
            var asked = kilobytes / KilobytesPerPage;
            var distance = Math.Max(asked, seen.Pages) - Math.Min(asked, seen.Pages);
            if (distance <= Math.Max(NearPages, asked / 100)) return seen with { Pages = asked };
        }

        var most = machine.DirtyBackgroundPages * 9 / 10;
        if (seen.Key != "dirty" || most is null || seen.Pages <= most) return seen;
        source.Note(string.Create(CultureInfo.InvariantCulture, $"approximated: {seen.Pages * KilobytesPerPage} kB are dirty, more than the kernel leaves alone: the box has {most * KilobytesPerPage} kB"));
        return seen with { Pages = most.Value };
    }
}
