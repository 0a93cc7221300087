// What a write to a tunable does at once, beyond being read back.

using VboxMem.FileTree;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Procfs.Tests.Proc;

public sealed class TunableEffectTests
{
    private const string Vm = "/proc/sys/vm/";
    private const long NotPermitted = -1;

    [Fact]
    public void A_new_writeback_interval_wakes_the_flushers_and_the_same_one_does_not()
    {
        using var box = Box.WithDisks();
        box.Write(Vm + "dirty_writeback_centisecs", "0");
        box.Start("write", new(Path: "/log", SizeBytes: 8 << 20));
        box.Run(15_000);
        var dirty = Dirty(box);
        Assert.True(dirty > 4096, $"{dirty} kB dirty");

        Assert.Equal(Errno.None, box.Write(Vm + "dirty_writeback_centisecs", "0"));
        box.Run(2_000);
        Assert.Equal(dirty, Dirty(box));

        Assert.Equal(Errno.None, box.Write(Vm + "dirty_writeback_centisecs", "500"));
        box.Run(2_000);
        Assert.Equal(0, Dirty(box));
    }

    [Theory]
    [InlineData(33u, 0x8000, "65536", NotPermitted)]
    [InlineData(33u, 0x10000, "65536", 0x10000)]
    [InlineData(33u, 0x8000, "4096", 0x8000)]
    [InlineData(0u, 0x8000, "65536", 0x8000)]        // root may
    public void Below_mmap_min_addr_only_root_may_map(uint uid, long address, string least, long answer)
    {
        using var box = Box.With();
        Assert.Equal(Errno.None, box.Write(Vm + "mmap_min_addr", least));
        var flags = (ulong)(MapFlags.Anonymous | MapFlags.ReadWrite | MapFlags.Fixed);
        var program = new Requests([new Request(RequestKind.Mmap, 4096, (ulong)address | flags)]);

        box.Start(program, uid);

        Assert.Equal(answer, Assert.Single(program.Answers));
    }

    private static long Dirty(Box box) => Figures.Meminfo(box.Read("/proc/meminfo"))["Dirty"];
}
