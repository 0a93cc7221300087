// Pages of tmpfs files and of shared anonymous memory: zeroed when first needed, charged one by one, gone to swap and back.
//
// Invariants
//   S1  A file is charged for its pages, those in swap included: against the commit limit (unless promised whole) and its mount.
//
// Models   Linux 6.12 mm/shmem.c: shmem_get_folio_gfp, shmem_swapin_folio, shmem_inode_acct_blocks (facts: reclaim, 1.3).
// Departs  no huge pages (shmem_enabled never).

using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Sched;

namespace VboxMem.Kernel.PageCache;

internal sealed class Shmem(Machine machine)
{
    private const GfpFlags Gfp = GfpFlags.HighUserMovable | GfpFlags.Compound;

    /// <summary>The folio of a page, brought in from swap, or made if asked for. No reference is taken.</summary>
    /// <param name="task">Who needs it.</param>
    /// <param name="inode">The file.</param>
    /// <param name="index">The page.</param>
    /// <param name="makes">Fill a hole (a write, a fault); otherwise a hole answers None (a read).</param>
    /// <param name="folio">The folio when the result is Done.</param>
    /// <param name="isMajor">It was read from swap.</param>
    /// <param name="error">NoSpace or NoMemory.</param>
    public StepResult StepGet(
        Process task, int inode, ulong index, bool makes, out Pfn folio, out bool isMajor, out SystemCallError error)
    {
        error = SystemCallError.None;
        isMajor = false;
        ref var file = ref machine.FileSystems.Inodes[inode];
        var entry = machine.PageCache.Trees.Find(file.Tree, index);
        folio = entry.Folio;
        if (entry.IsFolio)
        {
            return StepResult.Done;
        }

        if (entry.IsValue)
        {
            return StepSwapIn(task, inode, index, entry, out folio, out isMajor);
        }

        if (makes)
        {
            folio = TryMake(task, inode, index, out error);
        }

        return StepResult.Done;
    }

    private StepResult StepSwapIn(Process task, int inode, ulong index, IndexEntry entry, out Pfn folio, out bool isMajor)
    {
        var result = machine.Swap.SwapIn(task, entry.SwapEntry, null, null, index, out folio, out isMajor);
        if (result != StepResult.Done)
        {
            return result;
        }

        if (folio == Pfn.None)
        {
            return StepResult.Continue;   // it has come in meanwhile: look again
        }

        if (machine.Frames[folio].Has(PageFlags.Writeback))
        {
            var waited = folio;
            folio = Pfn.None;
            machine.Lru.Put(waited);
            return FolioWaits.UntilWritten(machine, task, waited, SleepDepth.Uninterruptible);
        }

        // Out of the swap cache, into the file; the entry of the file is one less for the slot.
        machine.Swap.RemoveFromCache(folio, shadow: 0);
        machine.Lru.Put(folio);
        machine.PageCache.ReplaceSwap(folio, inode, index);
        machine.Frames[folio].Set(PageFlags.Dirty);
        machine.Swap.Free(entry.SwapEntry);
        machine.Lru.Put(folio);   // the file has it now
        return StepResult.Done;
    }

    private Pfn TryMake(Process task, int inode, ulong index, out SystemCallError error)
    {
        error = SystemCallError.NoSpace;
        ref var file = ref machine.FileSystems.Inodes[inode];
        if (!TryCharge(task, file))
        {
            return Pfn.None;
        }

        if (machine.Allocator.TryAllocate(Gfp, 0, FrameOwner.Shmem, out var folio))
        {
            machine.Frames[folio].Set(PageFlags.Locked | PageFlags.SwapBacked);
            if (machine.PageCache.TryInsert(folio, inode, index, Gfp))
            {
                machine.Frames[folio].Set(PageFlags.UpToDate);
                machine.Lru.UnlockPage(folio);
                machine.Lru.Put(folio);   // the cache has it
                error = SystemCallError.None;
                return folio;
            }

            machine.Frames[folio].Clear(PageFlags.Locked);
            machine.Lru.Put(folio);
        }

        machine.FileSystems.Release.UnchargeShmem(file, 1);
        error = SystemCallError.NoMemory;
        return Pfn.None;
    }

    private bool TryCharge(Process task, in Inode file)
    {
        if (!file.IsCommittedWhole && !machine.Memory.TryCommit(task, 1))
        {
            return false;
        }

        if (file.Mount < 0 || machine.FileSystems.Mounts[file.Mount].TryUse(1))
        {
            return true;
        }

        if (!file.IsCommittedWhole)
        {
            machine.Memory.Uncommit(1);
        }

        return false;
    }
}
