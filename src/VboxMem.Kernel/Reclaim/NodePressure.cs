using VboxMem.Kernel.Time;

namespace VboxMem.Kernel.Reclaim;

/// <summary>Why reclaim pauses (vmscan_throttle_state). Keys of Wait: node * 4 + reason.</summary>
public enum ReclaimThrottle
{
    /// <summary>Pages marked for reclaim are still under writeback.</summary>
    Writeback,

    /// <summary>Too many pages are isolated.</summary>
    Isolated,

    /// <summary>A round has freed nothing.</summary>
    NoProgress,

    /// <summary>All dirty pages met are queued for their device.</summary>
    Congested,
}

/// <summary>What reclaim has found out about a node, and who pauses because of it (fields and flags of struct pglist_data).</summary>
public sealed class NodePressure
{
    /// <summary>Many pages at the tail are dirty and not queued: kswapd would write file pages, if their file system could write single ones (PGDAT_DIRTY).</summary>
    public bool HasManyDirty { get; set; }

    /// <summary>Pages cycle through the list under writeback: kswapd waits for them (PGDAT_WRITEBACK).</summary>
    public bool HasManyWriteback { get; set; }

    /// <summary>Tasks that wait for writeback of reclaimed pages (nr_writeback_throttled).</summary>
    public int WritebackWaiters { get; set; }

    /// <summary>nr_throttled_written when the first of them began to wait.</summary>
    public ulong ThrottledWrittenAtStart { get; set; }

    /// <summary>A task reclaims the node before it would leave it; nobody else does meanwhile (PGDAT_RECLAIM_LOCKED).</summary>
    public bool IsNodeReclaimed { get; set; }

    internal static ulong KeyOf(int node, ReclaimThrottle reason) => ((ulong)node * 4) + (ulong)reason;

    /// <summary>Longest pause (reclaim_throttle).</summary>
    internal static SimTime LongestPause(ReclaimThrottle reason) => reason switch
    {
        ReclaimThrottle.Writeback => SimTime.FromMilliseconds(100),
        ReclaimThrottle.Isolated => SimTime.FromMilliseconds(20),
        _ => SimTime.FromTicks(1),
    };

    internal NodePressure Clone() => new()
    {
        HasManyDirty = HasManyDirty,
        HasManyWriteback = HasManyWriteback,
        WritebackWaiters = WritebackWaiters,
        ThrottledWrittenAtStart = ThrottledWrittenAtStart,
        IsNodeReclaimed = IsNodeReclaimed,
    };

    internal void HashInto(StateHash hash)
    {
        hash.Add(HasManyDirty);
        hash.Add(HasManyWriteback);
        hash.Add((long)WritebackWaiters);
        hash.Add(ThrottledWrittenAtStart);
        if (IsNodeReclaimed)
        {
            hash.Add(IsNodeReclaimed);
        }
    }
}
