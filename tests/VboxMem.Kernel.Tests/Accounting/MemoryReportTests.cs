// Goal: a report lists what the request could have used, and no figure lands under another's name.
// Method: every figure of the facts differs from its neighbours.

using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Log;
using VboxMem.Kernel.Tests.Log;

namespace VboxMem.Kernel.Tests.Accounting;

public sealed class MemoryReportTests
{
    [Fact]
    public void Every_figure_stands_under_its_name()
    {
        var texts = Print(new MemoryReportScope(ZoneType.Dma, [0]));

        Assert.Equal(
            [
                "Mem-Info:",
                """
                active_anon:1000 inactive_anon:2000 isolated_anon:3
                 active_file:40 inactive_file:50 isolated_file:6
                 unevictable:7 dirty:8 writeback:9
                 slab_reclaimable:10 slab_unreclaimable:11
                 mapped:12 shmem:13 pagetables:14
                 sec_pagetables:15 bounce:16
                 kernel_misc_reclaimable:17
                 free:18 free_pcp:3 free_cma:19
                """,
                "Node 0 active_anon:4kB inactive_anon:8kB active_file:12kB inactive_file:16kB unevictable:20kB isolated(anon):24kB isolated(file):28kB mapped:32kB dirty:36kB writeback:40kB shmem:44kB shmem_thp:48kB shmem_pmdmapped:52kB anon_thp:56kB writeback_tmp:60kB kernel_stack:1616kB pagetables:68kB sec_pagetables:72kB all_unreclaimable? no",
                "Node 0 DMA free:4kB boost:8kB min:12kB low:16kB high:20kB reserved_highatomic:24KB active_anon:28kB inactive_anon:32kB active_file:36kB inactive_file:40kB unevictable:44kB writepending:48kB present:56kB managed:52kB mlocked:60kB bounce:64kB free_pcp:12kB local_pcp:4kB free_cma:72kB",
                "lowmem_reserve[]: 0 1 2 3 4",
                "Node 0 DMA: 3*4kB (UME) 0*8kB 2*16kB (MHI) = 44kB",
                "Node 0 hugepages_total=2 hugepages_free=1 hugepages_surp=0 hugepages_size=1048576kB",
                "Node 0 hugepages_total=10 hugepages_free=4 hugepages_surp=3 hugepages_size=2048kB",
                "20 total pagecache pages",
                "21 pages in swap cache",
                "Free swap  = 88kB",
                "Total swap = 92kB",
                "24 pages RAM",
                "0 pages HighMem/MovableOnly",
                "25 pages reserved",
                "0 pages hwpoisoned",
            ],
            texts);
    }

    [Fact]
    public void The_whole_machine_is_listed_zone_by_zone_then_free_list_by_free_list()
    {
        var texts = Print(MemoryReportScope.Whole);

        Assert.Equal(
            [
                "Node 0 active_anon:4kB", "Node 1 active_anon:4kB",
                "Node 0 DMA free:4kB", "Node 0 DMA32 free:4kB", "Node 0 Normal free:4kB", "Node 1 Normal free:4kB", "Node 1 Movable free:4kB",
                "Node 0 DMA: 3*4kB", "Node 0 DMA32: 3*4kB", "Node 0 Normal: 3*4kB", "Node 1 Normal: 3*4kB", "Node 1 Movable: 3*4kB",
                "Node 0 hugepages_total=2 hugepages_free=1", "Node 0 hugepages_total=10 hugepages_free=4", "Node 1 hugepages_total=0 hugepages_free=0",
            ],
            NodeLines(texts));
        Assert.Contains(" free:18 free_pcp:39 free_cma:19", texts[1], StringComparison.Ordinal);
        Assert.Contains(texts, static text => text.StartsWith("Node 1 active_anon", StringComparison.Ordinal) && text.EndsWith("all_unreclaimable? yes", StringComparison.Ordinal));
    }

    [Fact]
    public void Zones_above_the_request_are_left_out_and_so_is_a_node_with_nothing_below()
    {
        var texts = Print(new MemoryReportScope(ZoneType.Dma32, null));

        Assert.Equal(
            [
                "Node 0 active_anon:4kB", "Node 0 DMA free:4kB", "Node 0 DMA32 free:4kB", "Node 0 DMA: 3*4kB", "Node 0 DMA32: 3*4kB",
                "Node 0 hugepages_total=2 hugepages_free=1", "Node 0 hugepages_total=10 hugepages_free=4", "Node 1 hugepages_total=0 hugepages_free=0",
            ],
            NodeLines(texts));
        Assert.Contains(" free_pcp:8 ", texts[1], StringComparison.Ordinal);
    }

    [Fact]
    public void Nodes_outside_the_policy_are_left_out_while_the_totals_are_the_machines()
    {
        var texts = Print(new MemoryReportScope(ZoneType.Movable, [1]));

        Assert.Equal(
            [
                "Node 1 active_anon:4kB", "Node 1 Normal free:4kB", "Node 1 Movable free:4kB", "Node 1 Normal: 3*4kB", "Node 1 Movable: 3*4kB",
                "Node 1 hugepages_total=0 hugepages_free=0",
            ],
            NodeLines(texts));
        Assert.Contains(" free:18 free_pcp:24 ", texts[1], StringComparison.Ordinal);
    }

    [Fact]
    public void Everything_is_a_warning_and_stamps_rise()
    {
        var log = new KernelLog();
        MemoryReport.Print(log, new LogClock(5_000), AMemoryReport.OfTwoNodes(), MemoryReportScope.Whole);

        var last = 0L;
        foreach (var record in log.RecordsFrom(0))
        {
            Assert.Equal(LogLevel.Warning, record.Level);
            Assert.True(record.Nanoseconds > last);
            last = record.Nanoseconds;
        }
    }

    private static List<string> Print(MemoryReportScope scope)
    {
        var log = new KernelLog();
        MemoryReport.Print(log, new LogClock(0), AMemoryReport.OfTwoNodes(), scope);
        return log.Texts();
    }

    // The start of each line about a node: what it is about.
    private static IEnumerable<string> NodeLines(List<string> texts) =>
        texts.Where(static text => text.StartsWith("Node ", StringComparison.Ordinal))
            .Select(static text => string.Join(' ', text.Split(' ')[..(text.Contains(" active_anon:", StringComparison.Ordinal) && !text.Contains(" free:", StringComparison.Ordinal) ? 3 : 4)]));
}
