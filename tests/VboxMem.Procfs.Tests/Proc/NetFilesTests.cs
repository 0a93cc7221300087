// Sockets of the box in /proc/net, and the devices of /proc/devices.

using VboxMem.Kernel.Sched;

namespace VboxMem.Procfs.Tests.Proc;

public sealed class NetFilesTests
{
    [Fact]
    public void Sockets_are_counted_while_they_are_open()
    {
        using var box = Box.With();
        Assert.StartsWith("sockets: used 0\nTCP: inuse 0 orphan 0 tw 0 alloc 0 mem 0\n", box.Read("/proc/net/sockstat"), StringComparison.Ordinal);

        var task = box.Start(new Requests([new Request(RequestKind.Accept), new Request(RequestKind.Accept), new Request(RequestKind.Bind, Path: "/run/log")]));

        Assert.Equal(
            "sockets: used 3\nTCP: inuse 2 orphan 0 tw 0 alloc 2 mem 0\nUDP: inuse 0 mem 0\nUDPLITE: inuse 0\nRAW: inuse 0\nFRAG: inuse 0 memory 0\n",
            box.Read("/proc/net/sockstat"));
        box.Machine.Kill(task.Pid, Signal.Kill);
        box.Run(1_000);
        Assert.StartsWith("sockets: used 0\nTCP: inuse 0 ", box.Read("/proc/net/sockstat"), StringComparison.Ordinal);
    }

    [Fact]
    public void Device_numbers_are_those_of_the_disks_and_of_dev_kmsg()
    {
        using var box = Box.WithDisks();

        Assert.Equal("Character devices:\n  1 mem\n\nBlock devices:\n254 virtblk\n259 blkext\n", box.Read("/proc/devices"));
        Assert.Equal("254:16\n", box.Read("/sys/dev/block/254:16/dev"));
        Assert.Equal(box.Read("/sys/block/vdb/stat"), box.Read("/sys/dev/block/254:16/stat"));
        Assert.Equal("       0        0\n", box.Read("/sys/block/vda/inflight"));
    }
}
