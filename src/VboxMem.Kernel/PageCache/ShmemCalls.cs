// read(2) and write(2) of tmpfs files.
//
// Models   Linux 6.12 mm/shmem.c: shmem_file_read_iter, shmem_write_begin, shmem_write_end (facts: reclaim, 1.3).

using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Sched;

namespace VboxMem.Kernel.PageCache;

internal sealed class ShmemCalls(Machine machine)
{
    private const int PageShift = 12;
    private const ulong PageBytes = PageGeometry.PageBytes;
    private const ulong OffsetMask = PageBytes - 1;

    private readonly Shmem _shmem = new(machine);

    public StepResult StepRead(Process task, int file, ulong bytes, out long answer)
    {
        ref var open = ref machine.FileSystems.Open[file];
        ref var inode = ref machine.FileSystems.Inodes[open.Inode];
        answer = 0;
        Begin(task, isWrite: false);
        while (task.Progress.Done < bytes && open.Position < inode.Size)
        {
            if (machine.Cpus.IsTurnOver)
            {
                return StepResult.Continue;
            }

            var result = _shmem.StepGet(task, open.Inode, open.Position >> PageShift, makes: false, out var folio, out _, out _);
            if (result != StepResult.Done)
            {
                return result;
            }

            if (folio != Pfn.None && (open.Position & OffsetMask) == 0)
            {
                machine.Lru.MarkAccessed(folio);   // a hole is read as zeros, and stays one
            }

            Copy(task, ref open, Math.Min(bytes - task.Progress.Done, inode.Size - open.Position));
        }

        task.ReadCharacters += task.Progress.Done;
        answer = (long)task.Progress.Done;
        return StepResult.Done;
    }

    public StepResult StepWrite(Process task, int file, ulong bytes, out long answer)
    {
        ref var open = ref machine.FileSystems.Open[file];
        ref var inode = ref machine.FileSystems.Inodes[open.Inode];
        answer = 0;
        Begin(task, isWrite: true);
        while (task.Progress.Done < bytes)
        {
            if (machine.Cpus.IsTurnOver)
            {
                return StepResult.Continue;
            }

            var index = open.Position >> PageShift;
            var wasThere = machine.PageCache.Trees.Find(inode.Tree, index).IsFolio;
            var result = _shmem.StepGet(task, open.Inode, index, makes: true, out var folio, out _, out var error);
            if (result != StepResult.Done)
            {
                return result;
            }

            if (folio == Pfn.None)
            {
                answer = task.Progress.Done > 0 ? (long)task.Progress.Done : SystemCalls.Answer(error);
                break;
            }

            Touch(folio, wasThere);
            Copy(task, ref open, bytes - task.Progress.Done);
            inode.Size = Math.Max(inode.Size, open.Position);
            answer = (long)task.Progress.Done;
        }

        task.WrittenCharacters += task.Allocation.IsPending ? 0 : task.Progress.Done;
        return StepResult.Done;
    }

    private void Touch(Pfn folio, bool wasThere)
    {
        if (wasThere)
        {
            machine.Lru.MarkAccessed(folio);
        }
        else
        {
            machine.Frames[folio].Set(PageFlags.Referenced);
        }

        _ = machine.Dirty.MarkDirty(folio);
    }

    private void Copy(Process task, ref OpenFile open, ulong left)
    {
        var part = Math.Min(left, PageBytes - (open.Position & OffsetMask));
        machine.Cpus.SpendInKernel(machine.Costs.CopyPage * part / PageBytes);
        machine.Cpus.CountPages(1);
        open.Position += part;
        task.Progress.Done += part;
    }

    private static void Begin(Process task, bool isWrite)
    {
        if (task.Progress.Phase == 0)
        {
            task.Progress.Phase = 1;
            task.WriteCalls += isWrite ? 1UL : 0;
            task.ReadCalls += isWrite ? 0UL : 1;
        }
    }
}
