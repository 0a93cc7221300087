// The page cache of all inodes: which page of which file is in which frame, and what it was when it was evicted.
//
// Invariants
//   P1  A folio in a tree has Owner File or Shmem, OwnerId its inode, Index its index; and its inode counts it.
//   P2  One reference of a folio in a tree is the cache's.
//   P3  A File folio with Private set has buffers: Private is the slab of its buffer_head.
//   P4  Trees of tmpfs hold swap entries as values, all others shadows.
//
// Models   Linux 6.12 mm/filemap.c: filemap_add_folio, __filemap_remove_folio; mm/shmem.c: shmem_add_to_page_cache,
//          shmem_delete_from_page_cache (facts: reclaim, 7.5).
// Departs  buffers hold no reference of their own; they are freed with the page's place in the cache.

using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Slab;
using VboxMem.Kernel.Swap;

namespace VboxMem.Kernel.PageCache;

/// <remarks>Swap cache lives in Swap, on the same IndexTrees.</remarks>
public sealed class PageCacheStore
{
    private readonly Machine _machine;
    private readonly PageFrames _frames;
    private readonly SlabCache _bufferHeads;

    internal PageCacheStore(Machine machine)
        : this(machine, new IndexTrees(machine.Allocator, machine.Slabs))
    {
    }

    private PageCacheStore(Machine machine, IndexTrees trees)
    {
        _machine = machine;
        _frames = machine.Frames;
        _bufferHeads = machine.Slabs["buffer_head"];
        Trees = trees;
    }

    /// <summary>The index trees of all inodes, and of the swap cache.</summary>
    internal IndexTrees Trees { get; }

    /// <summary>Pages of block devices: Buffers of meminfo (nr_blockdev_pages).</summary>
    public ulong BufferPages => _machine.FileSystems.BufferPages;

    internal PageCacheStore Clone(Machine machine) => new(machine, Trees.Clone(machine.Allocator, machine.Slabs));

    internal void HashInto(StateHash hash) => Trees.HashInto(hash);

    /// <summary>The folio of a page of a file, or None (also where only a shadow is left).</summary>
    public Pfn Find(int inode, ulong index) => Trees.Find(_machine.FileSystems.Inodes[inode].Tree, index).Folio;

    /// <summary>
    /// Puts a new, locked folio into a file's cache (filemap_add_folio): one reference, nr_file_pages (and nr_shmem), a shadow it
    /// replaces is a refault (Workingset), the folio goes to the LRU (Lru.Add). Owner must be File or Shmem.
    /// </summary>
    /// <returns>False: no memory for the tree; nothing has changed.</returns>
    internal bool TryInsert(Pfn folio, int inode, ulong index, GfpFlags gfp)
    {
        ref var frame = ref _frames[folio];
        ref var file = ref _machine.FileSystems.Inodes[inode];
        Invariant.Holds(frame.Has(PageFlags.Locked) && index <= uint.MaxValue);
        var old = Trees.Find(file.Tree, index);
        Invariant.Holds(!old.IsFolio && (old.IsNone || !file.IsTmpfs));
        if (!Trees.TryStore(file.Tree, index, IndexEntry.OfFolio(folio), (gfp & GfpFlags.Reclaim) | (gfp & (GfpFlags.Io | GfpFlags.Fs))))
        {
            return false;
        }

        Enter(folio, ref frame, inode, ref file, index);
        if (old.IsValue && (gfp & GfpFlags.Write) == 0)
        {
            _machine.Workingset.Refault(folio, old.Word);   // a page about to be overwritten is no refault
        }

        _machine.Lru.Add(folio);
        return true;
    }

    /// <summary>
    /// Takes a folio out of its file (__filemap_remove_folio), leaving a shadow (0: none). The cache's reference stays with the caller.
    /// A tmpfs file is charged a page less: reclaim drops such that were only ever read as well (Linux corrects that later).
    /// </summary>
    internal void Remove(Pfn folio, ulong shadow) => Remove(folio, ref _frames[folio], shadow, StatsOf(folio));

    /// <summary>As <see cref="Remove(Pfn, ulong)"/>, for who knows the counters of the folio's node.</summary>
    internal void Remove(Pfn folio, ref PageFrame frame, ulong shadow, PerCpuCounters stats)
    {
        var inode = (int)frame.OwnerId;
        ref var file = ref _machine.FileSystems.Inodes[inode];
        Invariant.Holds(shadow == 0 || !file.IsTmpfs);
        DropBuffers(ref frame);
        Leave(folio, ref frame, ref file, shadow == 0 ? IndexEntry.None : IndexEntry.OfValue(shadow), stats);
        if (file.IsTmpfs)
        {
            _machine.FileSystems.Release.UnchargeShmem(file, 1);
        }

        if (file.Pages == 0)
        {
            _machine.FileSystems.Release.PagesGone(inode);
        }
    }

