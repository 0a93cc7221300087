using System.Text;
using VboxMem.FileTree;

namespace VboxMem.Procfs.Tests;

public sealed class TreeExporterTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("vbox-export-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void Every_file_is_on_disk_with_its_bytes_and_mode()
    {
        using var box = Box.With();

        var result = TreeExporter.Export(box.Tree, _directory);

        Assert.Equal(["/proc/sys/vm/drop_caches"], result.Unreadable);
        Assert.Equal(box.Tree.Files.Count - 1, result.Files);
        foreach (var path in box.Paths.Except(result.Unreadable))
        {
            box.Tree.TryRead(path, out var content);
            box.Tree.TryStat(path, out var stat);
            Assert.Equal(Encoding.UTF8.GetString(content.Span), File.ReadAllText(_directory + path));
            Assert.Equal((UnixFileMode)stat.Mode, ModeOf(_directory + path));
        }

        Assert.Equal(result.Files, Directory.EnumerateFiles(_directory, "*", SearchOption.AllDirectories).Count());
    }

    [Fact]
    public void Exporting_again_replaces_files_that_nobody_may_write()
    {
        using var box = Box.With();
        TreeExporter.Export(box.Tree, _directory);
        box.Machine.RunUntil(VboxMem.Kernel.Time.SimTime.FromSeconds(100));

        TreeExporter.Export(box.Tree, _directory);

        Assert.StartsWith("100.00 ", File.ReadAllText(_directory + "/proc/uptime"), StringComparison.Ordinal);
    }

    [Fact]
    public void Directories_stay_removable_by_their_owner()
    {
        using var box = Box.With();

        TreeExporter.Export(box.Tree, _directory);

        Assert.True(ModeOf(_directory + "/proc").HasFlag(UnixFileMode.UserWrite));
    }

    [Fact]
    public void Links_are_links_and_write_only_files_are_named_and_left_out()
    {
        var result = TreeExporter.Export(new SmallTree(), _directory);

        Assert.Equal(["/secret"], result.Unreadable);
        Assert.Equal(2, result.Files);
        Assert.Equal("self/mounts", new FileInfo(_directory + "/mounts").LinkTarget);
        Assert.False(File.Exists(_directory + "/secret"));
    }

    [Fact]
    public void A_tree_that_cannot_be_read_is_named_in_the_error()
    {
        var error = Assert.Throws<TreeExportException>(() => TreeExporter.Export(new SmallTree { PlainAnswer = Errno.EIO }, _directory));

        Assert.Equal("/plain", error.FailedPath);
        Assert.Equal("/plain: Input/output error", error.Message);
    }

    [Fact]
    public void A_disk_that_cannot_be_written_is_named_in_the_error()
    {
        File.WriteAllText(_directory + "/taken", "a file where a directory should be");

        var error = Assert.Throws<TreeExportException>(() => TreeExporter.Export(new SmallTree(), _directory + "/taken"));

        Assert.Equal(_directory + "/taken", error.FailedPath);
        Assert.NotNull(error.InnerException);
    }

    private static UnixFileMode ModeOf(string path) =>
        OperatingSystem.IsWindows() ? throw new PlatformNotSupportedException() : File.GetUnixFileMode(path);

    /// <summary>A plain file, a link, and a file nobody may read.</summary>
    private sealed class SmallTree : IFileTree
    {
        public Errno PlainAnswer { get; init; }

        public Errno TryStat(string path, out NodeStat stat)
        {
            stat = path switch
            {
                "/" => new NodeStat(NodeKind.Directory, 365, 0, 0),
                "/mounts" => new NodeStat(NodeKind.SymbolicLink, 511, 0, 0),
                "/secret" => new NodeStat(NodeKind.File, 128, 0, 0),
                _ => new NodeStat(NodeKind.File, 292, 0, 0),
            };
            return Errno.None;
        }

        public Errno TryList(string path, out IReadOnlyList<string> names)
        {
            names = ["plain", "mounts", "secret"];
            return Errno.None;
        }

        public Errno TryReadLink(string path, out string target)
        {
            target = "self/mounts";
            return Errno.None;
        }

        public Errno TryRead(string path, out ReadOnlyMemory<byte> content)
        {
            content = "text\n"u8.ToArray();
            return path == "/plain" ? PlainAnswer : Errno.EACCES;
        }

        public Errno TryWrite(string path, ReadOnlySpan<byte> content) => Errno.EROFS;
    }
}
