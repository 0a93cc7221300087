using System.Text;
using VboxMem.FileTree;

namespace VboxMem.Tools.Tests;

/// <summary>A tree over another that takes writes as a plain file system would: existing files, whole contents.</summary>
internal sealed class WritableTree(IFileTree below) : IFileTree
{
    private readonly Dictionary<string, byte[]> _written = [];

    /// <summary>What the next writes answer instead of storing anything.</summary>
    public Errno Refusal { get; init; }

    public IReadOnlyDictionary<string, byte[]> Written => _written;

    public string? WrittenText(string path) => _written.TryGetValue(path, out var bytes) ? Encoding.UTF8.GetString(bytes) : null;

    public Errno TryStat(string path, out NodeStat stat) => below.TryStat(path, out stat);

    public Errno TryList(string path, out IReadOnlyList<string> names) => below.TryList(path, out names);

    public Errno TryReadLink(string path, out string target) => below.TryReadLink(path, out target);

    public Errno TryRead(string path, out ReadOnlyMemory<byte> content)
    {
        if (!_written.TryGetValue(Path.GetFullPath(path), out var bytes)) return below.TryRead(path, out content);
        content = bytes;
        return Errno.None;
    }

    public Errno TryWrite(string path, ReadOnlySpan<byte> content)
    {
        if (Refusal != Errno.None) return Refusal;
        var errno = below.TryStat(path, out _);
        if (errno == Errno.None) _written[Path.GetFullPath(path)] = content.ToArray();
        return errno;
    }
}
