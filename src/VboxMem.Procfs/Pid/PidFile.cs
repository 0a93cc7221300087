using VboxMem.FileTree;

namespace VboxMem.Procfs.Pid;

/// <summary>Writes the content that a file of a process has at this moment. Changes nothing.</summary>
internal delegate void PidRenderer(in Subject subject, ProcText text);

/// <summary>Writes a part of a file too large to be made whole: what one pread(2) answers. Changes nothing.</summary>
internal delegate Errno PidRangeRenderer(in Subject subject, long offset, int length, ProcText text);

/// <summary>What one write(2) by root does.</summary>
internal delegate Errno PidWriter(in Subject subject, ReadOnlySpan<byte> content);

/// <summary>When a file of a process can be opened; otherwise open(2) fails.</summary>
internal enum PidCondition
{
    Always,

    /// <summary>While it has an address space (else ESRCH).</summary>
    HasMemory,

    /// <summary>Until it is a zombie (else EINVAL).</summary>
    IsAlive,

    /// <summary>It can only be written to: reading is refused (EINVAL), by read(2) on Linux.</summary>
    Never,
}

/// <summary>A file that every process has.</summary>
/// <param name="Name">In the directory of the process and of each of its threads.</param>
/// <param name="Mode">Permission bits.</param>
/// <param name="Render">Makes the content.</param>
/// <param name="Write">Takes a write; null where Linux refuses one.</param>
/// <param name="Opens">When it can be opened.</param>
/// <param name="ReadAt">Makes a part of a bulky file, which is never made whole; null for all others.</param>
internal sealed record PidFile(
    string Name, int Mode, PidRenderer? Render, PidWriter? Write = null, PidCondition Opens = PidCondition.Always, PidRangeRenderer? ReadAt = null)
    : PidEntry(Name, Mode)
{
    /// <summary>Read in parts only, and left out of copies of the tree.</summary>
    public bool IsBulky => ReadAt is not null;

    /// <summary>A file of as many bytes as the address space it describes needs, read in parts.</summary>
    public static PidFile Bulky(string name, int mode, PidRangeRenderer readAt) => new(name, mode, Render: null, ReadAt: readAt);

    /// <summary>What open(2) says.</summary>
    public Errno Open(in Subject subject) => Opens switch
    {
        PidCondition.HasMemory when subject.Memory is null => Errno.ESRCH,
        PidCondition.IsAlive when subject.IsZombie => Errno.EINVAL,
        PidCondition.Never => Errno.EINVAL,
        _ => Errno.None,
    };
}
