namespace VboxMem.Kernel.Physical;

/// <summary>Ends and length of a list of blocks whose links are in the descriptors (or, for 4 MiB blocks, the side tables).</summary>
public struct PageList
{
    public Pfn Head;
    public Pfn Tail;

    /// <summary>Entries (blocks, not pages).</summary>
    public uint Count;

    public readonly bool IsEmpty => Head == Pfn.None;
}
