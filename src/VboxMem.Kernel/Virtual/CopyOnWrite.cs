// A write to a page that is mapped read-only: of a private mapping it becomes a page of one's own, which it may be already; a page
// of a shared file becomes dirty.
//
//   zero page             fresh page
//   anonymous, ours alone made writable (pgreuse)         Exclusive, or no reference but this mapping's and the swap cache's
//   anonymous, shared     copied
//   file, private         copied
//   file, shared          the file system is asked, then made writable and dirty
//
// Models   Linux 6.12 mm/memory.c: do_wp_page, wp_can_reuse_anon_folio, wp_page_reuse, wp_page_copy, wp_page_shared.

using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Sched;

namespace VboxMem.Kernel.Virtual;

internal sealed class CopyOnWrite(Machine machine)
{
    private readonly PageFrames _frames = machine.Frames;

    public FaultResult Handle(in Fault fault, Span<PageTableEntry> entries)
    {
        fault.Task.FaultOrigin = Log.AllocationOrigin.CopyOnWriteFault;
        ref var entry = ref entries[fault.PteIndex];
        if (entry.Has(EntryBits.Special))
        {
            return Copy(fault, ref entry, Pfn.None);
        }

        var page = entry.Pfn;
        var folio = FolioMapping.HeadOf(_frames, page);
        if (fault.Area.Has(VmaFlags.Shared))
        {
            return WriteShared(fault, ref entry, folio);
        }

        if (!_frames[folio].IsAnonymous || !MayReuse(page, folio, fault))
        {
            return Copy(fault, ref entry, page);
        }

        Reuse(fault, ref entry);
        if (!fault.WritesZeros)
        {
            entry = ZeroContent.Written(_frames, entry);
        }

        return FaultResult.Done;
    }

    /// <summary>No one else has the page, or could come by it.</summary>
    private bool MayReuse(Pfn page, Pfn folio, in Fault fault)
    {
        ref var frame = ref _frames[folio];
        if (_frames[page].Has(PageFlags.AnonExclusive))
        {
            return true;
        }

        if (frame.Order != 0 || frame.ReferenceCount > 3)
        {
            return false;
        }

        if (!frame.Has(PageFlags.Lru))
        {
            machine.Lru.Drain();   // a batch may hold a reference
        }

        if (frame.ReferenceCount > 1 + (frame.Has(PageFlags.SwapCache) ? 1u : 0) || frame.Has(PageFlags.Locked))
        {
            return false;
        }

        if (frame.Has(PageFlags.SwapCache))
        {
            machine.Swap.TryFreeSlot(folio);
        }

        if (frame.ReferenceCount != 1)
        {
            return false;
        }

        FolioMapping.SetAnon(ref frame, fault.Area, fault.Page);
        frame.Set(PageFlags.AnonExclusive);
        return true;
    }

    private void Reuse(in Fault fault, ref PageTableEntry entry)
    {
        entry = entry.With(
            AreaProtection.Of(fault.Area, isWritable: true) | EntryBits.Accessed | EntryBits.Dirty | EntryBits.SoftDirty);
        machine.Events.Count(VmEvent.PgReuse);
        machine.Paths.Count(ReachedPath.FaultReuses);
        machine.Cpus.SpendInKernel(machine.Costs.MinorFault);
    }

    private FaultResult WriteShared(in Fault fault, ref PageTableEntry entry, Pfn folio)
    {
        var isFile = _frames[folio].Owner == FrameOwner.File;

        Reuse(fault, ref entry);
        machine.Dirty.MarkDirty(folio);
        if (isFile)
        {
            fault.Task.Flags |= ProcessFlags.OwesBalance;
        }
        else if (!fault.WritesZeros)
        {
            entry = ZeroContent.Written(_frames, entry);
        }

        return FaultResult.Done;
    }

    /// <summary>Puts a copy, or for the zero page a fresh page, in the page's place.</summary>
    private FaultResult Copy(in Fault fault, ref PageTableEntry entry, Pfn old)
    {
        if (!machine.ReverseMap.TryPrepareAnon(fault.Memory, fault.Area)
            || !NewAnonPage.TryMake(machine, fault, HoldsZeros(old), out var copy))
        {
            return fault.NoMemory;
        }

        var mm = fault.Memory;
        if (old == Pfn.None)
        {
            mm.RssAnonPages++;
        }
        else if (!_frames[FolioMapping.HeadOf(_frames, old)].IsAnonymous)
        {
            mm.NoteHighWater();
            FolioMapping.AddRss(mm, _frames[old].Owner, -1);
            mm.RssAnonPages++;
        }

        machine.Paths.Count(old == Pfn.None ? ReachedPath.FaultCopiesZeroPage : ReachedPath.FaultCopies);
        entry = NewAnonPage.EntryOf(fault, copy, _frames);
        NewAnonPage.Map(machine, fault, copy);
        if (old != Pfn.None)
        {
            LetGo(old, fault.Area);
        }

        machine.Cpus.SpendInKernel(old == Pfn.None ? machine.Costs.AnonymousFault : machine.Costs.CopyFault);
        return FaultResult.Done;
    }

    private bool HoldsZeros(Pfn page) =>
        page == Pfn.None || _frames[page].HasAny(PageFlags.ZeroFilled | PageFlags.ZeroPart);

    /// <summary>This mapping of the old page is gone. Its swap slot goes with the last (free_swap_cache).</summary>
    private void LetGo(Pfn page, Vma area)
    {
        var folio = FolioMapping.HeadOf(_frames, page);
        FolioMapping.Remove(machine, page, area);
        ref var frame = ref _frames[folio];
        if (frame.Has(PageFlags.SwapCache) && !FolioMapping.IsMapped(_frames, folio) && !frame.Has(PageFlags.Locked))
        {
            machine.Swap.TryFreeSlot(folio);
        }

        machine.Lru.Put(folio);
    }
}
