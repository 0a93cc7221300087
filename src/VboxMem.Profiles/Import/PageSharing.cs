// How processes share the pages they map, where only sums are known: what each has resident, and how many different pages that is in all.
//
// Every process is taken to have its first pages in common with all programs, as those of libraries, up to a number that is the same for
// all; the rest it shares with the processes of its own program. The number follows from the sum.
//
//   different pages = common + over all programs: the most that one of its processes has beyond common
//
// Units    pages.

namespace VboxMem.Profiles.Import;

internal static class PageSharing
{
    /// <summary>How many pages each process has in common with other programs.</summary>
    /// <param name="programs">What each process runs.</param>
    /// <param name="resident">What each has resident.</param>
    /// <param name="different">How many different pages that is.</param>
    public static ulong[] CommonPages(string[] programs, ulong[] resident, ulong different)
    {
        var most = new SortedDictionary<string, ulong>(StringComparer.Ordinal);
        for (var process = 0; process < programs.Length; process++)
        {
            most[programs[process]] = Math.Max(resident[process], most.GetValueOrDefault(programs[process]));
        }

        // Beyond what the second largest has there is nobody to share with.
        var limit = most.Count < 2 ? 0 : most.Values.OrderDescending().ElementAt(1);
        var (low, high) = (0UL, limit);
        while (low < high)
        {
            var middle = low + ((high - low) / 2);
            if (Different(most.Values, middle) <= different) high = middle;
            else low = middle + 1;
        }

        return [.. resident.Select(pages => Math.Min(pages, low))];
    }

    private static ulong Different(IEnumerable<ulong> most, ulong common)
    {
        var pages = common;
        foreach (var program in most) pages += program - Math.Min(program, common);
        return pages;
    }
}
