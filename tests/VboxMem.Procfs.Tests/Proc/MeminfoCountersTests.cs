// Goal: each line of meminfo shows the counters it is named for, those included that nothing counts in yet.
// Method: every counter gets a value of its own; vmstat shows each under its name, meminfo their sums.

using VboxMem.Kernel.Accounting;

namespace VboxMem.Procfs.Tests.Proc;

public sealed class MeminfoCountersTests
{
    private static readonly (string Line, string[] Counters)[] _lines =
    [
        ("SwapCached", ["nr_swapcached"]),
        ("Active", ["nr_active_anon", "nr_active_file"]),
        ("Inactive", ["nr_inactive_anon", "nr_inactive_file"]),
        ("Active(anon)", ["nr_active_anon"]),
        ("Inactive(anon)", ["nr_inactive_anon"]),
        ("Active(file)", ["nr_active_file"]),
        ("Inactive(file)", ["nr_inactive_file"]),
        ("Unevictable", ["nr_unevictable"]),
        ("Mlocked", ["nr_mlock"]),
        ("Dirty", ["nr_dirty"]),
        ("Writeback", ["nr_writeback"]),
        ("AnonPages", ["nr_anon_pages"]),
        ("Mapped", ["nr_mapped"]),
        ("Shmem", ["nr_shmem"]),
        ("KReclaimable", ["nr_slab_reclaimable", "nr_kernel_misc_reclaimable"]),
        ("Slab", ["nr_slab_reclaimable", "nr_slab_unreclaimable"]),
        ("SReclaimable", ["nr_slab_reclaimable"]),
        ("SUnreclaim", ["nr_slab_unreclaimable"]),
        ("PageTables", ["nr_page_table_pages"]),
        ("SecPageTables", ["nr_sec_page_table_pages"]),
        ("Bounce", ["nr_bounce"]),
        ("WritebackTmp", ["nr_writeback_temp"]),
        ("Unaccepted", ["nr_unaccepted"]),
    ];

    // vmstat counts these in huge pages.
    private static readonly (string Line, string Counter)[] _hugeLines =
    [
        ("AnonHugePages", "nr_anon_transparent_hugepages"),
        ("ShmemHugePages", "nr_shmem_hugepages"),
        ("ShmemPmdMapped", "nr_shmem_pmdmapped"),
        ("FileHugePages", "nr_file_hugepages"),
        ("FilePmdMapped", "nr_file_pmdmapped"),
    ];

    [Theory]
    [InlineData("/proc/meminfo", "/proc/vmstat")]
    [InlineData("/sys/devices/system/node/node0/meminfo", "/sys/devices/system/node/node0/vmstat")]
    public void Each_line_shows_its_counters(string meminfoPath, string vmstatPath)
    {
        using var box = Box.With();
        var node = box.Machine.Nodes[0];
        for (var item = 0; item < NodeStatNames.All.Length; item++)
        {
            var rank = NodeStatNames.All.Length - item;   // file pages before the swap cache, which is part of them
            node.Stats.Add(item, 512 * (100 + (rank * rank)));
        }

        foreach (var item in (ZoneStatItem[])[ZoneStatItem.Mlock, ZoneStatItem.Bounce, ZoneStatItem.Unaccepted])
        {
            node[Kernel.ZoneType.Dma32].Stats.Add((int)item, 7001 + (int)item);
        }

        var (meminfo, vmstat) = (Figures.Meminfo(box.Read(meminfoPath)), Figures.Vmstat(box.Read(vmstatPath)));
        foreach (var (line, counters) in _lines)
        {
            Assert.Equal((line, 4 * counters.Sum(counter => vmstat[counter])), (line, meminfo[line]));
            Assert.True(meminfo[line] > 0, line);
        }

        foreach (var (line, counter) in _hugeLines)
        {
            Assert.Equal((line, 2048 * vmstat[counter]), (line, meminfo[line]));
            Assert.True(meminfo[line] > 0, line);
        }

        var cache = meminfo.TryGetValue("Cached", out var cached) ? cached + meminfo["SwapCached"] : meminfo["FilePages"];
        Assert.Equal(4 * vmstat["nr_file_pages"], cache);
        Assert.Equal(vmstat["nr_kernel_stack"], meminfo["KernelStack"]);
    }
}
