namespace VboxMem.FileTree.Tests;

/// <summary>A directory of a test's own, with an outside that must stay out of reach; removed at the end.</summary>
internal sealed class TemporaryDirectory : IDisposable
{
    private readonly string _base = Directory.CreateTempSubdirectory("vbox-mem-tree-").FullName;

    public TemporaryDirectory()
    {
        Directory.CreateDirectory(Root);
        File.WriteAllText(System.IO.Path.Combine(_base, "secret"), "outside");
    }

    public string Root => System.IO.Path.Combine(_base, "root");

    public string Base => _base;

    public string Path(string relative) => System.IO.Path.Combine(Root, relative);

    public void AddFile(string relative, string content)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(Path(relative))!);
        File.WriteAllText(Path(relative), content);
    }

    public void AddLink(string relative, string target)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(Path(relative))!);
        File.CreateSymbolicLink(Path(relative), target);
    }

    public void Dispose() => Directory.Delete(_base, recursive: true);
}
