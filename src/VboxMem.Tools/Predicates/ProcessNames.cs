// The processes of a tree by name: /proc/PID/stat for name and state, /proc/PID/status for sizes.

using System.Buffers.Text;
using System.Text;
using VboxMem.FileTree;

namespace VboxMem.Tools.Predicates;

internal sealed class ProcessNames
{
    private readonly IFileTree _tree;
    private readonly List<(string Pid, string Name)> _living = [];
    private readonly string? _problem;

    internal ProcessNames(IFileTree tree)
    {
        _tree = tree;
        var errno = tree.TryList("/proc", out var names);
        _problem = errno != Errno.None ? $"/proc: {errno.Describe()}" : "/proc lists no processes";
        foreach (var name in names)
        {
            if (name.AsSpan().ContainsAnyExceptInRange('0', '9')) continue;
            _problem = null;
            if (TryReadName(name) is { } comm) _living.Add((name, comm));
        }
    }

    internal Amount Count(string name) => _problem is { } problem ? Amount.None(problem) : Amount.Of(_living.Count(process => process.Name == name));

    internal Amount Sum(string name, string line)
    {
        if (_problem is { } problem) return Amount.None(problem);
        var sum = 0m;
        foreach (var (pid, comm) in _living)
        {
            if (comm == name) sum += KilobytesOf(pid, Encoding.UTF8.GetBytes(line + ":")) * 1024m;
        }

        return Amount.Of(sum);
    }

    /// <summary>The name of a process: what stands in the outermost parentheses of its stat. Null: it is gone, a zombie, or dead.</summary>
    private string? TryReadName(string pid)
    {
        if (_tree.TryRead($"/proc/{pid}/stat", out var content) != Errno.None) return null;
        var text = content.Span;
        var start = text.IndexOf((byte)'(');
        var end = text.LastIndexOf((byte)')');
        if (start < 0 || end <= start || end + 2 >= text.Length || text[end + 2] is (byte)'Z' or (byte)'X' or (byte)'x') return null;
        return Encoding.UTF8.GetString(text[(start + 1)..end]);
    }

    /// <summary>A line of a process's status; 0 where there is none, as of kernel threads, or of one that has just ended.</summary>
    private ulong KilobytesOf(string pid, ReadOnlySpan<byte> label)
    {
        if (_tree.TryRead($"/proc/{pid}/status", out var content) != Errno.None) return 0;
        var text = content.Span;
        foreach (var range in text.Split((byte)'\n'))
        {
            var line = text[range];
            if (line.StartsWith(label) && Utf8Parser.TryParse(line[label.Length..].TrimStart(" \t"u8), out ulong value, out _)) return value;
        }

        return 0;
    }
}
