// A program's own reads and writes of memory, page by page: what the processor does (accessed and dirty bits), and a page fault
// where the page tables do not allow it.
//
// Pages that are there cost no more than a pass over their entries: this is where a simulated program spends most of its life.
//
// Units    pages; nanoseconds.
// Models   the x86 page walk; Linux 6.12 arch/x86/mm/fault.c: do_user_addr_fault and what it does when the handler fails.
// Departs  each page is accessed once, wherever and however often a program may go within it. There is no TLB: bits that a real
//          processor had cached as set are set anew.

using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Sched;

namespace VboxMem.Kernel.Virtual;

/// <summary>A program's own reads and writes of memory: sets accessed and dirty bits, and faults where a page is not there.</summary>
internal sealed class UserAccess(Machine machine)
{
    private readonly FaultSignals _signals = new(machine);

    public StepResult Step(Process task, out long answer)
    {
        answer = 0;
        ref readonly var request = ref task.RequestReference;
        var mm = machine.Memory[task.MemoryId];
        var access = new Access(request, mm, machine.Costs.TouchPage);
        ref var position = ref task.Progress.Position;
        while (access.FirstPage + position < access.EndPage)
        {
            if (task.Has(ProcessFlags.OwesBalance) && !machine.Faults.PayBalance(task))
            {
                return StepResult.Wait;
            }

            if (machine.Cpus.IsTurnOver)
            {
                return StepResult.Continue;
            }

            var page = access.FirstPage + position;
            var done = TouchPresent(mm, page, access);
            if (done == 0)
            {
                var result = Fault(task, mm, page, access, out done);
                if (result != FaultResult.Done)
                {
                    position += done;
                    return GiveUp(task, mm, result, access, out answer);
                }
            }

            position += done;
        }

        return StepResult.Done;
    }

    /// <summary>Accesses pages that are there, up to the first that is not, the end of its table, or the end of the turn.</summary>
    /// <returns>How many.</returns>
    private ulong TouchPresent(MemoryDescriptor mm, ulong page, in Access access)
    {
        var tables = machine.Memory.Tables;
        var pmdTable = tables.FindPmdTable(mm, page);
        if (pmdTable == Pfn.None)
        {
            return 0;
        }

        var index = PageTables.IndexOf(page, PageTables.PteShift);
        var budget = BudgetOf(access.Nanoseconds);
        var pages = (int)Math.Min(Math.Min(access.EndPage - page, budget), (ulong)(PageTables.EntriesPerTable - index));
        ref var pmd = ref tables.Entries(pmdTable)[PageTables.IndexOf(page, PageTables.PmdShift)];
        int done;
        if (HugeMapping.IsHuge(pmd))
        {
            done = TouchHuge(ref pmd, (uint)index, pages, access.Kind);
        }
        else
        {
            var table = PageTables.Next(pmd);
            done = table == Pfn.None ? 0 : TouchEntries(tables.Entries(table).Slice(index, pages), access.Kind);
        }

        machine.Cpus.SpendInProgram((ulong)done * access.Nanoseconds);
        return (ulong)done;
    }

    /// <summary>Pages that may be accessed before the turn is over: at least one.</summary>
    private ulong BudgetOf(ulong nanosecondsPerPage)
    {
        var spent = machine.Cpus.UserNanoseconds + machine.Cpus.SystemNanoseconds;
        var left = CpuContext.LongestTurnNanoseconds - Math.Min(spent, CpuContext.LongestTurnNanoseconds);
        return 1 + (left / nanosecondsPerPage);
    }

    private int TouchEntries(Span<PageTableEntry> entries, TouchKind kind)
    {
        // A write clears the mark of zeros, in the entry and in the frame: only such entries take the long way.
        var needed = (ulong)(EntryBits.Present | (kind == TouchKind.Read ? 0 : EntryBits.Writable));
        var looked = needed | (ulong)(kind == TouchKind.Write ? EntryBits.MayHoldZeros : 0);
        var marks = (ulong)(EntryBits.Accessed | (kind == TouchKind.Read ? 0 : EntryBits.Dirty));
        for (var i = 0; i < entries.Length; i++)
        {
            var value = entries[i].Value;
            if ((value & looked) != needed)
            {
                if ((value & needed) != needed)
                {
                    return i;
                }

                value = ZeroContent.Written(machine.Frames, entries[i]).Value;
            }

            entries[i] = new PageTableEntry(value | marks);
        }

        return entries.Length;
    }

