using VboxMem.FileTree;

namespace VboxMem.Session.History;

/// <summary>The files of the present, told of what is about to be done through them.</summary>
/// <param name="present">The box of the present.</param>
/// <param name="log">Who is told.</param>
internal sealed class ActingTree(Func<Box> present, IActLog log) : IFileTree
{
    private const int NoSignal = 0;

    public Errno TryStat(string path, out NodeStat stat) => present().Tree.TryStat(path, out stat);

    public Errno TryList(string path, out IReadOnlyList<string> names) => present().Tree.TryList(path, out names);

    public Errno TryReadLink(string path, out string target) => present().Tree.TryReadLink(path, out target);

    public Errno TryRead(string path, out ReadOnlyMemory<byte> content) => present().Tree.TryRead(path, out content);

    public Errno TryReadAt(string path, long offset, int length, out ReadOnlyMemory<byte> content) => present().Tree.TryReadAt(path, offset, length, out content);

    public Errno TryWrite(string path, ReadOnlySpan<byte> content)
    {
        log.Note(new WriteAct(path, content.ToArray()));
        return present().Tree.TryWrite(path, content);
    }

    public Errno TrySignal(int pid, int signal)
    {
        if (signal != NoSignal)
        {
            log.Note(new SignalAct(pid, signal));
        }

        return present().Tree.TrySignal(pid, signal);
    }
}
