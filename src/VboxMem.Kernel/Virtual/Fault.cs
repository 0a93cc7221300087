using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Sched;

namespace VboxMem.Kernel.Virtual;

/// <summary>One access that the page tables do not allow (struct vm_fault). The area holds the page and allows the access.</summary>
/// <param name="Task">Whose it is.</param>
/// <param name="Memory">Its memory.</param>
/// <param name="Area">The area.</param>
/// <param name="Page">The virtual page number.</param>
/// <param name="IsWrite">A write.</param>
/// <param name="WritesZeros">The write leaves the page all zero.</param>
internal readonly record struct Fault(Process Task, MemoryDescriptor Memory, Vma Area, ulong Page, bool IsWrite, bool WritesZeros)
{
    /// <summary>Index of the page's entry in its PTE table.</summary>
    public int PteIndex => PageTables.IndexOf(Page, PageTables.PteShift);

    /// <summary>Index of the entry of its 2 MiB in its PMD table.</summary>
    public int PmdIndex => PageTables.IndexOf(Page, PageTables.PmdShift);

    /// <summary>An allocation has failed: for now, while the slow path is to be run, or for good.</summary>
    public FaultResult NoMemory => Task.Allocation.IsPending ? FaultResult.Wait : FaultResult.OutOfMemory;
}
