// Goal: what a write recomputes, what it leaves as it was, and what it refuses, is Linux's (facts: physical memory, 2;
//       virtual memory and tools, 4 and 6.7).

using System.Text;
using VboxMem.Kernel.Auditing;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Sysctl;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Kernel.Tests.Sysctl;

public sealed class VmSysctlsTests
{
    [Fact]
    public void Every_file_reads_what_was_written_to_it()
    {
        using var machine = AMachine.Booted(128);
        foreach (var file in VmSysctls.Files.Where(static file => file is { IsAction: false, Kind: SysctlKind.Signed32 or SysctlKind.Unsigned64 }))
        {
            if (file.Name is "nr_hugepages" or "nr_hugepages_mempolicy" or "min_free_kbytes")
            {
                continue;   // what is read there is what could be had
            }

            var value = (file.Maximum < file.Minimum + 3 ? file.Maximum : file.Minimum + 3).ToString(System.Globalization.CultureInfo.InvariantCulture);
            Assert.Equal(SysctlResult.Done, Write(machine, file.Name, value));
            Assert.Equal(value, Read(machine, file.Name));
        }

        Audit.Check(machine);
    }

    [Theory]
    [InlineData("swappiness", "201")]
    [InlineData("swappiness", "-1")]
    [InlineData("swappiness", "many")]
    [InlineData("watermark_scale_factor", "0")]
    [InlineData("watermark_scale_factor", "3001")]
    [InlineData("percpu_pagelist_high_fraction", "7")]
    [InlineData("dirty_bytes", "8191")]
    [InlineData("min_free_kbytes", "-5")]
    public void A_refused_value_changes_nothing(string name, string value)
    {
        using var machine = AMachine.Booted(128);
        var before = machine.ComputeStateHash();
        Assert.Equal(SysctlResult.Invalid, Write(machine, name, value));
        Assert.Equal(before, machine.ComputeStateHash());
    }

    [Fact]
    public void A_file_that_does_not_exist_is_missing()
    {
        using var machine = AMachine.Booted(128);
        Assert.Equal(SysctlResult.Missing, Write(machine, "nosuch", "1"));
        Assert.Null(machine.Sysctls.Read("nosuch"));
    }

    // What boot freed late raises the limit as soon as it is worked out anew: writing what is there already does not do that.
    [Fact]
    public void The_share_of_per_cpu_lists_that_is_in_force_already_recomputes_nothing()
    {
        using var machine = AMachine.Booted(128);
        var pages = machine.Nodes[0][ZoneType.Dma32].PerCpu[0];
        var atBoot = pages.HighMaxPages;
        Assert.Equal(SysctlResult.Done, Write(machine, "percpu_pagelist_high_fraction", "0"));
        Assert.Equal(atBoot, pages.HighMaxPages);
        Assert.Equal(SysctlResult.Done, Write(machine, "percpu_pagelist_high_fraction", "100"));
        Assert.Equal(SysctlResult.Done, Write(machine, "percpu_pagelist_high_fraction", "0"));
        Assert.True(pages.HighMaxPages > atBoot);
    }

    [Fact]
    public void Min_free_kbytes_is_taken_as_it_is_and_moves_marks_but_neither_reserves_nor_thresholds()
    {
        using var machine = AMachine.Booted(1024);
        var zone = machine.Nodes[0][ZoneType.Dma32];
        var (reserve, drift) = (machine.Nodes[0][ZoneType.Dma].LowmemReservePages[2], zone.DriftMarkPages);
        zone.BoostPages = 512;
        Assert.Equal(SysctlResult.Done, Write(machine, "min_free_kbytes", "10"));
        Assert.Equal(2UL, zone.Marks.MinPages + machine.Nodes[0][ZoneType.Dma].Marks.MinPages + 1);   // 10 kB are 2 pages, shared out with truncation
        Assert.Equal(0UL, zone.BoostPages);
        Assert.Equal(reserve, machine.Nodes[0][ZoneType.Dma].LowmemReservePages[2]);
        Assert.Equal(drift, zone.DriftMarkPages);
        Assert.Equal(10, machine.Tunables.UserMinFreeKilobytes);
    }

