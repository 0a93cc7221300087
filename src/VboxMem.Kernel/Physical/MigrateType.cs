namespace VboxMem.Kernel.Physical;

/// <summary>How pages of a pageblock may be moved; each has free lists of its own. The first three live on per-CPU lists.</summary>
public enum MigrateType : byte
{
    Unmovable,
    Movable,
    Reclaimable,
    HighAtomic,
    Isolate,
}

public static class MigrateTypes
{
    /// <summary>Number of types, as /proc/pagetypeinfo lists them.</summary>
    public const int Count = 5;

    /// <summary>MIGRATE_PCPTYPES: how many of them ordinary requests ask for.</summary>
    public const int RequestableCount = 3;

    /// <summary>The names of /proc/pagetypeinfo, by value.</summary>
    public static readonly string[] Names = ["Unmovable", "Movable", "Reclaimable", "HighAtomic", "Isolate"];

    /// <summary>A free block of this type may merge across a pageblock border with one of another such type.</summary>
    public static bool IsMergeable(this MigrateType type) => type < MigrateType.HighAtomic;
}
