// References to folios, and the way of a folio to its LRU list, from list to list and off it: through per-CPU batches.
//
// Invariants
//   L1  ReferenceCount is 1 for each mapping, cache, batch slot, isolation, I/O and transient holder; being on a list holds none.
//   L2  A folio in a batch other than Add stays on its list until the batch is applied; if it has left it by then, nothing happens.
//
// Models   Linux 6.12 mm/swap.c: lru_add, lru_move_tail, lru_deactivate_file, lru_deactivate, lru_lazyfree, lru_activate,
//          folio_mark_accessed, lru_add_drain, folio_put; mm/filemap.c: folio_unlock, folio_end_writeback (facts: reclaim, 1).

using System.Runtime.CompilerServices;
using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Sched;

namespace VboxMem.Kernel.Reclaim;

/// <summary>References to folios, and the lists they are on: per-CPU batches in front of the LRU lists (mm/swap.c).</summary>
public sealed partial class LruCache
{
    private readonly Machine _machine;
    private readonly PageFrames _frames;
    private readonly PageAllocator _allocator;
    private readonly Lruvec[] _vectors;
    private readonly NodePressure[] _nodes;
    private readonly LruBatches _batches;
    private readonly FolioLocks _locks;

    internal LruCache(Machine machine)
        : this(machine, new LruBatches(machine.Cpus.Count), new Lruvec[machine.Nodes.Length], new NodePressure[machine.Nodes.Length])
    {
        foreach (var node in machine.Nodes)
        {
            _vectors[node.Id] = new Lruvec(_frames, node);
            _nodes[node.Id] = new NodePressure();
        }
    }

    private LruCache(Machine machine, LruBatches batches, Lruvec[] vectors, NodePressure[] nodes)
    {
        _machine = machine;
        _frames = machine.Frames;
        _allocator = machine.Allocator;
        _batches = batches;
        _vectors = vectors;
        _nodes = nodes;
        _locks = new FolioLocks(machine, this);
    }

    /// <summary>The LRU vectors: one a node, of the root cgroup.</summary>
    public ReadOnlySpan<Lruvec> Vectors => _vectors;

    public LruBatches Batches => _batches;

    /// <summary>What reclaim has found out about a node.</summary>
    public NodePressure PressureOf(int node) => _nodes[node];

    /// <summary>The vector of a folio's node and cgroup.</summary>
    public Lruvec VectorOf(Pfn folio) => _vectors[_frames.ZoneOf(folio) / Zone.TypesPerNode];

    internal LruCache Clone(Machine machine)
    {
        var copy = new LruCache(machine, _batches.Clone(), new Lruvec[_vectors.Length], new NodePressure[_nodes.Length]);
        for (var node = 0; node < _vectors.Length; node++)
        {
            copy._vectors[node] = _vectors[node].Clone(machine.Frames, machine.Nodes[node]);
            copy._nodes[node] = _nodes[node].Clone();
        }

        return copy;
    }

    internal void HashInto(StateHash hash)
    {
        _batches.HashInto(hash);
        foreach (var vector in _vectors)
        {
            vector.HashInto(hash);
        }

        foreach (var node in _nodes)
        {
            node.HashInto(hash);
        }
    }

    /// <summary>One more holder (folio_get).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Get(Pfn folio)
    {
        ref var frame = ref _frames[folio];
        Invariant.Holds(frame.ReferenceCount > 0);
        frame.ReferenceCount++;
    }

    /// <summary>One holder less (folio_put). The last one frees it: off its list, back to the allocator. It must be mapped nowhere and in no cache.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Put(Pfn folio)
    {
        ref var frame = ref _frames[folio];
        Invariant.Holds(frame.ReferenceCount > 0);
        if (--frame.ReferenceCount == 0)
        {
            Release(folio);
        }
    }

    /// <summary>A new folio goes to the lists (folio_add_lru): Active decides which; it waits in this CPU's batch, huge ones go at once.</summary>
    public void Add(Pfn folio)
    {
        Invariant.Holds(!_frames[folio].HasAny(PageFlags.Lru | PageFlags.Unevictable));
        Enqueue(LruBatchKind.Add, folio);
    }

    /// <summary>A new anonymous folio of a locked area goes to the lists, and is locked there (folio_add_lru_vma).</summary>
    public void AddLocked(Pfn folio) => _locks.LockNew(folio);

    /// <summary>Accessed through a system call, or found accessed when it was unmapped (folio_mark_accessed).</summary>
    public void MarkAccessed(Pfn folio)
    {
        ref var frame = ref _frames[folio];
        if (!frame.Has(PageFlags.Referenced))
        {
            frame.Set(PageFlags.Referenced);
            return;
        }

        if (frame.HasAny(PageFlags.Unevictable | PageFlags.Active))
        {
            return;
        }

        if (frame.Has(PageFlags.Lru))
        {
            Activate(folio);
        }
        else
        {
            ActivateInBatch(folio);
        }

        frame.Clear(PageFlags.Referenced);
        VectorOf(folio).Age(frame.Pages);
    }

    /// <summary>Mapped into a locked area: Mlocked, nr_mlock, unevictable list (mlock_folio).</summary>
    public void Lock(Pfn folio) => _locks.Lock(folio);

