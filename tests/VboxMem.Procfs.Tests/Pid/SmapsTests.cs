using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Procfs.Tests.Pid;

// Goal: smaps has the captured lines, and says of memory what status and statm say, area by area.
public sealed class SmapsTests
{
    private const ulong Mebibyte = 1 << 20;
    private const MapFlags Anonymous = MapFlags.ReadWrite | MapFlags.Anonymous;

    // Facts: a 6.12 block has KSM between Anonymous and LazyFree and a wider THPeligible; the captured smaps are 6.1's.
    [Fact]
    public void An_area_has_the_captured_lines()
    {
        using var box = Box.With();
        var captured = BlockOf(CapturedProcess.Read("nginx_smaps_6.1")).Replace("THPeligible:    ", "THPeligible:           ", StringComparison.Ordinal)
            .Replace("LazyFree:", "KSM:                   0 kB\nLazyFree:", StringComparison.Ordinal);

        var ours = BlockOf(box.Read(box.Start(new Requests([])), "smaps"));

        Assert.Equal(LabelsOf(captured), LabelsOf(ours));
        Assert.Equal(Layout.Of(captured[captured.IndexOf("Size:", StringComparison.Ordinal)..captured.IndexOf("VmFlags", StringComparison.Ordinal)], columns: true),
            Layout.Of(ours[ours.IndexOf("Size:", StringComparison.Ordinal)..ours.IndexOf("VmFlags", StringComparison.Ordinal)], columns: true));
    }

    [Theory]
    [InlineData("init_smaps_rollup")]
    [InlineData("nginx_smaps_rollup")]
    public void The_rollup_has_the_captured_lines(string name)
    {
        using var box = Box.With();
        var captured = CapturedProcess.Read(name).Split('\n');
        var ours = box.Read(box.Start(new Requests([])), "smaps_rollup").Split('\n');

        Assert.Equal("555555554000-7ffffffff000 ---p 00000000 00:00 0                          [rollup]", ours[0]);
        Assert.Equal(captured[0].IndexOf('[', StringComparison.Ordinal), captured[0].Length - "[rollup]".Length);
        Assert.Equal(captured[1..].Select(static line => Layout.Of(line, columns: true)), ours[1..].Select(static line => Layout.Of(line, columns: true)));
    }

    // Typical sets of facts 1.5.
    [Theory]
    [InlineData("r-xp", "/usr/bin/requests", "rd ex mr mw me sd ")]
    [InlineData("r--p", "/usr/bin/requests", "rd mr mw me sd ")]
    [InlineData("rw-p", "/usr/bin/requests", "rd wr mr mw me ac sd ")]
    [InlineData("rw-p", "[stack]", "rd wr mr mw me gd ac ")]
    [InlineData("r--p", "[vvar]", "rd mr pf io de dd sd ")]
    [InlineData("r-xp", "[vdso]", "rd ex mr mw me de sd ")]
    [InlineData("rw-s", "/dev/zero (deleted)", "rd wr sh mr mw me ms sd ")]
    public void Flags_are_those_of_a_real_process(string rights, string name, string flags)
    {
        using var box = Box.With();
        var task = box.Start(new Requests([new Request(RequestKind.Mmap, Mebibyte, (ulong)(Anonymous | MapFlags.Shared), ulong.MaxValue)]));

        var block = BlocksOf(box.Read(task, "smaps")).First(block =>
            block.Split('\n')[0] is var line && line.Contains($" {rights} ", StringComparison.Ordinal) && line.EndsWith(name, StringComparison.Ordinal));
        Assert.Equal("VmFlags: " + flags, block.TrimEnd('\n').Split('\n')[^1]);
    }

    [Fact]
    public void A_huge_page_shows_in_its_area_and_only_areas_that_may_have_one_are_eligible()
    {
        using var box = Box.With();
        var task = box.Start(new Requests(
        [
            new Request(RequestKind.Mmap, 4 * Mebibyte, (ulong)(Anonymous | MapFlags.Fixed) | Place, ulong.MaxValue),
            new Request(RequestKind.Touch, Place, 1, (ulong)TouchKind.Write),
            new Request(RequestKind.Mmap, Mebibyte, (ulong)(Anonymous | MapFlags.Fixed) | (Place + (16 * Mebibyte)), ulong.MaxValue),
        ]));
        var blocks = BlocksOf(box.Read(task, "smaps"));

        var huge = Assert.Single(blocks, static block => block.Contains("\nAnonHugePages:      2048 kB\n", StringComparison.Ordinal));
        Assert.Contains("\nRss:                2048 kB\n", huge, StringComparison.Ordinal);
        Assert.Contains("\nSize:               4096 kB\nKernelPageSize:        4 kB\nMMUPageSize:           4 kB\n", "\n" + huge, StringComparison.Ordinal);
        Assert.Equal([huge], blocks.Where(static block => block.Contains("THPeligible:           1\n", StringComparison.Ordinal)));
        Assert.Equal(FileTree.Errno.None, box.Write("/sys/kernel/mm/transparent_hugepage/enabled", "never"));
        Assert.DoesNotContain("THPeligible:           1\n", box.Read(task, "smaps"), StringComparison.Ordinal);
    }

