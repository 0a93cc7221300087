using System.Globalization;
using System.Text;
using VboxMem.FileTree;

namespace VboxMem.Tui.Tests;

/// <summary>A tree of a few files in memory, with processes that tests make up; directories are where files lie.</summary>
internal sealed class TextTree : IFileTree
{
    private readonly SortedDictionary<string, byte[]> _files = new(StringComparer.Ordinal);

    public string this[string path]
    {
        get => Encoding.UTF8.GetString(_files[path]);
        set => _files[path] = Encoding.UTF8.GetBytes(value);
    }

    public void Remove(string path) => _files.Remove(path);

    /// <summary>Adds stat, status and cmdline of a process.</summary>
    public TextTree Process(
        int pid, int parent = 1, string name = "sleep", char state = 'S', ulong ticks = 0, ulong faults = 0, ulong pages = 100, ulong start = 5, ulong flags = 0)
    {
        var folder = string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/");
        this[folder + "stat"] = string.Create(CultureInfo.InvariantCulture,
            $"{pid} ({name}) {state} {parent} {pid} {pid} 0 -1 {flags} {faults} 0 0 0 {ticks} 0 0 0 20 0 1 0 {start} {pages * 8192} {pages} 18446744073709551615 0 0 0 0 0 0 0 0 0 0 0 0 17 0 0 0 0 0 0\n");
        this[folder + "status"] = string.Create(CultureInfo.InvariantCulture,
            $"Name:\t{name}\nState:\t{state} (x)\nTgid:\t{pid}\nPid:\t{pid}\nPPid:\t{parent}\nUid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\nVmSize:\t{pages * 8} kB\nVmRSS:\t{pages * 4} kB\nVmSwap:\t0 kB\nThreads:\t1\n");
        this[folder + "cmdline"] = name + "\0--flag\0";
        return this;
    }

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
