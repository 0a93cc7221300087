// What the kernel tells of each frame to programs that look at memory page by page: how often it is mapped, and what it is.
//
// Every frame of a 128 MiB section that has RAM has a descriptor; boot's own and the holes are reserved. The flags have numbers of their
// own, which do not change with the kernel.
//
// Models   Linux 6.12 fs/proc/page.c: kpagecount_read, stable_page_flags; include/uapi/linux/kernel-page-flags.h (facts: virtual memory and
//          tools, 6.6).
// Departs  PRIVATE (buffer heads), MAPPEDTODISK and what file systems keep in their own flags are not simulated and never set; the page of
//          zeros that all share is part of the kernel image, and reserved like it.

using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Kernel.Accounting;

/// <summary>Numbers of the bits in a frame's flags (KPF_…).</summary>
public enum KernelPageFlag
{
    Locked = 0,
    Referenced = 2,
    UpToDate = 3,
    Dirty = 4,
    Lru = 5,
    Active = 6,
    Slab = 7,
    Writeback = 8,
    Reclaim = 9,
    Buddy = 10,
    Mmap = 11,
    Anonymous = 12,
    SwapCache = 13,
    SwapBacked = 14,
    CompoundHead = 15,
    CompoundTail = 16,
    Huge = 17,
    Unevictable = 18,
    NoPage = 20,
    Thp = 22,
    ZeroPage = 24,
    PageTable = 26,
    Reserved = 32,
    Mlocked = 33,
}

/// <summary>Map count and flags of frames.</summary>
public static class PageExport
{
    private const uint PagesPerSection = 1 << 15;

    /// <summary>Frame flags that are exported as they are.</summary>
    private static readonly (PageFlags Flag, KernelPageFlag Exported)[] _copied =
    [
        (PageFlags.Locked, KernelPageFlag.Locked),
        (PageFlags.Referenced, KernelPageFlag.Referenced),
        (PageFlags.UpToDate, KernelPageFlag.UpToDate),
        (PageFlags.Dirty, KernelPageFlag.Dirty),
        (PageFlags.Lru, KernelPageFlag.Lru),
        (PageFlags.Active, KernelPageFlag.Active),
        (PageFlags.Writeback, KernelPageFlag.Writeback),
        (PageFlags.Reclaim, KernelPageFlag.Reclaim),
        (PageFlags.SwapBacked, KernelPageFlag.SwapBacked),
        (PageFlags.SwapBacked | PageFlags.SwapCache, KernelPageFlag.SwapCache),
        (PageFlags.Unevictable, KernelPageFlag.Unevictable),
        (PageFlags.Mlocked, KernelPageFlag.Mlocked),
    ];

    /// <summary>Frames the files cover: the end of RAM rounded up to a section.</summary>
    public static ulong Count(Machine machine)
    {
        var end = machine.Layout.Memory.Memory[^1].Frames.End.Index;
        return ((ulong)end + PagesPerSection - 1) / PagesPerSection * PagesPerSection;
    }

    /// <summary>Mappings of a frame: page-table entries, and huge ones that map it among others.</summary>
    public static ulong MapCountOf(Machine machine, ulong frame)
    {
        if (!TryFindBlock(machine, frame, out _, out var owner, out _))
        {
            return 0;
        }

        return IsFolio(owner) ? FolioMapping.MapCountOf(machine.Frames, new Pfn((uint)frame)) : 0;
    }

    /// <summary>Flags of a frame, by <see cref="KernelPageFlag"/>.</summary>
    public static ulong FlagsOf(Machine machine, ulong frame)
    {
        if (!HasDescriptor(machine, frame))
        {
            return Bit(KernelPageFlag.NoPage);
        }

        if (!TryFindBlock(machine, frame, out var head, out var owner, out var order))
        {
            return Bit(KernelPageFlag.Reserved);
        }

        var isCompound = order > 0 && (IsFolio(owner) || owner is FrameOwner.Slab or FrameOwner.LargeKmalloc or FrameOwner.HugeTlb);
        var flags = !isCompound ? 0 : Bit(head.Index == frame ? KernelPageFlag.CompoundHead : KernelPageFlag.CompoundTail);
        return flags | owner switch
        {
            FrameOwner.Free => Bit(KernelPageFlag.Buddy),
            FrameOwner.Slab => Bit(KernelPageFlag.Slab),
            FrameOwner.PageTable => Bit(KernelPageFlag.PageTable),
            FrameOwner.HugeTlb => Bit(KernelPageFlag.Huge),
            FrameOwner.Anonymous or FrameOwner.File or FrameOwner.Shmem => FolioFlags(machine, head),
            _ when machine.HugeFolios.ZeroPage.Page is var zero && zero != Pfn.None && zero == head =>
                Bit(KernelPageFlag.ZeroPage) | Bit(KernelPageFlag.Thp) | Bit(head.Index == frame ? KernelPageFlag.CompoundHead : KernelPageFlag.CompoundTail),
            _ => 0,
        };
    }

    private static ulong FolioFlags(Machine machine, Pfn head)
    {
        ref readonly var folio = ref machine.Frames[head];
        var flags = folio.Order > 0 ? Bit(KernelPageFlag.Thp) : 0;
        flags |= FolioMapping.IsMapped(machine.Frames, head) ? Bit(KernelPageFlag.Mmap) : 0;
        flags |= folio.IsAnonymous && folio.OwnerId != 0 ? Bit(KernelPageFlag.Anonymous) : 0;   // none before it is mapped for the first time
        foreach (var (flag, exported) in _copied)
        {
            flags |= folio.Has(flag) ? Bit(exported) : 0;
        }

        return flags;
    }

    private static bool IsFolio(FrameOwner owner) => owner is FrameOwner.Anonymous or FrameOwner.File or FrameOwner.Shmem;

    private static ulong Bit(KernelPageFlag flag) => 1UL << (int)flag;

    private static bool HasDescriptor(Machine machine, ulong frame)
    {
        var section = frame / PagesPerSection;
        foreach (var memory in machine.Layout.Memory.Memory)
        {
            if (section >= memory.Frames.Start.Index / PagesPerSection && section <= (memory.Frames.End.Index - 1) / PagesPerSection)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The block of the page allocator's that a frame is in; false where it never had the frame.</summary>
    private static bool TryFindBlock(Machine machine, ulong frame, out Pfn head, out FrameOwner owner, out int order)
    {
        (head, owner, order) = (Pfn.None, FrameOwner.None, 0);
        if (frame >= machine.Frames.Count || machine.Frames.ZoneOf(new Pfn((uint)frame)) == PageFrames.NoZone)
        {
            return false;
        }

        head = machine.Frames.BlockOf(new Pfn((uint)frame), out owner, out order);
        return owner != FrameOwner.None;
    }
}
