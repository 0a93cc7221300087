// The page-fault handler: finds the area, sees whether the access is allowed, and hands over to the kind of fault it is.
//
//   2 MiB without a table ------> HugeFault (anonymous, if huge pages are allowed)
//   PTE none --> anonymous area > AnonymousFault      file area > MappedFileFault
//   PTE swap entry -------------> SwapFault           PTE read-only, written > CopyOnWrite
//
// A fault that must wait returns Wait and is handled again, from its start, when the task runs again: nothing is kept on the way
// but what others could use as well (page tables, anon_vmas, pages in the cache), and the mark that it has become a major one.
//
// Models   Linux 6.12 arch/x86/mm/fault.c: do_user_addr_fault; mm/memory.c: handle_mm_fault, __handle_mm_fault, handle_pte_fault,
//          mm_account_fault (facts: virtual memory, 3.1).
// Departs  of large folios only 2 MiB ones are made (as with the other sizes' settings at their default, never). A page is
//          mapped for good, not soft-dirty tracked.

using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Sched;

namespace VboxMem.Kernel.Virtual;

/// <summary>How a page fault ended.</summary>
internal enum FaultResult : byte
{
    /// <summary>The page is there now, or the access is to be tried again.</summary>
    Done,

    /// <summary>The task sleeps, or its allocation goes through the slow path; fault again then.</summary>
    Wait,

    /// <summary>No such memory, or not for this access.</summary>
    SegmentationFault,

    /// <summary>Beyond the end of the file, or an I/O error.</summary>
    BusError,

    /// <summary>The allocation was refused for good (VM_FAULT_OOM): the fault is retried (pagefault_out_of_memory).</summary>
    OutOfMemory,

    /// <summary>Between the parts of the handler: no huge page after all; go on with single pages.</summary>
    Fallback,
}

/// <summary>The page-fault handler (handle_mm_fault).</summary>
internal sealed class PageFault(Machine machine)
{
    private readonly AnonymousFault _anonymous = new(machine);
    private readonly CopyOnWrite _copyOnWrite = new(machine);
    private readonly MappedFileFault _file = new(machine);
    private readonly HugeFault _huge = new(machine);
    private readonly SwapFault _swap = new(machine);
    private readonly StackGrowth _stack = new(machine);

    /// <param name="task">Whose fault it is.</param>
    /// <param name="mm">Its memory.</param>
    /// <param name="page">Virtual page number.</param>
    /// <param name="isWrite">A write.</param>
    /// <param name="writesZeros">The write leaves the page all zero (PageFlags.ZeroFilled).</param>
    public FaultResult Handle(Process task, MemoryDescriptor mm, ulong page, bool isWrite, bool writesZeros)
    {
        if (task.Has(ProcessFlags.OwesBalance))
        {
            return PayBalance(task) ? FaultResult.Done : FaultResult.Wait;   // the page has been there since before the wait
        }

        if (MmapLock.Excludes(mm, task, page) && !MmapLock.TryEnter(machine, task, mm))
        {
            return FaultResult.Wait;
        }

        var area = mm.FindAtOrAbove(page);
        if (area is null)
        {
            return FaultResult.SegmentationFault;
        }

        if (!area.Contains(page) && area.Has(VmaFlags.GrowsDown) && !MmapLock.TryEnter(machine, task, mm))
        {
            return FaultResult.Wait;
        }

        if (!area.Contains(page) && !_stack.TryGrow(task, mm, area, page))
        {
            return task.Allocation.IsPending ? FaultResult.Wait : FaultResult.SegmentationFault;
        }

        if (!AreaProtection.Allows(area, isWrite))
        {
            return FaultResult.SegmentationFault;
        }

        return Account(task, Dispatch(new Fault(task, mm, area, page, isWrite, writesZeros)));
    }

