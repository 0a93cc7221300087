using VboxMem.FileTree;

namespace VboxMem.Tui.Tests;

/// <summary>A tree of which some files are missing.</summary>
internal sealed class WithoutFiles(IFileTree tree, params string[] hidden) : IFileTree
{
    public Errno TryRead(string path, out ReadOnlyMemory<byte> content)
    {
        content = default;
        return hidden.Contains(path) ? Errno.ENOENT : tree.TryRead(path, out content);
    }

    public Errno TryStat(string path, out NodeStat stat) => tree.TryStat(path, out stat);

    public Errno TryList(string path, out IReadOnlyList<string> names) => tree.TryList(path, out names);

    public Errno TryReadLink(string path, out string target) => tree.TryReadLink(path, out target);

    public Errno TryWrite(string path, ReadOnlySpan<byte> content) => Errno.EROFS;
}
