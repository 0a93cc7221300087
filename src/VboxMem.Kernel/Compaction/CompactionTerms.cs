using VboxMem.Kernel.Physical;

namespace VboxMem.Kernel.Compaction;

/// <summary>How much trouble compaction takes over a page (migrate_mode).</summary>
internal enum CompactionMode : byte
{
    /// <summary>For an impatient request: from pageblocks of its own kind alone, and no further in a block once that cannot be freed whole.</summary>
    Async,
    SyncLight,

    /// <summary>compact_memory.</summary>
    Sync,
}

/// <summary>How hard a request has compaction try (compact_priority): a lower number is harder.</summary>
internal enum CompactionPriority : byte
{
    /// <summary>The whole zone, whatever is remembered of it.</summary>
    Full,
    SyncLight,
    Async,
}

/// <summary>How a run ended (compact_result); of several zones the largest counts.</summary>
internal enum CompactionResult : byte
{
    /// <summary>Too little is free, or its lack is not what is wrong.</summary>
    Skipped,

    /// <summary>It has failed too often of late.</summary>
    Deferred,

    /// <summary>It goes on.</summary>
    Continue,

    /// <summary>The whole zone has been gone through in vain.</summary>
    Complete,

    /// <summary>Part of the zone has been gone through in vain.</summary>
    PartialSkipped,

    /// <summary>Broken off: no page to move to, too much isolated already, or the task must die.</summary>
    Contended,

    /// <summary>There is a block now.</summary>
    Success,
}

/// <summary>What a run is to do (compact_control).</summary>
internal record struct CompactionControl
{
    /// <summary>In <see cref="Order"/>: no block in particular, the zone is to be compacted as a whole.</summary>
    public const int NoOrder = -1;

    /// <summary>Block wanted.</summary>
    public int Order { get; set; }

    public GfpFlags Gfp { get; set; }

    public CompactionMode Mode { get; set; }

    /// <summary>Highest zone of the request, and what it may draw on: for the watermarks.</summary>
    public ZoneType HighestZone { get; set; }

    public ReserveFlags Reserves { get; set; }

    /// <summary>A task compacts for its own request.</summary>
    public bool IsDirect { get; set; }

    /// <summary>From one end of the zone to the other, whatever was remembered.</summary>
    public bool IsWholeZone { get; set; }

    public bool IgnoresHints { get; set; }

    /// <summary>Pages may be moved to pageblocks of any type.</summary>
    public bool IgnoresBlockTypes { get; set; }

    /// <summary>Until the zone is less fragmented.</summary>
    public bool IsProactive { get; set; }

    /// <summary>It happens between two moments, and costs nothing.</summary>
    public bool TakesNoTime { get; set; }

    public readonly MigrateType Type => Gfp.MigrateType();

    /// <summary>It gives up what cannot be freed whole.</summary>
    public readonly bool SkipsOnFailure => IsDirect && Mode == CompactionMode.Async;

    public readonly void HashInto(StateHash hash)
    {
        hash.Add(((ulong)(uint)Order << 32) | (uint)Gfp);
        hash.Add(((ulong)Mode << 16) | ((ulong)HighestZone << 8) | (ulong)Reserves);
        hash.Add((IsDirect ? 1UL : 0) | (IsWholeZone ? 2UL : 0) | (IgnoresHints ? 4UL : 0) | (IgnoresBlockTypes ? 8UL : 0)
            | (IsProactive ? 16UL : 0) | (TakesNoTime ? 32UL : 0));
    }
}
