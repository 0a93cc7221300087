using System.Text;
using VboxMem.FileTree;
using VboxMem.Kernel.Time;

namespace VboxMem.Procfs.Tests;

public sealed class MachineTreeTests
{
    [Fact]
    public void Reading_every_file_changes_nothing_in_the_machine()
    {
        using var box = Box.With();
        box.Machine.RunUntil(SimTime.FromSeconds(20));
        var before = box.Machine.ComputeStateHash();

        foreach (var path in box.Paths)
        {
            Assert.Equal(Errno.None, box.Tree.TryStat(path, out var stat));
            var expected = stat.IsBulky ? Errno.EFBIG
                : (stat.Mode & FileModes.OwnerRead) != 0 ? Errno.None
                : path.StartsWith("/proc/sys/", StringComparison.Ordinal) ? Errno.EACCES : Errno.EIO;
            Assert.Equal(expected, box.Tree.TryRead(path, out _));
            Assert.Equal(expected == Errno.EFBIG ? Errno.None : expected, box.Tree.TryReadAt(path, 8, 1 << 16, out _));
        }

        Assert.Equal(before, box.Machine.ComputeStateHash());
    }

    [Fact]
    public void A_box_that_is_read_all_the_time_ends_where_one_that_never_is_does()
    {
        using var watched = Box.With();
        using var alone = Box.With();
        for (var second = 5UL; second <= 15; second++)
        {
            watched.Machine.RunUntil(SimTime.FromSeconds(second));
            foreach (var path in watched.Paths)
            {
                watched.Tree.TryRead(path, out _);
            }
        }

        alone.Machine.RunUntil(SimTime.FromSeconds(15));

        Assert.Equal(alone.Machine.ComputeStateHash(), watched.Machine.ComputeStateHash());
    }

    [Fact]
    public void Content_that_was_read_does_not_change_when_other_files_are_read()
    {
        using var box = Box.With();
        box.Tree.TryRead("/proc/meminfo", out var meminfo);
        var before = meminfo.ToArray();

        box.Tree.TryRead("/proc/zoneinfo", out _);
        box.Machine.RunUntil(SimTime.FromSeconds(30));
        box.Tree.TryRead("/proc/uptime", out _);

        Assert.Equal(before, meminfo.ToArray());
    }

    [Fact]
    public void Walking_from_the_root_finds_every_file_of_the_table_every_link_and_those_of_processes()
    {
        using var box = Box.With();
        string[] links = [.. ProcTable.LinksOf(box.Machine).Select(static link => link.Path), "/proc/self", "/proc/thread-self"];

        var found = Walk(box.Tree, "/").ToLookup(static path => path.StartsWith("/proc/", StringComparison.Ordinal) && char.IsAsciiDigit(path[6]));

        Assert.Equal(
            box.Tree.Files.Select(static file => file.Path).Concat(links).Order(StringComparer.Ordinal), found[false].Order(StringComparer.Ordinal));
        Assert.Contains("/proc/2/task/2/status", found[true]);
        Assert.All(found[true], path => Assert.Equal(Errno.None, box.Tree.TryStat(path, out _)));
    }

    [Fact]
    public void Proc_lists_short_names_first_and_proc_sys_goes_by_name()
    {
        using var box = Box.With();

        Assert.Equal(
            [
                "net", "sys", "stat", "swaps", "mounts", "uptime", "vmstat", "cmdline", "cpuinfo", "devices", "loadavg", "meminfo", "version",
                "pressure", "slabinfo", "softirqs", "zoneinfo", "buddyinfo", "diskstats", "schedstat", "interrupts", "kpagecount", "kpageflags",
                "partitions", "filesystems", "vmallocinfo", "pagetypeinfo", "sysrq-trigger",
            ],
            List(box, "/proc").TakeWhile(static name => name != "self"));
        Assert.Equal(["io", "cpu", "memory"], List(box, "/proc/pressure"));
        Assert.Equal(["fs", "kernel", "vm"], List(box, "/proc/sys"));
        Assert.Equal(List(box, "/proc/sys/vm").Order(StringComparer.Ordinal), List(box, "/proc/sys/vm"));
        Assert.Equal("page-cluster", List(box, "/proc/sys/vm").First(static name => name.StartsWith("page", StringComparison.Ordinal)));
    }

    // The order of these names in what `ls -U` prints on a running kernel (6.18).
    [Fact]
    public void Sysfs_lists_names_by_their_hash()
    {
        using var box = Box.With();

        Assert.Equal(["lru_gen", "mempolicy", "hugepages", "transparent_hugepage", "swap", "ksm", "numa"], List(box, "/sys/kernel/mm"));
        Assert.Equal(
            [
                "hugepages-32kB", "hugepages-512kB", "defrag", "khugepaged", "enabled", "hugepages-2048kB", "hugepages-1024kB", "hugepages-64kB",
                "hugepages-16kB", "shrink_underused", "use_zero_page", "hugepages-8kB", "shmem_enabled", "hugepages-256kB", "hpage_pmd_size",
                "hugepages-128kB",
            ],
            List(box, "/sys/kernel/mm/transparent_hugepage"));
        Assert.Equal(
            ["free_hugepages", "resv_hugepages", "surplus_hugepages", "nr_hugepages_mempolicy", "nr_hugepages", "nr_overcommit_hugepages"],
            List(box, "/sys/kernel/mm/hugepages/hugepages-2048kB"));
        Assert.Equal(
            ["distance", "numastat", "vmstat", "meminfo", "cpulist", "cpumap"],
            List(box, "/sys/devices/system/node/node0"));
        Assert.Equal(
            ["possible", "has_normal_memory", "node0", "online", "has_memory", "has_cpu"],
            List(box, "/sys/devices/system/node"));
    }

