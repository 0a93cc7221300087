using VboxMem.FileTree;
using VboxMem.Kernel;

namespace VboxMem.Procfs;

/// <summary>A node that no table lists: it is there as long as the task is that it is about. Found anew at each access.</summary>
internal interface ILiveNode
{
    NodeKind Kind { get; }

    NodeStat StatOn(Machine machine);

    /// <summary>Names in a directory, in its order.</summary>
    IReadOnlyList<string> ListOn(Machine machine);

    /// <summary>Where a symbolic link points.</summary>
    Errno TryReadLink(Machine machine, out string target);

    /// <summary>What open(2) of a file says.</summary>
    Errno Open(Machine machine);

    /// <summary>The whole content of a file that could be opened.</summary>
    Errno Render(Machine machine, ProcText text);

    /// <summary>What one pread(2) answers, of a file that is read in parts only. Null: make the whole and take the part.</summary>
    Errno? RenderPart(Machine machine, long offset, int length, ProcText text);

    /// <summary>What one write(2) by root does; null where it is refused.</summary>
    Errno? Write(Machine machine, ReadOnlySpan<byte> content);
}
