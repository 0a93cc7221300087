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

        string[] ofTasks = ["smaps_rollup", "clear_refs", "exe"];   // kernel threads have no rollup and no executable
        Assert.Equal(
            ["/proc/sys/vm/compact_memory", "/proc/sys/vm/drop_caches", "/proc/sysrq-trigger"],
            result.Unreadable.Where(path => !ofTasks.Contains(Path.GetFileName(path))).Order(StringComparer.Ordinal));
        Assert.Equal(
            ["/proc/kpagecount", "/proc/kpageflags", "/sys/devices/system/memory", "/sys/kernel/slab"],
            result.Bulky.Where(static path => !path.EndsWith("/pagemap", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
        var files = Walk(box.Tree, "/").Except(result.Unreadable)
            .Where(path => !result.Bulky.Any(bulky => path == bulky || path.StartsWith(bulky + "/", StringComparison.Ordinal))).ToArray();
        Assert.Equal(files.Length, result.Files);
        foreach (var path in files)
        {
            box.Tree.TryStat(path, out var stat);
            if (stat.Kind == NodeKind.SymbolicLink)
            {
                box.Tree.TryReadLink(path, out var target);
                Assert.Equal(target, new FileInfo(_directory + path).LinkTarget);
                continue;
            }

            box.Tree.TryRead(path, out var content);
            Assert.Equal(Encoding.UTF8.GetString(content.Span), File.ReadAllText(_directory + path));
            Assert.Equal((UnixFileMode)stat.Mode, ModeOf(_directory + path));
        }
    }

    // The tree over the export must say of every node what the box says: of owners, where the tests run as root.
    [Fact]
    public void An_export_reads_as_the_box_does_processes_and_links_included()
    {
        using var box = Box.With();
        var task = box.Start(new Requests([]), uid: 33);
        TreeExporter.Export(box.Tree, _directory);
        var export = new DirectoryTree(_directory);

        string[] paths =
        [
            $"/proc/{task.Pid}", $"/proc/{task.Pid}/task/{task.Pid}/status", $"/proc/{task.Pid}/io", "/proc/self", "/proc/self/stat",
            "/proc/thread-self/comm", "/proc/mounts", "/proc/1/maps", "/proc/2/smaps",
        ];
        foreach (var path in paths)
        {
            box.Tree.TryStat(path, out var ours);
            Assert.Equal(Errno.None, export.TryStat(path, out var exported));
            var mode = ours.Kind == NodeKind.Directory ? ours.Mode | (int)UnixFileMode.UserWrite : ours.Mode;
            Assert.Equal(ours with { Mode = mode, UserId = OwnerIfRoot(ours.UserId), GroupId = OwnerIfRoot(ours.GroupId) },
                Environment.IsPrivilegedProcess ? exported : exported with { UserId = 0, GroupId = 0 });
            Assert.Equal(box.Tree.TryRead(path, out var content), export.TryRead(path, out var copy));
            Assert.Equal(content.ToArray(), copy.ToArray());
        }

        export.TryList("/proc", out var names);
        box.Tree.TryList("/proc", out var live);
        Assert.Equal(live.Except(["kpagecount", "kpageflags", "sysrq-trigger"]), names);
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
    public void Bulky_files_are_named_and_left_out_without_being_read()
    {
        var result = TreeExporter.Export(new SmallTree { IsPlainBulky = true, PlainAnswer = Errno.EIO }, _directory);

        Assert.Equal(["/plain"], result.Bulky);
        Assert.Equal(1, result.Files);
        Assert.False(File.Exists(_directory + "/plain"));
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

    private static uint OwnerIfRoot(uint id) => Environment.IsPrivilegedProcess ? id : 0;

    private static IEnumerable<string> Walk(IFileTree tree, string directory)
    {
        tree.TryList(directory, out var names);
        foreach (var name in names)
        {
            var path = directory == "/" ? "/" + name : $"{directory}/{name}";
            tree.TryStat(path, out var stat);
            foreach (var file in stat.Kind == NodeKind.Directory ? Walk(tree, path) : [path])
            {
                yield return file;
            }
        }
    }

    private static UnixFileMode ModeOf(string path) =>
        OperatingSystem.IsWindows() ? throw new PlatformNotSupportedException() : File.GetUnixFileMode(path);

    /// <summary>A plain file, a link, and a file nobody may read.</summary>
    private sealed class SmallTree : IFileTree
    {
        public Errno PlainAnswer { get; init; }

        public bool IsPlainBulky { get; init; }

        public Errno TryStat(string path, out NodeStat stat)
        {
            stat = path switch
            {
                "/" => new NodeStat(NodeKind.Directory, 365, 0, 0),
                "/mounts" => new NodeStat(NodeKind.SymbolicLink, 511, 0, 0),
                "/secret" => new NodeStat(NodeKind.File, 128, 0, 0),
                _ => new NodeStat(NodeKind.File, 292, 0, 0, IsPlainBulky),
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
