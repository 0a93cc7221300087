// Where a command of a pipeline writes to, after its redirections.
//
// A file of /proc and its like gets everything in one write(2) when the command has ended.

using System.Text;
using VboxMem.FileTree;
using VboxMem.Session.Console.Shell;

namespace VboxMem.Session.Console;

internal sealed class StageStreams
{
    private readonly List<(string Path, MemoryStream Content)> _files = [];
    private readonly IFileTree _tree;

    private StageStreams(IFileTree tree, Stream output, Stream error) => (_tree, Out, Error, Outer) = (tree, output, error, error);

    public Stream Out { get; private set; }

    public Stream Error { get; private set; }

    /// <summary>Where bash itself complains.</summary>
    public Stream Outer { get; }

    public ReadOnlyMemory<byte>? Input { get; private set; }

    /// <summary>Opens what the redirections name, in their order.</summary>
    /// <returns>Null when one cannot be opened; it has been said.</returns>
    public static StageStreams? Open(ShellStage stage, IFileTree tree, Stream output, Stream error)
    {
        var streams = new StageStreams(tree, output, error);
        foreach (var redirection in stage.Redirections)
        {
            if (streams.TryAdd(redirection) is var errno && errno != Errno.None)
            {
                error.Write(Encoding.UTF8.GetBytes($"bash: {redirection.Target}: {errno.Describe()}\n"));
                return null;
            }
        }

        return streams;
    }

    /// <summary>Writes what was kept for files.</summary>
    /// <param name="name">The command.</param>
    /// <param name="isBuiltIn">bash's own: then it is bash that complains.</param>
    /// <returns>False: one was refused; it has been said.</returns>
    public bool TryStore(string name, bool isBuiltIn)
    {
        var isStored = true;
        foreach (var (path, content) in _files)
        {
            if (content.Length == 0)
            {
                continue;
            }

            var errno = _tree.TryWrite(CommandCall.Absolute(path), content.GetBuffer().AsSpan(0, (int)content.Length));
            if (errno == Errno.None)
            {
                continue;
            }

            isStored = false;
            var message = IsOfOpen(errno) ? $"bash: {path}: {errno.Describe()}"
                : $"{(isBuiltIn ? "bash: " : string.Empty)}{name}: write error: {errno.Describe()}";
            Outer.Write(Encoding.UTF8.GetBytes(message + "\n"));
        }

        return isStored;
    }

    /// <summary>open(2) would have answered it, and not write(2).</summary>
    private static bool IsOfOpen(Errno errno) =>
        errno is Errno.ENOENT or Errno.ENOTDIR or Errno.EISDIR or Errno.EACCES or Errno.EROFS or Errno.ELOOP or Errno.ENAMETOOLONG;

    private Errno TryAdd(Redirection redirection)
    {
        switch (redirection.Kind)
        {
            case RedirectionKind.ErrorToOutput:
                Error = Out;
                return Errno.None;
            case RedirectionKind.OutputToError:
                Out = Error;
                return Errno.None;
            case RedirectionKind.Input:
                return TryReadInput(redirection.Target);
            default:
                break;
        }

        var errno = TryOpen(redirection.Target, out var stream);
        Out = errno == Errno.None && redirection.Kind is RedirectionKind.Output or RedirectionKind.Both ? stream : Out;
        Error = errno == Errno.None && redirection.Kind is RedirectionKind.Error or RedirectionKind.Both ? stream : Error;
        return errno;
    }

    private Errno TryReadInput(string path)
    {
        if (path == BoxConsole.NullDevice)
        {
            Input = ReadOnlyMemory<byte>.Empty;
            return Errno.None;
        }

        var errno = path.Length == 0 ? Errno.ENOENT : _tree.TryRead(CommandCall.Absolute(path), out _);
        if (errno == Errno.None)
        {
            _ = _tree.TryRead(CommandCall.Absolute(path), out var content);
            Input = content;
        }

        return errno;
    }

    private Errno TryOpen(string path, out Stream stream)
    {
        stream = new NullStream();
        if (path == BoxConsole.NullDevice)
        {
            return Errno.None;
        }

        var errno = path.Length == 0 ? Errno.ENOENT : Exists(CommandCall.Absolute(path));
        if (errno == Errno.None)
        {
            var content = new MemoryStream();
            _files.Add((path, content));
            stream = content;
        }

        return errno;
    }

    private Errno Exists(string path)
    {
        var errno = _tree.TryStat(path, out var stat);
        return errno != Errno.None ? errno : stat.Kind == NodeKind.Directory ? Errno.EISDIR : Errno.None;
    }
}
