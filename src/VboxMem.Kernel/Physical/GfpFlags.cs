using System.Diagnostics.CodeAnalysis;

namespace VboxMem.Kernel.Physical;

/// <summary>What a request for pages asks for and allows, with Linux's values (facts: physical memory, 2.4).</summary>
[Flags]
[SuppressMessage("Naming", "CA1707", Justification = "Kernel names.")]
public enum GfpFlags : uint
{
    None = 0,
    Dma = 0x1,
    HighMem = 0x2,
    Dma32 = 0x4,
    Movable = 0x8,
    Reclaimable = 0x10,
    High = 0x20,
    Io = 0x40,
    Fs = 0x80,
    Zero = 0x100,
    DirectReclaim = 0x400,
    KswapdReclaim = 0x800,
    Write = 0x1000,
    NoWarn = 0x2000,
    RetryMayFail = 0x4000,
    NoFail = 0x8000,
    NoRetry = 0x10000,
    MemAlloc = 0x20000,
    Compound = 0x40000,
    NoMemAlloc = 0x80000,
    HardWall = 0x100000,
    ThisNode = 0x200000,
    Account = 0x400000,

    Reclaim = DirectReclaim | KswapdReclaim,
    Kernel = Reclaim | Io | Fs,
    KernelAccount = Kernel | Account,
    NoFs = Reclaim | Io,
    NoIo = Reclaim,
    Atomic = High | KswapdReclaim,
    NoWait = KswapdReclaim | NoWarn,
    User = Kernel | HardWall,
    HighUser = User | HighMem,
    HighUserMovable = HighUser | Movable,
    TransHugeLight = (HighUserMovable | Compound | NoMemAlloc | NoWarn) & ~Reclaim,
    TransHuge = TransHugeLight | DirectReclaim,
}

public static class Gfp
{
    /// <summary>The highest zone the request may use (gfp_zone).</summary>
    public static ZoneType HighestZone(this GfpFlags gfp)
    {
        if ((gfp & GfpFlags.Dma) != 0)
        {
            return ZoneType.Dma;
        }

        if ((gfp & GfpFlags.Dma32) != 0)
        {
            return ZoneType.Dma32;
        }

        const GfpFlags movableUser = GfpFlags.Movable | GfpFlags.HighMem;
        return (gfp & movableUser) == movableUser ? ZoneType.Movable : ZoneType.Normal;
    }

    /// <summary>The migrate type of the pages (gfp_migratetype).</summary>
    public static MigrateType MigrateType(this GfpFlags gfp) =>
        (MigrateType)((uint)(gfp & (GfpFlags.Movable | GfpFlags.Reclaimable)) >> 3);
}

/// <summary>Which of a zone's marks a request is held against; the value is the index among a zone's marks.</summary>
public enum WatermarkLevel
{
    Min,
    Low,
    High,
    Promo,
}

/// <summary>How deep a request may go into a zone's reserves (Linux's ALLOC_* flags).</summary>
[Flags]
public enum ReserveFlags
{
    None = 0,

    /// <summary>__GFP_HIGH, or a realtime task: half of min.</summary>
    MinReserve = 1,

    /// <summary>Cannot wait: with MinReserve another quarter of what is left.</summary>
    NonBlock = 2,

    /// <summary>An OOM victim: half of min.</summary>
    Oom = 4,

    /// <summary>May use HighAtomic pageblocks, and reserves one when it succeeds.</summary>
    HighAtomic = 8,

    /// <summary>Memory is needed to free memory: no check at all.</summary>
    NoWatermarks = 16,

    /// <summary>Any of these counts free HighAtomic pages as usable (ALLOC_RESERVES).</summary>
    AnyReserve = MinReserve | NonBlock | Oom | HighAtomic,
}

/// <summary>The requester's standing, where gfp flags alone do not tell it.</summary>
[Flags]
public enum RequesterFlags
{
    None = 0,
    OomVictim = 1,

    /// <summary>PF_MEMALLOC: kswapd and direct reclaimers.</summary>
    MemAlloc = 2,

    /// <summary>A realtime or deadline task in task context.</summary>
    Realtime = 4,
}

public static class Reserves
{
    /// <summary>The reserves a request may draw on in the slow path (gfp_to_alloc_flags; facts: physical memory, 2.4).</summary>
    public static ReserveFlags For(GfpFlags gfp, int order, RequesterFlags requester)
    {
        var flags = ReserveFlags.None;
        var blocking = (gfp & GfpFlags.DirectReclaim) != 0;
        if ((gfp & GfpFlags.High) != 0)
        {
            flags |= ReserveFlags.MinReserve;
        }

        if (!blocking)
        {
            // A request that cannot wait is short on time, but only one without NOMEMALLOC is also important.
            if ((gfp & GfpFlags.NoMemAlloc) == 0)
            {
                flags |= ReserveFlags.NonBlock;
                if (order > 0 && (flags & ReserveFlags.MinReserve) != 0)
                {
                    flags |= ReserveFlags.HighAtomic;
                }
            }
        }
        else if ((requester & RequesterFlags.Realtime) != 0)
        {
            flags |= ReserveFlags.MinReserve;
        }

        if ((gfp & GfpFlags.NoMemAlloc) == 0)
        {
            if ((gfp & GfpFlags.MemAlloc) != 0 || (requester & RequesterFlags.MemAlloc) != 0)
            {
                flags |= ReserveFlags.NoWatermarks;
            }
            else if ((requester & RequesterFlags.OomVictim) != 0)
            {
                flags |= ReserveFlags.Oom;
            }
        }

        return flags;
    }
}
