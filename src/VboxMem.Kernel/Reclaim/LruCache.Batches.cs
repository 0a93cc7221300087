// How a folio moves from list to list: through a batch of its kind on the CPU that asks, applied when it is full, drained, or a huge
// folio comes.

using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Physical;

namespace VboxMem.Kernel.Reclaim;

public sealed partial class LruCache
{
    /// <summary>To the active list, through a batch (folio_activate).</summary>
    public void Activate(Pfn folio)
    {
        if (!_frames[folio].HasAny(PageFlags.Active | PageFlags.Unevictable))
        {
            Enqueue(LruBatchKind.Activate, folio);
        }
    }

    /// <summary>MADV_COLD (folio_deactivate).</summary>
    public void Deactivate(Pfn folio)
    {
        ref var frame = ref _frames[folio];
        if (frame.Has(PageFlags.Active) && !frame.Has(PageFlags.Unevictable))
        {
            Enqueue(LruBatchKind.Deactivate, folio);
        }
    }

    /// <summary>Could not be dropped: to the inactive list, to be reclaimed soon (deactivate_file_folio).</summary>
    public void DeactivateFile(Pfn folio)
    {
        if (!_frames[folio].Has(PageFlags.Unevictable))
        {
            Enqueue(LruBatchKind.DeactivateFile, folio);
        }
    }

    /// <summary>MADV_FREE (folio_mark_lazyfree).</summary>
    public void MarkLazyFree(Pfn folio)
    {
        if (CanBeLazilyFreed(_frames[folio]))
        {
            Enqueue(LruBatchKind.LazyFree, folio);
        }
    }

    /// <summary>Its writeback is over and it was marked Reclaim: to the tail (folio_rotate_reclaimable).</summary>
    public void Rotate(Pfn folio)
    {
        ref var frame = ref _frames[folio];
        if (!frame.HasAny(PageFlags.Locked | PageFlags.Dirty | PageFlags.Unevictable) && frame.Has(PageFlags.Lru))
        {
            Enqueue(LruBatchKind.MoveTail, folio);
        }
    }

    /// <summary>Applies this CPU's batches (lru_add_drain).</summary>
    public void Drain() => Drain(_machine.Cpus.Current);

    /// <summary>Applies all CPUs' batches (lru_add_drain_all).</summary>
    public void DrainAll()
    {
        // Each CPU's own worker does it, so that counters change on that CPU.
        var current = _machine.Cpus.Current;
        for (var cpu = 0; cpu < _batches.Cpus; cpu++)
        {
            _machine.Cpus.SwitchTo(cpu);
            Drain(cpu);
        }

        _machine.Cpus.SwitchTo(current);
    }

    internal void EnqueueLock(Pfn folio, LockMark mark)
    {
        ref var frame = ref _frames[folio];
        frame.ReferenceCount++;
        var cpu = _machine.Cpus.Current;
        if (_batches.Put(cpu, LruBatchKind.Lock, folio, mark) || frame.Order != 0)
        {
            Apply(cpu, LruBatchKind.Lock);
        }
    }

    private static bool CanBeLazilyFreed(in PageFrame frame) =>
        frame.IsAnonymous && frame.Has(PageFlags.SwapBacked) && !frame.HasAny(PageFlags.SwapCache | PageFlags.Unevictable);

    private void Enqueue(LruBatchKind kind, Pfn folio)
    {
        ref var frame = ref _frames[folio];
        frame.ReferenceCount++;
        var cpu = _machine.Cpus.Current;
        if (_batches.Put(cpu, kind, folio) || frame.Order != 0)
        {
            Apply(cpu, kind);
        }
    }

    /// <summary>Becomes active while it still waits in this CPU's batch of new folios (__lru_cache_activate_folio).</summary>
    private void ActivateInBatch(Pfn folio)
    {
        var waiting = _batches.FoliosOf(_machine.Cpus.Current, LruBatchKind.Add);
        if (waiting.LastIndexOf(folio) >= 0)
        {
            _frames[folio].Set(PageFlags.Active);
        }
    }

