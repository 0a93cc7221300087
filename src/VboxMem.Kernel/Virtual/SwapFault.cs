// An access to a page that was swapped out.
//
// The page comes from the swap cache, which keeps it, so that it can be dropped again without being written as long as it is not
// changed. The slot is given up when swap is getting full, when the page is locked, and on a write by its only user.
//
// Models   Linux 6.12 mm/memory.c: do_swap_page, should_try_to_free_swap (facts: reclaim, 6.3).
// Departs  pages of a huge folio that is still in the swap cache are mapped one by one.

using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Swap;

namespace VboxMem.Kernel.Virtual;

internal sealed class SwapFault(Machine machine)
{
    private readonly PageFrames _frames = machine.Frames;

    /// <param name="fault">The fault.</param>
    /// <param name="entries">The table; the page's entry is a swap entry.</param>
    /// <param name="copyOnWrite">Goes on when a write finds the page shared.</param>
    public FaultResult Handle(in Fault fault, Span<PageTableEntry> entries, CopyOnWrite copyOnWrite)
    {
        fault.Task.FaultOrigin = Log.AllocationOrigin.SwapInFault;
        ref var entry = ref entries[fault.PteIndex];
        var slot = entry.Swap;
        var result = machine.Swap.SwapIn(
            fault.Task, slot, fault.Memory, fault.Area, fault.Page, out var folio, out var isMajor);
        if (isMajor || result != StepResult.Done)
        {
            PageFault.NoteWait(fault.Task, isMajor);
        }

        if (result != StepResult.Done)
        {
            return FaultResult.Wait;
        }

        if (folio == Pfn.None)
        {
            return fault.Task.Allocation.IsPending ? FaultResult.Wait : FaultResult.Done;
        }

        if (!machine.ReverseMap.TryPrepareAnon(fault.Memory, fault.Area))
        {
            machine.Lru.Put(folio);
            return fault.NoMemory;
        }

        if (fault.IsWrite && !_frames[folio].Has(PageFlags.Lru))
        {
            machine.Lru.Drain();   // so that a batch does not look like another user
        }

        var isWritable = Map(fault, ref entry, slot, folio);
        machine.Cpus.SpendInKernel(machine.Costs.MinorFault);
        return fault.IsWrite && !isWritable ? copyOnWrite.Handle(fault, entries) : FaultResult.Done;
    }

    /// <summary>Puts the page in the place of its swap entry; the reference becomes the mapping's.</summary>
    /// <returns>True when it may be written to.</returns>
    private bool Map(in Fault fault, ref PageTableEntry entry, SwapEntry slot, Pfn folio)
    {
        ref var frame = ref _frames[folio];
        var page = folio;
        if (frame.Order != 0)
        {
            page = folio.Plus(slot.Offset - SwapEntry.Unpack(frame.Private).Offset);
        }

        var isExclusive = entry.Has(EntryBits.WriteThrough) || !frame.Has(PageFlags.SwapCache);
        var wasSoftDirty = entry.Has(SoftDirty.OfSwapEntry);
        machine.Swap.FreeKeepingCache(slot);
        if (ShouldFreeSlot(fault, frame))
        {
            machine.Swap.TryFreeSlot(folio);
        }

        fault.Memory.RssAnonPages++;
        fault.Memory.SwapEntryPages--;
        isExclusive |= frame.ReferenceCount == 1;
        var mayWrite = isExclusive && !SoftDirty.NeedsFault(fault.Area, wasSoftDirty);
        var bits = AreaProtection.Of(fault.Area, mayWrite) | (wasSoftDirty ? EntryBits.SoftDirty : 0);
        var isWritable = (bits & EntryBits.Writable) != 0;
        bits |= fault.IsWrite && isWritable ? EntryBits.Dirty | EntryBits.SoftDirty : 0;
        entry = PageTableEntry.Of(page, bits | ZeroContent.MarkOf(_frames[page]));
        if (fault.IsWrite && isWritable && !fault.WritesZeros)
        {
            entry = ZeroContent.Written(_frames, entry);
        }

        MapAnon(fault, folio, page, isExclusive);
        return isWritable;
    }

    private void MapAnon(in Fault fault, Pfn folio, Pfn page, bool isExclusive)
    {
        ref var frame = ref _frames[folio];
        if (frame.OwnerId == 0)
        {
            // Nobody has mapped it since it was read in. Shared by it or not, the oldest anon_vma reaches all who may map it.
            FolioMapping.SetAnon(ref frame, fault.Area, fault.Page);
            if (!isExclusive)
            {
                frame.OwnerId = (uint)machine.ReverseMap.Anons[fault.Area.AnonVmas[^1]].Root;
            }
        }

        if (isExclusive)
        {
            _frames[page].Set(PageFlags.AnonExclusive);
        }

        FolioMapping.Add(machine, page, fault.Area);
    }

    private bool ShouldFreeSlot(in Fault fault, in PageFrame frame)
    {
        if (!frame.Has(PageFlags.SwapCache))
        {
            return false;
        }

        if (machine.Swap.IsFull || fault.Area.Has(VmaFlags.Locked) || frame.Has(PageFlags.Mlocked))
        {
            return true;
        }

        return fault.IsWrite && frame.ReferenceCount == 2;   // ours and the cache's
    }
}
