// Faults in 2 MiB that have no page table yet, and on huge pages that are mapped read-only.
//
//   first access   huge page, or on a read the huge zero page; where none is to be had, single pages (thp_fault_fallback)
//   write again    made writable if it is ours alone; else the mapping is split, and single pages are copied
//
// Models   Linux 6.12 mm/huge_memory.c: do_huge_pmd_anonymous_page, do_huge_pmd_wp_page; mm/mempolicy.c: alloc_pages_mpol.

using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Sched;

namespace VboxMem.Kernel.Virtual;

internal sealed class HugeFault(Machine machine)
{
    /// <summary>A turn has done enough with one huge page.</summary>
    private const int PagesOfTurn = CpuContext.MostPagesInTurn;

    private readonly PageFrames _frames = machine.Frames;

    /// <summary>The first fault in 2 MiB.</summary>
    public FaultResult First(in Fault fault, Pfn pmdTable)
    {
        var area = fault.Area;
        var first = HugeMapping.FirstPageOf(fault.Page);
        if (area.Inode != 0 || first < area.StartPage || first + HugeCounts.Pages > area.EndPage
            || !machine.ThpSettings.IsAllowed(area.Flags))
        {
            return FaultResult.Fallback;
        }

        if (!machine.ReverseMap.TryPrepareAnon(fault.Memory, area))
        {
            return fault.NoMemory;
        }

        return !fault.IsWrite && machine.ThpSettings.UsesZeroPage ? MapZero(fault, pmdTable) : MapNew(fault, pmdTable, first);
    }

    /// <summary>An access that a huge entry does not allow, or that it has come to allow meanwhile.</summary>
    public FaultResult Again(in Fault fault, Pfn pmdTable)
    {
        ref var entry = ref machine.Memory.Tables.Entries(pmdTable)[fault.PmdIndex];
        Invariant.Holds(entry.IsPresent);
        if (!fault.IsWrite || entry.Has(EntryBits.Writable))
        {
            entry = entry.With(EntryBits.Accessed | (fault.IsWrite ? EntryBits.Dirty : 0));
            machine.Cpus.SpendInKernel(machine.Costs.MinorFault);
            return FaultResult.Done;
        }

        if (!HugeMapping.IsZero(entry) && MayReuse(entry.Pfn, fault))
        {
            entry = entry.With(
                AreaProtection.Of(fault.Area, isWritable: true) | EntryBits.Dirty | EntryBits.SoftDirty);
            machine.Cpus.SpendInKernel(machine.Costs.MinorFault);
            return FaultResult.Done;
        }

        machine.HugeFolios.Mappings.Split(fault.Memory, fault.Area, pmdTable, fault.Page);
        return FaultResult.Fallback;
    }

    private bool MayReuse(Pfn head, in Fault fault)
    {
        ref var frame = ref _frames[head];
        if (frame.Has(PageFlags.AnonExclusive))
        {
            return true;
        }

        if (frame.Has(PageFlags.Locked) || frame.ReferenceCount > 1 + (frame.Has(PageFlags.SwapCache) ? 1u : 0))
        {
            return false;
        }

        if (frame.Has(PageFlags.SwapCache))
        {
            machine.Swap.TryFreeSlot(head);
        }

        if (frame.ReferenceCount != 1)
        {
            return false;
        }

        FolioMapping.SetAnon(ref frame, fault.Area, HugeMapping.FirstPageOf(fault.Page));
        frame.Set(PageFlags.AnonExclusive);
        return true;
    }

    private FaultResult MapZero(in Fault fault, Pfn pmdTable)
    {
        var tables = machine.Memory.Tables;
        if (!tables.TryMakeTable(fault.Memory, out var table))
        {
            return fault.NoMemory;
        }

        if (!machine.HugeFolios.ZeroPage.TryHold(fault.Memory))
        {
            tables.FreeTable(fault.Memory, table);
            if (fault.Task.Allocation.IsPending)
            {
                return FaultResult.Wait;
            }

            machine.Events.Count(VmEvent.ThpFaultFallback);
            return FaultResult.Fallback;
        }

        machine.Paths.Count(ReachedPath.FaultHugeZeroPage);
        machine.HugeFolios.Mappings.Deposit(pmdTable, table);
        tables.Entries(pmdTable)[fault.PmdIndex] = PageTableEntry.Of(
            machine.HugeFolios.ZeroPage.Page,
            AreaProtection.Of(fault.Area, isWritable: false) | EntryBits.Huge | EntryBits.Special);
        machine.Cpus.SpendInKernel(machine.Costs.MinorFault);
        return FaultResult.Done;
    }

    private FaultResult MapNew(in Fault fault, Pfn pmdTable, ulong first)
    {
        if (!TryAllocate(fault.Area, fault.Task, out var head))
        {
            if (fault.Task.Allocation.IsPending)
            {
                return FaultResult.Wait;
            }

            machine.Events.Count(VmEvent.ThpFaultFallback);
            machine.ThpSettings.Count(ThpCount.AnonFaultFallback, 1);
            machine.Paths.Count(ReachedPath.FaultHugeFallback);
            return FaultResult.Fallback;
        }

        var tables = machine.Memory.Tables;
        if (!tables.TryMakeTable(fault.Memory, out var table))
        {
            machine.Allocator.Free(head);
            return fault.NoMemory;
        }

        HugeCounts.Prepare(_frames, head, isZero: true);
        ref var frame = ref _frames[head];
        frame.Set(PageFlags.UpToDate);
        FolioMapping.AddNewAnonHuge(machine, head, fault.Area, first);
        if (FolioMapping.LocksPages(fault.Area))
        {
            machine.Lru.AddLocked(head);
        }
        else
        {
            machine.Lru.Add(head);
        }

        machine.HugeFolios.Mappings.Deposit(pmdTable, table);
        tables.Entries(pmdTable)[fault.PmdIndex] = PageTableEntry.Of(
            head,
            AreaProtection.Of(fault.Area, isWritable: true) | EntryBits.Huge | EntryBits.Dirty | EntryBits.SoftDirty
            | EntryBits.MayHoldZeros);
        fault.Memory.RssAnonPages += HugeCounts.Pages;
        machine.HugeFolios.DeferSplit(head, isPartlyMapped: false);
        machine.Events.Count(VmEvent.ThpFaultAlloc);
        machine.Paths.Count(ReachedPath.FaultHuge);
        machine.ThpSettings.Count(ThpCount.AnonFaultAlloc, 1);
        machine.Cpus.SpendInKernel(machine.Costs.HugeFault);
        machine.Cpus.CountPages(PagesOfTurn);
        return FaultResult.Done;
    }

    /// <summary>First on this node and without effort; then, if the area or the settings ask for effort, anywhere.</summary>
    private bool TryAllocate(Vma area, Process task, out Pfn head)
    {
        var gfp = machine.ThpSettings.GfpOf(area.Flags);
        return machine.Allocator.TryAllocate(
                gfp | GfpFlags.ThisNode | GfpFlags.NoRetry, HugeCounts.Order, FrameOwner.Anonymous, out head)
            || (!task.Allocation.IsPending && (gfp & GfpFlags.DirectReclaim) != 0
                && machine.Allocator.TryAllocate(gfp, HugeCounts.Order, FrameOwner.Anonymous, out head));
    }
}
