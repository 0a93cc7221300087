namespace VboxMem.Kernel.Virtual;

/// <summary>
/// How memory is mapped and protected: mmap's prot and flags, in the low 12 bits of its operand B. The bits above them are the
/// page-aligned address: a hint, or with <see cref="Fixed"/> the place.
/// </summary>
[Flags]
public enum MapFlags : ulong
{
    /// <summary>PROT_NONE.</summary>
    None = 0,
    Read = 1 << 0,
    Write = 1 << 1,
    Execute = 1 << 2,

    /// <summary>MAP_SHARED; without it MAP_PRIVATE.</summary>
    Shared = 1 << 3,
    Anonymous = 1 << 4,
    Fixed = 1 << 5,
    FixedNoReplace = 1 << 6,
    Populate = 1 << 7,
    Locked = 1 << 8,
    NoReserve = 1 << 9,
    GrowsDown = 1 << 10,
    Stack = 1 << 11,

    Protection = Read | Write | Execute,
    ReadWrite = Read | Write,
    All = (1 << 12) - 1,
}