    [Theory]
    [InlineData("/proc/meminfo", 292)]                       // 0444
    [InlineData("/proc/slabinfo", 256)]                      // 0400
    [InlineData("/proc/pagetypeinfo", 256)]
    [InlineData("/proc/sys/vm/swappiness", 420)]             // 0644
    [InlineData("/proc/sys/vm/mmap_rnd_bits", 384)]          // 0600
    [InlineData("/proc/sys/kernel/osrelease", 292)]
    [InlineData("/sys/kernel/mm/transparent_hugepage/enabled", 420)]
    [InlineData("/dev/kmsg", 420)]
    public void Files_belong_to_root_and_have_their_modes(string path, int mode)
    {
        using var box = Box.With();

        Assert.Equal(Errno.None, box.Tree.TryStat(path, out var stat));
        Assert.Equal(new NodeStat(NodeKind.File, mode, 0, 0), stat);
    }

    [Theory]
    [InlineData("/", 493)]                                   // 0755
    [InlineData("/proc", 365)]                               // 0555
    [InlineData("/proc/sys/vm", 365)]
    [InlineData("/sys/kernel/mm/", 493)]
    public void Directories_belong_to_root_and_have_their_modes(string path, int mode)
    {
        using var box = Box.With();

        Assert.Equal(Errno.None, box.Tree.TryStat(path, out var stat));
        Assert.Equal(new NodeStat(NodeKind.Directory, mode, 0, 0), stat);
    }

    [Theory]
    [InlineData("/proc//meminfo")]
    [InlineData("/proc/./meminfo")]
    [InlineData("/proc/sys/../meminfo")]
    [InlineData("/../proc/meminfo")]
    public void Other_spellings_of_a_path_reach_the_same_file(string path)
    {
        using var box = Box.With();

        Assert.Equal(box.Read("/proc/meminfo"), box.Read(path));
    }

    [Fact]
    public void Wrong_paths_answer_as_Linux_does()
    {
        using var box = Box.With();

        Assert.Equal(Errno.ENOENT, box.Tree.TryRead("/proc/nosuch", out _));
        Assert.Equal(Errno.ENOENT, box.Tree.TryRead("proc/meminfo", out _));
        Assert.Equal(Errno.ENOENT, box.Tree.TryStat("/nosuch/meminfo", out _));
        Assert.Equal(Errno.ENOTDIR, box.Tree.TryStat("/proc/meminfo/x", out _));
        Assert.Equal(Errno.ENOTDIR, box.Tree.TryRead("/proc/meminfo/", out _));
        Assert.Equal(Errno.ENOTDIR, box.Tree.TryList("/proc/meminfo", out _));
        Assert.Equal(Errno.EISDIR, box.Tree.TryRead("/proc", out _));
        Assert.Equal(Errno.EISDIR, box.Tree.TryWrite("/proc", "x"u8));
        Assert.Equal(Errno.EINVAL, box.Tree.TryReadLink("/proc/meminfo", out _));
        Assert.Equal(Errno.ENOENT, box.Tree.TryReadLink("/proc/nosuch", out _));
        Assert.Equal(Errno.ENOTDIR, box.Tree.TryStat("/proc/meminfo/..", out _));
    }

    [Theory]
    [InlineData("/proc/meminfo", Errno.EIO)]
    [InlineData("/proc/pressure/memory", Errno.EIO)]
    [InlineData("/proc/sys/kernel/osrelease", Errno.EACCES)]
    [InlineData("/sys/devices/system/node/node0/meminfo", Errno.EACCES)]
    [InlineData("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", Errno.EACCES)]
    [InlineData("/etc/hostname", Errno.EROFS)]
    [InlineData("/proc/sys/vm/nosuch", Errno.ENOENT)]
    public void Files_that_take_no_writes_say_so_and_keep_their_content(string path, Errno answer)
    {
        using var box = Box.With();
        var before = box.Machine.ComputeStateHash();

        Assert.Equal(answer, box.Write(path, "1\n"));

        Assert.Equal(before, box.Machine.ComputeStateHash());
    }

    [Fact]
    public void A_copy_of_the_machine_shows_the_same_bytes_and_goes_its_own_way()
    {
        using var box = Box.With();
        using var copy = box.Machine.Clone();
        var other = new MachineTree(copy);
        foreach (var path in box.Paths)
        {
            box.Tree.TryRead(path, out var ours);
            other.TryRead(path, out var theirs);
            Assert.Equal(Encoding.UTF8.GetString(ours.Span), Encoding.UTF8.GetString(theirs.Span));
        }

        Assert.Equal(Errno.None, other.TryWrite("/proc/sys/vm/swappiness", "10"u8));
        Assert.Equal("60\n", box.Read("/proc/sys/vm/swappiness"));
    }

    private static IReadOnlyList<string> List(Box box, string path)
    {
        Assert.Equal(Errno.None, box.Tree.TryList(path, out var names));
        return names;
    }

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
}
