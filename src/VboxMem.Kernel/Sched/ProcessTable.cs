// All tasks of the box, by pid, and what making one costs in kernel memory.
//
// Invariants
//   K1  Each task has a kernel stack of four pages and one object of each task cache; each group one of each group cache.
//   K2  nr_kernel_stack is 16 KiB times the number of tasks.
//   K3  There are at most MaxThreads tasks, and their pids are below PidMax.
//
// Models   Linux 6.12 kernel/fork.c: copy_process, as far as memory and limits go; kernel/pid.c: alloc_pid; kernel/exit.c: release_task.
// Departs  a dead task keeps its stack until it is released.

using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Slab;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Kernel.Sched;

public sealed class ProcessTable
{
    private const int StackPages = 4;
    private const long KilobytesPerStackPage = 4;

    /// <summary>RESERVED_PIDS: where pids go on after the highest.</summary>
    private const int FirstPidAfterWrap = 300;

    /// <summary>What a process allocates of the caches below, in the order in which it does: task's own where true.</summary>
    private static readonly (string Cache, bool IsTasks)[] _objects =
        [("task_struct", true), ("signal_cache", false), ("sighand_cache", false), ("cred", false), ("pid", true)];

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
            if (task.IsLeader)
            {
                CloneGroup(task.Group);
            }
        }

        _lastPid = other._lastPid;
        ForkCount = other.ForkCount;
        PidMax = other.PidMax;
        MaxThreads = other.MaxThreads;
        Dead.AddRange(other.Dead);
    }

    /// <summary>The caches that every task has one object of.</summary>
    public static IReadOnlyList<string> TaskCaches { get; } = [.. _objects.Where(static entry => entry.IsTasks).Select(static entry => entry.Cache)];

    /// <summary>The caches that every process has one object of, however many threads it has.</summary>
    public static IReadOnlyList<string> GroupCaches { get; } = [.. _objects.Where(static entry => !entry.IsTasks).Select(static entry => entry.Cache)];

    /// <summary>Tasks, threads included.</summary>
    public int Count => _tasks.Count;

    /// <summary>The pid given last.</summary>
    public int LastPid => _lastPid;

    /// <summary>kernel.pid_max: pids are below it.</summary>
    public int PidMax { get; internal set; } = int.MaxValue;

    /// <summary>kernel.threads-max.</summary>
    public long MaxThreads { get; internal set; } = long.MaxValue;

    /// <summary>RLIMIT_NPROC: tasks that a user other than root may have.</summary>
    public long MaxTasksOfUser => MaxThreads / 2;

    /// <summary>Tasks made since boot, threads included: "processes" of /proc/stat.</summary>
    public ulong ForkCount { get; private set; }

    /// <summary>Pids of dead tasks that no one asks for: they are released between turns.</summary>
    internal List<int> Dead { get; } = [];

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

    /// <summary>Makes a process of one task that sleeps.</summary>
    /// <returns>Null when its kernel memory cannot be had (ENOMEM) or there are too many (EAGAIN); nothing is left behind then.</returns>
    public Process? TryCreate(string name, int parentPid, TaskState state) => TryMake(null, name, parentPid, state, out _);

    /// <summary>Makes a process for a child of this task's process.</summary>
    internal Process? TryFork(Process creator, out SystemCallError error)
    {
        error = MayCreate(creator);
        return error == SystemCallError.None ? TryMake(null, creator.Name, creator.ThreadGroupId, TaskState.Idle, out error) : null;
    }

    /// <summary>Makes another thread of this task's process: it has no more of its own than a task, its stack and a pid.</summary>
    internal Process? TryCloneThread(Process creator, out SystemCallError error)
    {
        error = MayCreate(creator);
        return error == SystemCallError.None ? TryMake(creator.Group, creator.Name, 0, TaskState.Idle, out error) : null;
    }

    /// <summary>Removes a task and gives its kernel memory back; with the last of its group goes what the group has.</summary>
    public void Reap(Process task)
    {
        Invariant.Holds(_tasks.Remove(task.Pid));
        AccountStack(task.Stack, -1);
        _vmalloc.Free(task.Stack);
        task.Group.Remove(task);
        FreeObjects(task.KernelObjects, task.Group.Threads.Count == 0 ? task.Group.KernelObjects : [], _objects.Length);
    }

    /// <summary>A thread takes its dead leader's place and pid; the old leader is released (de_thread).</summary>
    internal void TakeLeadership(Process thread)
    {
        var leader = thread.Group.Leader;
        Invariant.Holds(leader.State == TaskState.Zombie && leader != thread && thread.Group.Threads.Count == 2);
        Invariant.Holds(_tasks.Remove(leader.Pid) && _tasks.Remove(thread.Pid));
        (leader.Pid, thread.Pid) = (thread.Pid, leader.Pid);
        _tasks.Add(leader.Pid, leader);
        _tasks.Add(thread.Pid, thread);
        thread.Group.Lead(thread);
        thread.StartTime = leader.StartTime;
        Reap(leader);
    }

    public void HashInto(StateHash hash)
    {
        hash.Add((long)_lastPid);
        hash.Add(ForkCount);
        hash.Add((long)PidMax);
        hash.Add(MaxThreads);
        foreach (var pid in Dead)
        {
            hash.Add((long)pid);
        }

        foreach (var task in _tasks.Values)
        {
            if (task.IsLeader)
            {
                task.Group.HashInto(hash);
            }
        }
    }

    private static SlabCache[] FindCaches(SlabAllocator slabs)
    {
        var caches = new SlabCache[_objects.Length];
        for (var i = 0; i < caches.Length; i++)
        {
            caches[i] = slabs[_objects[i].Cache];
        }

        return caches;
    }

    private void CloneGroup(ThreadGroup group)
    {
        var copy = group.CloneEmpty();
        foreach (var thread in group.Threads)
        {
            _tasks.Add(thread.Pid, thread.Clone(copy));
        }
    }

    /// <summary>EAGAIN where a user, or the machine, has too many tasks.</summary>
    private SystemCallError MayCreate(Process creator)
    {
        var count = 0L;
        for (var i = 0; creator.Uid != 0 && i < _tasks.Count; i++)
        {
            count += _tasks.GetValueAtIndex(i).Uid == creator.Uid ? 1 : 0;
        }

        return creator.Uid != 0 && count >= MaxTasksOfUser ? SystemCallError.Again : SystemCallError.None;
    }

    /// <param name="group">The process it is another thread of; null: a process of its own.</param>
    private Process? TryMake(ThreadGroup? group, string name, int parentPid, TaskState state, out SystemCallError error)
    {
        error = SystemCallError.Again;
        if (_tasks.Count >= MaxThreads || !TryFindPid(out var pid))
        {
            return null;
        }

        error = SystemCallError.NoMemory;
        var own = new SlabObject[TaskCaches.Count];
        var shared = group is null ? new SlabObject[GroupCaches.Count] : [];
        if (!TryAllocateObjects(own, shared))
        {
            return null;
        }

        if (!_vmalloc.TryAllocate(StackPages, FrameOwner.KernelStack, Vmalloc.KernelStackPurpose, out var stack))
        {
            FreeObjects(own, shared, _objects.Length);
            return null;
        }

        error = SystemCallError.None;
        AccountStack(stack!, 1);
        _lastPid = pid;
        var task = new Process(pid, group ?? new ThreadGroup(pid, parentPid, shared), name, state, stack!, own);
        _tasks.Add(pid, task);
        ForkCount++;
        return task;
    }

    /// <summary>The next free pid, above the last one given or, past the highest, from the reserved ones on.</summary>
    private bool TryFindPid(out int pid)
    {
        pid = _lastPid;
        for (var tries = 0; tries <= _tasks.Count; tries++)
        {
            pid = pid + 1 < PidMax ? pid + 1 : FirstPidAfterWrap;
            if (!_tasks.ContainsKey(pid))
            {
                return true;
            }
        }

        return false;
    }

    private bool TryAllocateObjects(Span<SlabObject> own, Span<SlabObject> shared)
    {
        var (owned, common) = (0, 0);
        for (var i = 0; i < _objects.Length; i++)
        {
            if (!_objects[i].IsTasks && shared.IsEmpty)
            {
                continue;
            }

            if (!_caches[i].TryAllocate(GfpFlags.Kernel, out var made))
            {
                FreeObjects(own, shared, i);
                return false;
            }

            if (_objects[i].IsTasks)
            {
                own[owned++] = made;
            }
            else
            {
                shared[common++] = made;
            }
        }

        return true;
    }

    /// <summary>Frees the objects of the first so many caches.</summary>
    private void FreeObjects(ReadOnlySpan<SlabObject> own, ReadOnlySpan<SlabObject> shared, int caches)
    {
        var (owned, common) = (0, 0);
        for (var i = 0; i < caches; i++)
        {
            if (_objects[i].IsTasks)
            {
                _caches[i].Free(own[owned++]);
            }
            else if (!shared.IsEmpty)
            {
                _caches[i].Free(shared[common++]);
            }
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
