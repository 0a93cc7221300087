// Goal: on a tree that can only be read, tools and filters work, and every action is told "Read-only file system".

using VboxMem.FileTree;

namespace VboxMem.Session.Tests;

public sealed class ReadOnlyConsoleTests(ADump dump) : IClassFixture<ADump>
{
    private readonly DirectoryTree _tree = new(dump.Folder);

    [Theory]
    [InlineData("free -m | head -n 2 | wc -l", "2\n")]
    [InlineData("cat /proc/swaps | tail -n +2 | grep -c vdb", "1\n")]
    [InlineData("sysctl vm.swappiness", "vm.swappiness = 60\n")]
    [InlineData("cat /proc/[0-9]*/comm | grep -x web | sort -u", "web\n")]
    [InlineData("kill -l 9; ls /proc/pressure | head -n 1", "KILL\ncpu\n")]
    public void Looking_works(string line, string output) => Assert.Equal(new ShellOutcome(output, "", 0), RealShell.Ours(_tree, line));

    [Theory]
    [InlineData("echo 3 > /proc/sys/vm/swappiness", 1, "bash: /proc/sys/vm/swappiness: Read-only file system\n")]
    [InlineData("cat /proc/swaps > /proc/sys/vm/swappiness", 1, "bash: /proc/sys/vm/swappiness: Read-only file system\n")]
    [InlineData("kill 1", 1, "bash: kill: (1) - Read-only file system\n")]
    [InlineData("killall systemd", 1, "systemd(1): Read-only file system\nsystemd: no process found\n")]
    [InlineData("pkill -x systemd", 1, "pkill: killing pid 1 failed: Read-only file system\n")]
    [InlineData("swapoff -a", 1, "swapoff: /dev/vdb: swapoff failed: Read-only file system\n")]
    [InlineData("swapon /dev/vdc", 1, "swapon: /dev/vdc: swapon failed: Read-only file system\n")]
    [InlineData("sync", 1, "sync: Read-only file system\n")]
    [InlineData("dd if=/dev/zero of=/x count=1", 1, "dd: failed to open '/x': Read-only file system\n")]
    [InlineData("systemctl stop web", 1, "Failed to stop web.service: Read-only file system\n")]
    [InlineData("start web", 1, "Failed to start web.service: Read-only file system\n")]
    [InlineData("prlimit --pid 1 --as=5", 1, "prlimit: failed to set the AS resource limit: Read-only file system\n")]
    [InlineData("choom -p 1 -n 5", 1, "choom: failed to set score adjust value: Read-only file system\n")]
    [InlineData("sysctl -w vm.swappiness=3", 1, "sysctl: permission denied on key \"vm.swappiness\"\n")]
    public void Acting_is_refused(string line, int status, string error) => Assert.Equal(new ShellOutcome("", error, status), RealShell.Ours(_tree, line));
}

/// <summary>A dump of a small box, for all tests of a class.</summary>
public sealed class ADump : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("vbox-mem-console-").FullName;

    public ADump()
    {
        using var box = SmallBox.Boot();
        box.RunFor(Kernel.Time.SimTime.FromSeconds(2));
        RunDirectory.Write(box, Folder, force: false);
    }

    public string Folder => Path.Combine(_folder, "box");

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
