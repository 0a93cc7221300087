// The files of /sys/kernel/slab against slabinfo, and what a write to shrink gives back.

using VboxMem.FileTree;
using VboxMem.Kernel.Auditing;

namespace VboxMem.Procfs.Tests.Sys;

public sealed class SlabFilesTests
{
    private const string Root = "/sys/kernel/slab/";

    [Fact]
    public void Every_cache_tells_the_figures_of_its_row_in_slabinfo()
    {
        using var box = Filled();
        foreach (var line in box.Read("/proc/slabinfo").Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(2))
        {
            var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            string First(string file) => box.Read($"{Root}{fields[0]}/{file}").TrimEnd('\n').Split(' ')[0];

            Assert.Equal(
                (fields[1], fields[2], fields[3], fields[4], fields[5], fields[14]),
                (First("objects"), First("total_objects"), First("slab_size"), First("objs_per_slab"), $"{1 << int.Parse(First("order"))}", First("slabs")));
            var partial = long.Parse(First("total_objects")) - long.Parse(First("objects"));
            Assert.Equal(partial > 0, First("partial") != "0" && First("objects_partial") != First("total_objects"));
        }
    }

    [Fact]
    public void Figures_of_nodes_add_up_and_stand_behind_their_sum()
    {
        using var box = Box.Like(VboxMem.Testing.Capture.Load("numa-1g-1g"));
        foreach (var file in (string[])["slabs", "objects", "total_objects", "cpu_slabs"])
        {
            var words = box.Read($"{Root}kmalloc-64/{file}").TrimEnd('\n').Split(' ');
            Assert.StartsWith("N0=", words[1], StringComparison.Ordinal);
            Assert.Equal(long.Parse(words[0]), words.Skip(1).Sum(static word => long.Parse(word[3..])));
        }
    }

    [Fact]
    public void A_cache_that_shares_slabs_is_a_link_to_the_one_that_has_them()
    {
        using var box = Box.With();

        Assert.Equal(Errno.None, box.Tree.TryReadLink(Root + "UNIX", out var target));
        Assert.Equal("PING", target);
        Assert.Equal(box.Read(Root + "PING/objects"), box.Read(Root + "UNIX/objects"));
        Assert.Equal("2\n", box.Read(Root + "PING/aliases"));
        Assert.Equal("0\n", box.Read(Root + "dentry/aliases"));
        Assert.Equal(("1\n", "0\n"), (box.Read(Root + "dentry/reclaim_account"), box.Read(Root + "kmalloc-64/reclaim_account")));
        Assert.Equal(("192\n", "192\n", "8\n"), (box.Read(Root + "dentry/object_size"), box.Read(Root + "dentry/slab_size"), box.Read(Root + "dentry/align")));
    }

    [Fact]
    public void Shrink_takes_the_cpus_slabs_and_gives_empty_ones_back()
    {
        using var box = Filled();
        var before = Slabs(box, "dentry");
        var objects = box.Machine.Slabs["dentry"].ObjectCount - Free(box, "dentry");
        box.Write("/proc/sys/vm/drop_caches", "2");   // many slabs are nearly empty now

        Assert.Equal(Errno.None, box.Write(Root + "dentry/shrink", "1\n"));

        Audit.Check(box.Machine);
        Assert.True(Slabs(box, "dentry") < before, $"{before} slabs before");
        Assert.True(objects > 1000);
        Assert.Equal(("0\n", "0(0)\n"), (box.Read(Root + "dentry/cpu_slabs"), box.Read(Root + "dentry/slabs_cpu_partial")));
        var again = box.Machine.ComputeStateHash();
        Assert.Equal(Errno.None, box.Write(Root + "dentry/shrink", "1"));
        Assert.Equal(Slabs(box, "dentry"), Slabs(box, "dentry"));
        Audit.Check(box.Machine);
        box.Run(1_000);
        Audit.Check(box.Machine);
        Assert.NotEqual(again, box.Machine.ComputeStateHash());
    }

    [Fact]
    public void After_shrink_no_slab_is_empty_and_the_fullest_come_first()
    {
        using var box = Filled();
        box.Write("/proc/sys/vm/drop_caches", "2");
        foreach (var cache in box.Machine.Slabs.Caches)
        {
            Assert.Equal(Errno.None, box.Write($"{Root}{cache.Description.Name}/shrink", "1"));
            var last = 0U;
            for (var slab = cache.Nodes[0].Partial.Head; slab != Kernel.Physical.Pfn.None; slab = box.Machine.Frames[slab].Next)
            {
                ref readonly var frame = ref box.Machine.Frames[slab];
                var free = frame.MapCount - frame.ReferenceCount;
                Assert.True(frame.ReferenceCount > 0, $"an empty slab of {cache.Description.Name}");
                Assert.True(free >= Math.Min(last, 33), $"{free} free after {last}: {cache.Description.Name}");
                last = free;
            }
        }

        Audit.Check(box.Machine);
    }

    [Theory]
    [InlineData("shrink", "0", Errno.EINVAL)]
    [InlineData("shrink", "", Errno.EINVAL)]
    [InlineData("shrink", " 1", Errno.EINVAL)]
    [InlineData("shrink", "1", Errno.None)]
    [InlineData("shrink", "123", Errno.None)]      // only the first character counts
    [InlineData("validate", "1", Errno.EINVAL)]
    [InlineData("objects", "1", Errno.EACCES)]
    [InlineData("order", "1", Errno.EACCES)]
    public void Writes_are_checked(string file, string text, Errno expected)
    {
        using var box = Box.With();
        var before = box.Machine.ComputeStateHash();

        Assert.Equal(expected, box.Write($"{Root}dentry/{file}", text));

        Assert.Equal(expected != Errno.None, before == box.Machine.ComputeStateHash());
    }

    private static ulong Slabs(Box box, string cache) => box.Machine.Slabs[cache].SlabCount;

    private static ulong Free(Box box, string cache) => box.Machine.Slabs[cache].FreeOnNodeLists();

    private static Box Filled()
    {
        var box = Box.WithDisks();
        box.Start("files", new(Path: "/many", Count: 3000, IsWrite: true));
        box.Run(20_000);
        return box;
    }
}
