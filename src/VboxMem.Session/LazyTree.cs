using VboxMem.FileTree;

namespace VboxMem.Session;

/// <summary>A tree that is made when it is first asked for something: most copies of a box never are.</summary>
/// <param name="make">Makes it.</param>
internal sealed class LazyTree(Func<IFileTree> make) : IFileTree
{
    private IFileTree? _made;

    private IFileTree Made => _made ??= make();

    public Errno TryStat(string path, out NodeStat stat) => Made.TryStat(path, out stat);

    public Errno TryList(string path, out IReadOnlyList<string> names) => Made.TryList(path, out names);

    public Errno TryReadLink(string path, out string target) => Made.TryReadLink(path, out target);

    public Errno TryRead(string path, out ReadOnlyMemory<byte> content) => Made.TryRead(path, out content);

    public Errno TryReadAt(string path, long offset, int length, out ReadOnlyMemory<byte> content) => Made.TryReadAt(path, offset, length, out content);

    public Errno TryWrite(string path, ReadOnlySpan<byte> content) => Made.TryWrite(path, content);

    public Errno TrySignal(int pid, int signal) => Made.TrySignal(pid, signal);
}
