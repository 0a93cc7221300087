// What a cgroup's statistics say of an LRU vector. Every CPU keeps its own changes; a worker adds them up every two seconds, and the
// checks that read them are content with what the last round has found.
//
// So reclaim is blind for up to two seconds. A list that was long enough then passes for long enough after it has run empty, and
// refaults pass for over: once the first run of reclaim after a round has taken note of them, the active list is left alone until the
// next round. Which of two ways reclaim goes for two seconds hangs on which list was longer by a page at one moment.
//
// Units    pages; a period of 500 ticks, which timers of that length round up to the next 8th tick.
// Models   Linux 6.12 mm/memcontrol.c: lruvec_page_state, flush_memcg_stats_dwork (facts: reclaim, 4).
// Departs  the root cgroup alone exists. Linux's timer is deferrable: idle CPUs add up later. It is never so late here that readers
//          add up for themselves (mem_cgroup_flush_stats_ratelimited: 4 s).

using VboxMem.Kernel.Time;

namespace VboxMem.Kernel.Reclaim;

/// <summary>A vector's statistics at one moment.</summary>
/// <param name="Sizes">The four lists.</param>
/// <param name="AnonActivations">workingset_activate_anon so far.</param>
/// <param name="FileActivations">workingset_activate_file so far.</param>
public readonly record struct LruvecStats(LruSizes Sizes, ulong AnonActivations, ulong FileActivations)
{
    /// <summary>From one round to the next.</summary>
    internal static readonly SimTime Period = SimTime.FromTicks(504);

    /// <summary>Pages on the four lists.</summary>
    internal ulong EvictablePages =>
        Sizes.InactiveAnonPages + Sizes.ActiveAnonPages + Sizes.InactiveFilePages + Sizes.ActiveFilePages;

    internal void HashInto(StateHash hash)
    {
        hash.Add(Sizes.InactiveAnonPages);
        hash.Add(Sizes.ActiveAnonPages);
        hash.Add(Sizes.InactiveFilePages);
        hash.Add(Sizes.ActiveFilePages);
        hash.Add(AnonActivations);
        hash.Add(FileActivations);
    }
}
