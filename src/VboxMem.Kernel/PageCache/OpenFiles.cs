// Open files by number: what a process's descriptors lead to. Descriptors that were copied by fork share one.
//
// Models   Linux 6.12 struct file; fs/file_table.c (facts: reclaim, 7.6).

using System.Runtime.InteropServices;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Slab;

namespace VboxMem.Kernel.PageCache;

/// <summary>How a file is opened (A of the request).</summary>
[Flags]
public enum OpenFlags : ulong
{
    Read = 0,

    /// <summary>For writing too: ext4 gives the inode what its journal needs.</summary>
    Write = 1,
    Create = 2,
    Truncate = 4,
    Append = 8,
}

/// <summary>What is said of a file's use (posix_fadvise), by Linux's numbers.</summary>
public enum FileAdvice : ulong
{
    Normal = 0,
    Random = 1,
    Sequential = 2,
    WillNeed = 3,
    DontNeed = 4,
    NoReuse = 5,
}

/// <summary>An open file.</summary>
internal struct OpenFile
{
    /// <summary>The file; 0 for a socket.</summary>
    public int Inode;

    /// <summary>The socket; 0 for a file.</summary>
    public int Socket;

    /// <summary>Descriptors that lead here; 0: not in use.</summary>
    public int References;
    public OpenFlags Flags;
    public ReadaheadAdvice Advice;

    /// <summary>Reading does not promote pages (POSIX_FADV_NOREUSE).</summary>
    public bool IsNoReuse;
    public ulong Position;
    public ReadaheadState Readahead;

    /// <summary>The part of a window that was not read yet because memory had run out.</summary>
    public ReadaheadWindow Pending;
    public Pfn Object;

    public readonly void HashInto(StateHash hash)
    {
        hash.Add(((ulong)(uint)Inode << 32) | (uint)References);
        hash.Add((long)Socket);
        hash.Add(((ulong)Flags << 8) | ((ulong)Advice << 1) | (IsNoReuse ? 1UL : 0));
        hash.Add(Position);
        Readahead.HashInto(hash);
        hash.Add(Pending.Start ^ ((ulong)Pending.Pages << 40) ^ ((ulong)Pending.AsyncPages << 52));
        hash.Add((ulong)Object.Index);
    }
}

internal sealed class OpenFiles
{
    private readonly List<OpenFile> _files = [default];
    private readonly List<int> _free = [];

    public OpenFiles()
    {
    }

    private OpenFiles(OpenFiles other)
    {
        _files = [.. other._files];
        _free.AddRange(other._free);
        Count = other.Count;
    }

    /// <summary>Open files of the machine (file-nr).</summary>
    public ulong Count { get; private set; }

    public int End => _files.Count;

    public ref OpenFile this[int file] => ref CollectionsMarshal.AsSpan(_files)[file];

    public OpenFiles Clone() => new(this);

    public int Make(in OpenFile opened)
    {
        Count++;
        if (_free.Count == 0)
        {
            _files.Add(opened);
            return _files.Count - 1;
        }

        var file = _free[^1];
        _free.RemoveAt(_free.Count - 1);
        this[file] = opened;
        return file;
    }

    /// <summary>Frees an open file, its slab object included.</summary>
    public void Free(int file, SlabCache cache)
    {
        cache.Free(new SlabObject(this[file].Object));
        this[file] = default;
        _free.Add(file);
        Count--;
    }

    public void HashInto(StateHash hash)
    {
        foreach (ref readonly var file in CollectionsMarshal.AsSpan(_files))
        {
            file.HashInto(hash);
        }

        foreach (var file in _free)
        {
            hash.Add((long)file);
        }
    }
}
