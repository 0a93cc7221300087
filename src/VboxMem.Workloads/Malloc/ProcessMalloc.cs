// malloc of a process with threads: which arena a thread uses, and whose turn it is with each.
//
//   thread's first call --> an arena that ended threads left --> a new one, while there are fewer than 8 a CPU --> the next of all, in turn
//   a call --lock free--> the arena's work, which may take requests to the kernel --> unlocked, a waiter woken
//          --lock taken--> sleeps for the lock's word (futex)
//
// Invariants
//   A1  A locked arena is in the middle of one thread's call.
//   A2  Arenas in the free list have no thread attached.
//
// Models   glibc 2.36 to 2.41 malloc/arena.c: arena_get2, get_free_list, reused_arena, __malloc_arena_thread_freeres (facts: virtual
//          memory, 2).
// Departs  a mapping of one's own is made under the arena's lock, as it is where the lock is taken for the search before it.

using VboxMem.Kernel;

namespace VboxMem.Workloads.Malloc;

internal sealed class ProcessMalloc
{
    /// <summary>The arena that uses brk.</summary>
    public const int Main = 0;

    private const int ArenasPerCpu = 8;

    private readonly List<Slot> _arenas;
    private readonly List<int> _freeList = [];
    private readonly MappedChunks _mapped;
    private readonly GlibcHeap _main;

    /// <summary>Arenas in the order of their list: the main one, then the newest first.</summary>
    private readonly List<int> _order = [Main];
    private int _nextToUse;

    public ProcessMalloc()
    {
        _mapped = new MappedChunks();
        _main = new GlibcHeap(_mapped);
        _arenas = [new Slot { Arena = _main, Attached = 1 }];
    }

    private ProcessMalloc(ProcessMalloc other)
    {
        _arenas = [];
        _mapped = other._mapped.Clone();
        _main = other._main.Clone(_mapped);
        foreach (var slot in other._arenas)
        {
            IArena arena = slot.Arena is ThreadArena thread ? thread.Clone(_mapped) : _main;
            _arenas.Add(new Slot { Arena = arena, Attached = slot.Attached, IsLocked = slot.IsLocked, Waiters = slot.Waiters });
        }

        _freeList.AddRange(other._freeList);
        _order = [.. other._order];
        _nextToUse = other._nextToUse;
        Cpus = other.Cpus;
    }

    /// <summary>CPUs of the box, once asked for; 0: not yet.</summary>
    public int Cpus { get; set; }

    /// <summary>Arenas, the main one included.</summary>
    public int Count => _arenas.Count;

    /// <summary>A thread that makes its first call gets its arena (arena_get2). Cpus must be known.</summary>
    public int Attach()
    {
        Invariant.Holds(Cpus > 0);
        int arena;
        if (_freeList.Count > 0)
        {
            arena = _freeList[^1];
            _freeList.RemoveAt(_freeList.Count - 1);
        }
        else if (_arenas.Count < ArenasPerCpu * Cpus)
        {
            arena = _arenas.Count;
            _arenas.Add(new Slot { Arena = new ThreadArena(_mapped) });
            _order.Insert(1, arena);
        }
        else
        {
            arena = Reuse();
        }

        _arenas[arena].Attached++;
        return arena;
    }

    /// <summary>A thread ends: its arena is for the next one when no other thread uses it.</summary>
    public void Detach(int arena)
    {
        if (--_arenas[arena].Attached == 0)
        {
            _freeList.Add(arena);
        }
    }

    public IArena this[int arena] => _arenas[arena].Arena;

    public bool IsLocked(int arena) => _arenas[arena].IsLocked;

    /// <summary>Takes the lock, or counts the caller among those who wait for it.</summary>
    public bool TryLock(int arena, bool isWaiting)
    {
        var slot = _arenas[arena];
        slot.Waiters -= isWaiting ? 1 : 0;
        if (slot.IsLocked)
        {
            slot.Waiters++;
            return false;
        }

        slot.IsLocked = true;
        return true;
    }

    /// <returns>True: someone waits, and is to be woken.</returns>
    public bool Unlock(int arena)
    {
        Invariant.Holds(_arenas[arena].IsLocked);
        _arenas[arena].IsLocked = false;
        return _arenas[arena].Waiters > 0;
    }

    /// <summary>The arena that an address is of; the caller's own for a mapping of its own.</summary>
    public int ArenaOf(ulong address, int own)
    {
        for (var arena = 1; arena < _arenas.Count; arena++)
        {
            if (((ThreadArena)_arenas[arena].Arena).Holds(address))
            {
                return arena;
            }
        }

        return _main.Holds(address) ? Main : own;
    }

    public ProcessMalloc Clone() => new(this);

    public void HashInto(StateHash hash)
    {
        _mapped.HashInto(hash);
        _main.HashOwnInto(hash);
        foreach (var slot in _arenas)
        {
            (slot.Arena as ThreadArena)?.HashInto(hash);
            hash.Add(((long)slot.Attached << 32) | (uint)(slot.Waiters << 1) | (slot.IsLocked ? 1u : 0));
        }

        foreach (var arena in _freeList)
        {
            hash.Add((long)arena);
        }

        hash.Add(((long)_nextToUse << 32) | (uint)Cpus);
    }

    /// <summary>The next arena in the list that is not locked, or the next one all the same (reused_arena).</summary>
    private int Reuse()
    {
        var at = _nextToUse;
        for (var tries = 0; tries < _order.Count && _arenas[_order[at]].IsLocked; tries++)
        {
            at = (at + 1) % _order.Count;
        }

        _nextToUse = (at + 1) % _order.Count;
        return _order[at];
    }

    private sealed class Slot
    {
        public required IArena Arena { get; init; }

        public int Attached { get; set; }

        public int Waiters { get; set; }

        public bool IsLocked { get; set; }
    }
}
