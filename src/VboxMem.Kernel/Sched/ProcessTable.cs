// All tasks of the box, by pid, and what making one costs in kernel memory.
//
// Invariants
//   K1  Each task has a kernel stack of four pages and one object of each cache below.
//   K2  nr_kernel_stack is 16 KiB times the number of tasks.
//
// Models   Linux 6.12 kernel/fork.c: copy_process, as far as memory goes.

using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Slab;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Kernel.Sched;

public sealed class ProcessTable
{
    private const int StackPages = 4;
    private const long KilobytesPerStackPage = 4;

    private readonly PageAllocator _allocator;
    private readonly Vmalloc _vmalloc;
    private readonly SlabCache[] _caches;
    private readonly SortedList<int, Process> _tasks;
    private int _lastPid;

    public ProcessTable(PageAllocator allocator, SlabAllocator slabs, Vmalloc vmalloc)
    {
        _allocator = allocator;
        _vmalloc = vmalloc;
        _caches = FindCaches(slabs);
        _tasks = [];
    }

    private ProcessTable(ProcessTable other, PageAllocator allocator, SlabAllocator slabs, Vmalloc vmalloc)
    {
        _allocator = allocator;
        _vmalloc = vmalloc;
        _caches = FindCaches(slabs);
        _tasks = new SortedList<int, Process>(other._tasks.Count);
        foreach (var task in other._tasks.Values)
        {
            _tasks.Add(task.Pid, task.Clone());
        }

        _lastPid = other._lastPid;
        ForkCount = other.ForkCount;
        Orphans.AddRange(other.Orphans);
    }

    /// <summary>The caches that every task has one object of.</summary>
    public static IReadOnlyList<string> KernelObjectCaches { get; } = ["task_struct", "signal_cache", "sighand_cache", "cred", "pid"];

    public int Count => _tasks.Count;

    /// <summary>The pid given last.</summary>
    public int LastPid => _lastPid;

    /// <summary>Tasks made since boot: "processes" of /proc/stat.</summary>
    public ulong ForkCount { get; private set; }

    /// <summary>Zombies whose parent never asks for them: they are reaped between turns.</summary>
    internal List<int> Orphans { get; } = [];

    /// <summary>All tasks, by pid.</summary>
    public IList<Process> Tasks => _tasks.Values;

    public ProcessTable Clone(PageAllocator allocator, SlabAllocator slabs, Vmalloc vmalloc) => new(this, allocator, slabs, vmalloc);

    /// <summary>The task of a pid that exists.</summary>
    public Process this[int pid] => _tasks[pid];

    public bool TryGet(int pid, [System.Diagnostics.CodeAnalysis.MaybeNullWhen(false)] out Process task) => _tasks.TryGetValue(pid, out task);

    public int CountIn(TaskState state)
    {
        var count = 0;
        for (var i = 0; i < _tasks.Count; i++)   // an enumerator would be allocated
        {
            count += _tasks.GetValueAtIndex(i).State == state ? 1 : 0;
        }

        return count;
    }

    /// <summary>Makes a task that sleeps.</summary>
    /// <returns>Null (ENOMEM) when its kernel memory cannot be had; nothing is left behind then.</returns>
    public Process? TryCreate(string name, int parentPid, TaskState state)
    {
        var objects = new SlabObject[_caches.Length];
        for (var i = 0; i < objects.Length; i++)
        {
            if (!_caches[i].TryAllocate(GfpFlags.Kernel, out objects[i]))
            {
                FreeObjects(objects.AsSpan(0, i));
                return null;
            }
        }

        if (!_vmalloc.TryAllocate(StackPages, FrameOwner.KernelStack, Vmalloc.KernelStackPurpose, out var stack))
        {
            FreeObjects(objects);
            return null;
        }

        AccountStack(stack!, 1);
        var task = new Process(++_lastPid, parentPid, name, state, stack!, objects);
        _tasks.Add(task.Pid, task);
        ForkCount++;
        return task;
    }

    /// <summary>Removes a task and gives its kernel memory back.</summary>
    public void Reap(Process task)
    {
        Invariant.Holds(_tasks.Remove(task.Pid));
        AccountStack(task.Stack, -1);
        _vmalloc.Free(task.Stack);
        FreeObjects(task.KernelObjects);
    }

    public void HashInto(StateHash hash)
    {
        hash.Add((long)_lastPid);
        hash.Add(ForkCount);
        foreach (var task in _tasks.Values)
        {
            task.HashInto(hash);
        }
    }

    private static SlabCache[] FindCaches(SlabAllocator slabs)
    {
        var caches = new SlabCache[KernelObjectCaches.Count];
        for (var i = 0; i < caches.Length; i++)
        {
            caches[i] = slabs[KernelObjectCaches[i]];
        }

        return caches;
    }

    private void FreeObjects(ReadOnlySpan<SlabObject> objects)
    {
        for (var i = 0; i < objects.Length; i++)
        {
            _caches[i].Free(objects[i]);
        }
    }

    private void AccountStack(VmallocArea stack, int sign)
    {
        foreach (var page in stack.Pages)
        {
            _allocator.Nodes[_allocator.ZoneOf(page).Node].Stats.Add((int)NodeStatItem.KernelStack, sign * KilobytesPerStackPage);
        }
    }
}
