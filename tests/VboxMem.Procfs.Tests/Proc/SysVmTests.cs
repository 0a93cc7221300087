using VboxMem.FileTree;
using VboxMem.Kernel.Accounting;
using VboxMem.Testing;

namespace VboxMem.Procfs.Tests.Proc;

public sealed class SysVmTests
{
    // boot-time estimates of free memory, and what differs from the capture because userland has written it or not
    private static readonly string[] _computedAtBoot = ["user_reserve_kbytes", "admin_reserve_kbytes"];

    [Theory]
    [InlineData("ram-128m")]
    [InlineData("ram-1g")]
    [InlineData("ram-4g")]
    [InlineData("numa-4g-4g")]
    public void Every_captured_tunable_reads_as_captured(string shape)
    {
        var capture = Capture.Load(shape);
        using var box = Box.Like(capture);

        foreach (var (name, value) in capture.Sysctls)
        {
            if (!_computedAtBoot.Contains(name))
            {
                Assert.Equal((name, value), (name, box.Read($"/proc/sys/vm/{name}").TrimEnd('\n')));
            }
        }
    }

    [Fact]
    public void A_write_takes_effect_and_reads_back()
    {
        using var box = Box.With();
        var low = LowMark(box);

        Assert.Equal(Errno.None, box.Write("/proc/sys/vm/watermark_scale_factor", "1000\n"));

        Assert.Equal("1000\n", box.Read("/proc/sys/vm/watermark_scale_factor"));
        Assert.True(LowMark(box) > low + 20000);
    }

    [Theory]
    [InlineData("swappiness", "201")]
    [InlineData("swappiness", "1x")]
    [InlineData("swappiness", "\n")]
    [InlineData("percpu_pagelist_high_fraction", "7")]
    [InlineData("dirty_background_bytes", "0")]
    public void A_wrong_value_is_EINVAL_and_the_old_one_stays(string name, string value)
    {
        using var box = Box.With();
        var before = box.Machine.ComputeStateHash();

        Assert.Equal(Errno.EINVAL, box.Write($"/proc/sys/vm/{name}", value));

        Assert.Equal(before, box.Machine.ComputeStateHash());
    }

    [Fact]
    public void Compact_memory_takes_1_alone_and_cannot_be_read()
    {
        using var box = Box.With();
        box.Tree.TryList("/proc/sys/vm", out var names);

        Assert.Equal(52, names.Count);
        Assert.Equal(Errno.EINVAL, box.Write("/proc/sys/vm/compact_memory", "0"));
        Assert.Equal(Errno.EINVAL, box.Write("/proc/sys/vm/compact_memory", "2"));
        Assert.Equal(0UL, box.Machine.Events[VmEvent.CompactMigrateScanned]);
        Assert.Equal(Errno.None, box.Write("/proc/sys/vm/compact_memory", "1"));
        Assert.True(box.Machine.Events[VmEvent.CompactMigrateScanned] > 0);
        Assert.Equal(Errno.EACCES, box.Tree.TryRead("/proc/sys/vm/compact_memory", out _));
    }

    [Fact]
    public void Drop_caches_can_be_written_and_not_read()
    {
        using var box = Box.With();

        Assert.Equal(Errno.EACCES, box.Tree.TryRead("/proc/sys/vm/drop_caches", out _));
        Assert.Equal(Errno.EINVAL, box.Write("/proc/sys/vm/drop_caches", "5"));
        Assert.Equal(Errno.None, box.Write("/proc/sys/vm/drop_caches", "3"));
        Assert.Equal((1, 1), (Figures.Vmstat(box.Read("/proc/vmstat"))["drop_pagecache"], Figures.Vmstat(box.Read("/proc/vmstat"))["drop_slab"]));
    }

    private static long LowMark(Box box) => box.Read("/proc/zoneinfo").Split('\n')
        .Where(static line => line.StartsWith("        low ", StringComparison.Ordinal)).Sum(static line => Figures.Numbers(line)[0]);
}
