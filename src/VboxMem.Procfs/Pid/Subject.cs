using VboxMem.Kernel;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Procfs.Pid;

/// <summary>Whom a file below /proc/PID is about: a process with all its threads, or one thread (task/TID).</summary>
/// <param name="machine">The machine.</param>
/// <param name="task">The thread; of a process its leader.</param>
/// <param name="isThread">Only this thread's own figures are shown.</param>
internal readonly struct Subject(Machine machine, Process task, bool isThread)
{
    public Machine Machine { get; } = machine;

    public Process Task { get; } = task;

    public bool IsThread { get; } = isThread;

    /// <summary>What the thread has used, or the process with all threads that it has and had.</summary>
    public TaskUsage Usage => IsThread ? TaskUsage.Of(Task) : Task.Group.Usage();

    /// <summary>Threads of the process.</summary>
    public int ThreadCount => Task.Group.Threads.Count;

    /// <summary>Its address space; null for kernel threads, and from the moment it begins to exit.</summary>
    public MemoryDescriptor? Memory =>
        !Task.Has(ProcessFlags.Exiting) && Machine.Memory.TryGet(Task.MemoryId, out var mm) ? mm : null;

    public bool IsZombie => Task.State == TaskState.Zombie;
}