    // Facts 5: after a fork of 16 MiB each has half of it, and all of it is shared.
    [Fact]
    public void Memory_shared_after_a_fork_is_divided()
    {
        using var box = Box.With();
        Assert.Equal(FileTree.Errno.None, box.Write("/sys/kernel/mm/transparent_hugepage/enabled", "never"));
        var parent = box.Start(new Requests(
        [
            new Request(RequestKind.Mmap, 16 * Mebibyte, (ulong)(Anonymous | MapFlags.Fixed) | Place, ulong.MaxValue),
            new Request(RequestKind.Touch, Place, 16 * Mebibyte, (ulong)TouchKind.Write),
            new Request(RequestKind.Fork, Program: new Requests([new Request(RequestKind.Touch, Place, 4 * Mebibyte, (ulong)TouchKind.Write)])),
        ]));
        foreach (var pid in new[] { parent.Pid, parent.Pid + 1 })
        {
            var area = BlocksOf(box.Read($"/proc/{pid}/smaps")).Single(static block => block.Contains("Size:              16384 kB", StringComparison.Ordinal));
            Assert.Equal([16384, 10240, 12288, 4096], new[] { "Rss", "Pss", "Shared_Dirty", "Private_Dirty" }.Select(label => Kilobytes(area, label)));
        }
    }

    [Fact]
    public void Figures_of_a_swapping_box_add_up_for_every_process()
    {
        using var box = Box.WithDisks(ramMebibytes: 128, swapMebibytes: 256);
        foreach (var (program, megabytes) in new[] { ("touch", 60UL), ("lock", 3UL), ("fork", 30UL), ("map", 16UL) })
        {
            box.Start(program, new Workloads.ProgramParameters(
                SizeBytes: megabytes * Mebibyte, PartBytes: 8 * Mebibyte, ChunkBytes: 65536, Passes: 0, Count: 2, Path: "/srv/mapped", IsShared: true));
        }

        var swapped = 0L;
        for (var second = 0; second < 10; second++)
        {
            box.Run(1000);
            swapped += CheckAll(box);
        }

        Assert.True(swapped > 0, "nothing was swapped out");
    }

    private const ulong Place = 0x2000_0000;

    /// <returns>kB in swap, all processes together.</returns>
    private static long CheckAll(Box box)
    {
        var swapped = 0L;
        foreach (var task in box.Machine.Processes.Tasks.Where(static task => task.MemoryId != 0 && !task.Has(ProcessFlags.Exiting)))
        {
            var (status, smaps, rollup) = (box.Read(task, "status"), box.Read(task, "smaps"), box.Read(task, "smaps_rollup"));
            var statm = Figures.Numbers(box.Read(task, "statm").TrimEnd());
            var rss = Kilobytes(status, "VmRSS");
            Assert.Equal([rss, rss, rss], [statm[1] * 4, Sum(smaps, "Rss"), Kilobytes(rollup, "Rss")]);
            Assert.Equal(rss, new[] { "Shared_Clean", "Shared_Dirty", "Private_Clean", "Private_Dirty" }.Sum(label => Sum(smaps, label)));
            Assert.Equal(Kilobytes(status, "RssFile") + Kilobytes(status, "RssShmem"), statm[2] * 4);
            Assert.Equal(Kilobytes(status, "RssAnon"), Sum(smaps, "Anonymous"));
            Assert.Equal(Kilobytes(status, "VmSize"), Sum(smaps, "Size"));
            Assert.Equal(Kilobytes(status, "VmSize"), statm[0] * 4);
            Assert.InRange(Kilobytes(rollup, "Pss") - Sum(smaps, "Pss"), 0, BlocksOf(smaps).Length);
            Assert.True(Kilobytes(status, "VmSwap") <= Sum(smaps, "Swap"));   // the areas of shared memory have all that is swapped of it
            swapped += Kilobytes(status, "VmSwap");
        }

        return swapped;
    }

    private static string[] BlocksOf(string smaps) =>
        [.. System.Text.RegularExpressions.Regex.Split(smaps, "(?m)^(?=[0-9a-f]+-[0-9a-f]+ )").Where(static block => block.Length > 0)];

    private static string BlockOf(string smaps) => BlocksOf(smaps)[0];

    private static IEnumerable<string> LabelsOf(string block) => block.Split('\n').Skip(1).Select(static line => line.Split(':')[0]);

    private static long Kilobytes(string text, string label) => Sum(text, label);

    private static long Sum(string text, string label) => text.Split('\n')
        .Where(line => line.StartsWith(label + ":", StringComparison.Ordinal))
        .Sum(static line => Figures.Numbers(line)[0]);
}