    // Measured (facts: physical memory, 2.1): a user's 100000 survives switching huge pages off and on, 20000 does not.
    [Theory]
    [InlineData("100000", 100000)]
    [InlineData("20000", 67584)]
    public void Huge_pages_raise_min_free_kbytes_unless_the_users_value_is_larger(string written, long afterwards)
    {
        using var machine = AMachine.Booted(4096);
        Write(machine, "min_free_kbytes", written);
        SetThp(machine, "enabled", "never");
        SetThp(machine, "enabled", "always");
        Assert.Equal(afterwards, (long)machine.Tunables.MinFreeKilobytes);
        var complaints = 0;
        foreach (var record in machine.Log.RecordsFrom(0))
        {
            complaints += Encoding.UTF8.GetString(record.Text).EndsWith($"because user defined value {written} is preferred", StringComparison.Ordinal) ? 1 : 0;
        }

        Assert.Equal(1, complaints);
    }

    [Fact]
    public void Without_huge_pages_the_square_root_rules_again()
    {
        using var machine = AMachine.Booted(4096);
        var raised = machine.Tunables.MinFreeKilobytes;
        SetThp(machine, "enabled", "never");
        Assert.InRange(machine.Tunables.MinFreeKilobytes, 1UL, raised - 1);
        SetThp(machine, "enabled", "madvise");
        Assert.Equal(raised, machine.Tunables.MinFreeKilobytes);
    }

    [Fact]
    public void Lowmem_reserve_ratio_takes_some_fields_and_recomputes_the_reserves_with_what_is_managed_now()
    {
        using var machine = AMachine.Booted(1024);
        var dma = machine.Nodes[0][ZoneType.Dma];
        Assert.Equal(SysctlResult.Done, Write(machine, "lowmem_reserve_ratio", "1 1"));
        Assert.Equal("1\t1\t32\t0\t0", Read(machine, "lowmem_reserve_ratio"));
        Assert.Equal(machine.Nodes[0][ZoneType.Dma32].ManagedPages, dma.LowmemReservePages[1]);
        Assert.Equal(SysctlResult.Done, Write(machine, "lowmem_reserve_ratio", "-7"));
        Assert.Equal("0\t1\t32\t0\t0", Read(machine, "lowmem_reserve_ratio"));
        Assert.Equal(0UL, dma.LowmemReservePages[1]);
    }

    [Fact]
    public void Total_reserve_follows_marks_and_reserves()
    {
        using var machine = AMachine.Booted(1024);
        var before = machine.Limits.TotalReservePages;
        Write(machine, "min_free_kbytes", "131072");
        Assert.True(machine.Limits.TotalReservePages > before);
        Write(machine, "min_free_kbytes", "2048");
        Assert.True(machine.Limits.TotalReservePages < before);
    }

    [Theory]
    [InlineData("dirty_bytes", "dirty_ratio", "1048576")]
    [InlineData("dirty_ratio", "dirty_bytes", "30")]
    [InlineData("dirty_background_bytes", "dirty_background_ratio", "1048576")]
    [InlineData("overcommit_kbytes", "overcommit_ratio", "4096")]
    [InlineData("overcommit_ratio", "overcommit_kbytes", "80")]
    public void Setting_one_form_of_a_limit_clears_the_other(string set, string cleared, string value)
    {
        using var machine = AMachine.Booted(128);
        Write(machine, cleared, cleared.EndsWith("ratio", StringComparison.Ordinal) ? "40" : "65536");
        Write(machine, set, value);
        Assert.Equal((value, "0"), (Read(machine, set), Read(machine, cleared)));
    }

