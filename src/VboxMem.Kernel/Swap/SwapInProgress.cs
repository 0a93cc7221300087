using VboxMem.Kernel.Physical;

namespace VboxMem.Kernel.Swap;

/// <summary>How far a task's swap-in has come: it may stop at any page it reads along, for memory, and wait for the disk in the end.</summary>
internal struct SwapInProgress
{
    /// <summary>What is swapped in: the slot, and the address space and page it is for.</summary>
    public SwapEntry Entry;
    public int MemoryId;
    public ulong Page;

    /// <summary>What is read along: slots, or virtual pages, from Next on and before End. Nothing when they are equal.</summary>
    public ulong Next;
    public ulong End;

    /// <summary>Neighbours are pages of the area, not slots.</summary>
    public bool IsByArea;

    /// <summary>The page was not in the cache: a plan has been made.</summary>
    public bool IsReading;

    /// <summary>The page had to be read or waited for.</summary>
    public bool IsMajor;

    public readonly bool IsFor(SwapEntry entry, int memoryId, ulong page) => Entry == entry && MemoryId == memoryId && Page == page;

    public readonly void HashInto(StateHash hash)
    {
        hash.Add(((ulong)Entry.Packed << 32) | (uint)MemoryId);
        hash.Add(Page);
        hash.Add(Next);
        hash.Add(End);
        hash.Add((IsByArea ? 4UL : 0) | (IsReading ? 2UL : 0) | (IsMajor ? 1UL : 0));
    }
}
