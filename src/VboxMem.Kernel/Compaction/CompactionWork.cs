using VboxMem.Kernel.Physical;

namespace VboxMem.Kernel.Compaction;

/// <summary>
/// How far a run has come: what both scanners share (the changing part of compact_control). Plain data; no field of it is larger than
/// what one pageblock holds.
/// </summary>
internal sealed class CompactionWork
{
    /// <summary>Pages moved at once (COMPACT_CLUSTER_MAX).</summary>
    public const int Cluster = 32;

    private readonly Pfn[] _isolated = new Pfn[PageGeometry.PageblockPages];
    private readonly PageList[] _targets = new PageList[PageGeometry.OrderCount];

    public CompactionControl Control;

    public CompactionWork()
    {
    }

    private CompactionWork(CompactionWork other)
    {
        Control = other.Control;
        other._isolated.AsSpan(0, other.IsolatedCount).CopyTo(_isolated);
        other._targets.CopyTo(_targets, 0);
        (MigratePosition, FreePosition) = (other.MigratePosition, other.FreePosition);
        (IsRoundBegun, WasFound, FinishesBlock, IsContended) = (other.IsRoundBegun, other.WasFound, other.FinishesBlock, other.IsContended);
        (SearchFailures, SearchOrder, SearchStart) = (other.SearchFailures, other.SearchOrder, other.SearchStart);
        (MigrateScanned, FreeScanned, Looks) = (other.MigrateScanned, other.FreeScanned, other.Looks);
        (IsolatedCount, NextToMove, WantedTargets, TargetPages) = (other.IsolatedCount, other.NextToMove, other.WantedTargets, other.TargetPages);
        (HasFailed, IsOutOfTargets) = (other.HasFailed, other.IsOutOfTargets);
    }

    /// <summary>Next page that the migrate scanner looks at.</summary>
    public Pfn MigratePosition { get; set; }

    /// <summary>Where the free scanner goes on; everything above has been looked at. May lie before the zone.</summary>
    public long FreePosition { get; set; }

    /// <summary>The migrate scanner is between two pageblocks of this round.</summary>
    public bool IsRoundBegun { get; set; }

    /// <summary>The pageblock at hand was not next in line but found by the free list.</summary>
    public bool WasFound { get; set; }

    /// <summary>The rest of the pageblock is taken in one go: it has been come back to, or part of it could not be moved.</summary>
    public bool FinishesBlock { get; set; }

    public bool IsContended { get; set; }

    /// <summary>Searches of the free lists in vain, the order at which the next begins, and where the first find was (uint.MaxValue: used).</summary>
    public int SearchFailures { get; set; }

    public int SearchOrder { get; set; }

    public uint SearchStart { get; set; }

    /// <summary>Pages passed by each scanner, those inside of blocks too.</summary>
    public ulong MigrateScanned { get; set; }

    public ulong FreeScanned { get; set; }

    /// <summary>Pages really looked at and not paid for yet.</summary>
    public ulong Looks { get; set; }

    /// <summary>Pages off their lists, those moved already among them.</summary>
    public int IsolatedCount { get; private set; }

    public int NextToMove { get; set; }

    /// <summary>Pages still to be taken for what is isolated (nr_migratepages).</summary>
    public uint WantedTargets { get; set; }

    /// <summary>Pages taken and not used (nr_freepages).</summary>
    public uint TargetPages { get; set; }

    public bool HasFailed { get; set; }

    public bool IsOutOfTargets { get; set; }

    /// <summary>Pages that are off their lists now.</summary>
    public ReadOnlySpan<Pfn> Isolated => _isolated.AsSpan(NextToMove, IsolatedCount - NextToMove);

    /// <summary>Free blocks taken and not used, by order.</summary>
    public Span<PageList> Targets => _targets;

    public bool HaveScannersMet => FreePosition >> PageGeometry.PageblockOrder <= MigratePosition.Index >> PageGeometry.PageblockOrder;

    public CompactionWork Clone() => new(this);

    public void Restart(in CompactionControl control)
    {
        Invariant.Holds(IsolatedCount == NextToMove && TargetPages == 0);
        Control = control;
        ClearIsolated();
        (IsRoundBegun, WasFound, FinishesBlock, IsContended) = (false, false, false, false);
        (SearchFailures, SearchOrder, SearchStart) = (0, control.Order, 0);
        (MigrateScanned, FreeScanned, Looks) = (0, 0, 0);
        (HasFailed, IsOutOfTargets) = (false, false);
    }

    public void Add(Pfn folio) => _isolated[IsolatedCount++] = folio;

    public void ClearIsolated() => (IsolatedCount, NextToMove, WantedTargets) = (0, 0, 0);

    public void HashInto(StateHash hash)
    {
        Control.HashInto(hash);
        hash.Add(((ulong)MigratePosition.Index << 32) | (uint)NextToMove);
        hash.Add(FreePosition);
        hash.Add((IsRoundBegun ? 1UL : 0) | (WasFound ? 2UL : 0) | (FinishesBlock ? 4UL : 0) | (IsContended ? 8UL : 0)
            | (HasFailed ? 16UL : 0) | (IsOutOfTargets ? 32UL : 0));
        hash.Add(((ulong)(uint)SearchFailures << 40) | ((ulong)(uint)SearchOrder << 32) | SearchStart);
        hash.Add(MigrateScanned);
        hash.Add(FreeScanned);
        hash.Add(((ulong)WantedTargets << 32) | TargetPages);
        hash.Add<Pfn>(_isolated.AsSpan(0, IsolatedCount));
        hash.Add<PageList>(_targets);
    }
}
