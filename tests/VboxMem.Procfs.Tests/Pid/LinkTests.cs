using VboxMem.FileTree;
using VboxMem.Kernel;
using VboxMem.Kernel.Block;
using VboxMem.Kernel.Sched;

namespace VboxMem.Procfs.Tests.Pid;

// Goal: exe, cwd, root, environ and mountinfo are as on Linux, for programs, kernel threads and zombies.
public sealed class LinkTests
{
    [Fact]
    public void A_program_shows_its_file_and_the_root_directory()
    {
        using var box = Box.With();
        var task = box.Start(new Requests([]));

        Assert.Equal((Errno.None, "/usr/bin/requests"), Target(box, $"/proc/{task.Pid}/exe"));
        Assert.Equal((Errno.None, "/"), Target(box, $"/proc/{task.Pid}/task/{task.Pid}/cwd"));
        Assert.Equal((Errno.None, "/"), Target(box, $"/proc/{task.Pid}/root"));
        Assert.Equal(box.Read("/proc/meminfo"), box.Read($"/proc/{task.Pid}/root/proc/meminfo"));
        Assert.Equal(Errno.None, box.Tree.TryStat($"/proc/{task.Pid}/exe", out var stat));
        Assert.Equal((NodeKind.SymbolicLink, FileModes.Link), (stat.Kind, stat.Mode));
    }

    // Tried on a running kernel.
    [Fact]
    public void Kernel_threads_have_no_file_and_zombies_nothing_at_all()
    {
        using var box = Box.With();
        var zombie = $"/proc/{Zombie.In(box).Pid}";

        Assert.Equal((Errno.ENOENT, ""), Target(box, "/proc/2/exe"));
        Assert.Equal((Errno.None, "/"), Target(box, "/proc/2/cwd"));
        foreach (var name in new[] { "exe", "cwd", "root" })
        {
            Assert.Equal((Errno.ENOENT, ""), Target(box, $"{zombie}/{name}"));
            Assert.Equal(Errno.None, box.Tree.TryStat($"{zombie}/{name}", out _));
            Assert.Equal(Errno.ENOENT, box.Tree.TryStat($"{zombie}/{name}/", out _));
        }

        Assert.Equal(Errno.EINVAL, box.Tree.TryRead(zombie + "/mountinfo", out _));
        Assert.Equal("", box.Read("/proc/2/environ"));
    }

    [Fact]
    public void An_executable_that_was_removed_is_called_deleted()
    {
        using var box = Box.WithDisks();
        var task = box.Start(new Requests([new Request(RequestKind.Unlink, Path: "/usr/bin/requests")]));

        Assert.Equal((Errno.None, "/usr/bin/requests (deleted)"), Target(box, $"/proc/{task.Pid}/exe"));
    }

    [Fact]
    public void The_environment_is_as_long_as_stat_says()
    {
        using var box = Box.With();
        var task = box.Start(new Requests([]));
        var fields = box.Read(task, "stat").Split(' ');

        Assert.Equal(fields[^2], fields[^3]);   // env_start, env_end
        Assert.Equal("", box.Read(task, "environ"));
        Assert.Equal(Errno.None, box.Tree.TryStat($"/proc/{task.Pid}/environ", out var stat));
        Assert.Equal(FileModes.ReadOwner, stat.Mode);
    }

    [Fact]
    public void Mountinfo_has_the_hosts_shape_and_the_devices_that_maps_shows()
    {
        const string shape = "^[0-9]+ [0-9]+ [0-9]+:[0-9]+ /[^ ]* /[^ ]* [a-z,=0-9-]+( shared:[0-9]+| master:[0-9]+)* - [^ ]+ [^ ]+ r[ow](,[^ ]+)?$";
        using var box = new TwoMounts();
        Assert.All(MemoryAgreement.Lines(File.ReadAllText("/proc/self/mountinfo")).Take(5), static line => Assert.Matches(shape, line));

        var ours = MemoryAgreement.Lines(box.Read("/proc/1/mountinfo"));

        Assert.All(ours, static line => Assert.Matches(shape, line));
        Assert.Equal("22 1 254:0 / / rw,relatime - ext4 /dev/vda rw", ours[0]);
        Assert.Equal("26 22 0:24 / /run rw,relatime - tmpfs tmpfs rw,inode64", ours[4]);
        Assert.Equal("27 22 254:16 / /srv rw,relatime - ext4 /dev/vdb rw", ours[5]);
        Assert.Equal(ours.Length, MemoryAgreement.Lines(box.Read("/proc/1/mounts")).Length);
    }

    private static (Errno Error, string Target) Target(Box box, string path) => (box.Tree.TryReadLink(path, out var target), target);

    private sealed class TwoMounts : IDisposable
    {
        private readonly Machine _machine = Machine.Boot(new MachineConfiguration
        {
            RamBytes = 128 << 20,
            Cpus = 1,
            InitrdBytes = 0,
            Disks = [ADisk("vda"), ADisk("vdb")],
            Mounts = [new MountConfiguration("/", 0), new MountConfiguration("/run", -1), new MountConfiguration("/srv", 1)],
        });

        public string Read(string path)
        {
            Assert.Equal(Errno.None, new MachineTree(_machine).TryRead(path, out var content));
            return System.Text.Encoding.UTF8.GetString(content.Span);
        }

        public void Dispose() => _machine.Dispose();

        private static DiskConfiguration ADisk(string name) => new(name, 1UL << 30, 200 << 20, 100 << 20, 200_000, 0, IsRotational: false);
    }
}
