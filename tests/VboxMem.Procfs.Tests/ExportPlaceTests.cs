// Goal: an export stays inside its directory, whatever the tree lists and wherever its links lead.
// Method: small trees of random nodes with names and links that lead out of it (seeded); what lies around the directory is as before.

using VboxMem.FileTree;
using VboxMem.Testing;

namespace VboxMem.Procfs.Tests;

public sealed class ExportPlaceTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("vbox-place-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Two_names_that_are_one_on_the_disk_lead_nowhere()
    {
        var inside = Path.Combine(_folder, "export");
        var tree = new HostileTree();
        tree.Add("\ud800", "..", NodeKind.SymbolicLink);
        tree.Add("\uFFFD", "", NodeKind.Directory);
        tree.Add("a", "", NodeKind.File);
        Assert.Contains("is a link", Assert.Throws<TreeExportException>(() => TreeExporter.Export(tree, inside)).Message, StringComparison.Ordinal);
        Assert.Equal([inside], Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public void Nothing_is_written_around_an_export()
    {
        var random = new Random(6);
        var (inside, around) = (Path.Combine(_folder, "around", "export"), Path.Combine(_folder, "around"));
        string[] names = ["a", "b", "proc", "..", ".", "", "../escaped", "a/../../escaped", around + "/escaped", "/escaped", "a/b", "x\0", "\n", "...", "é", new string('x', 300), "\ud800"];
        var (refused, written) = (0, 0);
        for (var round = 0; round < (Mutator.IsLongMode ? 100_000 : 200); round++)
        {
            Directory.CreateDirectory(around);
            var tree = new HostileTree();
            for (var nodes = random.Next(1, 7); nodes > 0; nodes--)
            {
                var name = random.Next(3) == 0 ? names[random.Next(names.Length)] : names[random.Next(3)];
                tree.Add(random.Next(4) == 0 ? Mutator.Mutate(random, name) : name, random.Next(3) == 0 ? "../../escaped" : around, (NodeKind)random.Next(3));
            }

            try
            {
                TreeExporter.Export(tree, inside);
                written++;
            }
            catch (TreeExportException error)
            {
                Assert.NotEmpty(error.Message);
                refused++;
            }

            Assert.Equal([around], Directory.GetFileSystemEntries(_folder));
            Assert.Equal([inside], Directory.GetFileSystemEntries(around));
            Directory.Delete(inside, recursive: true);
        }

        Assert.True(written > 20 && refused > 20, $"{written} written, {refused} refused");
    }

    /// <summary>A root with nodes of any names, once as often as they were added; directories below it hold the same once more.</summary>
    private sealed class HostileTree : IFileTree
    {
        private readonly List<(string Name, string Target, NodeKind Kind)> _nodes = [];

        public void Add(string name, string target, NodeKind kind) => _nodes.Add((name, target, kind));

        public Errno TryStat(string path, out NodeStat stat)
        {
            var found = _nodes.FindIndex(node => path.EndsWith("/" + node.Name, StringComparison.Ordinal));
            stat = new NodeStat(found < 0 ? NodeKind.Directory : _nodes[found].Kind, 0b110_100_100, 0, 0);
            return Errno.None;
        }

        public Errno TryList(string path, out IReadOnlyList<string> names)
        {
            names = path.Count(static letter => letter == '/') < 3 ? [.. _nodes.Select(static node => node.Name)] : [];
            return Errno.None;
        }

        public Errno TryReadLink(string path, out string target)
        {
            target = _nodes.Find(node => path.EndsWith("/" + node.Name, StringComparison.Ordinal)).Target;
            return Errno.None;
        }

        public Errno TryRead(string path, out ReadOnlyMemory<byte> content)
        {
            content = "content"u8.ToArray();
            return Errno.None;
        }

        public Errno TryWrite(string path, ReadOnlySpan<byte> content) => Errno.EROFS;
    }
}
