using VboxMem.Kernel.Slab;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Kernel.Sched;

/// <summary>What a task is doing, by the letter /proc shows.</summary>
public enum TaskState
{
    Running,
    Sleeping,
    DiskSleep,
    Zombie,
    Idle,
}

/// <summary>A task (task_struct) with the kernel memory that it alone is the reason for.</summary>
public sealed class Process
{
    public Process(int pid, int parentPid, string name, TaskState state, VmallocArea stack, SlabObject[] kernelObjects)
    {
        Pid = pid;
        ParentPid = parentPid;
        Name = name;
        State = state;
        Stack = stack;
        KernelObjects = kernelObjects;
    }

    private Process(Process other)
    {
        Pid = other.Pid;
        ParentPid = other.ParentPid;
        Name = other.Name;
        State = other.State;
        Stack = other.Stack;
        KernelObjects = (SlabObject[])other.KernelObjects.Clone();
    }

    public int Pid { get; }

    public int ParentPid { get; }

    public string Name { get; }

    public TaskState State { get; set; }

    /// <summary>The kernel stack: 16 KiB of vmalloc.</summary>
    public VmallocArea Stack { get; }

    /// <summary>One object of each of <see cref="ProcessTable.KernelObjectCaches"/>, in that order.</summary>
    internal SlabObject[] KernelObjects { get; }

    public Process Clone() => new(this);

    public void HashInto(StateHash hash)
    {
        hash.Add(((ulong)(uint)Pid << 32) | (uint)ParentPid);
        hash.Add(Name);
        hash.Add((ulong)State);
        hash.Add<SlabObject>(KernelObjects);
    }
}
