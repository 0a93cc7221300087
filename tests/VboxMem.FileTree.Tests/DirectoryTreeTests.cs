using System.Diagnostics;
using System.Text;

namespace VboxMem.FileTree.Tests;

public sealed class DirectoryTreeTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly DirectoryTree _tree;

    public DirectoryTreeTests() => _tree = new DirectoryTree(_directory.Root);

    public void Dispose() => _directory.Dispose();

    private Errno Read(string path, out string text)
    {
        var errno = _tree.TryRead(path, out var content);
        text = Encoding.UTF8.GetString(content.Span);
        return errno;
    }

    private void Holds(string path, string expected)
    {
        Assert.Equal(Errno.None, Read(path, out var text));
        Assert.Equal(expected, text);
    }

    private static void Sh(string command)
    {
        using var shell = Process.Start(new ProcessStartInfo("/bin/sh") { ArgumentList = { "-c", command } })!;
        shell.WaitForExit();
        Assert.Equal(0, shell.ExitCode);
    }

    [Fact]
    public void A_file_is_read_whole()
    {
        _directory.AddFile("proc/meminfo", "MemTotal: 1 kB\n");
        Holds("/proc/meminfo", "MemTotal: 1 kB\n");
        Holds("//proc/./meminfo", "MemTotal: 1 kB\n");
    }

    [Fact]
    public void An_empty_file_is_empty()
    {
        _directory.AddFile("empty", "");
        Holds("/empty", "");
    }

    [Theory]
    [InlineData(16 * 1024)]          // exactly the first buffer
    [InlineData(16 * 1024 + 1)]
    [InlineData(5_000_000)]
    public void A_big_file_is_read_to_its_last_byte(int size)
    {
        var bytes = new byte[size];
        for (var i = 0; i < size; i++) bytes[i] = (byte)(i * 31 + (i >> 8));
        File.WriteAllBytes(_directory.Path("big"), bytes);

        Assert.Equal(Errno.None, _tree.TryRead("/big", out var content));
        Assert.True(content.Span.SequenceEqual(bytes));
    }

    // Of files that Linux writes as one record a read that does not fill the buffer is the last; one that fills it is not.
    [Theory]
    [InlineData("stat", 1)]
    [InlineData("stat", 64 * 1024 - 1)]
    [InlineData("stat", 64 * 1024)]
    [InlineData("cmdline", 64 * 1024 + 1)]
    [InlineData("cmdline", 200_000)]
    [InlineData("smaps_rollup", 0)]
    public void A_file_of_one_record_is_read_whole_at_any_size(string name, int length)
    {
        var text = string.Create(length, 0, static (letters, _) =>
        {
            for (var i = 0; i < letters.Length; i++) letters[i] = (char)('a' + (i % 23));
        });
        _directory.AddFile("proc/7/" + name, text);
        Holds("/proc/7/" + name, text);
        var host = new DirectoryTree("/");
        Assert.Equal(Errno.None, host.TryRead(_directory.Root + "/proc/7/" + name, out var content));
        Assert.Equal(text, Encoding.UTF8.GetString(content.Span));
    }

    [Fact]
    public void The_hosts_own_directory_is_none_to_read() =>
        Assert.Equal(Errno.EISDIR, new DirectoryTree("/").TryRead(_directory.Root, out _));

    [Theory]
    [InlineData(0, 5, "01234")]
    [InlineData(3, 4, "3456")]
    [InlineData(8, 5, "89")]         // the file ends first
    [InlineData(10, 5, "")]
    [InlineData(1L << 40, 5, "")]
    [InlineData(2, 0, "")]
    public void A_part_of_a_file_is_what_lies_there(long offset, int length, string expected)
    {
        _directory.AddFile("digits", "0123456789");
        _directory.AddLink("link", "digits");

        foreach (var path in new[] { "/digits", "/link" })
        {
            Assert.Equal(Errno.None, _tree.TryReadAt(path, offset, length, out var content));
            Assert.Equal(expected, Encoding.UTF8.GetString(content.Span));
        }
    }

    [Fact]
    public void A_part_larger_than_the_first_buffer_comes_out_whole_and_a_sparse_files_end_is_reached()
    {
        Sh($"truncate -s 6G {_directory.Path("sparse")} && printf end >> {_directory.Path("sparse")}");

        Assert.Equal(Errno.None, _tree.TryReadAt("/sparse", (6L << 30) - 100_000, 1_000_000, out var content));
        Assert.Equal(100_003, content.Length);
        Assert.Equal("\0\0end"u8.ToArray(), content[^5..].ToArray());
        Assert.Equal(Errno.EFBIG, _tree.TryRead("/sparse", out _));
    }

    [Fact]
    public void A_part_of_nothing_readable_answers_as_linux_does()
    {
        _directory.AddFile("file", "x");
        Sh($"mkfifo {_directory.Path("pipe")}");

        Assert.Equal(Errno.EINVAL, _tree.TryReadAt("/file", -1, 1, out _));
        Assert.Equal(Errno.EINVAL, _tree.TryReadAt("/file", 0, -1, out _));
        Assert.Equal(Errno.ENOENT, _tree.TryReadAt("/absent", 0, 1, out _));
        Assert.Equal(Errno.EISDIR, _tree.TryReadAt("/", 0, 1, out _));
        Assert.Equal(Errno.ESPIPE, _tree.TryReadAt("/pipe", 0, 1, out _));
    }

    [Fact]
    public void Parts_of_the_hosts_page_map_are_whole_entries()
    {
        Assert.Equal(Errno.None, new DirectoryTree("/").TryReadAt("/proc/self/pagemap", 8, 16, out var content));
        Assert.Equal(16, content.Length);
        Assert.Equal(Errno.EINVAL, new DirectoryTree("/").TryReadAt("/proc/self/pagemap", 1, 16, out _));
    }

    [Theory]
    [InlineData(0, 2, "te")]
    [InlineData(3, 9, "t")]
    [InlineData(5, 9, "")]
    public void A_tree_without_a_better_way_cuts_parts_out_of_the_whole(long offset, int length, string expected)
    {
        IFileTree tree = new OneFile();

        Assert.Equal(Errno.None, tree.TryReadAt("/file", offset, length, out var content));
        Assert.Equal(expected, Encoding.UTF8.GetString(content.Span));
        Assert.Equal(Errno.EINVAL, tree.TryReadAt("/file", -1, length, out _));
        Assert.Equal(Errno.ENOENT, tree.TryReadAt("/other", offset, length, out _));
    }

    private sealed class OneFile : IFileTree
    {
        public Errno TryRead(string path, out ReadOnlyMemory<byte> content)
        {
            content = path == "/file" ? "text"u8.ToArray() : default(ReadOnlyMemory<byte>);
            return path == "/file" ? Errno.None : Errno.ENOENT;
        }

        public Errno TryStat(string path, out NodeStat stat) => throw new NotSupportedException();

        public Errno TryList(string path, out IReadOnlyList<string> names) => throw new NotSupportedException();

        public Errno TryReadLink(string path, out string target) => throw new NotSupportedException();

        public Errno TryWrite(string path, ReadOnlySpan<byte> content) => throw new NotSupportedException();
    }

    [Fact]
    public void Procfs_files_come_out_whole_although_their_size_is_zero()
    {
        var host = new DirectoryTree("/");
        Assert.Equal(0, new FileInfo("/proc/self/status").Length);

        Assert.Equal(Errno.None, host.TryRead("/proc/self/status", out var status));
        Assert.Contains("VmRSS:", Encoding.UTF8.GetString(status.Span), StringComparison.Ordinal);

        // vmstat is longer than one small buffer and its last line must be there.
        Assert.Equal(Errno.None, host.TryRead("/proc/vmstat", out var vmstat));
        Assert.Equal(File.ReadAllLines("/proc/vmstat").Length, Encoding.UTF8.GetString(vmstat.Span).Split('\n').Length - 1);
    }

    [Fact]
    public void A_procfs_taken_as_root_of_its_own_is_read_too()
    {
        var proc = new DirectoryTree("/proc");
        Assert.Equal(Errno.None, proc.TryRead("/self/status", out var status));
        Assert.StartsWith("Name:", Encoding.UTF8.GetString(status.Span), StringComparison.Ordinal);
    }

    [Fact]
    public void Missing_names_and_files_used_as_directories_are_told_apart()
    {
        _directory.AddFile("file", "x");
        Assert.Equal(Errno.ENOENT, Read("/nosuch", out _));
        Assert.Equal(Errno.ENOENT, Read("/nosuch/deeper", out _));
        Assert.Equal(Errno.ENOTDIR, Read("/file/deeper", out _));
        Assert.Equal(Errno.ENOTDIR, Read("/file/", out _));
        Assert.Equal(Errno.EISDIR, Read("/", out _));
        Assert.Equal(Errno.ENOTDIR, _tree.TryList("/file", out _));
        Assert.Equal(Errno.ENOENT, _tree.TryList("/nosuch", out _));
        Assert.Equal(Errno.ENAMETOOLONG, Read("/" + new string('n', 300), out _));
        Assert.Equal(Errno.ENOENT, Read("/nul\0byte", out _));
    }

    [Fact]
    public void A_path_must_be_absolute()
    {
        Assert.Throws<ArgumentException>(() => _tree.TryRead("proc/meminfo", out _));
        Assert.Throws<ArgumentException>(() => _tree.TryRead("", out _));
    }

    [Fact]
    public void Dot_dot_stops_at_the_root()
    {
        _directory.AddFile("a/file", "inside");
        Assert.Equal(Errno.ENOENT, Read("/../secret", out _));
        Assert.Equal(Errno.ENOENT, Read("/a/../../../../secret", out _));
        Holds("/a/../../a/file", "inside");
        Assert.Equal(Errno.ENOTDIR, Read("/a/file/../file", out _));   // a file has no parent to go through
    }

    [Fact]
    public void Links_never_lead_out_of_the_root()
    {
        _directory.AddFile("a/b/file", "inside");
        _directory.AddLink("a/b/relative", "../../../secret");
        _directory.AddLink("a/b/absolute", Path.Combine(_directory.Base, "secret"));
        _directory.AddLink("a/up", "..");
        _directory.AddLink("host", "/");
        _directory.AddLink("deep", "../../../../../../..");

        Assert.Equal(Errno.ENOENT, Read("/a/b/relative", out _));
        Assert.Equal(Errno.ENOENT, Read("/a/b/absolute", out _));
        Assert.Equal(Errno.ENOENT, Read("/a/up/../secret", out _));
        Assert.Equal(Errno.ENOENT, Read("/deep/secret", out _));
        Holds("/host/a/b/file", "inside");
        Holds("/deep/a/up/a/b/file", "inside");
    }

    [Fact]
    public void An_absolute_target_starts_at_the_root_and_a_relative_one_where_the_link_stands()
    {
        _directory.AddFile("proc/7/mounts", "mounts of 7");
        _directory.AddLink("proc/self", "7");
        _directory.AddLink("proc/mounts", "self/mounts");
        _directory.AddLink("etc/mtab", "/proc/self/mounts");

        Holds("/proc/mounts", "mounts of 7");
        Holds("/etc/mtab", "mounts of 7");
    }

    [Fact]
    public void Forty_links_are_followed_and_the_forty_first_is_a_loop()
    {
        _directory.AddFile("l0", "end");
        for (var i = 1; i <= 41; i++) _directory.AddLink($"l{i}", $"l{i - 1}");
        _directory.AddLink("self-loop", "self-loop");
        _directory.AddLink("ping", "pong");
        _directory.AddLink("pong", "ping");

        Holds("/l40", "end");
        Assert.Equal(Errno.ELOOP, Read("/l41", out _));
        Assert.Equal(Errno.ELOOP, Read("/self-loop", out _));
        Assert.Equal(Errno.ELOOP, Read("/ping/x", out _));
    }

    [Fact]
    public void Stat_describes_the_link_itself_and_read_link_gives_its_target()
    {
        _directory.AddLink("dangling", "/no/such");
        _directory.AddFile("file", "x");
        Sh($"chmod 0400 '{_directory.Path("file")}'");

        Assert.Equal(Errno.None, _tree.TryStat("/dangling", out var link));
        Assert.Equal(NodeKind.SymbolicLink, link.Kind);
        Assert.Equal(Errno.None, _tree.TryReadLink("/dangling", out var target));
        Assert.Equal("/no/such", target);
        Assert.Equal(Errno.ENOENT, Read("/dangling", out _));

        Assert.Equal(Errno.None, _tree.TryStat("/file", out var file));
        Assert.Equal((NodeKind.File, Convert.ToInt32("400", 8)), (file.Kind, file.Mode));
        Assert.Equal(Errno.EINVAL, _tree.TryReadLink("/file", out _));
        Assert.Equal(Errno.None, _tree.TryStat("/", out var root));
        Assert.Equal(NodeKind.Directory, root.Kind);
    }

    [Fact]
    public void The_owner_is_the_one_the_host_knows()
    {
        Assert.Equal(Errno.None, new DirectoryTree("/").TryStat("/proc/1", out var init));
        Assert.Equal((NodeKind.Directory, 0u), (init.Kind, init.UserId));

        _directory.AddFile("owned", "x");
        if (!Environment.IsPrivilegedProcess) return;   // only root may give a file away
        Sh($"chown 1234:2345 '{_directory.Path("owned")}'");
        Assert.Equal(Errno.None, _tree.TryStat("/owned", out var owned));
        Assert.Equal((1234u, 2345u), (owned.UserId, owned.GroupId));
    }

    [Fact]
    public void What_the_host_forbids_to_read_answers_with_the_hosts_errno()
    {
        if (Environment.IsPrivilegedProcess)
        {
            // Nothing is unreadable to root, but procfs refuses this write-only file of the kernel's to everyone.
            Assert.Equal(Errno.EINVAL, new DirectoryTree("/").TryRead("/proc/self/clear_refs", out _));
            return;
        }

        _directory.AddFile("closed", "x");
        Sh($"chmod 0 '{_directory.Path("closed")}'");
        Assert.Equal(Errno.EACCES, Read("/closed", out _));
    }

    [Fact]
    public void A_fifo_without_a_writer_is_empty_and_a_device_without_end_is_too_large()
    {
        Sh($"mkfifo '{_directory.Path("fifo")}'");
        Holds("/fifo", "");
        Assert.Equal(Errno.EFBIG, new DirectoryTree("/").TryRead("/dev/zero", out _));
    }

    [Fact]
    public void Every_write_is_refused_and_changes_nothing()
    {
        _directory.AddFile("proc/sys/vm/swappiness", "60\n");
        Assert.Equal(Errno.EROFS, _tree.TryWrite("/proc/sys/vm/swappiness", "1\n"u8));
        Assert.Equal(Errno.EROFS, _tree.TryWrite("/new", "1\n"u8));
        Holds("/proc/sys/vm/swappiness", "60\n");
        Assert.False(File.Exists(_directory.Path("new")));
    }

    [Fact]
    public void Proc_lists_short_names_first_then_self_then_processes_by_number()
    {
        foreach (var name in new[] { "100", "meminfo", "stat", "9", "10", "thread-self", "self", "fs", "cmdline", "loadavg", "0x" })
            Directory.CreateDirectory(_directory.Path("proc/" + name));

        Assert.Equal(Errno.None, _tree.TryList("/proc", out var names));
        Assert.Equal(["0x", "fs", "stat", "cmdline", "loadavg", "meminfo", "self", "thread-self", "9", "10", "100"], names);
    }

    [Fact]
    public void Sysctl_directories_are_in_alphabetical_order_however_one_gets_there()
    {
        foreach (var name in new[] { "page-cluster", "swappiness", "admin_reserve_kbytes", "stat_interval", "dirty_ratio", "dirty_bytes" })
            _directory.AddFile("proc/sys/vm/" + name, "0\n");
        _directory.AddLink("vm", "/proc/sys/vm");
        string[] expected = ["admin_reserve_kbytes", "dirty_bytes", "dirty_ratio", "page-cluster", "stat_interval", "swappiness"];

        Assert.Equal(Errno.None, _tree.TryList("/proc/sys/vm/", out var direct));
        Assert.Equal(expected, direct);
        Assert.Equal(Errno.None, _tree.TryList("/vm", out var throughLink));
        Assert.Equal(expected, throughLink);
    }

    [Fact]
    public void The_order_is_the_one_of_real_procfs()
    {
        // Unsorted listing of the host's own /proc, straight from the kernel; entries of a sandbox may be missing.
        var raw = new List<string>();
        foreach (var entry in Directory.EnumerateFileSystemEntries("/proc"))
        {
            var name = Path.GetFileName(entry);
            if (!char.IsAsciiDigit(name[0]) && name is not ("self" or "thread-self")) raw.Add(name);
        }

        Assert.Equal(Errno.None, new DirectoryTree("/").TryList("/proc", out var names));
        Assert.Equal(raw, names.Where(name => !char.IsAsciiDigit(name[0]) && name is not ("self" or "thread-self")));
    }

    [Fact]
    public void A_root_given_as_a_link_works_and_a_missing_root_has_no_files()
    {
        _directory.AddFile("file", "x");
        var link = Path.Combine(_directory.Base, "link");
        File.CreateSymbolicLink(link, _directory.Root);
        var throughLink = new DirectoryTree(link);
        Assert.Equal(Errno.None, throughLink.TryList("/", out var names));
        Assert.Equal(["file"], names);

        var missing = new DirectoryTree(Path.Combine(_directory.Base, "nosuch"));
        Assert.Equal(Errno.ENOENT, missing.TryStat("/", out _));
        Assert.Equal(Errno.ENOENT, missing.TryRead("/proc/meminfo", out _));
    }
}