    private int TouchHuge(ref PageTableEntry pmd, uint index, int pages, TouchKind kind)
    {
        if (!pmd.IsPresent || (kind != TouchKind.Read && !pmd.Has(EntryBits.Writable)))
        {
            return 0;
        }

        if (kind == TouchKind.Write && pmd.Has(EntryBits.MayHoldZeros)
            && !HugeCounts.ClearZero(machine.Frames, pmd.Pfn, index, (uint)pages))
        {
            pmd = pmd.Without(EntryBits.MayHoldZeros);
        }

        pmd = pmd.With(EntryBits.Accessed | (kind == TouchKind.Read ? 0 : EntryBits.Dirty));
        return pages;
    }

    /// <summary>Handles the fault at a page; first writes to fresh memory for a run of pages at once.</summary>
    /// <param name="done">Pages that are accessed by that.</param>
    private FaultResult Fault(Process task, MemoryDescriptor mm, ulong page, in Access access, out ulong done)
    {
        done = 0;
        if (access.Kind != TouchKind.Read && !MmapLock.Excludes(mm, task, page) && TryFindFresh(mm, page, out var area, out var entries))
        {
            var index = PageTables.IndexOf(page, PageTables.PteShift);
            var most = Math.Min(Math.Min(access.EndPage, area.EndPage) - page, (ulong)(PageTables.EntriesPerTable - index));
            var fault = new Fault(task, mm, area, page, IsWrite: true, access.Kind == TouchKind.WriteZeros);
            var result = machine.Faults.HandleFirstWrites(fault, entries, (int)most, access.WorkNanoseconds, out var written);
            done = (ulong)written;
            return result;
        }

        return machine.Faults.Handle(task, mm, page, access.Kind != TouchKind.Read, access.Kind == TouchKind.WriteZeros);
    }

    /// <summary>The page is of an anonymous, writable area and has a table, but was never accessed.</summary>
    private bool TryFindFresh(MemoryDescriptor mm, ulong page, out Vma area, out Span<PageTableEntry> entries)
    {
        entries = default;
        area = mm.FindAtOrAbove(page)!;
        if (area is null || area.Inode != 0 || !area.Contains(page) || (area.Flags & (VmaFlags.Write | VmaFlags.PfnMap)) != VmaFlags.Write)
        {
            return false;
        }

        var table = machine.Memory.Tables.FindPteTable(mm, page);
        if (table == Pfn.None)
        {
            return false;
        }

        entries = machine.Memory.Tables.Entries(table);
        return entries[PageTables.IndexOf(page, PageTables.PteShift)].IsNone;
    }

    /// <summary>The page is not there, or not yet.</summary>
    private StepResult GiveUp(Process task, MemoryDescriptor mm, FaultResult result, in Access access, out long answer)
    {
        answer = 0;
        if (result == FaultResult.Wait)
        {
            return StepResult.Wait;
        }

        if (result == FaultResult.OutOfMemory)
        {
            machine.Cpus.SpendInKernel(machine.Costs.MinorFault);
            return StepResult.Continue;   // again, unless the task has been killed by now
        }

        var page = access.FirstPage + task.Progress.Position;
        _signals.Send(task, mm, result, page, access.Kind != TouchKind.Read, access.AddressOf(page));
        answer = SystemCalls.Answer(SystemCallError.BadAddress);
        return StepResult.Done;
    }

    /// <summary>What a program does with memory: a request of its, in pages.</summary>
    private readonly struct Access
    {
        private readonly ulong _address;

        public Access(in Request request, MemoryDescriptor mm, uint touchNanoseconds)
        {
            var kind = (TouchKind)request.C;
            _address = request.A + (kind == TouchKind.Run ? mm.StartCode : kind == TouchKind.RunLibrary ? mm.LibraryCode : 0);
            FirstPage = UserSpace.PageOf(_address);
            EndPage = request.B == 0 ? FirstPage : UserSpace.PageOf(_address + request.B - 1) + 1;
            Kind = kind >= TouchKind.Run ? TouchKind.Read : kind;
            WorkNanoseconds = request.D;
            Nanoseconds = request.D != 0 ? request.D : Math.Max(1, touchNanoseconds);
        }

        public ulong FirstPage { get; }

        public ulong EndPage { get; }

        public TouchKind Kind { get; }

        /// <summary>What the program asks for, at each page; 0: no more than the access itself.</summary>
        public ulong WorkNanoseconds { get; }

        /// <summary>What a page that is there takes.</summary>
        public ulong Nanoseconds { get; }

        public ulong AddressOf(ulong page) => page == FirstPage ? _address : UserSpace.AddressOf(page);
    }
}