    /// <summary>
    /// Handles first writes to anonymous pages that follow one another in one PTE table, until the turn is over or one is not of
    /// that kind. The area allows writing and holds them all.
    /// </summary>
    /// <param name="fault">The fault at the first of them, whose entry is none.</param>
    /// <param name="entries">The table.</param>
    /// <param name="pages">How many at most, 1 or more; no more than the table has.</param>
    /// <param name="workNanoseconds">What the program spends at each page.</param>
    /// <param name="done">How many were handled.</param>
    public FaultResult HandleFirstWrites(
        in Fault fault, Span<PageTableEntry> entries, int pages, ulong workNanoseconds, out int done)
    {
        pages = Math.Max(1, Math.Min(pages, machine.Cpus.PagesLeft));
        var result = _anonymous.WriteRun(fault, entries, pages, workNanoseconds, out done);
        machine.Events.Count(VmEvent.PgFault, (ulong)done);
        machine.Cpus.CountPages(done);
        fault.Task.MinorFaults += (ulong)done;
        if (result == FaultResult.Done)
        {
            fault.Task.Allocation.Reset(machine.Allocator);
            return result;
        }

        return Account(fault.Task, result);
    }

    /// <summary>Looks at the dirty limits after a file page was dirtied (balance_dirty_pages_ratelimited).</summary>
    /// <returns>False: the task sleeps; call again.</returns>
    public bool PayBalance(Process task)
    {
        if (machine.Dirty.Balance(task) != StepResult.Done)
        {
            return false;
        }

        task.Flags &= ~ProcessFlags.OwesBalance;
        return true;
    }

    private FaultResult Dispatch(in Fault fault)
    {
        var tables = machine.Memory.Tables;
        if (!tables.TryMakePmdTable(fault.Memory, fault.Page, out var pmdTable))
        {
            return fault.NoMemory;
        }

        var pmd = tables.Entries(pmdTable)[fault.PmdIndex];
        if (pmd.IsNone || HugeMapping.IsHuge(pmd))
        {
            var result = pmd.IsNone ? _huge.First(fault, pmdTable) : _huge.Again(fault, pmdTable);
            if (result != FaultResult.Fallback)
            {
                return result;
            }
        }

        return tables.TryMakePteTable(fault.Memory, fault.Page, out var table)
            ? HandleEntry(fault, tables.Entries(table))
            : fault.NoMemory;
    }

    private FaultResult HandleEntry(in Fault fault, Span<PageTableEntry> entries)
    {
        var entry = entries[fault.PteIndex];
        if (entry.IsNone)
        {
            return fault.Area.Inode == 0 ? HandleAnonymous(fault, entries) : _file.Handle(fault, entries);
        }

        if (entry.IsSwap)
        {
            return _swap.Handle(fault, entries, _copyOnWrite);
        }

        Invariant.Holds(entry.IsPresent);   // PROT_NONE ends where its area allows nothing
        if (fault.IsWrite && !entry.Has(EntryBits.Writable))
        {
            return _copyOnWrite.Handle(fault, entries);
        }

        // Someone else was quicker: all that is left is what the processor does.
        var marks = EntryBits.Accessed | (fault.IsWrite ? EntryBits.Dirty : 0);
        entries[fault.PteIndex] = entry.With(marks);
        machine.Cpus.SpendInKernel(machine.Costs.MinorFault);
        return FaultResult.Done;
    }

    private FaultResult HandleAnonymous(in Fault fault, Span<PageTableEntry> entries)
    {
        if (!fault.IsWrite || fault.Area.Has(VmaFlags.PfnMap))
        {
            return _anonymous.Read(fault, entries);
        }

        var result = _anonymous.WriteRun(fault, entries, 1, 0, out var done);
        return done == 1 ? FaultResult.Done : result;
    }

    /// <summary>Whether a wait for a page's contents makes the fault a major one: not when it is for memory alone.</summary>
    internal static void NoteWait(Process task, bool isMajor)
    {
        if (isMajor || !task.Allocation.IsPending)
        {
            task.Flags |= ProcessFlags.MajorFault;
        }
    }

    /// <summary>Counts a fault that is over (mm_account_fault).</summary>
    private FaultResult Account(Process task, FaultResult result)
    {
        if (result == FaultResult.Wait)
        {
            return result;
        }

        machine.Events.Count(VmEvent.PgFault);
        machine.Cpus.CountPages(1);
        var isMajor = task.Has(ProcessFlags.MajorFault);
        task.Flags &= ~ProcessFlags.MajorFault;
        task.Allocation.Reset(machine.Allocator);
        if (result != FaultResult.Done)
        {
            return result;
        }

        task.MajorFaults += isMajor ? 1UL : 0;
        task.MinorFaults += isMajor ? 0 : 1UL;
        return result;
    }
}
