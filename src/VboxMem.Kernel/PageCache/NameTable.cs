// All names: those in memory (dentries) and those that only the disks know, hashed by directory and text.
//
// Models   Linux 6.12 fs/dcache.c: d_hash, d_alloc, dput (retain_dentry), d_lru_add (facts: reclaim, 8).
// Departs  names longer than 39 characters take no kmalloc of their own.

namespace VboxMem.Kernel.PageCache;

internal sealed class NameTable
{
    private const int ChunkBits = 8;
    private const int ChunkMask = (1 << ChunkBits) - 1;

    private readonly List<FileName[]> _chunks = [new FileName[1 << ChunkBits]];
    private readonly List<int> _free = [];
    private int[] _buckets = new int[1024];
    private int _hashed;

    public NameTable() => Unused = new UnusedLists();

    private NameTable(NameTable other)
    {
        _chunks.Clear();
        foreach (var chunk in other._chunks)
        {
            _chunks.Add((FileName[])chunk.Clone());
        }

        _free.AddRange(other._free);
        _buckets = (int[])other._buckets.Clone();
        _hashed = other._hashed;
        End = other.End;
        Unused = other.Unused.Clone();
        CachedCount = other.CachedCount;
        NegativeCount = other.NegativeCount;
    }

    /// <summary>Dentries that were not in use when last looked at, by mount and memory node.</summary>
    public UnusedLists Unused { get; }

    public int End { get; private set; } = 1;

    /// <summary>Dentries, and those among them that say a name does not exist.</summary>
    public ulong CachedCount { get; set; }

    public ulong NegativeCount { get; set; }

    public ref FileName this[int name] => ref _chunks[name >> ChunkBits][name & ChunkMask];

    public NameTable Clone() => new(this);

    public static uint HashOf(int parent, ReadOnlySpan<char> text)
    {
        var hash = 0x811C_9DC5 ^ ((uint)parent * 0x9E37_79B1);
        foreach (var letter in text)
        {
            hash = (hash ^ letter) * 0x0100_0193;
        }

        return hash ^ (hash >> 15);
    }

    /// <summary>The name of a text in a directory; 0: neither in memory nor on the disk.</summary>
    public int Find(int parent, ReadOnlySpan<char> text)
    {
        var hash = HashOf(parent, text);
        for (var name = _buckets[hash & (uint)(_buckets.Length - 1)]; name != 0; name = this[name].NextInBucket)
        {
            ref var candidate = ref this[name];
            if (candidate.Hash == hash && candidate.Parent == parent && text.SequenceEqual(candidate.Text))
            {
                return name;
            }
        }

        return 0;
    }

    /// <summary>A new name, in no bucket.</summary>
    public int Make(int parent, string text, int mount)
    {
        int name;
        if (_free.Count > 0)
        {
            name = _free[^1];
            _free.RemoveAt(_free.Count - 1);
        }
        else
        {
            name = End++;
            if (name >> ChunkBits == _chunks.Count)
            {
                _chunks.Add(new FileName[1 << ChunkBits]);
            }
        }

        this[name] = new FileName { Text = text, Parent = parent, Mount = mount, Hash = HashOf(parent, text) };
        return name;
    }

    public void AddToHash(int name)
    {
        if (++_hashed > _buckets.Length)
        {
            Grow();
        }

        Link(name);
        this[name].IsHashed = true;
    }

    public void RemoveFromHash(int name)
    {
        ref var link = ref _buckets[this[name].Hash & (uint)(_buckets.Length - 1)];
        while (link != name)
        {
            Invariant.Holds(link != 0);
            link = ref this[link].NextInBucket;
        }

        link = this[name].NextInBucket;
        this[name].NextInBucket = 0;
        this[name].IsHashed = false;
        _hashed--;
    }

    public void Free(int name)
    {
        Invariant.Holds(!this[name].IsHashed && !this[name].IsCached && !Unused.Holds(name));
        this[name] = default;
        _free.Add(name);
    }

    public void HashInto(StateHash hash)
    {
        hash.Add((long)End);
        for (var name = 1; name < End; name++)
        {
            this[name].HashInto(hash);
        }

        foreach (var name in _free)
        {
            hash.Add((long)name);
        }

        Unused.HashInto(hash);
    }

    private void Link(int name)
    {
        ref var bucket = ref _buckets[this[name].Hash & (uint)(_buckets.Length - 1)];
        this[name].NextInBucket = bucket;
        bucket = name;
    }

    private void Grow()
    {
        _buckets = new int[_buckets.Length * 2];
        for (var name = 1; name < End; name++)
        {
            if (this[name].IsHashed)
            {
                Link(name);
            }
        }
    }
}
