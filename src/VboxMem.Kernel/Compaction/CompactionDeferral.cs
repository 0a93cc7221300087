namespace VboxMem.Kernel.Compaction;

/// <summary>
/// How long a zone is spared compaction after it was in vain: of as many requests as it has failed in a row, to the power of two and 64
/// at most, the last one only is let through.
/// </summary>
/// <remarks>mm/compaction.c: defer_compaction, compaction_deferred, compaction_defer_reset, compaction_restarting.</remarks>
internal struct CompactionDeferral
{
    private const int MostShift = 6;

    private uint _considered;
    private int _shift;

    /// <summary>Smallest order that has failed; smaller ones are not deferred.</summary>
    private int _failedOrder;

    /// <summary>It has been in vain: spares the zone twice as long as the last time.</summary>
    public void Extend(int order)
    {
        _considered = 0;
        _failedOrder = Math.Min(_failedOrder, order);
        _shift = Math.Min(_shift + 1, MostShift);
    }

    /// <summary>Counts a request. True: it must do without.</summary>
    public bool Defers(int order)
    {
        if (order < _failedOrder)
        {
            return false;
        }

        var limit = 1U << _shift;
        _considered = Math.Min(_considered + 1, limit);
        return _considered < limit;
    }

    /// <summary>The zone should have a block of the order now.</summary>
    /// <param name="order">Order.</param>
    /// <param name="isServed">It had, and the request has it.</param>
    public void Reset(int order, bool isServed)
    {
        if (isServed)
        {
            (_considered, _shift) = (0, 0);
        }

        _failedOrder = Math.Max(_failedOrder, order + 1);
    }

    /// <summary>It has been deferred as long as can be: time to forget what was remembered of the zone.</summary>
    public readonly bool IsRestarting(int order) => order >= _failedOrder && _shift == MostShift && _considered >= 1U << _shift;

    public readonly void HashInto(StateHash hash) => hash.Add(((ulong)_considered << 32) | ((ulong)(uint)_shift << 16) | (uint)_failedOrder);
}
