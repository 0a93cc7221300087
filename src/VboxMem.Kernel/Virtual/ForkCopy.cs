// Copying an address space at fork, in steps: area by area, and within an area one PTE table at a time.
//
// Only areas that have had anonymous pages have their tables copied; the others' pages are faulted in again by the child. Parent
// and child then map the same pages, both without the right to write where a write must copy.
//
//   Progress.Position   the page at which copying goes on; the child's area is there once its first page is passed or found mapped
//
// Every step leaves two address spaces whose counts are right, so that the copy can be stopped, and torn down, between any two.
//
// Models   Linux 6.12 kernel/fork.c: dup_mmap; mm/memory.c: copy_page_range, copy_present_ptes, copy_nonpresent_pte;
//          mm/huge_memory.c: copy_huge_pmd (facts: virtual memory, 3.5).
// Departs  swap entries are duplicated without the allocation that many duplicates of one slot would need.

using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Sched;

namespace VboxMem.Kernel.Virtual;

internal sealed class ForkCopy(Machine machine)
{
    private const VmaFlags LockFlags = VmaFlags.Locked | VmaFlags.LockOnFault;

    public StepResult Step(Process parent, Process child, out SystemCallError error)
    {
        error = SystemCallError.None;
        var from = machine.Memory[parent.MemoryId];
        if (child.MemoryId == 0 && !TryBegin(from, child))
        {
            return Fail(parent, child, out error);
        }

        var to = machine.Memory[child.MemoryId];
        while (from.FindAtOrAbove(parent.Progress.Position) is { } area)
        {
            if (!TryCopySome(parent, from, to, area))
            {
                return Fail(parent, child, out error);
            }

            parent.Allocation.Reset(machine.Allocator);
            if (machine.Cpus.IsTurnOver)
            {
                return StepResult.Continue;
            }
        }

        to.HighWaterRssPages = to.RssPages;
        to.PeakPages = to.TotalPages;
        return StepResult.Done;
    }

    /// <summary>No memory: goes on later if the slow path is to look for some, else nothing of the copy is left.</summary>
    private StepResult Fail(Process parent, Process child, out SystemCallError error)
    {
        if (parent.Allocation.IsPending)
        {
            error = SystemCallError.None;
            return StepResult.Continue;
        }

        machine.Memory.TearDownAtOnce(child);
        error = SystemCallError.NoMemory;
        return StepResult.Done;
    }

    private bool TryBegin(MemoryDescriptor from, Process child)
    {
        if (!machine.Memory.TryCreate(child.Pid, out var to))
        {
            return false;
        }

        to.StartCode = from.StartCode;
        to.EndCode = from.EndCode;
        to.LibraryCode = from.LibraryCode;
        to.StartData = from.StartData;
        to.EndData = from.EndData;
        to.StartBrk = from.StartBrk;
        to.Brk = from.Brk;
        to.StartStack = from.StartStack;
        to.ArgumentStart = from.ArgumentStart;
        to.ArgumentEnd = from.ArgumentEnd;
        to.MmapBase = from.MmapBase;
        to.LegacyBase = from.LegacyBase;
        to.IsBottomUp = from.IsBottomUp;
        child.MemoryId = to.Id;
        return true;
    }

    /// <summary>Makes the child's area if need be, and copies one table of it.</summary>
    private bool TryCopySome(Process parent, MemoryDescriptor from, MemoryDescriptor to, Vma area)
    {
        ref var position = ref parent.Progress.Position;
        if (area.Has(VmaFlags.DontCopy))
        {
            position = area.EndPage;
            return true;
        }

        var page = Math.Max(position, area.StartPage);
        var copy = to.Find(page);
        if (copy is null && !TryCopyArea(parent, to, area, out copy))
        {
            return false;
        }

        if (area.AnonVmas.Count == 0 || area.Has(VmaFlags.WipeOnFork))
        {
            position = area.EndPage;
            return true;
        }

        if (!TryCopyTable(from, to, area, copy!, ref page))
        {
            return false;
        }

        position = page;
        return true;
    }

