namespace VboxMem.Kernel.Virtual;

/// <summary>When anonymous memory gets huge pages: transparent_hugepage/enabled.</summary>
public enum HugePageMode
{
    Always,
    Madvise,
    Never,
}

/// <summary>
/// The switches of transparent huge pages (facts: physical memory, 6.1). Below 512 MiB of RAM the kernel turns them off.
/// </summary>
public sealed class TransparentHugePages
{
    private const ulong SmallestMachinePages = (512UL << 20) / Physical.PageGeometry.PageBytes;

    public TransparentHugePages(ulong managedPagesAtBoot)
    {
        IsSmallMachine = managedPagesAtBoot < SmallestMachinePages;
        Mode = IsSmallMachine ? HugePageMode.Never : HugePageMode.Always;
    }

    private TransparentHugePages(TransparentHugePages other)
    {
        IsSmallMachine = other.IsSmallMachine;
        Mode = other.Mode;
    }

    /// <summary>Booted with too little RAM: all switches started at off.</summary>
    public bool IsSmallMachine { get; }

    public HugePageMode Mode { get; set; }

    public TransparentHugePages Clone() => new(this);

    public void HashInto(StateHash hash) => hash.Add((ulong)Mode);
}
