// How many pages a fault on a swapped-out page reads along.
//
// The window follows its success: the pages of the last window that were used, and two more, rounded up to a power of two. Without
// a hit only a fault next to the last one is worth two pages. It never shrinks below half of the window before.
//
// Units    pages.
// Models   Linux 6.12 __swapin_nr_pages (facts: reclaim, 6.3).

namespace VboxMem.Kernel.Swap;

public static class SwapReadahead
{
    /// <summary>Hits that are assumed before the first fault: its window is 8 pages.</summary>
    public const uint InitialHits = 4;

    /// <summary>Pages to read, the one at fault among them.</summary>
    /// <param name="previous">Slot or virtual page of the fault before.</param>
    /// <param name="current">Of this fault.</param>
    /// <param name="hits">Pages of windows before that a fault found in the swap cache.</param>
    /// <param name="mostPages">2^vm.page-cluster, or less.</param>
    /// <param name="previousPages">The window before.</param>
    public static uint WindowPages(ulong previous, ulong current, uint hits, uint mostPages, uint previousPages)
    {
        uint pages;
        if (hits == 0)
        {
            pages = current == previous + 1 || current == previous - 1 ? 2u : 1;
        }
        else
        {
            pages = 4;
            while (pages < hits + 2)
            {
                pages *= 2;
            }
        }

        return Math.Max(Math.Min(pages, mostPages), previousPages / 2);
    }
}