    [Fact]
    public void Numa_counts_stop_and_go_to_zero()
    {
        using var machine = AMachine.Booted(128);
        var zone = machine.Nodes[0][ZoneType.Dma32];
        Assert.True(zone.NumaEvents(Kernel.Accounting.NumaEvent.NumaHit) > 0);
        Write(machine, "numa_stat", "0");
        machine.Allocator.TryAllocate(GfpFlags.Kernel, 0, FrameOwner.Kernel, out _);
        Assert.Equal(0UL, zone.NumaEvents(Kernel.Accounting.NumaEvent.NumaHit));
        Write(machine, "numa_stat", "1");
        machine.Allocator.TryAllocate(GfpFlags.Kernel, 0, FrameOwner.Kernel, out _);
        Assert.Equal(1UL, zone.NumaEvents(Kernel.Accounting.NumaEvent.NumaHit));
    }

    [Fact]
    public void Stat_refresh_folds_what_the_cpus_hold_back()
    {
        using var machine = AMachine.Booted(128);
        Write(machine, "percpu_pagelist_high_fraction", "8");   // a fixed limit: the upkeep gives no pages back, which would drift again
        var zone = machine.Nodes[0][ZoneType.Dma32];
        for (var i = 0; zone.FreePages == zone.Stats.ReadExact(0); i++)
        {
            Assert.True(i < 100, "the counters never drift");
            machine.Allocator.TryAllocate(GfpFlags.Kernel, 4, FrameOwner.Kernel, out _);
            machine.Allocator.TryAllocate(GfpFlags.Kernel, 0, FrameOwner.Kernel, out _);
            machine.Cpus.SwitchTo(i % 2);
        }

        Write(machine, "stat_refresh", "1");
        Assert.Equal(zone.Stats.ReadExact(0), zone.FreePages);
    }

    [Fact]
    public void Nr_hugepages_gets_what_can_be_had_and_gives_it_back()
    {
        using var machine = AMachine.Booted(256);
        Assert.Equal(SysctlResult.Done, Write(machine, "nr_hugepages", "1000"));
        var had = int.Parse(Read(machine, "nr_hugepages"), System.Globalization.CultureInfo.InvariantCulture);
        Assert.InRange(had, 60, 256 / 2);   // some, and never more than there is RAM
        Audit.Check(machine);

        // A write of nothing asks for what there is, not for what was once asked for.
        Write(machine, "nr_hugepages", "5");
        Write(machine, "nr_hugepages_mempolicy", "7");
        Assert.Equal(SysctlResult.Done, machine.Sysctls.Write("nr_hugepages", []));
        Assert.Equal("7", Read(machine, "nr_hugepages"));
        Write(machine, "nr_hugepages", "0");
        Assert.Equal("0", Read(machine, "nr_hugepages"));
        Audit.Check(machine);
    }

    [Fact]
    public void The_2_MiB_size_decides_alone_whether_khugepaged_runs_unless_it_inherits()
    {
        using var machine = AMachine.Booted(4096);
        var raised = machine.Tunables.MinFreeKilobytes;
        SetThp(machine, "hugepages-2048kB/enabled", "never");
        Assert.True(machine.Tunables.MinFreeKilobytes < raised);
        SetThp(machine, "enabled", "never");
        SetThp(machine, "hugepages-2048kB/enabled", "madvise");
        Assert.Equal(raised, machine.Tunables.MinFreeKilobytes);
    }

    private static void SetThp(Machine machine, string path, string word) =>
        Assert.True(machine.TrySetThp(TransparentHugePages.IndexOf(path), Encoding.ASCII.GetBytes(word + "\n")));

    private static SysctlResult Write(Machine machine, string name, string text) => machine.Sysctls.Write(name, Encoding.ASCII.GetBytes(text + "\n"));

    private static string Read(Machine machine, string name) => Encoding.ASCII.GetString(machine.Sysctls.Read(name)!).TrimEnd('\n');
}
