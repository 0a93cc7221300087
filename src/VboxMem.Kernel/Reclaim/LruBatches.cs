// Small per-CPU stocks of folios in front of the LRU lists: what is to be done with them is done for 31 at once.
//
// Invariants
//   B1  A folio in a batch has one reference for each slot it is in.
//   B2  A batch is never full: the 31st folio applies it.
//
// Models   Linux 6.12 struct cpu_fbatches, mlock_fbatch (facts: reclaim, 1.2).

using VboxMem.Kernel.Physical;

namespace VboxMem.Kernel.Reclaim;

/// <summary>What is to be done with the folios of a batch. A drain applies them in this order.</summary>
public enum LruBatchKind
{
    Add,
    MoveTail,
    DeactivateFile,
    Deactivate,
    LazyFree,
    Activate,

    /// <summary>Locked or unlocked; each folio's own mark says which (<see cref="LockMark"/>).</summary>
    Lock,
}

/// <summary>What a folio waits for in the batch of locks.</summary>
public enum LockMark : byte
{
    Unlock,
    Lock,

    /// <summary>A new folio, not on any list yet.</summary>
    LockNew,
}

/// <summary>The batches of all CPUs. Folios only: what applying them means is LruCache's.</summary>
public sealed class LruBatches
{
    public const int Capacity = 31;
    public const int Kinds = 7;

    private readonly Pfn[] _folios;
    private readonly byte[] _counts;

    /// <summary>Marks of the folios in each CPU's batch of locks.</summary>
    private readonly LockMark[] _marks;

    public LruBatches(int cpus)
    {
        _folios = new Pfn[cpus * Kinds * Capacity];
        _counts = new byte[cpus * Kinds];
        _marks = new LockMark[cpus * Capacity];
    }

    private LruBatches(LruBatches other)
    {
        _folios = (Pfn[])other._folios.Clone();
        _counts = (byte[])other._counts.Clone();
        _marks = (LockMark[])other._marks.Clone();
    }

    public int Cpus => _counts.Length / Kinds;

    public LruBatches Clone() => new(this);

    public int CountOf(int cpu, LruBatchKind kind) => _counts[(cpu * Kinds) + (int)kind];

    public ReadOnlySpan<Pfn> FoliosOf(int cpu, LruBatchKind kind)
    {
        var batch = (cpu * Kinds) + (int)kind;
        return _folios.AsSpan(batch * Capacity, _counts[batch]);
    }

    public LockMark MarkOf(int cpu, int slot) => _marks[(cpu * Capacity) + slot];

    /// <summary>Puts a folio into a batch.</summary>
    /// <returns>True when the batch is full now and must be applied.</returns>
    public bool Put(int cpu, LruBatchKind kind, Pfn folio, LockMark mark = LockMark.Unlock)
    {
        var batch = (cpu * Kinds) + (int)kind;
        int slot = _counts[batch]++;
        _folios[(batch * Capacity) + slot] = folio;
        if (kind == LruBatchKind.Lock)
        {
            _marks[(cpu * Capacity) + slot] = mark;
        }

        return slot + 1 == Capacity;
    }

    public void Clear(int cpu, LruBatchKind kind) => _counts[(cpu * Kinds) + (int)kind] = 0;

    public void HashInto(StateHash hash)
    {
        hash.Add<byte>(_counts);
        for (var batch = 0; batch < _counts.Length; batch++)
        {
            hash.Add<Pfn>(_folios.AsSpan(batch * Capacity, _counts[batch]));
            if (batch % Kinds == (int)LruBatchKind.Lock)
            {
                hash.Add<LockMark>(_marks.AsSpan(batch / Kinds * Capacity, _counts[batch]));
            }
        }
    }
}
