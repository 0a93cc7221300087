using VboxMem.Kernel.Physical;

namespace VboxMem.Kernel.Virtual;

/// <summary>The fresh page that a write to a private mapping gets: made, mapped, put on the lists. RSS is the caller's.</summary>
internal static class NewAnonPage
{
    /// <summary>Makes it. The area must have an anon_vma.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="fault">The write it is for.</param>
    /// <param name="fromZeros">It is a copy of a page of zeros, or no copy.</param>
    /// <param name="folio">The page: one reference, the mapping's to be.</param>
    /// <returns>False: no memory, or not yet.</returns>
    public static bool TryMake(Machine machine, in Fault fault, bool fromZeros, out Pfn folio)
    {
        if (!machine.Allocator.TryAllocate(GfpFlags.HighUserMovable | GfpFlags.Compound, 0, FrameOwner.Anonymous, out folio))
        {
            return false;
        }

        machine.Frames[folio].Set(PageFlags.UpToDate | (fromZeros && fault.WritesZeros ? PageFlags.ZeroFilled : 0));
        return true;
    }

    public static PageTableEntry EntryOf(in Fault fault, Pfn folio, PageFrames frames) => PageTableEntry.Of(
        folio,
        AreaProtection.Of(fault.Area, isWritable: true) | EntryBits.Dirty | EntryBits.SoftDirty | ZeroContent.MarkOf(frames[folio]));

    /// <summary>Counts its mapping and puts it on the lists.</summary>
    public static void Map(Machine machine, in Fault fault, Pfn folio)
    {
        FolioMapping.AddNewAnon(machine, folio, fault.Area, fault.Page);
        if (FolioMapping.LocksPages(fault.Area))
        {
            machine.Lru.AddLocked(folio);
        }
        else
        {
            machine.Lru.Add(folio);
        }
    }
}
