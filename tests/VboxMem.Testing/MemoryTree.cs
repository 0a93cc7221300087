using System.Text;
using VboxMem.FileTree;

namespace VboxMem.Testing;

/// <summary>A tree of a few files in memory; directories are where files lie. Nothing can be written.</summary>
public sealed class MemoryTree : IFileTree
{
    private readonly SortedDictionary<string, byte[]> _files = new(StringComparer.Ordinal);

    public static MemoryTree Of(params ReadOnlySpan<(string Path, string Text)> files)
    {
        var tree = new MemoryTree();
        foreach (var (path, text) in files) tree[path] = text;
        return tree;
    }

    public string this[string path]
    {
        get => Encoding.UTF8.GetString(_files[path]);
        set => _files[path] = Encoding.UTF8.GetBytes(value);
    }

    public void Put(string path, byte[] bytes) => _files[path] = bytes;

    public void Remove(string path) => _files.Remove(path);

    public Errno TryStat(string path, out NodeStat stat)
    {
        var isDirectory = IsDirectory(path);
        stat = new NodeStat(isDirectory ? NodeKind.Directory : NodeKind.File, Convert.ToInt32(isDirectory ? "555" : "644", 8), 0, 0);
        return isDirectory || _files.ContainsKey(path) ? Errno.None : Errno.ENOENT;
    }

    public Errno TryList(string path, out IReadOnlyList<string> names)
    {
        var prefix = path.TrimEnd('/') + "/";
        names = _files.Keys.Where(key => key.StartsWith(prefix, StringComparison.Ordinal))
            .Select(key => key[prefix.Length..].Split('/')[0]).Distinct().ToArray();
        return names.Count > 0 ? Errno.None : Errno.ENOENT;
    }

    public Errno TryReadLink(string path, out string target)
    {
        target = "";
        return Errno.EINVAL;
    }

    public Errno TryRead(string path, out ReadOnlyMemory<byte> content)
    {
        var found = _files.TryGetValue(path, out var bytes);
        content = bytes;
        return found ? Errno.None : IsDirectory(path) ? Errno.EISDIR : Errno.ENOENT;
    }

    public Errno TryWrite(string path, ReadOnlySpan<byte> content) => Errno.EROFS;

    private bool IsDirectory(string path)
    {
        var prefix = path.TrimEnd('/') + "/";
        return _files.Keys.Any(key => key.StartsWith(prefix, StringComparison.Ordinal));
    }
}
