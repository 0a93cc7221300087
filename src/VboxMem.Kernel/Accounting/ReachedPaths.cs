namespace VboxMem.Kernel.Accounting;

/// <summary>Branches of memory management that matter, in the order of <see cref="ReachedPaths"/>; one group a mechanism.</summary>
public enum ReachedPath
{
    BuddyClaimsWholeBlocks,
    BuddyClaimsMixedBlock,
    BuddyClaimRefused,
    BuddySteals,
    PerCpuRefill,
    PerCpuRefillFindsNothing,
    PerCpuGivesBackAboveHigh,
    PerCpuDecays,
    PerCpuDrainedWhole,
    HighAtomicGrows,
    HighAtomicServes,

    KswapdWokenFromSleep,
    KswapdWakeIgnoredHopeless,
    KswapdWakeIgnoredBalanced,
    KswapdNapsBalanced,
    KswapdNapsHopeless,
    KswapdNotReadyToSleep,
    KswapdNapInterrupted,
    KswapdNapOverUnbalanced,
    KswapdSleepsDeep,
    KswapdBoostedRun,
    KswapdBoostDropped,
    KswapdOrderDropped,
    KswapdBalanced,
    KswapdPriorityExhausted,
    KswapdRunInVain,
    KswapdHopeless,
    KswapdRetriesWithoutCacheTrim,

    ReclaimPriority12,
    ReclaimPriority11,
    ReclaimPriority10,
    ReclaimPriority9,
    ReclaimPriority8,
    ReclaimPriority7,
    ReclaimPriority6,
    ReclaimPriority5,
    ReclaimPriority4,
    ReclaimPriority3,
    ReclaimPriority2,
    ReclaimPriority1,
    ReclaimPriority0,

    ScanAnonOnly,
    ScanFileOnly,
    ScanEqual,
    ScanFract,
    ReclaimProportionalCut,
    ReclaimStopsAtGoal,
    DirectReclaimGoalMet,
    DirectReclaimInVain,
    DirectReclaimFullWalk,
    DirectReclaimForceDeactivate,

    ThrottleWriteback,
    ThrottleNoProgress,
    ThrottleCongested,
    ThrottlePfMemAlloc,
    NodeFlaggedWriteback,
    NodeFlaggedDirty,
    NodeFlaggedCongested,

    FateKeepLocked,
    FateCull,
    FateWritebackImmediate,
    FateWritebackMarked,
    FateActivateReferenced,
    FateKeepReferenced,
    FateSwapFailed,
    FateSwapFullSlotFreed,
    FateStillMapped,
    FateDirtyFileMarked,
    FateSwapWritten,
    FateSwapCleanAtOnce,
    FateLazyFreed,
    FateReclaimed,
    FateKeepReferencesHeld,
    FateKeepLeftItsFile,
    HugeSplitAtReclaim,

    SlowPathMinimumServed,
    SlowPathReservesServed,
    SlowPathNoReclaimAllowed,
    SlowPathServedAfterReclaim,
    SlowPathServedAfterDrain,
    SlowPathHighAtomicReleased,
    SlowPathNotWorthReclaim,
    SlowPathNoRetry,
    SlowPathCostlyOrder,
    SlowPathRetries,
    SlowPathRetriesExhausted,
    SlowPathLastAttemptServed,
    SlowPathOomKill,
    SlowPathVictimGivesUp,
    SlowPathRefused,
    SlowPathOutsideTask,

    OomCallerDying,
    OomNotForFileSystems,
    OomPanicOnOom,
    OomKillsAllocatingTask,
    OomKillsWorst,
    OomVictimStillDying,
    OomVictimWasDyingAlready,
    OomNobodyToKill,
    OomReaped,
    OomReaperNotNeeded,
    OomReaperFindsLock,
    OomReaperGivesUp,
    MmapLockContended,

    RefaultTooFar,
    RefaultActivated,
    RefaultRestored,
    ShadowNodeDropped,
    DropCachesPages,
    DropCachesSlab,

    CompactionMet,
    CompactionOutOfTargets,
    CompactionSkipped,
    CompactionNotForFragmentation,
    CompactionDeferred,
    CompactionServes,
    CompactionFails,
    CompactionCaptures,
    CompactionTriesHarder,
    CompactionGivesBlockUp,
    CompactionFinishesBlock,
    CompactionFindsSource,
    CompactionFindsTarget,
    CompactionFindsPageFreed,
    CompactionHintsFlushed,
    KcompactdWoken,
    KcompactdMakesBlock,
    KcompactdInVain,
    KcompactdTidies,
    KcompactdTidiesInVain,

    SwapSlotsExhausted,
    SwapSlotFreedForAnother,
    SwapInFromCache,
    SwapInFromDevice,
    SwapInOfZeros,
    SwapOffEmptied,
    SwapOffFailed,
    SwapOffCancelled,

    FaultCopies,
    FaultCopiesZeroPage,
    FaultReuses,
    FaultMapsAround,
    FaultFileWritePrivate,
    FaultHuge,
    FaultHugeZeroPage,
    FaultHugeFallback,
    HugeMappingSplit,
    HugeFolioSplit,

    ReadaheadOfMiss,
    ReadaheadOfMissAfterLook,
    ReadaheadOfMark,
    ReadaheadOfFault,
    ReadaheadOfMappedMark,
    ReadaheadRandom,
    WriterThrottled,
    WriterRunsFree,
}

/// <summary>
/// How often each branch was taken on this machine, for the tests that must have taken all. No part of the state: copies start
/// with what the original had, and the state hash leaves it out.
/// </summary>
public sealed class ReachedPaths
{
    private static readonly int _paths = Enum.GetValues<ReachedPath>().Length;
    private readonly ulong[] _counts;

    public ReachedPaths() => _counts = new ulong[_paths];

    private ReachedPaths(ReachedPaths other) => _counts = (ulong[])other._counts.Clone();

    public ulong this[ReachedPath path] => _counts[(int)path];

    public void Count(ReachedPath path) => _counts[(int)path]++;

    /// <summary>Counts one of several neighbouring paths.</summary>
    public void Count(ReachedPath first, int offset) => _counts[(int)first + offset]++;

    public ReachedPaths Clone() => new(this);
}
