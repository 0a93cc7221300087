// The huge zero page: 2 MiB of zeros that is mapped where a program reads before it writes, where a huge page could be.
//
// Invariants
//   Z1  Each address space that maps it, or did so once, holds it until its memory is taken down.
//   Z2  It is made when it is first wanted, and freed by its shrinker alone, when no address space holds it.
//
// Models   Linux 6.12 mm/huge_memory.c: mm_get_huge_zero_folio, mm_put_huge_zero_folio, huge_zero_page_shrinker.

using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Physical;

namespace VboxMem.Kernel.Virtual;

internal sealed class HugeZeroPage(Machine machine)
{
    private const GfpFlags Gfp = (GfpFlags.TransHuge | GfpFlags.Zero) & ~GfpFlags.Movable;

    /// <summary>Its first frame; none while no one has wanted it.</summary>
    public Pfn Page { get; private set; }

    /// <summary>Address spaces that hold it.</summary>
    public int Holders { get; private set; }

    public HugeZeroPage Clone(Machine copy) => new(copy) { Page = Page, Holders = Holders };

    public void HashInto(StateHash hash) => hash.Add(((ulong)Page.Index << 32) | (uint)Holders);

    /// <summary>Lets an address space hold it, and makes it if need be. False: no memory, or not yet.</summary>
    public bool TryHold(MemoryDescriptor mm)
    {
        if (mm.HoldsHugeZeroPage)
        {
            return true;
        }

        if (Page == Pfn.None)
        {
            if (!machine.Allocator.TryAllocate(Gfp, HugeCounts.Order, FrameOwner.Kernel, out var page))
            {
                if (machine.Scheduler.CurrentTask is not { Allocation.IsPending: true })
                {
                    machine.Events.Count(VmEvent.ThpZeroPageAllocFailed);
                }

                return false;
            }

            Page = page;
            machine.Events.Count(VmEvent.ThpZeroPageAlloc);
        }

        mm.HoldsHugeZeroPage = true;
        Holders++;
        return true;
    }

    /// <summary>The memory of an address space is taken down.</summary>
    public void LetGo(MemoryDescriptor mm)
    {
        if (mm.HoldsHugeZeroPage)
        {
            mm.HoldsHugeZeroPage = false;
            Holders--;
        }
    }

    /// <summary>Pages its shrinker could free.</summary>
    public ulong FreeablePages => Page != Pfn.None && Holders == 0 ? HugeCounts.Pages : 0;

    /// <summary>Frees it if no one holds it.</summary>
    /// <returns>Pages freed.</returns>
    public ulong Shrink()
    {
        var pages = FreeablePages;
        if (pages > 0)
        {
            machine.Allocator.Free(Page);
            Page = Pfn.None;
        }

        return pages;
    }
}
