// Per-CPU pagesets: each CPU's private stock of free pages of a zone, so that most allocations and frees take no lock.
//
// Fourteen lists: orders 0 to 3 by migrate type, and huge pages movable and not. An allocation that finds its list empty
// refills it in one go; a free that finds too many pages gives some back. How many, floats: long streaks of one kind double
// the refill (up to 32 batches) and let the limit (High) follow within [HighMin, HighMax].
//
// Invariants
//   L1  Count is the sum over lists of entries << order.
//   L2  A frame on these lists is tagged PerCpuList and is not in the buddy's free count.
//
// Units    pages.
// Models   Linux 6.12 rmqueue_pcplist, nr_pcp_alloc, free_unref_page_commit, nr_pcp_high, nr_pcp_free, decay_pcp_high
//          (facts: physical memory, 3).
// Departs  the CPUs have small caches: PCPF_FREE_HIGH_BATCH, which keeps a batch of high-order pages on CPUs with a large
//          cache slice, is never set.

using System.Runtime.CompilerServices;
using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Sysctl;

namespace VboxMem.Kernel.Physical;

public sealed class PerCpuPages
{
    /// <summary>CONFIG_PCP_BATCH_SCALE_MAX: a streak may grow a batch to 2^5 times its size.</summary>
    private const int BatchScaleMax = 5;

    private const int LowOrderLists = (PageGeometry.CostlyOrder + 1) * MigrateTypes.RequestableCount;
    private const int ListCount = LowOrderLists + 2;

    /// <summary>Vmstat ticks after which another node's pages are given back.</summary>
    private const int RemoteIdleTicks = 3;

    private readonly Zone _zone;
    private readonly PageFrames _frames;
    private readonly PageList[] _lists;
    private int _allocFactor;
    private int _freeCount;
    private int _remoteTicksLeft;
    private bool _previousFreeWasHighOrder;

    public PerCpuPages(Zone zone, PageFrames frames)
    {
        _zone = zone;
        _frames = frames;
        _lists = new PageList[ListCount];
        BatchPages = 1;
    }

    private PerCpuPages(PerCpuPages other, Zone zone, PageFrames frames)
    {
        _zone = zone;
        _frames = frames;
        _lists = (PageList[])other._lists.Clone();
        _allocFactor = other._allocFactor;
        _freeCount = other._freeCount;
        _remoteTicksLeft = other._remoteTicksLeft;
        _previousFreeWasHighOrder = other._previousFreeWasHighOrder;
        CountPages = other.CountPages;
        HighPages = other.HighPages;
        HighMinPages = other.HighMinPages;
        HighMaxPages = other.HighMaxPages;
        BatchPages = other.BatchPages;
    }

    /// <summary>Pages on the lists.</summary>
    public int CountPages { get; private set; }

    /// <summary>The limit now in force; 0 until the pageset is first used.</summary>
    public int HighPages { get; private set; }

    public int HighMinPages { get; private set; }

    public int HighMaxPages { get; private set; }

    public int BatchPages { get; private set; }

    /// <summary>True for the orders that per-CPU lists hold.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Holds(int order) => order is <= PageGeometry.CostlyOrder or PageGeometry.PageblockOrder;

    public PerCpuPages Clone(Zone zone, PageFrames frames) => new(this, zone, frames);

    /// <summary>New limits (watermarks or CPUs changed); High itself follows at the next use, as on Linux.</summary>
    public void SetLimits(int highMinPages, int highMaxPages, int batchPages)
    {
        HighMinPages = highMinPages;
        HighMaxPages = highMaxPages;
        BatchPages = batchPages;
    }

    /// <summary>Takes a page or a small block from this CPU's stock, refilling it from the buddy when empty.</summary>
    /// <returns>False when the buddy has nothing for this type.</returns>
    public bool TryTake(int order, MigrateType type, VmTunables tunables, bool avoidMixing, out Pfn block)
    {
        _freeCount >>= 1;
        ref var list = ref _lists[ListIndex(order, type)];
        if (list.IsEmpty)
        {
            Refill(ref list, order, type, tunables, avoidMixing);
            _zone.Paths.Count(list.IsEmpty ? ReachedPath.PerCpuRefillFindsNothing : ReachedPath.PerCpuRefill);
            if (list.IsEmpty)
            {
                block = Pfn.None;
                return false;
            }
        }

        block = _frames.RemoveHead(ref list);
        CountPages -= 1 << order;
        return true;
    }

