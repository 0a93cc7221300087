// All address spaces of the box by id, what they promise, and how one is made and taken down.
//
// Invariants
//   D1  An id is its descriptor's place in the table; a new descriptor gets the lowest free one, 1 the first.
//   D2  CommittedPages is the sum of the pages of accounted areas, of pages that shared memory objects charge, and of nothing else.
//   D3  Each descriptor has one mm_struct object, and each area one vm_area_struct object.
//
// Units    pages.
// Models   Linux 6.12 kernel/fork.c: mm_init, mmput; mm/util.c: __vm_enough_memory (facts: virtual memory, 3.4, 4).

using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Log;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Slab;

namespace VboxMem.Kernel.Virtual;

/// <summary>All memory descriptors by id, with the page tables behind them: making, copying and taking down address spaces.</summary>
public sealed class MemoryDescriptors : IDisposable
{
    private static readonly int _cache = SlabCacheTable.IndexOf("mm_struct");

    private readonly Machine _machine;
    private readonly List<MemoryDescriptor?> _table;
    private readonly TearDown _tearDown;
    private readonly ForkCopy _forkCopy;
    private int _lowestFree = 1;

    internal MemoryDescriptors(Machine machine)
        : this(machine, new PageTables(machine.Allocator, machine.Configuration.PageTableLevels))
    {
        _table.Add(null);
    }

    private MemoryDescriptors(Machine machine, PageTables tables)
    {
        _machine = machine;
        _table = [];
        Tables = tables;
        Areas = new Areas(machine);
        _tearDown = new TearDown(machine);
        _forkCopy = new ForkCopy(machine);
    }

    public PageTables Tables { get; }

    internal Areas Areas { get; }

    /// <summary>The descriptor of an id that exists.</summary>
    public MemoryDescriptor this[int id] => _table[id] ?? throw new InvariantBrokenException($"no memory descriptor {id}");

    /// <summary>All descriptors, by id.</summary>
    public IEnumerable<MemoryDescriptor> All
    {
        get
        {
            foreach (var mm in _table)
            {
                if (mm is not null)
                {
                    yield return mm;
                }
            }
        }
    }

    /// <summary>Ids are below this.</summary>
    public int IdEnd => _table.Count;

    /// <summary>Pages promised in all address spaces and tmpfs files (Committed_AS).</summary>
    public long CommittedPages { get; private set; }

    public bool TryGet(int id, [System.Diagnostics.CodeAnalysis.MaybeNullWhen(false)] out MemoryDescriptor mm)
    {
        mm = (uint)id < (uint)_table.Count ? _table[id] : null;
        return mm is not null;
    }

    internal MemoryDescriptors Clone(Machine machine)
    {
        var copy = new MemoryDescriptors(machine, Tables.Clone(machine.Allocator))
        {
            CommittedPages = CommittedPages,
            _lowestFree = _lowestFree,
        };
        foreach (var mm in _table)
        {
            copy._table.Add(mm?.Clone());
        }

        return copy;
    }

    internal void HashInto(StateHash hash)
    {
        Tables.HashInto(hash);
        hash.Add(CommittedPages);
        hash.Add((long)_table.Count);
        foreach (var mm in _table)
        {
            mm?.HashInto(hash);
        }
    }

    public void Dispose() => Tables.Dispose();

    /// <summary>__vm_enough_memory: promises pages, or refuses (and logs). May be called with 0. Without a task the kernel itself asks.</summary>
    internal bool TryCommit(Process? task, long pages)
    {
        CommittedPages += pages;
        if (Overcommit.IsAllowed((OvercommitMode)_machine.Tunables.OvercommitMemory, pages, CommittedPages, Facts(task)))
        {
            return true;
        }

        MemoryMessages.PrintNotEnoughMemory(
            _machine.Log,
            new LogClock((long)_machine.Cpus.Now.Nanoseconds),
            ref _machine.LogLimits.NotEnoughMemory,
            task?.Pid ?? 0,
            task?.Name ?? "swapper",
            (ulong)pages << UserSpace.PageShift);
        CommittedPages -= pages;
        return false;
    }

    /// <summary>Promises pages without asking: they were promised before, and are now promised twice for a while.</summary>
    internal void Commit(long pages) => CommittedPages += pages;

    internal void Uncommit(long pages)
    {
        CommittedPages -= pages;
        Invariant.Holds(CommittedPages >= 0);
    }

