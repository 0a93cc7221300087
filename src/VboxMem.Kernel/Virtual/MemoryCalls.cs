using VboxMem.Kernel.Sched;

namespace VboxMem.Kernel.Virtual;

/// <summary>mmap, munmap, mremap, mprotect, brk, madvise, mlock and their kin, as requests.</summary>
internal sealed class MemoryCalls
{
    private readonly Machine _machine;
    private readonly Mmap _mmap;
    private readonly Munmap _munmap;
    private readonly Mremap _mremap;
    private readonly Mprotect _mprotect;
    private readonly Brk _brk;
    private readonly Madvise _madvise;
    private readonly Mlock _mlock;

    public MemoryCalls(Machine machine)
    {
        _machine = machine;
        var unmapping = new Unmapping(machine);
        var populate = new Populate(machine);
        _mmap = new Mmap(machine, unmapping, populate);
        _munmap = new Munmap(machine, unmapping);
        _mremap = new Mremap(machine, unmapping, populate);
        _mprotect = new Mprotect(machine, populate);
        _brk = new Brk(machine, unmapping, populate);
        _madvise = new Madvise(machine, populate);
        _mlock = new Mlock(machine, populate);
    }

    /// <summary>A step of a call, which has the memory to itself until it is done, or has come to faulting pages in.</summary>
    public StepResult Step(Process task, out long answer)
    {
        answer = 0;
        var mm = _machine.Memory[task.MemoryId];
        if (!MmapLock.TryEnter(_machine, task, mm))
        {
            return StepResult.Wait;
        }

        var result = Dispatch(task, out answer);
        var isOver = result == StepResult.Done && !task.Allocation.IsPending;
        if (isOver || task.Request.Kind == RequestKind.Madvise || IsFaultingIn(task))
        {
            MmapLock.Release(_machine, task);
        }
        else
        {
            var (start, end) = RangeOf(task, mm);
            MmapLock.Keep(mm, task, start, end);
        }

        return result;
    }

    private StepResult Dispatch(Process task, out long answer) => task.Request.Kind switch
    {
        RequestKind.Mmap => _mmap.Step(task, out answer),
        RequestKind.Munmap => _munmap.Step(task, out answer),
        RequestKind.Mremap => _mremap.Step(task, out answer),
        RequestKind.Mprotect => _mprotect.Step(task, out answer),
        RequestKind.Brk => _brk.Step(task, out answer),
        RequestKind.Madvise => _madvise.Step(task, out answer),
        _ => _mlock.Step(task, out answer),
    };

    /// <summary>The areas are as they are to be: what is left needs no more than a fault does.</summary>
    private static bool IsFaultingIn(Process task) => task.Request.Kind switch
    {
        RequestKind.Mmap => task.Progress.Phase == Mmap.FaultIn,
        RequestKind.Mremap => task.Progress.Phase == Mremap.FaultIn,
        RequestKind.Brk => task.Progress.Phase == Brk.FaultingIn,
        RequestKind.Mlock or RequestKind.Mlockall => task.Progress.Phase == Mlock.FaultIn,
        _ => false,
    };

    /// <summary>The pages that the call is at work on; all of them where that is not one range.</summary>
    private static (ulong Start, ulong End) RangeOf(Process task, MemoryDescriptor mm)
    {
        ref readonly var request = ref task.RequestReference;
        var start = UserSpace.PageOf(request.A);
        return request.Kind switch
        {
            RequestKind.Mmap => (task.Progress.Extra, task.Progress.Extra + UserSpace.PagesFor(request.A)),
            RequestKind.Munmap or RequestKind.Mprotect => (start, start + UserSpace.PagesFor(request.B)),
            RequestKind.Brk => (UserSpace.PagesFor(Math.Min(request.A, mm.Brk)), UserSpace.PagesFor(Math.Max(request.A, mm.Brk))),
            RequestKind.Mlock or RequestKind.Munlock => (start, start + UserSpace.PagesFor(request.B) + 1),
            _ => (0, ulong.MaxValue),
        };
    }
}
