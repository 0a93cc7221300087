// What reclaim of either type has cost lately: I/O it caused and pages it looked at in vain. Reclaim leans away from the dearer.
//
// A page that had to be written or read back weighs as much as 32 pages that were only put back. Old costs fade: as soon as both
// together exceed a quarter of the pages on the lists, both are halved.
//
// Units    32 points an I/O, one a rotated page.
// Models   Linux 6.12 lru_note_cost (facts: reclaim, 2). The caller notes a cost in the LRU vector and in all its ancestors.

namespace VboxMem.Kernel.Reclaim;

/// <summary>The costs of one LRU vector. Plain data; all zero is a fresh vector.</summary>
public struct ReclaimCost
{
    private const ulong PointsPerIo = 32;

    public ulong AnonCost;
    public ulong FileCost;

    /// <summary>Adds to the cost of a type, and fades both when they have grown out of proportion.</summary>
    /// <param name="isFile">File pages, or anonymous ones.</param>
    /// <param name="ioPages">Pages sent to their device, or read back because they had been reclaimed too early.</param>
    /// <param name="rotatedPages">Pages looked at and put back.</param>
    /// <param name="lruPages">Pages on the vector's four lists.</param>
    public void Note(bool isFile, ulong ioPages, ulong rotatedPages, ulong lruPages)
    {
        ref var cost = ref isFile ? ref FileCost : ref AnonCost;
        cost += (ioPages * PointsPerIo) + rotatedPages;
        if (AnonCost + FileCost > lruPages / 4)
        {
            AnonCost /= 2;
            FileCost /= 2;
        }
    }

    public readonly void HashInto(StateHash hash)
    {
        hash.Add(AnonCost);
        hash.Add(FileCost);
    }
}
