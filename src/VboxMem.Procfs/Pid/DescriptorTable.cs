using System.Numerics;

namespace VboxMem.Procfs.Pid;

/// <summary>How many descriptors a process's table has room for (FDSize).</summary>
/// <remarks>fs/file.c: alloc_fdtable: 64 within the task's own structure, then powers of two. A table never shrinks.</remarks>
internal static class DescriptorTable
{
    private const int Embedded = 64;

    public static int SizeFor(int descriptors) =>
        descriptors <= Embedded ? Embedded : (int)BitOperations.RoundUpToPowerOf2((uint)descriptors);
}
