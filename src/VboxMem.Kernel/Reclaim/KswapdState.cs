using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Time;

namespace VboxMem.Kernel.Reclaim;

/// <summary>What a kswapd is doing.</summary>
public enum KswapdActivity
{
    /// <summary>Until someone wakes it.</summary>
    Sleeping,

    /// <summary>For a tenth of a second, before it sleeps for good.</summary>
    Napping,
    Balancing,
}

/// <summary>One run of a kswapd.</summary>
/// <param name="Number">How many there have been, this one included; 0: none yet.</param>
/// <param name="Begin">When it began.</param>
/// <param name="Order">What it reclaims for: the order asked for, or 0 once enough of it has been freed.</param>
/// <param name="Priority">12 at the start; the lower, the larger the part of each list that it looks at.</param>
/// <param name="ScannedPages">Looked at so far.</param>
/// <param name="ReclaimedPages">Freed so far, pages of slabs among them.</param>
/// <param name="End">When it ended; null: it has not.</param>
public readonly record struct KswapdRunFigures(
    ulong Number, SimTime Begin, int Order, int Priority, ulong ScannedPages, ulong ReclaimedPages, SimTime? End);

/// <summary>A kswapd as it is at one moment.</summary>
public readonly record struct KswapdState
{
    public required KswapdActivity Activity { get; init; }

    /// <summary>When it began to do that.</summary>
    public required SimTime Since { get; init; }

    /// <summary>The request that it works on, or worked on last.</summary>
    public required int Order { get; init; }

    public required ZoneType HighestZone { get; init; }

    /// <summary>What has been asked for since.</summary>
    public required int WantedOrder { get; init; }

    /// <summary>Null: nothing has.</summary>
    public required ZoneType? WantedZone { get; init; }

    /// <summary>Runs in a row that freed nothing; at 16 it gives up.</summary>
    public required int Failures { get; init; }

    public required KswapdRunFigures Run { get; init; }
}