    /// <summary>Unmapped from a locked area, or unlocked (munlock_folio).</summary>
    public void Unlock(Pfn folio) => _locks.Unlock(folio);

    /// <summary>Takes a folio off its list for oneself, with a reference (folio_isolate_lru). False: on none.</summary>
    public bool TryIsolate(Pfn folio)
    {
        ref var frame = ref _frames[folio];
        if (!frame.Has(PageFlags.Lru))
        {
            return false;
        }

        frame.ReferenceCount++;
        var vector = VectorOf(folio);
        vector.Remove(folio, _allocator.ZoneOf(folio));
        vector.CountFor(frame).Taken += frame.Pages;
        frame.Clear(PageFlags.Lru);
        return true;
    }

    /// <summary>Gives an isolated folio back to the list its flags say, dropping the reference (folio_putback_lru).</summary>
    public void PutBack(Pfn folio)
    {
        Invariant.Holds(!_frames[folio].Has(PageFlags.Lru));
        Enqueue(LruBatchKind.Add, folio);
        Put(folio);
    }

    /// <summary>Clears Locked and wakes who waits for it (folio_unlock).</summary>
    public void UnlockPage(Pfn folio)
    {
        ref var frame = ref _frames[folio];
        Invariant.Holds(frame.Has(PageFlags.Locked));
        frame.Clear(PageFlags.Locked);
        if (frame.Has(PageFlags.Waiters))
        {
            _machine.Scheduler.WakeAll(WaitKind.PageLock, folio.Index);
            if (!frame.Has(PageFlags.Writeback))
            {
                frame.Clear(PageFlags.Waiters);
            }
        }
    }

    /// <summary>Ends a folio's writeback (folio_end_writeback): counters are the caller's; rotates it, wakes waiters.</summary>
    public void EndWriteback(Pfn folio)
    {
        ref var frame = ref _frames[folio];
        Invariant.Holds(frame.Has(PageFlags.Writeback));
        if (frame.TestClear(PageFlags.Reclaim))
        {
            Rotate(folio);
        }

        frame.Clear(PageFlags.Writeback);
        if (frame.Has(PageFlags.Waiters))
        {
            _machine.Scheduler.WakeAll(WaitKind.PageWriteback, folio.Index);
            if (!frame.Has(PageFlags.Locked))
            {
                frame.Clear(PageFlags.Waiters);
            }
        }

        CountForThrottled(frame.Pages, _frames.ZoneOf(folio) / Zone.TypesPerNode);
    }

    /// <summary>Some page of it is mapped somewhere (folio_mapped). A huge folio counts its mapped pages in its second frame.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool IsMapped(Pfn folio) => IsMapped(folio, _frames[folio]);

    /// <summary>As <see cref="IsMapped(Pfn)"/>, for who has its descriptor at hand.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool IsMapped(Pfn folio, in PageFrame frame) => frame.Order == 0 ? frame.MapCount != 0 : _frames[folio.Plus(1)].Index != 0;

    /// <summary>The last holder is gone (__folio_put).</summary>
    private void Release(Pfn folio)
    {
        ref var frame = ref _frames[folio];
        Invariant.Holds(frame.MapCount == 0 && !frame.HasAny(PageFlags.SwapCache | PageFlags.Locked | PageFlags.Writeback));
        if (frame.HasAny(PageFlags.Lru | PageFlags.Mlocked))
        {
            Unlist(folio, ref frame);
        }

        if (frame.Order != 0)
        {
            _machine.HugeFolios.Release(folio);
        }

        _allocator.Free(folio);
    }

    /// <summary>Who frees a folio takes it off its list, and out of the count of locked ones.</summary>
    private void Unlist(Pfn folio, ref PageFrame frame)
    {
        var zone = _allocator.ZoneOf(folio);
        if (frame.Has(PageFlags.Lru))
        {
            var vector = VectorOf(folio);
            vector.Remove(folio, zone);
            vector.CountFor(frame).Freed += frame.Pages;
            frame.Clear(PageFlags.Lru | PageFlags.Active | PageFlags.Unevictable);
        }

        if (frame.TestClear(PageFlags.Mlocked))
        {
            zone.Stats.Add((int)ZoneStatItem.Mlock, -(long)frame.Pages);
            _machine.Events.Count(VmEvent.UnevictablePgSCleared, frame.Pages);
        }
    }

    /// <summary>A page that tasks may wait for has been written (acct_reclaim_writeback).</summary>
    private void CountForThrottled(uint pages, int node)
    {
        var pressure = _nodes[node];
        if (pressure.WritebackWaiters == 0)
        {
            return;
        }

        var stats = _machine.Nodes[node].Stats;
        stats.Add((int)NodeStatItem.ThrottledWritten, pages);
        var written = (ulong)stats.Read((int)NodeStatItem.ThrottledWritten) - pressure.ThrottledWrittenAtStart;
        if ((long)written > 32L * pressure.WritebackWaiters)
        {
            _machine.Scheduler.WakeAll(WaitKind.ReclaimThrottle, NodePressure.KeyOf(node, ReclaimThrottle.Writeback));
        }
    }
}
