// Translations that CPUs may still hold of pages that reclaim has taken out of page tables (the TLB batch of a task).
//
//   entry taken --some other CPU runs its address space--> gathered --written to? before the folio goes to its disk--> CPUs told
//                                                                   --not?        when the batch is over------------> CPUs told
//
// Telling is an interrupt, and whoever tells waits until all have heard. A page that was written to is told about alone, as it is
// written out as soon as it is unmapped: so kswapd swaps the pages of a sleeping process fast, and those of one that runs slowly.
// CPUs that only keep an address space from a task that sleeps (lazy) find out by themselves.
//
// Invariants
//   T1  Between the steps of a task nothing is gathered.
//
// Models   Linux 6.12 mm/rmap.c: should_defer_flush, set_tlb_ubc_flush_pending, try_to_unmap_flush, try_to_unmap_flush_dirty; arch/x86
//          arch_tlbbatch_flush, tlb_is_not_lazy.
// Departs  only what reclaim takes is told; that other calls (munmap, mprotect, fork) tell CPUs too is part of their own costs, as is what
//          a CPU drops of its own.

namespace VboxMem.Kernel.Virtual;

internal sealed class StaleTranslations(Machine machine)
{
    /// <summary>CPUs to tell; which stand for address spaces that have been written to is not kept apart.</summary>
    private readonly bool[] _cpus = new bool[machine.Cpus.Count];
    private bool _isAny;
    private bool _isWritten;

    /// <summary>All who had to be told have been.</summary>
    internal bool IsEmpty => !_isAny;

    /// <summary>An entry of an address space is gone.</summary>
    /// <param name="memory">The address space.</param>
    /// <param name="wasWritten">The entry was dirty.</param>
    public void Gather(MemoryDescriptor memory, bool wasWritten)
    {
        foreach (var queue in machine.Scheduler.Queues)
        {
            if (queue.Cpu != machine.Cpus.Current && queue.Current is { } task && task.MemoryId == memory.Id)
            {
                _cpus[queue.Cpu] = true;
                _isAny = true;
                _isWritten |= wasWritten;
            }
        }
    }

    /// <summary>Before a folio is written out: nobody may write to it any more.</summary>
    public void TellBeforeWrite()
    {
        if (_isWritten)
        {
            Tell();
        }
    }

    /// <summary>Before what was unmapped is used for anything else.</summary>
    public void TellAll()
    {
        if (_isAny)
        {
            Tell();
        }
    }

    private void Tell()
    {
        var cost = machine.Costs.TlbShootdown;
        foreach (var queue in machine.Scheduler.Queues)
        {
            queue.InterruptNanoseconds += _cpus[queue.Cpu] ? cost : 0;
        }

        machine.Cpus.SpendInKernel(cost);
        Array.Clear(_cpus);
        (_isAny, _isWritten) = (false, false);
    }
}
