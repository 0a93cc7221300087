using System.Globalization;
using VboxMem.FileTree;
using VboxMem.Kernel;
using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Auditing;
using VboxMem.Kernel.PageCache;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Sched;

namespace VboxMem.Procfs.Tests.Debug;

// Goal: residency, pageblocks and watermarks say what the machine's own counts and the audit say.
[Collection(SwappingBox.Collection)]
public sealed class MemoryFilesTests(SwappingBox swapping)
{
    [Fact]
    public void A_file_is_counted_page_by_page_and_forgotten_ones_are_told()
    {
        using var box = Box.WithDisks();
        box.Start(new Requests(
        [
            new Request(RequestKind.Open, (ulong)(OpenFlags.Create | OpenFlags.Write), 1 << 20, Path: "/srv/a b"),
            new Request(RequestKind.Fadvise, 0, 0, 0, (ulong)FileAdvice.Random),
            new Request(RequestKind.Read, 0, 5 * 4096), new Request(RequestKind.Seek, 0, 40960), new Request(RequestKind.Write, 0, 2 * 4096),
        ]));

        var row = DebugTable.Of(box, "files", endsInText: true).Rows.Single(static row => row["path"] == "/srv/a b");
        Assert.Equal("254:0 1048576 7 2 0 0 0 0", string.Join(' ', new[] { "device", "size", "pages", "dirty", "writeback", "mapped", "evicted", "recently" }.Select(name => row[name])));
        Assert.Equal([("0", "5"), ("10", "2")], Runs(box, row));

        box.Run(60_000);   // written back by now
        Assert.Equal(Errno.None, box.Write("/proc/sys/vm/drop_caches", "1"));
        Assert.DoesNotContain(DebugTable.Of(box, "files", endsInText: true).Rows, static row => row["path"] == "/srv/a b" && row["pages"] != "0");
    }

    [Fact]
    public void All_files_together_have_the_machines_file_pages_and_runs_have_as_many()
    {
        var files = DebugTable.Of(swapping.Box, "files", endsInText: true);
        var runs = DebugTable.Of(swapping.Box, "resident");
        var stats = swapping.Box.Machine.Nodes[0].Stats;

        Assert.Equal(stats.ReadExact((int)NodeStatItem.FilePages) - stats.ReadExact((int)NodeStatItem.Swapcached), files.Sum("pages"));
        Assert.Equal(files.Sum("pages"), runs.Sum("pages"));
        Assert.Equal(stats.ReadExact((int)NodeStatItem.Dirty), files.Rows.Where(static row => row["device"] != "0:1").Sum(static row => DebugTable.Number(row, "dirty")));
        Assert.True(files.Sum("evicted") >= files.Sum("recently") && files.Sum("recently") > 0);
        Assert.All(files.Rows, row => Assert.Equal(DebugTable.Number(row, "pages"), Runs(swapping.Box, row).Sum(static run => long.Parse(run.Pages, CultureInfo.InvariantCulture))));
    }

    [Fact]
    public void Pageblocks_add_up_to_what_the_audit_finds_for_every_owner()
    {
        var blocks = DebugTable.Of(swapping.Box, "pageblocks");
        var census = FrameCensus.Take(swapping.Box.Machine);
        foreach (var (column, owner) in new[]
        {
            ("free", FrameOwner.Free), ("pcp", FrameOwner.PerCpuList), ("slab", FrameOwner.Slab), ("kmalloc", FrameOwner.LargeKmalloc),
            ("kstack", FrameOwner.KernelStack), ("vmalloc", FrameOwner.Vmalloc), ("percpu", FrameOwner.PerCpuArea), ("ptable", FrameOwner.PageTable),
            ("kernel", FrameOwner.Kernel), ("hugetlb", FrameOwner.HugeTlb), ("anon", FrameOwner.Anonymous), ("file", FrameOwner.File), ("shmem", FrameOwner.Shmem),
        })
        {
            Assert.Equal((long)census.PagesOf(owner), Total(blocks, column));
        }

        Assert.True(Total(blocks, "anon") > 0 && Total(blocks, "shmem") > 0 && Total(blocks, "file") > 0);
        Assert.Equal((long)(swapping.Box.Machine.Nodes[0].PresentPages - swapping.Box.Machine.Nodes[0].ManagedPages), Total(blocks, "reserved"));
        Assert.All(blocks.Rows, static row => Assert.Equal(512, row.Keys.Skip(5).Sum(column => DebugTable.Number(row, column))));
    }