    /// <summary>An empty address space for exec. False: no memory.</summary>
    internal bool TryCreate(int ownerPid, out MemoryDescriptor mm)
    {
        mm = null!;
        if (!_machine.Slabs.Caches[_cache].TryAllocate(GfpFlags.Kernel, out var descriptor))
        {
            return false;
        }

        var id = _lowestFree;
        if (!Tables.TryMakeTop(id, out var top))
        {
            _machine.Slabs.Caches[_cache].Free(descriptor);
            return false;
        }

        mm = new MemoryDescriptor(id, top)
        {
            EndPage = Tables.HasFiveLevels ? UserSpace.PageOf(UserSpace.FiveLevelEnd) : UserSpace.WindowEndPage,
            OwnerPid = ownerPid,
            Descriptor = descriptor,
            MmapBase = UserSpace.MmapBase,
        };
        Put(mm);
        return true;
    }

    /// <summary>Removes a descriptor that has neither areas nor page tables any more.</summary>
    internal void Free(MemoryDescriptor mm)
    {
        Invariant.Holds(mm.Areas.Count == 0);
        Invariant.Holds(mm.PageTableBytes == 0);
        Tables.FreeTop(mm.TopTable);
        _machine.Slabs.Caches[_cache].Free(mm.Descriptor);
        _table[mm.Id] = null;
        _lowestFree = Math.Min(_lowestFree, mm.Id);
    }

    /// <summary>A task leaves its memory (mmput): the last one that has it takes it down, in steps. Done: it has none any more (MemoryId 0).</summary>
    internal StepResult StepLeave(Process task)
    {
        var mm = this[task.MemoryId];
        if (mm.Users > 1)
        {
            mm.Users--;
        }
        else if (!_tearDown.Step(mm, ref task.Progress.Position))
        {
            return StepResult.Continue;
        }

        task.MemoryId = 0;
        return StepResult.Done;
    }

    /// <summary>exit_mmap of a descriptor that is no task's any more, in steps. True: it is gone.</summary>
    internal bool StepTearDown(MemoryDescriptor mm, ref ulong position) => _tearDown.Step(mm, ref position);

    /// <summary>Takes down what a half-made fork has copied, at once.</summary>
    internal void TearDownAtOnce(Process child)
    {
        if (child.MemoryId != 0)
        {
            TearDownAtOnce(this[child.MemoryId]);
            child.MemoryId = 0;
        }
    }

    internal void TearDownAtOnce(MemoryDescriptor mm)
    {
        var position = 0UL;
        while (!_tearDown.Step(mm, ref position))
        {
        }
    }

    /// <summary>dup_mmap in steps; progress in parent.Progress.Position and Done. Done with an error: nothing of the child's memory is left.</summary>
    internal StepResult StepCopy(Process parent, Process child, out SystemCallError error)
    {
        error = SystemCallError.None;
        var mm = this[parent.MemoryId];
        if (!MmapLock.TryEnter(_machine, parent, mm))
        {
            return StepResult.Wait;
        }

        var result = _forkCopy.Step(parent, child, out error);
        if (result == StepResult.Done && !parent.Allocation.IsPending)
        {
            MmapLock.Release(_machine, parent);
        }
        else
        {
            MmapLock.Keep(mm, parent, 0, ulong.MaxValue);
        }

        return result;
    }

    /// <summary>
    /// The OOM reaper's work on a dying descriptor: zaps its private and anonymous areas in steps (oom_reap_task_mm). Where it is
    /// lies in the progress's Position.
    /// </summary>
    internal StepResult StepReap(MemoryDescriptor mm, ref RequestProgress progress) =>
        _tearDown.StepReap(mm, ref progress.Position) ? StepResult.Done : StepResult.Continue;

    private OvercommitFacts Facts(Process? task)
    {
        var memory = MemoryInfo.Of(_machine);
        return new OvercommitFacts(
            TotalPages: memory.TotalPages,
            SwapPages: _machine.Swap.TotalPages,
            CommitLimitPages: memory.CommitLimitPages,
            IsPrivileged: (task?.Uid ?? 0) == 0,
            TotalVirtualPages: TryGet(task?.MemoryId ?? 0, out var mm) ? (long)mm.TotalPages : 0,
            AdminReserveKilobytes: (long)_machine.Tunables.AdminReserveKilobytes,
            UserReserveKilobytes: (long)_machine.Tunables.UserReserveKilobytes);
    }

    private void Put(MemoryDescriptor mm)
    {
        if (mm.Id == _table.Count)
        {
            _table.Add(mm);
        }
        else
        {
            _table[mm.Id] = mm;
        }

        while (_lowestFree < _table.Count && _table[_lowestFree] is not null)
        {
            _lowestFree++;
        }
    }
}