    /// <summary>
    /// A dirty, unmapped folio of a tmpfs file goes to swap (shmem_writepage): it gets a slot and stands in the swap cache; its place in
    /// the file holds the entry from now on. Swap.Write is the caller's next step.
    /// </summary>
    /// <returns>False: no slot, or no memory for the swap cache; nothing has changed.</returns>
    internal bool TryMoveToSwap(Pfn folio)
    {
        ref var frame = ref _frames[folio];
        ref var file = ref _machine.FileSystems.Inodes[(int)frame.OwnerId];
        Invariant.Holds(file.Kind == InodeKind.Shmem && !_machine.Lru.IsMapped(folio));
        if (!_machine.Swap.TryAdd(folio))
        {
            return false;
        }

        var entry = SwapEntry.Unpack(frame.Private);
        _machine.Swap.Duplicate(entry);
        Leave(folio, ref frame, ref file, IndexEntry.OfSwap(entry), StatsOf(folio));
        file.SwappedPages++;
        _machine.Lru.Put(folio);   // the file's reference; the swap cache has its own
        return true;
    }

    /// <summary>A folio, on the LRU already, comes back to the place of its swap entry; it gets one reference.</summary>
    internal void ReplaceSwap(Pfn folio, int inode, ulong index)
    {
        ref var frame = ref _frames[folio];
        ref var file = ref _machine.FileSystems.Inodes[inode];
        Invariant.Holds(frame.Has(PageFlags.SwapBacked) && !frame.Has(PageFlags.SwapCache) && Trees.Find(file.Tree, index).IsValue);
        frame.ChangeHead(FrameOwner.Shmem, frame.Order);   // what swap reads is anonymous until it is known whose it is
        Trees.Replace(file.Tree, index, IndexEntry.OfFolio(folio));
        file.SwappedPages--;
        Enter(folio, ref frame, inode, ref file, index);
    }

    /// <summary>What is in a page goes to another frame: its place in the file names that from now on. Flags and references are the caller's.</summary>
    internal void Move(Pfn from, Pfn to)
    {
        ref var frame = ref _frames[from];
        ref var file = ref _machine.FileSystems.Inodes[(int)frame.OwnerId];
        Trees.Exchange(file.Tree, frame.Index, IndexEntry.OfFolio(from), IndexEntry.OfFolio(to));
    }

    /// <summary>Takes a shadow, or a swap entry whose slot is the caller's to free, out of a file.</summary>
    internal void EraseValue(int inode, ulong index)
    {
        ref var file = ref _machine.FileSystems.Inodes[inode];
        Invariant.Holds(Trees.Find(file.Tree, index).IsValue);
        Trees.Erase(file.Tree, index);
        if (file.IsTmpfs)
        {
            file.SwappedPages--;
        }
    }

    /// <summary>Drops the node that has held nothing but shadows for longest (shadow_lru_isolate), of a file or of the swap cache.</summary>
    /// <returns>False: there is none on this memory node.</returns>
    internal bool TryDropShadows(int memoryNode)
    {
        var node = Trees.Nodes.OldestShadowNode(memoryNode);
        if (node == 0)
        {
            return false;
        }

        var owner = Trees.OwnerOf(Trees.DropShadows(node));
        _machine.Paths.Count(ReachedPath.ShadowNodeDropped);
        _machine.Nodes[memoryNode].Stats.Add((int)NodeStatItem.WorkingsetNodereclaim, 1);
        if (owner > 0)
        {
            _machine.FileSystems.Release.PagesGone(owner);
        }

        return true;
    }

    /// <summary>Gives a page of a disk its buffers (create_empty_buffers). False: no memory.</summary>
    internal bool TryMakeBuffers(Pfn folio, GfpFlags gfp)
    {
        ref var frame = ref _frames[folio];
        if (frame.Private != 0)
        {
            return true;
        }

        if (!_bufferHeads.TryAllocate(gfp, out var made))
        {
            return false;
        }

        frame.Private = made.Slab.Index;
        return true;
    }

    /// <summary>Frees the buffers of a page, if it has any (try_to_free_buffers).</summary>
    internal void DropBuffers(Pfn folio) => DropBuffers(ref _frames[folio]);

    private void DropBuffers(ref PageFrame frame)
    {
        if (frame.Owner == FrameOwner.File && frame.Private != 0)
        {
            _bufferHeads.Free(new SlabObject(new Pfn(frame.Private)));
            frame.Private = 0;
        }
    }

    private void Enter(Pfn folio, ref PageFrame frame, int inode, ref Inode file, ulong index)
    {
        frame.OwnerId = (uint)inode;
        frame.Index = (uint)index;
        frame.ReferenceCount++;
        file.Pages++;
        Count(frame, StatsOf(folio), 1);
    }

    private void Leave(Pfn folio, ref PageFrame frame, ref Inode file, IndexEntry left, PerCpuCounters stats)
    {
        Invariant.Holds(!frame.HasAny(PageFlags.Writeback));
        Trees.Exchange(file.Tree, frame.Index, IndexEntry.OfFolio(folio), left);
        file.Pages--;
        Count(frame, stats, -1);
        frame.OwnerId = 0;
        frame.Index = 0;
    }

    private PerCpuCounters StatsOf(Pfn folio) => _machine.Nodes[_machine.Allocator.ZoneOf(folio).Node].Stats;

    private static void Count(in PageFrame frame, PerCpuCounters stats, long pages)
    {
        stats.Add((int)NodeStatItem.FilePages, pages);
        if (frame.Owner == FrameOwner.Shmem)
        {
            stats.Add((int)NodeStatItem.Shmem, pages);
        }
    }
}
