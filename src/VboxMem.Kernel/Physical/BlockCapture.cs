namespace VboxMem.Kernel.Physical;

/// <summary>
/// Waits for a block of one order to come together in a zone, for who has compacted it: the block never gets onto a free list, where
/// another could take it (capture_control).
/// </summary>
/// <param name="order">Order wanted.</param>
/// <param name="isForMovable">It is wanted for pages that can be moved: only then, or by whole pageblocks, may it be of their pageblocks.</param>
internal sealed class BlockCapture(int order, bool isForMovable)
{
    /// <summary>The block; none yet.</summary>
    public Pfn Block { get; private set; }

    /// <summary>The block is the compactor's.</summary>
    /// <remarks>mm/page_alloc.c: compaction_capture.</remarks>
    public bool TryTake(Pfn block, int blockOrder, MigrateType type)
    {
        if (Block != Pfn.None || blockOrder != order || !type.IsMergeable()
            || (order < PageGeometry.PageblockOrder && type == MigrateType.Movable && !isForMovable))
        {
            return false;
        }

        Block = block;
        return true;
    }

    public BlockCapture Clone() => new(order, isForMovable) { Block = Block };

    public void HashInto(StateHash hash) => hash.Add(((ulong)Block.Index << 8) | ((ulong)order << 1) | (isForMovable ? 1UL : 0));
}
