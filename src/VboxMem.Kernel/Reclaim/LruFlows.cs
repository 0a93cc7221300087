namespace VboxMem.Kernel.Reclaim;

/// <summary>
/// What has happened on the lists of a vector since boot, to anonymous pages (those backed by swap) or to those of files: counted where it
/// happens, as vmstat's events are, but by node and by type. Units: pages.
/// </summary>
/// <remarks>
/// The sums over nodes and both types are vmstat's: Activated pgactivate, Deactivated pgdeactivate, Rotated pgrotated, Scanned
/// pgscan_anon + pgscan_file, Reclaimed pgsteal_anon + pgsteal_file. A page is of the type that its list is of; one given up by MADV_FREE
/// has changed from anonymous to file.
/// </remarks>
public struct LruFlows
{
    /// <summary>Put on a list from the batches of new pages; pages that someone had taken off to look at them alone come back this way too.</summary>
    public ulong Added;

    /// <summary>Left for good while on a list: their last user let go of them.</summary>
    public ulong Freed;

    /// <summary>Taken off a list alone (compaction, MADV_COLD, MADV_PAGEOUT); they come back as Added, unless reclaim frees them.</summary>
    public ulong Taken;

    /// <summary>From an inactive list to the active one, because they were used again.</summary>
    public ulong Activated;
    public ulong Deactivated;

    /// <summary>To the tail, to be taken next: their writing has ended, or they are not wanted any more.</summary>
    public ulong Rotated;

    /// <summary>Looked at by reclaim at the tail of an inactive list.</summary>
    public ulong Scanned;

    /// <summary>Freed by it.</summary>
    public ulong Reclaimed;

    internal readonly void HashInto(StateHash hash)
    {
        ReadOnlySpan<ulong> figures = [Added, Freed, Taken, Activated, Deactivated, Rotated, Scanned, Reclaimed];
        hash.Add(figures);
    }
}
