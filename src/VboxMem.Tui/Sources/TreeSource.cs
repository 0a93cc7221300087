using VboxMem.FileTree;
using VboxMem.Tools;
using VboxMem.Tools.Parsing;

namespace VboxMem.Tui.Sources;

/// <summary>A directory: a dump or a capture, which stands still, or the host's own root, which goes on. It takes no writes.</summary>
public sealed class TreeSource : ISource
{
    private readonly Func<TimeSpan>? _clock;

    /// <param name="root">The directory.</param>
    /// <param name="clock">Time since some moment, of a tree that goes on; null: it stands still.</param>
    public TreeSource(string root, Func<TimeSpan>? clock)
    {
        Tree = new DirectoryTree(root);
        Name = root;
        var start = ReadUptime();
        var begin = clock?.Invoke() ?? default;
        _clock = clock is null ? null : () => start + clock() - begin;
        Now = start;
    }

    public string Name { get; }

    public IFileTree Tree { get; }

    public TimeSpan Now { get; private set; }

    public string WriteRefusal => Name == "/" ? "read-only host" : "read-only directory";

    public bool IsLive => _clock is not null;

    public IMachineControl? Machine => null;

    /// <summary>Another reading is about to be made: from here on it is now.</summary>
    public void Advance() => Now = _clock?.Invoke() ?? Now;

    public void Dispose()
    {
    }

    private TimeSpan ReadUptime()
    {
        if (Tree.TryRead(Uptime.Path, out var content) != Errno.None) return default;
        try
        {
            return TimeSpan.FromMilliseconds(Uptime.Parse(content.Span).Centiseconds * 10.0);
        }
        catch (ProcFormatException)
        {
            return default;   // the panes that need it say what is wrong
        }
    }
}
