// Where an import reads: a tree with /proc in it, as a machine, a dump or an sosreport has it, or a bare copy of /proc. What is missing and
// what is malformed is noted as it is met.

using System.Globalization;
using System.Text;
using VboxMem.FileTree;
using VboxMem.Tools;
using VboxMem.Tools.Parsing;
using VboxMem.Tools.Processes;

namespace VboxMem.Profiles.Import;

internal sealed class ImportSource
{
    private readonly IFileTree _tree;
    private readonly string _root;
    private readonly string _proc;
    private readonly HashSet<string> _said = new(StringComparer.Ordinal);

    /// <param name="tree">The files.</param>
    /// <param name="root">What messages call the tree.</param>
    public ImportSource(IFileTree tree, string root)
    {
        _tree = tree;
        _root = root.TrimEnd('/');
        _proc = HasFile("/proc/meminfo") || HasFile("/proc/zoneinfo") || !(HasFile("/meminfo") || HasFile("/zoneinfo")) ? "/proc" : "";
        IsProc = HasFile(_proc + "/meminfo") || HasFile(_proc + "/zoneinfo");
        Processes = new ProcessReader(tree, _proc);
    }

    /// <summary>Reads the folders of processes; what it throws is <see cref="Try"/>'s to catch.</summary>
    public ProcessReader Processes { get; }

    /// <summary>Whether there is a /proc at all.</summary>
    public bool IsProc { get; }

    /// <summary>What is missing, left out or taken for granted: one line each.</summary>
    public List<string> Notes { get; } = [];

    /// <summary>What is malformed: file, line, what stands there and what is allowed.</summary>
    public List<string> Errors { get; } = [];

    public void Note(string line)
    {
        if (_said.Add(line)) Notes.Add(OneLine.OfPath(line));
    }

    /// <summary>The path of a file of /proc.</summary>
    public string Proc(string name) => $"{_proc}/{name}";

    public bool HasFile(string path) => _tree.TryStat(path, out var stat) == Errno.None && stat.Kind != NodeKind.Directory;

    public IReadOnlyList<string> List(string path) => _tree.TryList(path, out var names) == Errno.None ? names : [];

    public bool IsDirectory(string path) => _tree.TryStat(path, out var stat) == Errno.None && stat.Kind == NodeKind.Directory;

    public string? Link(string path) => _tree.TryReadLink(path, out var target) == Errno.None ? target : null;

    /// <summary>The whole of the first of these files that is there and can be read; null: none is.</summary>
    public byte[]? Read(params ReadOnlySpan<string> paths) => Find(paths, out _);

    /// <summary>A text without the blanks around it; null where there is none.</summary>
    public string? Text(params ReadOnlySpan<string> paths) => Read(paths) is { } bytes ? Encoding.UTF8.GetString(bytes).Trim() : null;

    /// <summary>The first of these files that is there, parsed. Where none is, a line says what that means; where it is malformed, an error.</summary>
    /// <param name="parser">Of the file.</param>
    /// <param name="without">What follows from its lack; empty: it may be missing without a word.</param>
    /// <param name="paths">Where it may be.</param>
    public T? Parse<T>(ProcParser<T> parser, string without, params ReadOnlySpan<string> paths)
        where T : class
    {
        if (Find(paths, out var path) is not { } bytes)
        {
            if (without.Length > 0) Note($"missing: {_root}{paths[0]}{WhyMissing(paths[0])}: {without}");
            return null;
        }

        return Try(() => parser(bytes, path));
    }

    /// <summary>What is read; null where there is nothing, or where a file is malformed, which is an error of the import.</summary>
    public T? Try<T>(Func<T?> read)
        where T : class
    {
        try
        {
            return read();
        }
        catch (ProcFormatException error)
        {
            AddError(_root + error.Message);
            return null;
        }
    }

    public void AddError(string line)
    {
        if (_said.Add(line)) Errors.Add(OneLine.OfPath(line));
    }

    /// <summary>The name of a file for messages.</summary>
    public string NameOf(string path) => _root + path;

    private byte[]? Find(ReadOnlySpan<string> paths, out string found)
    {
        foreach (var path in paths)
        {
            if (_tree.TryRead(path, out var content) == Errno.None && content.Length > 0)
            {
                found = path;
                return content.ToArray();
            }
        }

        found = "";
        return null;
    }

    private string WhyMissing(string path) => _tree.TryRead(path, out var content) switch
    {
        Errno.None => content.IsEmpty ? " (empty)" : "",
        Errno.ENOENT => "",
        var errno => string.Create(CultureInfo.InvariantCulture, $" ({errno.Describe()})"),
    };
}
