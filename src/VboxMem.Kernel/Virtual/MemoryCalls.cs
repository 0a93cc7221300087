using VboxMem.Kernel.Sched;

namespace VboxMem.Kernel.Virtual;

/// <summary>mmap, munmap, mremap, mprotect, brk, madvise, mlock and their kin, as requests.</summary>
internal sealed class MemoryCalls
{
    private readonly Mmap _mmap;
    private readonly Munmap _munmap;
    private readonly Mremap _mremap;
    private readonly Mprotect _mprotect;
    private readonly Brk _brk;
    private readonly Madvise _madvise;
    private readonly Mlock _mlock;

    public MemoryCalls(Machine machine)
    {
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

    public StepResult Step(Process task, out long answer) => task.Request.Kind switch
    {
        RequestKind.Mmap => _mmap.Step(task, out answer),
        RequestKind.Munmap => _munmap.Step(task, out answer),
        RequestKind.Mremap => _mremap.Step(task, out answer),
        RequestKind.Mprotect => _mprotect.Step(task, out answer),
        RequestKind.Brk => _brk.Step(task, out answer),
        RequestKind.Madvise => _madvise.Step(task, out answer),
        _ => _mlock.Step(task, out answer),
    };
}
