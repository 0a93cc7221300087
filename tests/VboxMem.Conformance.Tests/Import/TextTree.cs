using System.Text;
using VboxMem.FileTree;
using VboxMem.Testing;

namespace VboxMem.Conformance.Tests.Import;

/// <summary>A tree of texts in memory; directories are where files lie. Nothing can be written.</summary>
internal sealed class TextTree : IFileTree
{
    private readonly SortedDictionary<string, byte[]> _files = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, SortedSet<string>> _folders = new(StringComparer.Ordinal) { ["/"] = [] };

    public IEnumerable<string> Paths => _files.Keys;

    public byte[] this[string path]
    {
        get => _files[path];
        set => Put(path, value);
    }

    /// <summary>A captured machine as a sosreport or a copy has it; what was captured of its shell as process 1.</summary>
    public static TextTree OfCapture(Capture capture, bool hasLog = true, bool hasShell = false)
    {
        var tree = new TextTree();
        foreach (var file in (string[])["meminfo", "zoneinfo", "vmstat", "stat", "slabinfo", "cmdline", "version", "loadavg", "uptime"])
            tree.Put("/proc/" + file, capture.Bytes(file));
        foreach (var (name, value) in capture.Sysctls) tree.Put("/proc/sys/vm/" + name, Bytes(value + "\n"));
        foreach (var node in capture.Nodes)
        {
            tree.Put($"/sys/devices/system/node/node{node.Id}/cpulist", Bytes(node.CpuList + "\n"));
            tree.Put($"/sys/devices/system/node/node{node.Id}/distance", Bytes(string.Join(' ', node.Distances) + "\n"));
        }

        var folder = Path.Combine(SourceTree.Captures, capture.Shape.Split('/')[0]);
        if (hasLog) tree.Put("/var/log/dmesg", File.ReadAllBytes(Path.Combine(folder, "dmesg.txt")));
        foreach (var file in hasShell ? (string[])["status", "maps", "smaps_rollup"] : [])
            tree.Put("/proc/1/" + file, File.ReadAllBytes(Path.Combine(SourceTree.Captures, "processes", $"init_{file}.txt")));
        return tree;
    }

    /// <summary>The files of another tree that an import reads, as they are now.</summary>
    public static TextTree CopyOf(IFileTree source, params ReadOnlySpan<string> folders)
    {
        var tree = new TextTree();
        foreach (var folder in folders) tree.Copy(source, folder);
        return tree;
    }

    public TextTree Clone()
    {
        var copy = new TextTree();
        foreach (var (path, bytes) in _files) copy.Put(path, bytes);
        return copy;
    }

    /// <summary>The same files under other names.</summary>
    public TextTree Renamed(Func<string, string> rename)
    {
        var copy = new TextTree();
        foreach (var (path, bytes) in _files) copy.Put(rename(path), bytes);
        return copy;
    }

    public void Put(string path, byte[] bytes)
    {
        _files[path] = bytes;
        for (var at = path; at != "/";)
        {
            var slash = at.LastIndexOf('/');
            var folder = slash == 0 ? "/" : at[..slash];
            if (!_folders.TryGetValue(folder, out var names)) _folders.Add(folder, names = new(StringComparer.Ordinal));
            names.Add(at[(slash + 1)..]);
            at = folder;
        }
    }

    public void Remove(string path)
    {
        _files.Remove(path);
        _folders[path[..path.LastIndexOf('/')] is { Length: > 0 } folder ? folder : "/"].Remove(path[(path.LastIndexOf('/') + 1)..]);
    }

    public Errno TryStat(string path, out NodeStat stat)
    {
        stat = new NodeStat(_files.ContainsKey(path) ? NodeKind.File : NodeKind.Directory, 0, 0, 0);
        return _files.ContainsKey(path) || IsFolder(path) ? Errno.None : Errno.ENOENT;
    }

    public Errno TryList(string path, out IReadOnlyList<string> names)
    {
        names = IsFolder(path) ? [.. _folders[Trimmed(path)]] : [];
        return IsFolder(path) ? Errno.None : Errno.ENOENT;
    }

    public Errno TryReadLink(string path, out string target)
    {
        target = "";
        return Errno.EINVAL;
    }

    public Errno TryRead(string path, out ReadOnlyMemory<byte> content)
    {
        var isThere = _files.TryGetValue(path, out var bytes);
        content = bytes;
        return isThere ? Errno.None : IsFolder(path) ? Errno.EISDIR : Errno.ENOENT;
    }

    public Errno TryWrite(string path, ReadOnlySpan<byte> content) => Errno.EROFS;

    public static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static string Trimmed(string path) => path.Length > 1 ? path.TrimEnd('/') : path;

    private bool IsFolder(string path) => _folders.ContainsKey(Trimmed(path));

    private void Copy(IFileTree source, string path)
    {
        if (source.TryStat(path, out var stat) != Errno.None) return;
        if (stat.Kind == NodeKind.File && source.TryRead(path, out var content) == Errno.None) Put(path, content.ToArray());
        if (stat.Kind != NodeKind.Directory || source.TryList(path, out var names) != Errno.None) return;
        foreach (var name in names) Copy(source, $"{path}/{name}");
    }
}
