using VboxMem.Kernel.Sched;

namespace VboxMem.Workloads.Malloc;

/// <summary>An arena of malloc. One call at a time: who makes it has the arena's lock.</summary>
internal interface IArena
{
    HeapStep Allocate(ulong bytes);

    HeapStep Free(ulong address);

    /// <summary>Goes on after the kernel's answer.</summary>
    HeapStep Resume(in Reply reply);
}
