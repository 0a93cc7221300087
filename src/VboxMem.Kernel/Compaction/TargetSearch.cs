// Looks into the free lists for pages near the free scanner, before that goes through pageblocks one after the other.
//
// Units    pages, pfns.
// Models   Linux 6.12 mm/compaction.c: fast_isolate_freepages, fast_isolate_around, next_search_order.

using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Physical;

namespace VboxMem.Kernel.Compaction;

internal static class TargetSearch
{
    /// <summary>Of a search: where it has been and what it would take. Positions are pfns.</summary>
    private struct Hunt
    {
        public long Lowest;
        public long LowestAccepted;
        public uint Limit;
        public uint Scanned;
        public uint ScannedInOrder;
        public Pfn Highest;
        public Pfn Candidate;
        public Pfn Found;
    }

    /// <summary>Takes what it finds; the scanner goes on from there, or from where it was.</summary>
    public static void Run(Machine machine, Zone zone, CompactionWork work)
    {
        if (work.Control.Order <= 0)
        {
            return;
        }

        var hints = machine.CompactionHints[zone.Extent.Index];
        var isAtStart = work.FreePosition >= hints.FirstFree;
        var distance = work.FreePosition - work.MigratePosition.Index;
        var hunt = new Hunt
        {
            Limit = isAtStart ? PageGeometry.PageblockPages >> 1 : SourceSearch.Limit(work),
            Lowest = BlockAt(work.FreePosition - (distance >> 1)),
            LowestAccepted = BlockAt(work.FreePosition - (distance >> 2)),
        };
        SearchLists(machine, zone, work, ref hunt);
        if (hunt.Found == Pfn.None)
        {
            work.SearchFailures++;
            if (isAtStart)
            {
                StartFrom(machine, zone, work, ref hunt);
            }
        }

        if (hunt.Highest != Pfn.None && hunt.Highest.Index >= hints.Free)
        {
            hints.Free = (long)hunt.Highest.Index - PageGeometry.PageblockPages;
        }

        work.FreeScanned += hunt.Scanned;
        if (hunt.Found != Pfn.None)
        {
            machine.Paths.Count(ReachedPath.CompactionFindsTarget);
            LookAround(machine, zone, work, hunt.Found);
        }
    }

    private static long BlockAt(long pfn) => pfn & ~(long)(PageGeometry.PageblockPages - 1);

    private static void SearchLists(Machine machine, Zone zone, CompactionWork work, ref Hunt hunt)
    {
        work.SearchOrder = Math.Min(work.SearchOrder, work.Control.Order - 1);
        for (var order = work.SearchOrder; hunt.Found == Pfn.None && order >= 0; order = NextOrder(work, order))
        {
            if (zone.Buddy.FreeBlocks(order) == 0)
            {
                continue;
            }

            SearchList(zone, work, order, ref hunt);
            if (hunt.Found != Pfn.None)
            {
                if (FreeScanner.TryTakeBlock(machine, zone, work, hunt.Found, order))
                {
                    hunt.Scanned += (1u << order) - 1;
                }
                else
                {
                    hunt.Found = Pfn.None;
                    order = work.SearchOrder + 1;   // nothing can be spared: the search ends
                }
            }

            if (work.TargetPages >= work.WantedTargets)
            {
                return;
            }

            if (hunt.ScannedInOrder >= hunt.Limit)
            {
                hunt.Limit = Math.Max(1, hunt.Limit >> 1);
            }
        }
    }

    private static void SearchList(Zone zone, CompactionWork work, int order, ref Hunt hunt)
    {
        hunt.Candidate = Pfn.None;
        hunt.ScannedInOrder = 0;
        var last = Pfn.None;
        for (var block = zone.Buddy.Last(order, MigrateType.Movable); block != Pfn.None; block = zone.Buddy.Preceding(block, order))
        {
            last = block;
            hunt.ScannedInOrder++;
            hunt.Scanned++;
            work.Looks++;
            if (block >= hunt.Highest)
            {
                hunt.Highest = new Pfn(Math.Max(block.AlignDown(PageGeometry.PageblockOrder).Index, zone.Extent.Start.Index));
            }

            if (block.Index >= hunt.LowestAccepted)
            {
                work.SearchFailures = 0;
                work.SearchOrder = order;
                hunt.Found = block;
                break;
            }

            if (block.Index >= hunt.Lowest && block > hunt.Candidate)
            {
                hunt.Candidate = block;
                hunt.Limit >>= 1;
            }

            if (hunt.ScannedInOrder >= hunt.Limit)
            {
                break;
            }
        }

        hunt.Found = hunt.Found != Pfn.None ? hunt.Found : hunt.Candidate;
        if (last != Pfn.None)
        {
            zone.Buddy.MakeFirst(hunt.Found != Pfn.None ? hunt.Found : last, order, MigrateType.Movable);   // the next search sees others
        }
    }

    /// <summary>The order below; below the smallest the one under that wanted, until all have been searched.</summary>
    private static int NextOrder(CompactionWork work, int order)
    {
        order--;
        if (order < 0)
        {
            order = work.Control.Order - 1;
        }

        if (order != work.SearchOrder)
        {
            return order;
        }

        work.SearchOrder--;
        if (work.SearchOrder < 0)
        {
            work.SearchOrder = work.Control.Order - 1;
        }

        return -1;
    }

    /// <summary>Nothing in the lists: the scanner begins at the highest free block seen, or half-way down.</summary>
    private static void StartFrom(Machine machine, Zone zone, CompactionWork work, ref Hunt hunt)
    {
        if (hunt.Highest.Index >= hunt.Lowest && hunt.Highest != Pfn.None)
        {
            hunt.Found = hunt.Highest;
            work.FreePosition = hunt.Highest.Index;
        }
        else if (work.Control.IsDirect && hunt.Lowest >= 0)
        {
            var block = new Pfn((uint)hunt.Lowest);
            hunt.Found = FreeScanner.IsSuitable(machine, zone, work, block) ? block : Pfn.None;
            work.FreePosition = hunt.Lowest;
        }
    }

    /// <summary>What else is free in the pageblock; impatient runs do not stop for it.</summary>
    private static void LookAround(Machine machine, Zone zone, CompactionWork work, Pfn found)
    {
        if (work.TargetPages >= work.WantedTargets || work.Control.SkipsOnFailure)
        {
            return;
        }

        var block = found.AlignDown(PageGeometry.PageblockOrder);
        var start = Math.Max(block.Index, zone.Extent.Start.Index);
        var end = Math.Min(block.Index + PageGeometry.PageblockPages, zone.Extent.End.Index);
        if (FreeScanner.SearchBlock(machine, zone, work, start, end, stride: 1) >= end)
        {
            machine.CompactionHints[zone.Extent.Index].Skip(block);
        }
    }
}
