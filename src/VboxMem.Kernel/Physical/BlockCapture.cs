namespace VboxMem.Kernel.Physical;

/// <summary>
/// Waits for a block of one order to come together in a zone, for who has compacted it: the block never gets onto a free list, where
/// another could take it (capture_control).
/// </summary>
internal sealed class BlockCapture
{
    private int _order;
    private bool _isForMovable;

    /// <summary>It waits for a block.</summary>
    public bool IsWanted { get; private set; }

    /// <summary>The block; none yet.</summary>
    public Pfn Block { get; private set; }

    /// <summary>Begins to wait.</summary>
    /// <param name="order">Order wanted.</param>
    /// <param name="isForMovable">It is wanted for pages that can be moved: only then, or by whole pageblocks, may it be of their pageblocks.</param>
    public void Want(int order, bool isForMovable) => (IsWanted, _order, _isForMovable, Block) = (true, order, isForMovable, Pfn.None);

    /// <summary>Waits no longer; the block, if one has come, is the caller's.</summary>
    public Pfn End()
    {
        var block = Block;
        (IsWanted, Block) = (false, Pfn.None);
        return block;
    }

    /// <summary>The block is the compactor's.</summary>
    /// <remarks>mm/page_alloc.c: compaction_capture.</remarks>
    public bool TryTake(Pfn block, int order, MigrateType type)
    {
        if (Block != Pfn.None || order != _order || !type.IsMergeable()
            || (order < PageGeometry.PageblockOrder && type == MigrateType.Movable && !_isForMovable))
        {
            return false;
        }

        Block = block;
        return true;
    }

    public BlockCapture Clone() => new() { _order = _order, _isForMovable = _isForMovable, IsWanted = IsWanted, Block = Block };

    public void HashInto(StateHash hash) =>
        hash.Add(((ulong)Block.Index << 8) | ((ulong)_order << 2) | (_isForMovable ? 2UL : 0) | (IsWanted ? 1UL : 0));
}
