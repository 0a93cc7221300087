// Goal: five levels of page tables show where Linux shows them, and only where they are in use.

using System.Text;
using VboxMem.Kernel;

namespace VboxMem.Procfs.Tests.Proc;

public sealed class FiveLevelTests
{
    [Theory]
    [InlineData(false, "", "VmallocTotal:   34359738367 kB\n", " vmmcall\n", "48 bits virtual")]
    [InlineData(true, "", "VmallocTotal:   13743895347199 kB\n", " vmmcall la57\n", "57 bits virtual")]
    [InlineData(true, "no5lvl", "VmallocTotal:   34359738367 kB\n", " vmmcall\n", "57 bits virtual")]
    public void Meminfo_and_cpuinfo_tell(bool hasLa57, string commandLine, string vmalloc, string flags, string addresses)
    {
        using var machine = Machine.Boot(new MachineConfiguration { RamBytes = 128UL << 20, Cpus = 1, InitrdBytes = 0, CommandLine = commandLine, HasLa57 = hasLa57 });
        var tree = new MachineTree(machine);
        Assert.Contains(vmalloc, Read(tree, "/proc/meminfo"), StringComparison.Ordinal);
        var cpuinfo = Read(tree, "/proc/cpuinfo");
        Assert.Contains(flags, cpuinfo, StringComparison.Ordinal);
        Assert.Contains(addresses, cpuinfo, StringComparison.Ordinal);
    }

    private static string Read(MachineTree tree, string path)
    {
        Assert.Equal(FileTree.Errno.None, tree.TryRead(path, out var content));
        return Encoding.ASCII.GetString(content.Span);
    }
}
