// How large the inactive list of a type should be: enough for a page to be used again before it is looked at, and no more.
//
// The active list may be `ratio` times the inactive one. The ratio grows with the square root of the memory on both lists, so
// that the inactive share falls as the machine grows, while the list itself still grows.
//
// Units    pages.
// Models   Linux 6.12 inactive_is_low (facts: reclaim, 1.5).

namespace VboxMem.Kernel.Reclaim;

public static class InactiveTarget
{
    private const int PagesPerGibibyteShift = 18;

    /// <summary>How many times as large as the inactive list the active one may be; at least 1.</summary>
    /// <param name="inactivePages">Inactive list of one type (anonymous or file) of one LRU vector.</param>
    /// <param name="activePages">Active list of the same type.</param>
    public static ulong Ratio(ulong inactivePages, ulong activePages)
    {
        var gibibytes = (inactivePages + activePages) >> PagesPerGibibyteShift;
        return gibibytes == 0 ? 1 : IntegerSquareRoot(10 * gibibytes);
    }

    /// <summary>True when pages should move from the active list to the inactive one.</summary>
    /// <inheritdoc cref="Ratio" path="/param"/>
    public static bool IsLow(ulong inactivePages, ulong activePages) =>
        inactivePages * Ratio(inactivePages, activePages) < activePages;

    /// <summary>The largest number whose square does not exceed the value, found bit by bit.</summary>
    private static ulong IntegerSquareRoot(ulong value)
    {
        var root = 0UL;
        for (var bit = 1UL << 31; bit != 0; bit >>= 1)
        {
            var candidate = root | bit;
            if (candidate * candidate <= value)
            {
                root = candidate;
            }
        }

        return root;
    }
}