    /// <summary>Takes a single page if the stock has one; nothing else changes if not.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryTakeStocked(MigrateType type, out Pfn page)
    {
        ref var list = ref _lists[(int)type];
        page = Pfn.None;
        if (list.IsEmpty)
        {
            return false;
        }

        _freeCount >>= 1;
        page = _frames.RemoveHead(ref list);
        CountPages--;
        return true;
    }

    /// <summary>Puts a block on this CPU's stock and gives pages back to the buddy when the stock is over its limit.</summary>
    /// <param name="block">First frame.</param>
    /// <param name="order">Order of the block; one that <see cref="Holds"/>.</param>
    /// <param name="type">Type of its pageblock; one of the three that can be asked for.</param>
    public void Put(Pfn block, int order, MigrateType type)
    {
        _allocFactor >>= 1;
        var index = ListIndex(order, type);
        ref var frame = ref _frames[block];
        frame = default;
        frame.SetHead(FrameOwner.PerCpuList, order);
        _frames.AddHead(ref _lists[index], block);
        CountPages += 1 << order;

        var batch = BatchPages;
        var freeHighOrder = false;
        if (order is > 0 and <= PageGeometry.CostlyOrder)
        {
            freeHighOrder = _freeCount >= batch && _previousFreeWasHighOrder;
            _previousFreeWasHighOrder = true;
        }
        else
        {
            _previousFreeWasHighOrder = false;
        }

        if (_freeCount < batch << BatchScaleMax)
        {
            _freeCount += 1 << order;
        }

        var limit = LimitForFree(batch, freeHighOrder);
        if (CountPages >= limit)
        {
            _zone.Paths.Count(ReachedPath.PerCpuGivesBackAboveHigh);
            GiveBack(PagesToGiveBack(batch, limit, freeHighOrder), index);
            if (_zone.IsBelowHigh
                && WatermarkCheck.IsMet(_zone, 0, _zone.MarkPages(WatermarkLevel.High), ZoneType.Movable, ReserveFlags.None))
            {
                _zone.IsBelowHigh = false;
            }
        }
    }

    /// <summary>Gives every page back to the buddy (drain_pages).</summary>
    public void Drain()
    {
        _zone.Paths.Count(ReachedPath.PerCpuDrainedWhole);
        GiveBack(CountPages, 0);
    }

    /// <summary>The once-a-second upkeep of a CPU: lets High sink towards HighMin and gives surplus pages back.</summary>
    /// <param name="isLocalNode">The zone belongs to the CPU's own node; the stock of another node is drained when idle.</param>
    /// <param name="wasUsed">The CPU changed counters of this zone since the last time.</param>
    /// <returns>True when something was done or is still to do.</returns>
    public bool Decay(bool isLocalNode, bool wasUsed)
    {
        if (wasUsed)
        {
            _remoteTicksLeft = RemoteIdleTicks;
        }

        var isBusy = false;
        if (HighPages > HighMinPages)
        {
            HighPages = Math.Max(Math.Max(CountPages - (BatchPages << BatchScaleMax), HighPages - (HighPages >> 3)), HighMinPages);
            isBusy = HighPages > HighMinPages;
        }

        for (var surplus = CountPages - HighPages; surplus > 0; surplus -= BatchPages)
        {
            _zone.Paths.Count(ReachedPath.PerCpuDecays);
            GiveBack(Math.Min(surplus, BatchPages), 0);
            isBusy = true;
        }

        if (_remoteTicksLeft == 0 || CountPages == 0)
        {
            return isBusy;
        }

        if (isLocalNode)
        {
            _remoteTicksLeft = 0;
            return isBusy;
        }

        if (--_remoteTicksLeft == 0)
        {
            GiveBack(Math.Min(CountPages, BatchPages), 0);
        }

        return true;
    }

    /// <summary>Order and first entry of each list, for the audit.</summary>
    public PageList ListAt(int index, out int order)
    {
        order = OrderOfList(index);
        return _lists[index];
    }

    public static int Lists => ListCount;

    public void HashInto(StateHash hash)
    {
        hash.Add<PageList>(_lists);
        hash.Add((long)CountPages);
        hash.Add((long)HighPages);
        hash.Add((long)HighMinPages);
        hash.Add((long)HighMaxPages);
        hash.Add((long)BatchPages);
        hash.Add((long)_allocFactor);
        hash.Add((long)_freeCount);
        hash.Add((long)_remoteTicksLeft);
        hash.Add(_previousFreeWasHighOrder);
    }

