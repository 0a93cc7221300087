using System.Globalization;
using System.Text.RegularExpressions;
using VboxMem.FileTree;
using VboxMem.Kernel.PageCache;
using VboxMem.Kernel.Sched;

namespace VboxMem.Procfs.Tests.Pid;

// Goal: fd and fdinfo show what descriptors lead to, as Linux words it; threads share them, others have none.
public sealed class DescriptorTests
{
    private const int LinkMode = 0b101_000_000;
    private const int WritableLinkMode = 0b111_000_000;

    private static readonly Request[] _opened =
    [
        new(RequestKind.Open, (ulong)OpenFlags.Create, 65536, Path: "/srv/data"),
        new(RequestKind.Open, (ulong)(OpenFlags.Create | OpenFlags.Write | OpenFlags.Append), 0, Path: "/srv/a log"),
        new(RequestKind.Accept),
        new(RequestKind.Read, 0, 5000),
    ];

    [Fact]
    public void Links_name_files_and_sockets_and_say_what_they_are_open_for()
    {
        using var box = Box.WithDisks();
        var task = box.Start(new Requests(_opened), uid: 33);

        Assert.Equal(["0", "1", "2"], List(box, task, "fd"));
        Assert.Equal(("/srv/data", "/srv/a log"), (Target(box, task, "fd/0"), Target(box, task, "fd/1")));
        Assert.Matches("^socket:\\[[1-9][0-9]*\\]$", Target(box, task, "fd/2"));
        Assert.Equal(new NodeStat(NodeKind.SymbolicLink, LinkMode, 33, 33), Stat(box, task, "fd/0"));
        Assert.Equal(new NodeStat(NodeKind.SymbolicLink, WritableLinkMode, 33, 33), Stat(box, task, "fd/1"));
        Assert.Equal(WritableLinkMode, Stat(box, task, "fd/2").Mode);
        Assert.Equal(new NodeStat(NodeKind.Directory, FileModes.DirectorySearchOwner, 33, 33), Stat(box, task, "fd"));
        Assert.Equal(FileModes.DirectoryReadOnly, Stat(box, task, "fdinfo").Mode);
    }

    [Fact]
    public void Fdinfo_has_position_flags_mount_and_inode_in_the_hosts_layout()
    {
        using var box = Box.WithDisks();
        var task = box.Start(new Requests(_opened));
        using var file = File.OpenHandle("/proc/self/maps");
        var host = File.ReadAllText("/proc/self/fdinfo/" + file.DangerousGetHandle());

        var ours = box.Read(task, "fdinfo/0");

        Assert.Equal(Labels(host)[..4], Labels(ours));
        var inode = Regex.Match(box.Read(task, "maps") + box.Read("/sys/kernel/debug/vbox/files"), "254:0 +([0-9]+) .* /srv/data\n").Groups[1].Value;
        Assert.Equal($"pos:\t5000\nflags:\t0100000\nmnt_id:\t22\nino:\t{inode}\n", ours);
        Assert.StartsWith("pos:\t0\nflags:\t0102002\nmnt_id:\t22\nino:\t", box.Read(task, "fdinfo/1"), StringComparison.Ordinal);
        var socket = Target(box, task, "fd/2")["socket:[".Length..^1];
        Assert.Equal($"pos:\t0\nflags:\t02\nmnt_id:\t8\nino:\t{socket}\n", box.Read(task, "fdinfo/2"));
        Assert.Contains("\n22 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n", "\n" + box.Read(task, "mountinfo"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_removed_file_is_called_deleted_and_a_closed_one_is_not_there()
    {
        using var box = Box.WithDisks();
        var task = box.Start(new Requests([.. _opened, new Request(RequestKind.Unlink, Path: "/srv/data"), new Request(RequestKind.Close, 1)]));

        Assert.Equal(["0", "2"], List(box, task, "fd"));
        Assert.Equal("/srv/data (deleted)", Target(box, task, "fd/0"));
        Assert.Equal(Errno.ENOENT, box.Tree.TryStat($"/proc/{task.Pid}/fd/1", out _));
        Assert.Equal(Errno.ENOENT, box.Tree.TryRead($"/proc/{task.Pid}/fdinfo/1", out _));
    }

    [Fact]
    public void Threads_share_their_descriptors_a_zombie_and_kernel_threads_have_none()
    {
        using var box = Box.WithDisks();
        var task = box.Start(new Requests([.. _opened, new Request(RequestKind.CloneThread, Program: new Requests([]))]));
        var thread = task.Group.Threads[1];

        Assert.Equal(List(box, task, "fd"), List(box, task, $"task/{thread.Pid}/fd"));
        Assert.Equal(box.Read(task, "fdinfo/0"), box.Read(task, $"task/{thread.Pid}/fdinfo/0"));
        var zombie = Zombie.In(box, uid: 33);
        Assert.Empty(List(box, zombie, "fd"));
        Assert.Empty(List(box, zombie, "fdinfo"));
        Assert.Equal((0u, 33u), (Stat(box, zombie, "fd").UserId, Stat(box, zombie, "fdinfo").UserId));
        Assert.Empty(List(box, box.Machine.Processes[2], "fd"));
    }

    [Theory]
    [InlineData("fd/00")]
    [InlineData("fd/-1")]
    [InlineData("fd/3")]
    [InlineData("fd/x")]
    [InlineData("fd/0/x")]
    [InlineData("fdinfo/99999999999999")]
    [InlineData("exe/0")]
    public void Other_names_are_not_there(string name)
    {
        using var box = Box.WithDisks();
        var task = box.Start(new Requests(_opened));

        Assert.NotEqual(Errno.None, box.Tree.TryStat($"/proc/{task.Pid}/{name}", out _));
    }

    private static string[] Labels(string text) => [.. MemoryAgreement.Lines(text).Select(static line => line[..(line.IndexOf('\t', StringComparison.Ordinal) + 1)])];

    private static string PathOf(Process task, string name) => string.Create(CultureInfo.InvariantCulture, $"/proc/{task.Pid}/{name}");

    private static IReadOnlyList<string> List(Box box, Process task, string name)
    {
        Assert.Equal(Errno.None, box.Tree.TryList(PathOf(task, name), out var names));
        return names;
    }

    private static string Target(Box box, Process task, string name)
    {
        Assert.Equal(Errno.None, box.Tree.TryReadLink(PathOf(task, name), out var target));
        return target;
    }

    private static NodeStat Stat(Box box, Process task, string name)
    {
        Assert.Equal(Errno.None, box.Tree.TryStat(PathOf(task, name), out var stat));
        return stat;
    }
}
