// What compaction remembers of a zone between two runs: where each scanner goes on, which pageblocks are not worth a look, and for how
// long the zone is to be spared.
//
// Invariants
//   Z1  All of it is advice: any position and any bit is legal, and a run that ignores them finds the same pages.
//
// Units    pfns; positions outside of the zone mean its ends.
// Models   Linux 6.12 struct zone: compact_cached_*, compact_init_*, compact_blockskip_flush; pageblock skip bits; mm/compaction.c:
//          __reset_isolation_suitable, __reset_isolation_pfn (facts: physical memory, 5).

using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Physical;

namespace VboxMem.Kernel.Compaction;

internal sealed class ZoneHints
{
    /// <summary>A sample of a pageblock looks at each eighth page.</summary>
    private const uint SampleStep = 1U << PageGeometry.CostlyOrder;

    private readonly uint _firstBlock;
    private readonly ulong[] _skip;
    private CompactionDeferral _deferral;

    public ZoneHints(ZoneExtent extent)
    {
        _firstBlock = extent.Start.Index >> PageGeometry.PageblockOrder;
        var blocks = extent.IsPopulated ? ((extent.End.Index - 1) >> PageGeometry.PageblockOrder) - _firstBlock + 1 : 0;
        _skip = new ulong[(blocks + 63) / 64];
    }

    private ZoneHints(ZoneHints other)
    {
        _firstBlock = other._firstBlock;
        _skip = (ulong[])other._skip.Clone();
        _deferral = other._deferral;
        (AsyncMigrate, SyncMigrate, Free) = (other.AsyncMigrate, other.SyncMigrate, other.Free);
        (FirstMigrate, FirstFree) = (other.FirstMigrate, other.FirstFree);
        MustFlush = other.MustFlush;
    }

    /// <summary>Where the migrate scanner of impatient runs goes on, and that of others.</summary>
    public uint AsyncMigrate { get; set; }

    public uint SyncMigrate { get; set; }

    /// <summary>Where the free scanner goes on.</summary>
    public long Free { get; set; }

    /// <summary>Where the scanners began after the skip bits were last cleared: a run from there sees the whole zone.</summary>
    public uint FirstMigrate { get; set; }

    public long FirstFree { get; set; }

    /// <summary>The scanners of a direct run have met: when kswapd is done, the skip bits are to be cleared.</summary>
    public bool MustFlush { get; set; }

    public ref CompactionDeferral Deferral => ref _deferral;

    public ZoneHints Clone() => new(this);

    public static ZoneHints[] MakeAll(Machine machine)
    {
        var all = new ZoneHints[machine.Nodes.Length * Zone.TypesPerNode];
        foreach (var node in machine.Nodes)
        {
            foreach (var zone in node.Zones)
            {
                all[zone.Extent.Index] = new ZoneHints(zone.Extent);
            }
        }

        return all;
    }

    public static ZoneHints[] CloneAll(ZoneHints[] others) => Array.ConvertAll(others, static other => other.Clone());

    public void HashInto(StateHash hash)
    {
        hash.Add(((ulong)AsyncMigrate << 32) | SyncMigrate);
        hash.Add(Free);
        hash.Add((ulong)FirstMigrate);
        hash.Add(FirstFree);
        hash.Add(MustFlush);
        hash.Add<ulong>(_skip);
        _deferral.HashInto(hash);
    }

    public bool IsSkipped(Pfn pfn)
    {
        var block = (pfn.Index >> PageGeometry.PageblockOrder) - _firstBlock;
        return (_skip[block >> 6] & (1UL << (int)(block & 63))) != 0;
    }

    public void Skip(Pfn pfn)
    {
        var block = (pfn.Index >> PageGeometry.PageblockOrder) - _firstBlock;
        _skip[block >> 6] |= 1UL << (int)(block & 63);
    }

    /// <summary>Both scanners begin anew next time.</summary>
    public void ResetPositions(Zone zone)
    {
        AsyncMigrate = SyncMigrate = zone.Extent.Start.Index;
        Free = LastBlockOf(zone);
    }

    /// <summary>Where the scanners of a run begin: where others have stopped, or at the ends of the zone.</summary>
    public void Place(Zone zone, CompactionWork work)
    {
        var (start, end) = (zone.Extent.Start.Index, zone.Extent.End.Index);
        if (work.Control.IsWholeZone)
        {
            work.MigratePosition = zone.Extent.Start;
            work.FreePosition = LastBlockOf(zone);
            return;
        }

        if (Free < start || Free >= end)
        {
            Free = LastBlockOf(zone);
        }

        var from = work.Control.Mode == CompactionMode.Async ? AsyncMigrate : SyncMigrate;
        if (from < start || from >= end)
        {
            from = AsyncMigrate = SyncMigrate = start;
        }

        work.FreePosition = Free;
        work.MigratePosition = new Pfn(from);
        work.Control.IsWholeZone = from <= FirstMigrate;
    }

    private static long LastBlockOf(Zone zone) => new Pfn(zone.Extent.End.Index - 1).AlignDown(PageGeometry.PageblockOrder).Index;

    /// <summary>Clears the skip bits of pageblocks that have something to move or to move to, if a direct run has gone through since.</summary>
    public void Flush(Machine machine, Zone zone)
    {
        if (!MustFlush)
        {
            return;
        }

        MustFlush = false;
        machine.Paths.Count(ReachedPath.CompactionHintsFlushed);
        long up = zone.Extent.Start.Index;
        var down = (long)zone.Extent.End.Index - 1;
        var (firstSource, firstTarget) = (down, up);
        var (hasSource, hasTarget) = (false, false);
        for (; up < down; up += PageGeometry.PageblockPages, down -= PageGeometry.PageblockPages)
        {
            if (TryClear(machine.Frames, zone, new Pfn((uint)up), isSource: true, isTarget: hasSource) && up < firstSource)
            {
                (hasSource, firstSource) = (true, up);
                AsyncMigrate = SyncMigrate = FirstMigrate = (uint)up;
            }

            if (TryClear(machine.Frames, zone, new Pfn((uint)down), isSource: hasTarget, isTarget: true) && down > firstTarget)
            {
                (hasTarget, firstTarget) = (true, down);
                Free = FirstFree = down;
            }
        }

        if (firstSource >= firstTarget)
        {
            AsyncMigrate = SyncMigrate = (uint)up;
            Free = down;
        }
    }

    private bool TryClear(PageFrames frames, Zone zone, Pfn pfn, bool isSource, bool isTarget)
    {
        if (frames.ZoneOf(pfn) != zone.Extent.Index || MigrateScanner.IsHugeBlock(frames, pfn))
        {
            return false;
        }

        if (isSource && isTarget && !IsSkipped(pfn))
        {
            return true;
        }

        if (!isSource && frames.PageblockType(pfn) != MigrateType.Movable)
        {
            return false;
        }

        var start = Math.Max(pfn.AlignDown(PageGeometry.PageblockOrder).Index, zone.Extent.Start.Index);
        var end = Math.Min(pfn.AlignDown(PageGeometry.PageblockOrder).Plus(PageGeometry.PageblockPages).Index, zone.Extent.End.Index);
        for (var page = start; page < end; page += SampleStep)
        {
            if ((isSource && frames[new Pfn(page)].Has(PageFlags.Lru)) || (isTarget && FreeScanner.IsFreeBlock(frames, new Pfn(page), out _)))
            {
                var block = (page >> PageGeometry.PageblockOrder) - _firstBlock;
                _skip[block >> 6] &= ~(1UL << (int)(block & 63));
                return true;
            }
        }

        return false;
    }
}
