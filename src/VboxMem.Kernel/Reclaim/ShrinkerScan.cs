// How many objects one call of a shrinker looks at: the same share of its objects that reclaim takes of the page lists, in batches;
// what is too little for a batch is owed to the next call.
//
// With 100000 dentries at priority 12 a call comes to 48 objects: nothing is scanned until the debt has grown to a batch.
//
// Invariants
//   H1  What is carried over lies in 0 .. 2 x freeable.
//   H2  One call looks at no more than 2 x freeable objects.
//
// Units    objects.
// Models   Linux 6.12 do_shrink_slab, vfs_pressure_ratio (facts: reclaim, 8).

namespace VboxMem.Kernel.Reclaim;

/// <summary>One call of one shrinker, from its share to its debt.</summary>
/// <remarks>
/// Use: <c>Begin</c>; while <c>TryNextBatch</c>, scan that many objects; <c>End</c> gives the debt to keep for the next call.
/// </remarks>
public struct ShrinkerScan
{
    /// <summary>Batch of a shrinker that names none.</summary>
    public const ulong DefaultBatch = 128;

    /// <summary>Batch of the dentry and inode caches.</summary>
    public const ulong SuperBlockBatch = 1024;

    /// <summary>Seeks to make an object again, unless the shrinker says otherwise.</summary>
    public const int DefaultSeeks = 2;

    private readonly ulong _freeable;
    private readonly ulong _batch;
    private readonly ulong _due;
    private ulong _left;

    private ShrinkerScan(ulong freeable, ulong batch, ulong due, ulong left)
    {
        _freeable = freeable;
        _batch = batch;
        _due = due;
        _left = left;
    }

    /// <summary>Objects looked at so far; what slabs_scanned grows by.</summary>
    public ulong ScannedObjects { get; private set; }

    /// <summary>Works out what is due.</summary>
    /// <param name="freeable">Objects the shrinker could free; with 0 nothing happens and the debt stays.</param>
    /// <param name="priority">12 down to 0.</param>
    /// <param name="seeks">Cost of making an object again; 0 for objects that cost none, half of which are due at any priority.</param>
    /// <param name="deferred">What the previous <see cref="End"/> returned.</param>
    /// <param name="batch">Objects scanned at a time.</param>
    public static ShrinkerScan Begin(ulong freeable, int priority, int seeks, ulong deferred, ulong batch)
    {
        if (freeable == 0)
        {
            return new ShrinkerScan(0, batch, deferred, 0);
        }

        var delta = seeks != 0 ? (freeable >> priority) * 4 / (ulong)seeks : freeable / 2;
        var total = Math.Min((deferred >> priority) + delta, 2 * freeable);
        return new ShrinkerScan(freeable, batch, deferred + delta, total);
    }

    /// <summary>A super block's objects, as its shrinker counts them under vm.vfs_cache_pressure.</summary>
    /// <param name="count">Unused dentries, unused inodes and the file system's own objects.</param>
    /// <param name="pressure">Percent; 0 keeps everything, 200 counts double.</param>
    public static ulong ScaledFreeable(ulong count, uint pressure) => (count / 100 * pressure) + (count % 100 * pressure / 100);

    /// <summary>The next objects to look at; they count as looked at.</summary>
    /// <returns>False when nothing more is due now.</returns>
    public bool TryNextBatch(out ulong objects)
    {
        objects = 0;
        if (_freeable == 0 || (_left < _batch && _left < _freeable))
        {
            return false;
        }

        objects = Math.Min(_batch, _left);
        _left -= objects;
        ScannedObjects += objects;
        return true;
    }

    /// <summary>The shrinker could not work (SHRINK_STOP): its last batch does not count, and no more follow.</summary>
    /// <param name="objects">The last batch.</param>
    public void Stop(ulong objects)
    {
        ScannedObjects -= objects;
        _left = 0;
    }

    /// <summary>What is carried over to the next call.</summary>
    public readonly ulong End() =>
        _freeable == 0 ? _due : Math.Min(_due - Math.Min(_due, ScannedObjects), 2 * _freeable);

    public readonly void HashInto(StateHash hash)
    {
        hash.Add(_freeable);
        hash.Add(_batch);
        hash.Add(_due);
        hash.Add(_left);
        hash.Add(ScannedObjects);
    }
}
