// Faulting in a range before it is touched: MAP_POPULATE, mlock, madvise POPULATE.
//
// Models   Linux 6.12 mm/gup.c: populate_vma_page_range, faultin_page_range, __mm_populate (facts: virtual memory, 3.7, 3.8).

using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Sched;

namespace VboxMem.Kernel.Virtual;

/// <summary>Who wants pages there, hence how they are faulted in and what is an error.</summary>
internal enum PopulateKind
{
    /// <summary>MAP_POPULATE, MAP_LOCKED, brk, mremap, mlockall: what cannot be had is left out.</summary>
    Willing,

    /// <summary>mlock: the first page that cannot be had ends it.</summary>
    Lock,
    AdviseRead,
    AdviseWrite,
}

internal sealed class Populate(Machine machine)
{
    private const VmaFlags Accessible = VmaFlags.Read | VmaFlags.Write | VmaFlags.Execute;

    /// <summary>Faults in pages until the turn is over.</summary>
    /// <param name="task">The task, whose faults they are.</param>
    /// <param name="mm">Its memory.</param>
    /// <param name="position">The page to go on at.</param>
    /// <param name="end">The page past the range.</param>
    /// <param name="kind">How.</param>
    /// <param name="error">What went wrong, when the result is Done.</param>
    public StepResult Step(
        Process task, MemoryDescriptor mm, ref ulong position, ulong end, PopulateKind kind, out SystemCallError error)
    {
        error = SystemCallError.None;
        while (position < end)
        {
            var area = mm.FindAtOrAbove(position);
            if (area is null || area.StartPage > position)
            {
                if (kind is PopulateKind.AdviseRead or PopulateKind.AdviseWrite)
                {
                    error = SystemCallError.NoMemory;
                    return StepResult.Done;
                }

                position = Math.Min(end, area?.StartPage ?? end);
                continue;
            }

            if (Refusal(area, kind) is { } refused)
            {
                error = refused;
                if (error != SystemCallError.None && kind != PopulateKind.Willing)
                {
                    return StepResult.Done;
                }

                position = Math.Min(end, area.EndPage);
                continue;
            }

            var result = StepPage(task, mm, area, ref position, kind, out error);
            if (result == StepResult.Wait || error != SystemCallError.None)
            {
                return result;
            }

            if (machine.Cpus.IsTurnOver && position < end)
            {
                return StepResult.Continue;
            }
        }

        error = SystemCallError.None;
        return StepResult.Done;
    }

    /// <summary>None: nothing to do in this area. An error: not possible there. Null: go on.</summary>
    private static SystemCallError? Refusal(Vma area, PopulateKind kind) => kind switch
    {
        PopulateKind.AdviseRead when !area.Has(VmaFlags.Read) => SystemCallError.Invalid,
        PopulateKind.AdviseWrite when !area.Has(VmaFlags.Write) => SystemCallError.Invalid,
        PopulateKind.AdviseRead or PopulateKind.AdviseWrite =>
            (area.Flags & (VmaFlags.Io | VmaFlags.PfnMap)) != 0 ? SystemCallError.Invalid : null,
        _ when (area.Flags & (VmaFlags.Io | VmaFlags.PfnMap | VmaFlags.LockOnFault | VmaFlags.DontExpand)) != 0 => SystemCallError.None,
        _ => (area.Flags & Accessible) == 0 ? SystemCallError.BadAddress : null,
    };

    private StepResult StepPage(
        Process task, MemoryDescriptor mm, Vma area, ref ulong position, PopulateKind kind, out SystemCallError error)
    {
        error = SystemCallError.None;
        var isWrite = kind == PopulateKind.AdviseWrite
            || (kind != PopulateKind.AdviseRead && (area.Flags & (VmaFlags.Write | VmaFlags.Shared)) == VmaFlags.Write);
        if (TryTouch(mm, position, isWrite, out var pages))
        {
            position += pages;
            machine.Cpus.CountPages(1);
            return StepResult.Continue;
        }

        switch (machine.Faults.Handle(task, mm, position, isWrite, writesZeros: false))
        {
            case FaultResult.Done:
                task.Allocation.Reset(machine.Allocator);
                return StepResult.Continue;
            case FaultResult.Wait:
                return StepResult.Wait;
            case FaultResult.OutOfMemory:
                error = SystemCallError.NoMemory;
                break;
            default:
                error = SystemCallError.BadAddress;
                break;
        }

        if (kind == PopulateKind.Willing)
        {
            error = SystemCallError.None;
            position = area.EndPage;
            task.Allocation.Reset(machine.Allocator);
        }

        return error == SystemCallError.None ? StepResult.Continue : StepResult.Done;
    }

    /// <summary>Uses a page that is there (follow_page with FOLL_TOUCH).</summary>
    /// <param name="mm">The descriptor.</param>
    /// <param name="page">The page.</param>
    /// <param name="isWrite">It must be writable.</param>
    /// <param name="pages">Pages up to the end of the mapping entry.</param>
    private bool TryTouch(MemoryDescriptor mm, ulong page, bool isWrite, out ulong pages)
    {
        pages = 1;
        var tables = machine.Memory.Tables;
        var pmd = tables.FindPmdTable(mm, page);
        if (pmd == Pfn.None)
        {
            return false;
        }

        var entry = tables.Entries(pmd)[PageTables.IndexOf(page, PageTables.PmdShift)];
        if (HugeMapping.IsHuge(entry))
        {
            pages = PageTables.PagesPerPteTable - (page % PageTables.PagesPerPteTable);
        }
        else if (PageTables.Next(entry) is var table && table != Pfn.None)
        {
            entry = tables.Entries(table)[PageTables.IndexOf(page, PageTables.PteShift)];
        }

        if (!entry.IsPresent || (isWrite && !entry.Has(EntryBits.Writable)))
        {
            return false;
        }

        if (!entry.Has(EntryBits.Special))
        {
            var folio = FolioMapping.HeadOf(machine.Frames, entry.Pfn);
            if (isWrite && !entry.Has(EntryBits.Dirty) && !machine.Frames[folio].Has(PageFlags.Dirty))
            {
                machine.Dirty.MarkDirty(folio);
            }

            machine.Lru.MarkAccessed(folio);
        }

        return true;
    }
}