    private void Drain(int cpu)
    {
        for (var kind = LruBatchKind.Add; kind <= LruBatchKind.Lock; kind++)
        {
            if (_batches.CountOf(cpu, kind) > 0)
            {
                Apply(cpu, kind);
            }
        }
    }

    private void Apply(int cpu, LruBatchKind kind)
    {
        var folios = _batches.FoliosOf(cpu, kind);
        if (kind == LruBatchKind.Add)
        {
            LinkAll(folios);
        }

        for (var slot = 0; slot < folios.Length && kind != LruBatchKind.Add; slot++)
        {
            var folio = folios[slot];
            if (kind == LruBatchKind.Lock)
            {
                _locks.Apply(folio, _batches.MarkOf(cpu, slot));
            }
            else if (_frames[folio].Has(PageFlags.Lru) && !_frames[folio].Has(PageFlags.Unevictable))
            {
                Move(kind, folio);
            }
        }

        // Off the batch before the references go: freeing must not find it full.
        _batches.Clear(cpu, kind);
        foreach (var folio in folios)
        {
            Put(folio);
        }
    }

    private void Move(LruBatchKind kind, Pfn folio)
    {
        ref var frame = ref _frames[folio];
        var vector = VectorOf(folio);
        var zone = _allocator.ZoneOf(folio);
        switch (kind)
        {
            case LruBatchKind.MoveTail:
                vector.Remove(folio, zone);
                frame.Clear(PageFlags.Active);
                vector.AddTail(folio, zone);
                CountRotated(vector, frame);
                break;
            case LruBatchKind.DeactivateFile when !IsMapped(folio):
                MoveUnwantedFile(folio, vector, zone);
                break;
            case LruBatchKind.Deactivate when frame.Has(PageFlags.Active):
                Relink(folio, vector, zone, PageFlags.Active | PageFlags.Referenced);
                CountDeactivated(vector, frame);
                break;
            case LruBatchKind.LazyFree when CanBeLazilyFreed(frame):
                Relink(folio, vector, zone, PageFlags.Active | PageFlags.Referenced | PageFlags.SwapBacked);
                _machine.Events.Count(VmEvent.PgLazyfree, frame.Pages);
                break;
            case LruBatchKind.Activate when !frame.Has(PageFlags.Active):
                vector.Remove(folio, zone);
                frame.Set(PageFlags.Active);
                vector.Add(folio, zone);
                vector.CountFor(frame).Activated += frame.Pages;
                _machine.Events.Count(VmEvent.PgActivate, frame.Pages);
                break;
        }
    }

    private void CountRotated(Lruvec vector, in PageFrame frame)
    {
        vector.CountFor(frame).Rotated += frame.Pages;
        _machine.Events.Count(VmEvent.PgRotated, frame.Pages);
    }

    private void CountDeactivated(Lruvec vector, in PageFrame frame)
    {
        vector.CountFor(frame).Deactivated += frame.Pages;
        _machine.Events.Count(VmEvent.PgDeactivate, frame.Pages);
    }

    private void Relink(Pfn folio, Lruvec vector, Zone zone, PageFlags cleared)
    {
        vector.Remove(folio, zone);
        _frames[folio].Clear(cleared);
        vector.Add(folio, zone);
    }

    private void MoveUnwantedFile(Pfn folio, Lruvec vector, Zone zone)
    {
        ref var frame = ref _frames[folio];
        var wasActive = frame.Has(PageFlags.Active);
        vector.Remove(folio, zone);
        frame.Clear(PageFlags.Active | PageFlags.Referenced);
        if (frame.HasAny(PageFlags.Writeback | PageFlags.Dirty))
        {
            vector.Add(folio, zone);
            frame.Set(PageFlags.Reclaim);   // it will be clean soon
        }
        else
        {
            vector.AddTail(folio, zone);
            CountRotated(vector, frame);
        }

        if (wasActive)
        {
            CountDeactivated(vector, frame);
        }
    }
}
