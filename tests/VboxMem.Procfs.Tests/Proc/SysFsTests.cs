using VboxMem.FileTree;
using VboxMem.Kernel;
using VboxMem.Workloads;

namespace VboxMem.Procfs.Tests.Proc;

// Goal: /proc/sys/fs counts what programs do with files, in the captured lines' form.
public sealed class SysFsTests
{
    // Captured with 1 GiB and 2 CPUs: 949 172 45 0 0 0, 961 0 0 0 0 0 0, 0 0 97610; that box had files of its own.
    [Fact]
    public void A_booted_box_prints_lines_of_the_captured_form()
    {
        using var box = Box.With();

        Assert.Matches("^[0-9]+\t0\t45\t0\t0\t0\n$", box.Read("/proc/sys/fs/dentry-state"));
        Assert.Matches("^[0-9]+\t0\t0\t0\t0\t0\t0\n$", box.Read("/proc/sys/fs/inode-state"));
        Assert.Matches("^[0-9]+\t0\n$", box.Read("/proc/sys/fs/inode-nr"));
        Assert.StartsWith("0\t0\t", box.Read("/proc/sys/fs/file-nr"), StringComparison.Ordinal);

        // The captured machine's log has 65 pages less available than that of the machine without a disk which this box is like.
        Assert.InRange(Figures.Numbers(box.Read("/proc/sys/fs/file-max").Trim())[0], 97610 + 26 - 2, 97610 + 26 + 2);
        Assert.EndsWith("\t" + box.Read("/proc/sys/fs/file-max"), box.Read("/proc/sys/fs/file-nr"), StringComparison.Ordinal);
        Assert.InRange(State(box)[0], 400, 500);   // of 483 objects in the captured slabs of a box without files
        Assert.Equal(Errno.EACCES, box.Write("/proc/sys/fs/file-max", "1"));
    }

    [Fact]
    public void Files_that_are_made_add_names_and_inodes()
    {
        using var box = Box.WithDisks();
        var (names, inodes) = (State(box), Inodes(box));
        box.Start("files", new ProgramParameters(Path: "/many", Count: 1000, IsWrite: true));
        box.Run(5000);

        Assert.InRange(State(box)[0] - names[0], 1001, 1010);
        Assert.InRange(State(box)[1] - names[1], 1000, 1010);
        Assert.InRange(Inodes(box)[0] - inodes[0], 1001, 1010);

        Assert.Equal(Errno.None, box.Write("/proc/sys/vm/drop_caches", "2"));
        Assert.InRange(State(box)[0] - names[0], 0, 10);
        Assert.InRange(Inodes(box)[0] - inodes[0], 0, 10);
    }

    [Fact]
    public void Names_that_do_not_exist_are_counted_as_negative()
    {
        using var box = Box.WithDisks();
        box.Start("files", new ProgramParameters(Path: "/none", Count: 500));
        box.Run(5000);

        Assert.InRange(State(box)[4], 500, 510);
    }

    [Fact]
    public void Mounts_are_those_of_the_machine()
    {
        using var plain = Box.With();
        using var disks = Box.WithDisks();
        using var more = Machine.Boot(disks.Machine.Configuration with { Swaps = [], Mounts = [new("/srv", 1), new("/tmp", -1)] });
        new MachineTree(more).TryRead("/proc/mounts", out var content);
        var lines = System.Text.Encoding.UTF8.GetString(content.Span).Split('\n');

        Assert.Matches("^rootfs / rootfs rw,size=([0-9]+)k,nr_inodes=([0-9]+),inode64 0 0\n", plain.Read("/proc/mounts"));
        Assert.StartsWith("/dev/vda / ext4 rw,relatime 0 0\nproc /proc proc rw,relatime 0 0\n", disks.Read("/proc/mounts"), StringComparison.Ordinal);
        Assert.DoesNotContain("rootfs", disks.Read("/proc/mounts"), StringComparison.Ordinal);
        Assert.Equal(["/dev/vdb /srv ext4 rw,relatime 0 0", "tmpfs /tmp tmpfs rw,relatime,inode64 0 0", ""], lines[^3..]);
    }

    private static long[] State(Box box) => Figures.Numbers(box.Read("/proc/sys/fs/dentry-state").Trim());

    private static long[] Inodes(Box box) => Figures.Numbers(box.Read("/proc/sys/fs/inode-nr").Trim());
}
