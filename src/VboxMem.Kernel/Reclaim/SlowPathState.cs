using VboxMem.Kernel.Compaction;
using VboxMem.Kernel.Time;

namespace VboxMem.Kernel.Reclaim;

/// <summary>Where a task's slow path goes on.</summary>
internal enum SlowPathPhase : byte
{
    /// <summary>Not begun.</summary>
    Start,

    /// <summary>Tries the min marks again, then reclaims.</summary>
    Retry,
    Reclaim,

    /// <summary>Reclaim is over: tries again, and decides what follows.</summary>
    Decide,

    /// <summary>Compacts before anything is reclaimed, impatiently.</summary>
    CompactFirst,

    /// <summary>Compacts after reclaim.</summary>
    Compact,

    /// <summary>Neither has helped: decides what follows.</summary>
    DecideAgain,

    /// <summary>Given up, but for NOFAIL.</summary>
    NoPage,

    /// <summary>Reclaims the node that the first walk over the zones would have left.</summary>
    NodeReclaim,

    /// <summary>Makes the first walk again.</summary>
    Walk,
}

/// <summary>How far a task's slow path has come. Plain data, kept by the task from its first use on.</summary>
internal sealed class SlowPathState
{
    public SlowPathPhase Phase { get; set; }

    /// <summary>When the request that it works on came here.</summary>
    public SimTime Since { get; set; }

    /// <summary>Rounds without progress.</summary>
    public int NoProgressLoops { get; set; }

    public DirectReclaim Reclaim { get; private init; } = new();

    /// <summary>What zone_reclaim_mode makes of a request; null: never yet.</summary>
    public NodeReclaim? Node { get; set; }

    /// <summary>Compaction for a block; null: never yet.</summary>
    public DirectCompaction? Compaction { get; set; }

    /// <summary>Whether the task was inside a stall for memory already.</summary>
    public bool WasStalled { get; set; }

    public SlowPathState Clone() => new()
    {
        Phase = Phase,
        Since = Since,
        NoProgressLoops = NoProgressLoops,
        Reclaim = Reclaim.Clone(),
        Node = Node?.Clone(),
        Compaction = Compaction?.Clone(),
        WasStalled = WasStalled,
    };

    public void HashInto(StateHash hash)
    {
        hash.Add(((ulong)Phase << 48) | (uint)NoProgressLoops);
        hash.Add(WasStalled);
        hash.Add(Since.Nanoseconds);
        Reclaim.HashInto(hash);
        Node?.HashInto(hash);
        Compaction?.HashInto(hash);
    }
}
