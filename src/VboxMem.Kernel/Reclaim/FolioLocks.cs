// Folios locked in memory: marked Mlocked while some locked area maps them, and kept off the lists that reclaim walks.
//
// While such a folio is on the unevictable list, its link field counts the areas that lock it. Off the list the count is lost and
// may come out too low; reclaim mends that when it meets the folio.
//
// Models   Linux 6.12 mm/mlock.c: mlock_folio, mlock_new_folio, munlock_folio and what their batches do.

using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Physical;

namespace VboxMem.Kernel.Reclaim;

internal sealed class FolioLocks(Machine machine, LruCache lru)
{
    private readonly PageFrames _frames = machine.Frames;

    public void Lock(Pfn folio)
    {
        if (!_frames[folio].Has(PageFlags.Mlocked))
        {
            CountLocked(folio);
        }

        lru.EnqueueLock(folio, LockMark.Lock);
    }

    /// <summary>A folio that no one else has seen yet: it goes to its list and is locked in one.</summary>
    public void LockNew(Pfn folio)
    {
        CountLocked(folio);
        lru.EnqueueLock(folio, LockMark.LockNew);
    }

    public void Unlock(Pfn folio) => lru.EnqueueLock(folio, LockMark.Unlock);

    public void Apply(Pfn folio, LockMark mark)
    {
        switch (mark)
        {
            case LockMark.LockNew:
                ApplyLockNew(folio);
                break;
            case LockMark.Lock:
                ApplyLock(folio);
                break;
            default:
                ApplyUnlock(folio);
                break;
        }
    }

    private void CountLocked(Pfn folio)
    {
        ref var frame = ref _frames[folio];
        frame.Set(PageFlags.Mlocked);
        machine.Allocator.ZoneOf(folio).Stats.Add((int)ZoneStatItem.Mlock, frame.Pages);
        machine.Events.Count(VmEvent.UnevictablePgSMlocked, frame.Pages);
    }

    private void ApplyLockNew(Pfn folio)
    {
        if (!_frames[folio].Has(PageFlags.Lru))
        {
            lru.Link(folio);
        }
    }

    private void ApplyLock(Pfn folio)
    {
        ref var frame = ref _frames[folio];
        if (!frame.Has(PageFlags.Lru))
        {
            return;   // whoever has it off the lists will see the flag when it puts it back
        }

        if (lru.IsEvictable(folio))
        {
            Rescue(folio);
        }
        else if (frame.Has(PageFlags.Unevictable))
        {
            frame.Next = frame.Next.Plus(1);
        }
        else
        {
            var zone = machine.Allocator.ZoneOf(folio);
            var vector = lru.VectorOf(folio);
            vector.Remove(folio, zone);
            frame.Clear(PageFlags.Active);
            frame.Set(PageFlags.Unevictable);
            frame.Next = new Pfn(1);
            vector.Add(folio, zone);
            machine.Events.Count(VmEvent.UnevictablePgSCulled, frame.Pages);
        }
    }

    private void ApplyUnlock(Pfn folio)
    {
        ref var frame = ref _frames[folio];
        var isOnList = frame.Has(PageFlags.Lru);
        if (isOnList && frame.Has(PageFlags.Unevictable))
        {
            frame.Next = new Pfn(frame.Next.Index - Math.Min(frame.Next.Index, 1));
            if (frame.Next.Index != 0)
            {
                return;
            }
        }

        if (frame.TestClear(PageFlags.Mlocked))
        {
            machine.Allocator.ZoneOf(folio).Stats.Add((int)ZoneStatItem.Mlock, -(long)frame.Pages);
            var isSeen = isOnList || !frame.Has(PageFlags.Unevictable);
            machine.Events.Count(isSeen ? VmEvent.UnevictablePgSMunlocked : VmEvent.UnevictablePgSStranded, frame.Pages);
        }

        if (isOnList && lru.IsEvictable(folio))
        {
            Rescue(folio);
        }
    }

    /// <summary>From the unevictable list, if it is there, to the one it belongs on.</summary>
    private void Rescue(Pfn folio)
    {
        ref var frame = ref _frames[folio];
        if (!frame.Has(PageFlags.Unevictable))
        {
            return;
        }

        var zone = machine.Allocator.ZoneOf(folio);
        var vector = lru.VectorOf(folio);
        vector.Remove(folio, zone);
        frame.Clear(PageFlags.Unevictable);
        vector.Add(folio, zone);
        machine.Events.Count(VmEvent.UnevictablePgSRescued, frame.Pages);
    }
}
