using VboxMem.FileTree;
using VboxMem.Kernel;

namespace VboxMem.Procfs;

/// <summary>Writes the content a file has at this moment. Changes nothing in the machine.</summary>
public delegate void FileRenderer(Machine machine, ProcText text);

/// <summary>Writes a part of a file too large to be made whole: what one pread(2) answers. Changes nothing in the machine.</summary>
public delegate Errno RangeRenderer(Machine machine, long offset, int length, ProcText text);

/// <summary>What one write(2) by root does.</summary>
public delegate Errno FileWriter(Machine machine, ReadOnlySpan<byte> content);

/// <summary>Permission bits, by what the owner root and the others may do.</summary>
public static class FileModes
{
    public const int ReadAll = 0b100_100_100;
    public const int ReadOwner = 0b100_000_000;
    public const int WriteOwner = 0b010_000_000;
    public const int ReadAllWriteOwner = 0b110_100_100;
    public const int DirectoryReadOnly = 0b101_101_101;
    public const int DirectoryOwnerOnly = 0b111_000_000;
    public const int DirectoryWritable = 0b111_101_101;
    public const int Link = 0b111_111_111;

    /// <summary>Set where the owner may read.</summary>
    public const int OwnerRead = 0b100_000_000;
}

/// <summary>One file of the box: where it is, who may open it, how its content is made. The owner is root.</summary>
/// <param name="Path">Absolute path.</param>
/// <param name="Mode">Permission bits.</param>
/// <param name="Render">Makes the content.</param>
/// <param name="Write">Takes a write; null where Linux refuses one.</param>
/// <param name="ReadAt">Makes a part of a bulky file, which is never made whole; null for all others.</param>
public sealed record ProcFile(string Path, int Mode, FileRenderer? Render, FileWriter? Write = null, RangeRenderer? ReadAt = null)
{
    /// <summary>Read in parts only, and left out of copies of the tree.</summary>
    public bool IsBulky => ReadAt is not null;

    /// <summary>A file of as many bytes as the memory it describes needs, read in parts.</summary>
    public static ProcFile Bulky(string path, int mode, RangeRenderer readAt) => new(path, mode, Render: null, ReadAt: readAt);
}