    private static int ListIndex(int order, MigrateType type) => order > PageGeometry.CostlyOrder
        ? LowOrderLists + (type == MigrateType.Movable ? 1 : 0)
        : (order * MigrateTypes.RequestableCount) + (int)type;

    private static int OrderOfList(int index) =>
        index >= LowOrderLists ? PageGeometry.PageblockOrder : index / MigrateTypes.RequestableCount;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int ClampHigh() => HighPages = Clamp(HighPages, HighMinPages, HighMaxPages);

    /// <summary>As Linux clamps: high marks raised by hand may put the low limit above the high one, which is looked at first then.</summary>
    private static int Clamp(int value, int low, int high) => value >= high ? high : Math.Max(value, low);

    private void Refill(ref PageList list, int order, MigrateType type, VmTunables tunables, bool avoidMixing)
    {
        var mode = FallbackMode.Normal;
        var wanted = BlocksToRefill(order);
        while (wanted > 0)
        {
            // As many single takes would give the same blocks in the same order.
            if (mode != FallbackMode.Normal || !_zone.Buddy.TryTakeRun(order, type, wanted, out var block, out var taken))
            {
                taken = 1;
                if (!PageblockFallback.TryTake(_zone, _frames, tunables, order, type, avoidMixing, ref mode, out block))
                {
                    return;
                }
            }

            _frames.AddTailRun(ref list, block, taken, FrameOwner.PerCpuList, order);
            CountPages += taken << order;
            wanted -= taken;
        }
    }

    private int BlocksToRefill(int order)
    {
        var high = ClampHigh();
        if (high < BatchPages)
        {
            return 1;
        }

        var batch = order == 0 ? BatchPages << _allocFactor : BatchPages;
        if (HighMinPages != HighMaxPages && !_zone.IsBelowHigh)
        {
            high = HighPages = Math.Min(high + batch, HighMaxPages);
        }

        if (order == 0)
        {
            var most = Math.Max(high - CountPages - BatchPages, BatchPages);
            if (batch <= most && _allocFactor < BatchScaleMax)
            {
                _allocFactor++;
            }

            batch = Math.Min(batch, most);
        }

        return batch > 1 ? Math.Max(batch >> order, 2) : batch;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int LimitForFree(int batch, bool freeHighOrder)
    {
        var high = ClampHigh();
        if (high == 0)
        {
            return 0;
        }

        if (freeHighOrder)
        {
            HighPages = Math.Max(high - (batch << BatchScaleMax), HighMinPages);
            return 0;
        }

        if (_zone.IsReclaimActive)
        {
            HighPages = Math.Max(high - Math.Max(_freeCount, batch), HighMinPages);
            return Math.Min(batch << 2, HighPages);
        }

        if (HighMinPages == HighMaxPages)
        {
            return high;
        }

        if (_zone.IsBelowHigh)
        {
            HighPages = Math.Max(high - Math.Max(_freeCount, batch), HighMinPages);
            return Math.Max(CountPages, HighMinPages);
        }

        if (CountPages >= high && high < _freeCount + batch)
        {
            HighPages = Clamp(_freeCount + batch, HighMinPages, HighMaxPages);
        }

        return high;
    }

    private int PagesToGiveBack(int batch, int limit, bool freeHighOrder)
    {
        if (freeHighOrder)
        {
            return Math.Min(CountPages, batch << BatchScaleMax);
        }

        if (limit < batch)
        {
            return 1;
        }

        return Math.Min(Math.Max(_freeCount, batch), limit - batch);
    }

    /// <summary>Frees pages from the tails of the lists, round-robin, the given list first.</summary>
    private void GiveBack(int pages, int firstList)
    {
        pages = Math.Min(pages, CountPages);
        var index = firstList - 1;
        while (pages > 0)
        {
            do
            {
                index = index >= ListCount - 1 ? 0 : index + 1;
            }
            while (_lists[index].IsEmpty);

            var order = OrderOfList(index);
            ref var list = ref _lists[index];
            do
            {
                var (block, run) = (list.Tail, 0);
                if (order == 0)
                {
                    block = _frames.TailRun(list, pages, out run);
                }

                if (run > 0)
                {
                    _frames.RemoveTailRun(ref list, block, run);
                    _zone.Buddy.FreeRun(block, run, _frames.PageblockType(block));
                }
                else
                {
                    _frames.RemoveTail(ref list);
                    _zone.Buddy.Free(block, order, _frames.PageblockType(block));
                }

                pages -= 1 << (order + run);
                CountPages -= 1 << (order + run);
            }
            while (pages > 0 && !list.IsEmpty);
        }
    }
}
