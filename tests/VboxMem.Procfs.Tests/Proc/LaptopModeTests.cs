// Goal: with vm.laptop_mode a disk that was awake takes along what is dirty, and is woken less often otherwise.
// Method: a dirty file and reads of another one, with the periodic writeback switched off.

using VboxMem.FileTree;

namespace VboxMem.Procfs.Tests.Proc;

public sealed class LaptopModeTests
{
    private const string Vm = "/proc/sys/vm/";

    [Fact]
    public void A_read_takes_along_what_is_dirty_once_the_disk_has_rested()
    {
        using var box = WithDirtyFile(laptopMode: "5");
        Assert.True(Dirty(box) > 4096);
        box.Start("read", new(Path: "/other", SizeBytes: 1 << 20));
        box.Run(4_000);
        Assert.True(Dirty(box) > 4096);
        box.Run(3_000);
        Assert.Equal(0, Dirty(box));
    }

    [Fact]
    public void Without_it_nothing_goes_along()
    {
        using var box = WithDirtyFile(laptopMode: "0");
        box.Start("read", new(Path: "/other", SizeBytes: 1 << 20));
        box.Run(20_000);
        Assert.True(Dirty(box) > 4096);
    }

    [Fact]
    public void A_copy_of_a_box_whose_timer_runs_goes_on_alike()
    {
        using var box = WithDirtyFile(laptopMode: "5");
        box.Start("read", new(Path: "/other", SizeBytes: 1 << 20));
        box.Run(2_000);
        using var copy = box.Machine.Clone();
        box.Run(6_000);
        copy.RunUntil(box.Machine.Now);
        Assert.Equal(box.Machine.ComputeStateHash(), copy.ComputeStateHash());
        Assert.Equal(0, Dirty(box));
    }

    [Theory]
    [InlineData("0", true)]
    [InlineData("3600", false)]
    public void Writers_start_writeback_later(string laptopMode, bool isWritten)
    {
        using var box = Box.WithDisks(swapMebibytes: 0);
        box.Write(Vm + "dirty_writeback_centisecs", "0");
        box.Write(Vm + "laptop_mode", laptopMode);
        box.Write(Vm + "dirty_background_bytes", (8 << 20).ToString());
        box.Write(Vm + "dirty_bytes", (64 << 20).ToString());
        box.Start("write", new(Path: "/log", SizeBytes: 20 << 20));   // above the background limit, below the middle between both
        box.Run(5_000);
        Assert.Equal(isWritten, Figures.Vmstat(box.Read("/proc/vmstat"))["nr_written"] > 0);
    }

    private static Box WithDirtyFile(string laptopMode)
    {
        var box = Box.WithDisks();
        box.Write(Vm + "dirty_writeback_centisecs", "0");
        box.Write(Vm + "laptop_mode", "0");
        box.Start("write", new(Path: "/log", SizeBytes: 8 << 20));
        box.Run(15_000);
        Assert.Equal(Errno.None, box.Write(Vm + "laptop_mode", laptopMode));
        return box;
    }

    private static long Dirty(Box box) => Figures.Meminfo(box.Read("/proc/meminfo"))["Dirty"];
}
