using VboxMem.FileTree;

namespace VboxMem.Tools.Tests;

/// <summary>A directory with a <c>proc</c> and a <c>sys</c> to run the real tools and ours on; removed at the end.</summary>
internal sealed class ProcTree : IDisposable
{
    private const string CpuInfo = "processor\t: 0\ncore id\t\t: 0\n\nprocessor\t: 1\ncore id\t\t: 1\n\n";

    public ProcTree()
    {
        Root = Directory.CreateTempSubdirectory("vbox-mem-tools-").FullName;
        Directory.CreateDirectory(Path.Combine(Root, "proc"));
        Directory.CreateDirectory(Path.Combine(Root, "sys"));
    }

    public string Root { get; }

    public IFileTree Tree => new DirectoryTree(Root);

    /// <summary>A captured machine; files it lacks come from <c>ram-1g</c>.</summary>
    public static ProcTree OfCapture(string name)
    {
        var tree = new ProcTree();
        foreach (var file in new[] { "meminfo", "vmstat", "slabinfo", "stat", "uptime", "swaps" })
            tree.Add("proc/" + file, Capture(name, file) ?? Capture("ram-1g", file)!);
        return tree.Add("proc/cpuinfo", CpuInfo);
    }

    /// <summary>A tree that someone else writes, <c>proc</c> and <c>sys</c> included.</summary>
    public static ProcTree Written(Action<string> write)
    {
        var tree = new ProcTree();
        Directory.Delete(tree.Root, recursive: true);
        write(tree.Root);
        return tree;
    }

    public static string? Capture(string name, string file)
    {
        var path = Path.Combine(AppContext.BaseDirectory, "Captures", name, file);
        return File.Exists(path) ? File.ReadAllText(path) : null;
    }

    public ProcTree Add(string path, string content)
    {
        var full = Path.Combine(Root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, content);
        return this;
    }

    public ProcTree AddBytes(string path, byte[] content)
    {
        var full = Path.Combine(Root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllBytes(full, content);
        return this;
    }

    public ProcTree AddLink(string path, string target)
    {
        var full = Path.Combine(Root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.CreateSymbolicLink(full, target);
        return this;
    }

    public ProcTree Remove(string path)
    {
        File.Delete(Path.Combine(Root, path));
        return this;
    }

    public ProcTree AddDirectory(string path)
    {
        Directory.CreateDirectory(Path.Combine(Root, path));
        return this;
    }

    /// <summary>meminfo with one line replaced, or taken out where <paramref name="value"/> is null.</summary>
    public ProcTree WithMeminfo(string name, string? value)
    {
        var lines = File.ReadAllLines(Path.Combine(Root, "proc/meminfo")).ToList();
        lines.RemoveAll(line => line.StartsWith(name + ":", StringComparison.Ordinal));
        if (value is not null) lines.Add($"{name}:  {value} kB");
        return Add("proc/meminfo", string.Join('\n', lines) + "\n");
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
