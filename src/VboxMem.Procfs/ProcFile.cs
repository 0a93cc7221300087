using VboxMem.FileTree;
using VboxMem.Kernel;

namespace VboxMem.Procfs;

/// <summary>Writes the content a file has at this moment. Changes nothing in the machine.</summary>
public delegate void FileRenderer(Machine machine, ProcText text);

/// <summary>What one write(2) by root does.</summary>
public delegate Errno FileWriter(Machine machine, ReadOnlySpan<byte> content);

/// <summary>Permission bits, by what the owner root and the others may do.</summary>
public static class FileModes
{
    public const int ReadAll = 0b100_100_100;
    public const int ReadOwner = 0b100_000_000;
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
public sealed record ProcFile(string Path, int Mode, FileRenderer Render, FileWriter? Write = null);
