using System.Runtime.CompilerServices;

namespace VboxMem.Workloads.BuildingBlocks;

/// <summary>Pages that a replica maps of each of its four parts: of files and of shared memory, everybody's and its program's own.</summary>
[InlineArray(Count)]
internal struct PartPages
{
    public const int Count = 4;

    private ulong _first;

    /// <summary>Of files; else of shared memory.</summary>
    public static bool IsFile(int part) => part < 2;

    /// <summary>Mapped by processes of any program; else by those of the same program.</summary>
    public static bool IsShared(int part) => part % 2 == 0;
}
