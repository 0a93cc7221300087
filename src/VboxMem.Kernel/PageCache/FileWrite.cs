// write(2) to a file on a disk: pages are made or found, filled, marked dirty; then the writer may be made to pause.
//
// Progress  Phase 1: write the next page; 2: the last one is written, balance. Done: bytes written.
// Models    Linux 6.12 mm/filemap.c: generic_perform_write; fs/ext4/inode.c: ext4_da_write_begin (facts: reclaim, 1.3, 7.4).
// Departs   places on the disk are given at once, not when pages are written back; the inode's own block is not dirtied.

using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Sched;

namespace VboxMem.Kernel.PageCache;

internal sealed class FileWrite(Machine machine)
{
    private const int WritePage = 1;
    private const int Balance = 2;
    private const int PageShift = 12;
    private const ulong PageBytes = PageGeometry.PageBytes;
    private const GfpFlags Gfp = GfpFlags.HighUserMovable | GfpFlags.Compound | GfpFlags.Write;
    private const GfpFlags BufferGfp = GfpFlags.NoFs | GfpFlags.Account;

    private readonly FileReading _reading = new(machine);

    /// <summary>A step of a write of this many bytes at the file's position. The answer is the number of bytes written.</summary>
    public StepResult Step(Process task, int file, ulong bytes, out long answer)
    {
        ref var open = ref machine.FileSystems.Open[file];
        answer = 0;
        Begin(task, ref open);
        while (task.Progress.Done < bytes || task.Progress.Phase == Balance)
        {
            if (task.Progress.Phase == Balance)
            {
                if (machine.Dirty.Balance(task) == StepResult.Wait)
                {
                    return StepResult.Wait;
                }

                task.Progress.Phase = WritePage;
                continue;
            }

            if (machine.Cpus.IsTurnOver)
            {
                return StepResult.Continue;
            }

            var result = StepPage(task, ref open, bytes - task.Progress.Done, out var error);
            if (result == StepResult.Done)
            {
                answer = task.Progress.Done > 0 ? (long)task.Progress.Done : SystemCalls.Answer(error);
                return StepResult.Done;
            }

            if (result == StepResult.Wait)
            {
                return StepResult.Wait;
            }
        }

        task.WrittenCharacters += task.Progress.Done;
        answer = (long)task.Progress.Done;
        return StepResult.Done;
    }

    private void Begin(Process task, ref OpenFile open)
    {
        if (task.Progress.Phase == 0)
        {
            task.Progress.Phase = WritePage;
            task.WriteCalls++;
            if ((open.Flags & OpenFlags.Append) != 0)
            {
                open.Position = machine.FileSystems.Inodes[open.Inode].Size;
            }
        }
    }

    /// <summary>Writes into one page. Continue: it is written, or must be looked at again; Done: an error.</summary>
    private StepResult StepPage(Process task, ref OpenFile open, ulong left, out SystemCallError error)
    {
        ref var inode = ref machine.FileSystems.Inodes[open.Inode];
        var index = open.Position >> PageShift;
        var offset = open.Position & (PageBytes - 1);
        var part = Math.Min(left, PageBytes - offset);
        error = SystemCallError.NoSpace;
        if (!FilePlacement.TryPlace(machine.FileSystems, ref inode, index + 1, grows: true))
        {
            return StepResult.Done;
        }

        error = SystemCallError.NoMemory;
        var keepsData = part < PageBytes && index << PageShift < inode.Size && (offset > 0 || open.Position + part < inode.Size);
        var folio = machine.PageCache.Trees.Find(inode.Tree, index).Folio;
        if (folio == Pfn.None)
        {
            if (keepsData)
            {
                return _reading.TryReadPage(open.Inode, index) ? StepResult.Continue : StepResult.Done;
            }

            if (!TryMake(open.Inode, index, out folio))
            {
                return StepResult.Done;
            }
        }

        if (machine.Frames[folio].Has(PageFlags.Locked))
        {
            return FolioWaits.UntilUnlocked(machine, task, folio, SleepDepth.Killable);
        }

        if (keepsData && !machine.Frames[folio].Has(PageFlags.UpToDate))
        {
            _reading.ReadInto(open.Inode, index, folio);
            return StepResult.Continue;
        }

        if (!machine.PageCache.TryMakeBuffers(folio, BufferGfp))
        {
            return StepResult.Done;
        }

        Fill(task, ref open, ref inode, folio, part);
        return StepResult.Continue;
    }

    private void Fill(Process task, ref OpenFile open, ref Inode inode, Pfn folio, ulong part)
    {
        machine.Frames[folio].Set(PageFlags.UpToDate);
        machine.Cpus.SpendInKernel(machine.Costs.CopyPage * part / PageBytes);
        machine.Cpus.CountPages(1);
        open.Position += part;
        task.Progress.Done += part;
        inode.Size = Math.Max(inode.Size, open.Position);
        _ = machine.Dirty.MarkDirty(folio);
        task.Progress.Phase = Balance;
    }

    private bool TryMake(int inode, ulong index, out Pfn folio)
    {
        if (!machine.Allocator.TryAllocate(Gfp, 0, FrameOwner.File, out folio))
        {
            return false;
        }

        machine.Frames[folio].Set(PageFlags.Locked);
        var isMade = machine.PageCache.TryMakeBuffers(folio, BufferGfp) && machine.PageCache.TryInsert(folio, inode, index, Gfp);
        if (isMade)
        {
            machine.Cpus.SpendInKernel(machine.Costs.CacheInsert);
            machine.Lru.UnlockPage(folio);
        }
        else
        {
            machine.PageCache.DropBuffers(folio);
            machine.Frames[folio].Clear(PageFlags.Locked);
        }

        machine.Lru.Put(folio);   // the cache has it, or no one
        return isMade;
    }
}