    [Fact]
    public void Pageblocks_have_the_types_that_pagetypeinfo_counts()
    {
        var blocks = DebugTable.Of(swapping.Box, "pageblocks").Rows;
        var table = swapping.Box.Read("/proc/pagetypeinfo");
        foreach (var line in table[table.IndexOf("Number of blocks", StringComparison.Ordinal)..].Split('\n', StringSplitOptions.RemoveEmptyEntries)[1..])
        {
            var zone = line.Split("zone", 2)[1].Trim().Split(' ')[0];
            var counted = MigrateTypes.Names.Select(type => blocks
                .Where(row => row["zone"] == zone && row["type"] == type).Sum(static row => DebugTable.Number(row, "blocks")));
            Assert.Equal(Figures.Numbers(line.Split("zone", 2)[1]), counted);
        }
    }

    [Fact]
    public void A_box_with_much_memory_that_it_does_not_use_takes_few_lines()
    {
        using var box = Box.With(ramMebibytes: 256 << 10, cpus: 4);
        var blocks = DebugTable.Of(box, "pageblocks");

        Assert.InRange(blocks.Rows.Count, 10, 500);
        Assert.Equal((long)box.Machine.Nodes[0].PresentPages, (512 * blocks.Sum("blocks")) - Total(blocks, "hole"));
        Assert.Equal((long)box.Machine.Nodes[0].ManagedPages, (512 * blocks.Sum("blocks")) - Total(blocks, "hole") - Total(blocks, "reserved"));
        Assert.Contains(blocks.Rows, static row => DebugTable.Number(row, "blocks") > 100_000);
    }

    [Fact]
    public void Marks_are_made_of_their_terms_once_they_are_set_anew()
    {
        using var box = Box.With();
        var kilobytes = box.Read("/proc/sys/vm/min_free_kbytes");
        Assert.Equal(Errno.None, box.Write("/proc/sys/vm/min_free_kbytes", kilobytes));
        Assert.Equal(Errno.None, box.Write("/proc/sys/vm/lowmem_reserve_ratio", "256 256 32 0 0"));
        var zones = box.Read("/proc/zoneinfo").Split("Node ", StringSplitOptions.RemoveEmptyEntries);

        foreach (var row in DebugTable.Of(box, "watermarks").Rows)
        {
            Assert.Equal(long.Parse(kilobytes, CultureInfo.InvariantCulture) / 4, DebugTable.Number(row, "min_free"));
            Assert.Equal(DebugTable.Number(row, "min_free") * DebugTable.Number(row, "managed") / DebugTable.Number(row, "lowmem"), DebugTable.Number(row, "share"));
            Assert.Equal(Math.Max(DebugTable.Number(row, "quarter"), DebugTable.Number(row, "scaled")), DebugTable.Number(row, "gap"));
            var (min, gap) = (DebugTable.Number(row, "share"), DebugTable.Number(row, "gap"));
            Assert.Equal([min, min + gap, min + (2 * gap), min + (3 * gap)], new[] { "min", "low", "high", "promo" }.Select(name => DebugTable.Number(row, name)));
            var zone = zones.Single(text => text.StartsWith($"{row["node"]}, zone {row["zone"],8}", StringComparison.Ordinal));
            foreach (var name in new[] { "free", "boost", "min", "low", "high", "promo", "managed" })
            {
                var shown = Figures.Numbers(zone.Split('\n').First(line => line.Contains($" {name} ", StringComparison.Ordinal)))[0];
                Assert.Equal(shown, DebugTable.Number(row, name) + (name is "min" or "low" or "high" or "promo" ? DebugTable.Number(row, "boost") : 0));
            }
        }

        Assert.All(DebugTable.Of(box, "lowmem_reserve").Rows, static row => Assert.Equal(
            row["ratio"] == "0" ? 0 : DebugTable.Number(row, "above") / DebugTable.Number(row, "ratio"), DebugTable.Number(row, "reserve")));
    }

    [Fact]
    public void Reading_all_of_it_changes_nothing()
    {
        var (box, before) = (swapping.Box, swapping.Box.Machine.ComputeStateHash());
        Assert.Equal(Errno.None, box.Tree.TryList("/sys/kernel/debug/vbox", out var names));
        Assert.True(names.Count > 10);
        foreach (var name in names.Where(static name => name != "translate"))
        {
            Assert.NotEqual("", box.Read("/sys/kernel/debug/vbox/" + name));
        }

        foreach (var task in swapping.Users)
        {
            Pid.MemoryAgreement.Check(box, task);
            box.Read(string.Create(CultureInfo.InvariantCulture, $"/sys/kernel/debug/vbox/translate/{task.Pid}/{box.Machine.Memory[task.MemoryId].StartCode:x}"));
        }

        Assert.Equal(before, box.Machine.ComputeStateHash());
    }

    private static List<(string Page, string Pages)> Runs(Box box, IReadOnlyDictionary<string, string> file) => [.. DebugTable.Of(box, "resident").Rows
        .Where(row => row["device"] == file["device"] && row["inode"] == file["inode"]).Select(static row => (row["page"], row["pages"]))];

    private static long Total(DebugTable blocks, string column) =>
        blocks.Rows.Sum(row => DebugTable.Number(row, column) * DebugTable.Number(row, "blocks"));
}
