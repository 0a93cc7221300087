using VboxMem.Kernel.Slab;

namespace VboxMem.Kernel.Virtual;

/// <summary>Flags of a mapped area, by the bit that decides their order in VmFlags (facts: virtual memory, 1.5).</summary>
[Flags]
public enum VmaFlags : ulong
{
    None = 0,
    Read = 1UL << 0,
    Write = 1UL << 1,
    Execute = 1UL << 2,
    Shared = 1UL << 3,
    MayRead = 1UL << 4,
    MayWrite = 1UL << 5,
    MayExecute = 1UL << 6,
    MayShare = 1UL << 7,
    GrowsDown = 1UL << 8,
    PfnMap = 1UL << 10,
    Locked = 1UL << 13,
    Io = 1UL << 14,
    SequentialRead = 1UL << 15,
    RandomRead = 1UL << 16,
    DontCopy = 1UL << 17,
    DontExpand = 1UL << 18,
    LockOnFault = 1UL << 19,
    Account = 1UL << 20,
    NoReserve = 1UL << 21,
    HugeTlb = 1UL << 22,
    WipeOnFork = 1UL << 25,
    DontDump = 1UL << 26,
    SoftDirty = 1UL << 27,
    HugePage = 1UL << 29,
    NoHugePage = 1UL << 30,
    Mergeable = 1UL << 31,
}

/// <summary>One mapped area (vm_area_struct): a range of pages with one kind of backing and one set of rights.</summary>
public sealed class Vma
{
    /// <summary>Number of the area within its memory descriptor, never used twice: what reverse maps name it by.</summary>
    public required uint Id { get; init; }

    /// <summary>First page and the page past the last, as virtual page numbers.</summary>
    public required ulong StartPage { get; set; }

    public required ulong EndPage { get; set; }

    public required VmaFlags Flags { get; set; }

    /// <summary>Linear index of the first page: in the file, or for anonymous areas the page number it was made at.</summary>
    public required ulong FirstIndex { get; set; }

    /// <summary>Inode behind it; 0: anonymous. Shared anonymous memory has a shmem inode.</summary>
    public int Inode { get; init; }

    /// <summary>anon_vmas whose pages may be mapped here, its own last; empty until it has anonymous memory.</summary>
    public List<int> AnonVmas { get; init; } = [];

    /// <summary>Swap readahead state of the area (facts: reclaim, 6.3): last faulting page, window and hits, packed.</summary>
    public ulong SwapReadahead { get; set; }

    internal SlabObject Descriptor { get; init; }

    public ulong Pages => EndPage - StartPage;

    public bool Has(VmaFlags flags) => (Flags & flags) == flags;

    /// <summary>Private and writable, so that its pages count against the commit limit.</summary>
    public bool IsAccounted => Has(VmaFlags.Account);

    public bool Contains(ulong page) => page >= StartPage && page < EndPage;

    public ulong IndexOf(ulong page) => FirstIndex + (page - StartPage);

    public Vma Clone() => new()
    {
        Id = Id,
        StartPage = StartPage,
        EndPage = EndPage,
        Flags = Flags,
        FirstIndex = FirstIndex,
        Inode = Inode,
        AnonVmas = [.. AnonVmas],
        SwapReadahead = SwapReadahead,
        Descriptor = Descriptor,
    };

    public void HashInto(StateHash hash)
    {
        hash.Add((ulong)Id);
        hash.Add(StartPage);
        hash.Add(EndPage);
        hash.Add((ulong)Flags);
        hash.Add(FirstIndex);
        hash.Add((long)Inode);
        hash.Add(SwapReadahead);
        hash.Add((ulong)Descriptor.Slab.Index);
        foreach (var anon in AnonVmas)
        {
            hash.Add((long)anon);
        }
    }
}
