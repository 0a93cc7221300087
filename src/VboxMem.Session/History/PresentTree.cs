using VboxMem.FileTree;

namespace VboxMem.Session.History;

/// <summary>
/// The files of a session's box, whichever box that is at the moment of reading. It cannot be written to: what is done to a session goes
/// through its journal.
/// </summary>
/// <param name="present">The box of the present.</param>
internal sealed class PresentTree(Func<Box> present) : IFileTree
{
    public Errno TryStat(string path, out NodeStat stat) => present().Tree.TryStat(path, out stat);

    public Errno TryList(string path, out IReadOnlyList<string> names) => present().Tree.TryList(path, out names);

    public Errno TryReadLink(string path, out string target) => present().Tree.TryReadLink(path, out target);

    public Errno TryRead(string path, out ReadOnlyMemory<byte> content) => present().Tree.TryRead(path, out content);

    public Errno TryReadAt(string path, long offset, int length, out ReadOnlyMemory<byte> content) =>
        present().Tree.TryReadAt(path, offset, length, out content);

    public Errno TryWrite(string path, ReadOnlySpan<byte> content) => Errno.EROFS;
}
