// Goal: the commit limit is the kernel's own; the reserves come from the free memory at the kernel's moment.
// Method: CommitLimit exactly. The free memory at the moment the reserves are set is in no file, but the "Memory:" line of the
// log gives it a little earlier: the kernel takes 4 to 12 MiB in between (per-CPU threads, hash tables, caches).

using System.Globalization;
using VboxMem.Kernel.Virtual;
using VboxMem.Testing;

namespace VboxMem.Conformance.Tests.Virtual;

public sealed class OvercommitConformanceTests
{
    public static TheoryData<string> Shapes => new(Capture.Shapes);

    [Theory, MemberData(nameof(Shapes))]
    public void CommitLimit_is_the_captured_one(string shape)
    {
        var capture = Capture.Load(shape);

        var limit = Overcommit.CommitLimitPages(
            capture.Meminfo["MemTotal"] / 4,
            capture.Meminfo["Hugetlb"] / 4,
            capture.Meminfo["SwapTotal"] / 4,
            (int)capture.SysctlNumber("overcommit_ratio"),
            capture.SysctlNumber("overcommit_kbytes"));

        Assert.Equal(capture.Meminfo["CommitLimit"], limit * 4);
    }

    [Theory, MemberData(nameof(Shapes))]
    public void Reserves_are_a_thirty_second_of_what_is_free_early_in_boot(string shape)
    {
        var capture = Capture.Load(shape);
        var free = FreeKilobytesEarlyInBoot(capture.Log);
        var later = free - (12 << 10);

        Assert.InRange(
            capture.SysctlNumber("user_reserve_kbytes"),
            Overcommit.UserReserveAtBootKilobytes(later / 4),
            Overcommit.UserReserveAtBootKilobytes((free - 3072) / 4));
        Assert.InRange(
            capture.SysctlNumber("admin_reserve_kbytes"),
            Overcommit.AdminReserveAtBootKilobytes(later / 4),
            Overcommit.AdminReserveAtBootKilobytes((free - 3072) / 4));
    }

    // Memory: 978416K/1048056K available (…
    private static long FreeKilobytesEarlyInBoot(CapturedLog log)
    {
        var digits = log.LineStarting("Memory: ")["Memory: ".Length..].Split('K')[0];
        return long.Parse(digits, CultureInfo.InvariantCulture);
    }
}