    private bool TryCopyArea(Process parent, MemoryDescriptor to, Vma area, out Vma? copy)
    {
        copy = null;
        var promised = area.IsAccounted ? (long)area.Pages : 0;
        if (promised > 0 && !machine.Memory.TryCommit(parent, promised))
        {
            return false;
        }

        var wanted = new AreaDescription(area.StartPage, area.EndPage, area.Flags & ~LockFlags, area.Inode, area.FirstIndex);
        if (machine.Memory.Areas.TryInsert(to, wanted, out copy))
        {
            AreaAccounting.Add(to, copy.Flags, copy.Pages);
            copy.SwapReadahead = area.SwapReadahead;
            if (area.Has(VmaFlags.WipeOnFork) || area.AnonVmas.Count == 0 || machine.ReverseMap.TryForkAnon(to, copy, area))
            {
                return true;
            }

            machine.Memory.Areas.Remove(to, copy);
        }

        machine.Memory.Uncommit(promised);
        return false;
    }

    /// <summary>Copies what one PTE table covers; <paramref name="page"/> becomes the page past it.</summary>
    private bool TryCopyTable(MemoryDescriptor from, MemoryDescriptor to, Vma area, Vma copy, ref ulong page)
    {
        var tables = machine.Memory.Tables;
        var pmd = tables.FindPmdTable(from, page);
        if (pmd == Pfn.None)
        {
            page = Math.Min(area.EndPage, tables.PastHole(from.TopTable, page));
            return true;
        }

        var stop = Math.Min(area.EndPage, (page | (PageTables.PagesPerPteTable - 1)) + 1);
        var entry = tables.Entries(pmd)[PageTables.IndexOf(page, PageTables.PmdShift)];
        if (HugeMapping.IsHuge(entry))
        {
            if (!TryCopyHuge(to, copy, pmd, page))
            {
                return false;
            }
        }
        else if (!entry.IsNone)
        {
            if (!tables.TryMakePteTable(to, page, out var target))
            {
                return false;
            }

            CopyEntries(to, area, copy, tables.Entries(PageTables.Next(entry)), tables.Entries(target), page, stop);
        }

        page = stop;
        return true;
    }

    private bool TryCopyHuge(MemoryDescriptor to, Vma copy, Pfn source, ulong page)
    {
        if (!machine.Memory.Tables.TryMakePmdTable(to, page, out var target)
            || !machine.HugeFolios.Mappings.TryCopy(to, copy, target, source, page))
        {
            return false;
        }

        machine.Cpus.SpendInKernel(machine.Costs.ForkPage);
        machine.Cpus.CountPages(1);
        return true;
    }

    private void CopyEntries(
        MemoryDescriptor to, Vma area, Vma copy, Span<PageTableEntry> source, Span<PageTableEntry> target, ulong page, ulong stop)
    {
        var copied = 0;
        for (; page < stop; page++)
        {
            var index = PageTables.IndexOf(page, PageTables.PteShift);
            ref var entry = ref source[index];
            if (entry.IsNone)
            {
                continue;
            }

            copied++;
            if (!entry.IsMapped)
            {
                machine.Swap.Duplicate(entry.Swap);
                to.SwapEntryPages++;
                entry = entry.Without(EntryBits.WriteThrough);
                target[index] = entry;
                continue;
            }

            if (!entry.Has(EntryBits.Special))
            {
                CopyPage(to, area, copy, ref entry);
            }

            var own = entry.Without(EntryBits.Accessed);
            target[index] = area.Has(VmaFlags.Shared) ? own.Without(EntryBits.Dirty) : own;
        }

        machine.Cpus.SpendInKernel((ulong)copied * machine.Costs.ForkPage);
        machine.Cpus.CountPages(copied);
    }

    private void CopyPage(MemoryDescriptor to, Vma area, Vma copy, ref PageTableEntry entry)
    {
        var folio = FolioMapping.HeadOf(machine.Frames, entry.Pfn);
        machine.Lru.Get(folio);
        FolioMapping.AddRss(to, machine.Frames[folio].Owner, 1);
        if (machine.Frames[folio].IsAnonymous)
        {
            FolioMapping.ShareAnon(machine, entry.Pfn, copy);
        }
        else
        {
            FolioMapping.Add(machine, entry.Pfn, copy);
        }

        entry = WriteProtected(area, entry);
    }

    /// <summary>Where a write must copy (is_cow_mapping), neither side may write any more.</summary>
    private static PageTableEntry WriteProtected(Vma area, PageTableEntry entry) =>
        (area.Flags & (VmaFlags.Shared | VmaFlags.MayWrite)) == VmaFlags.MayWrite ? entry.Without(EntryBits.Writable) : entry;
}
