// The areas of vmallocinfo against meminfo and the tasks, and the shape of a line against one of a real 6.12.

using System.Text.RegularExpressions;

namespace VboxMem.Procfs.Tests.Proc;

public sealed partial class VmallocinfoTests
{
    [Fact]
    public void Pages_of_all_areas_are_what_meminfo_calls_used_and_each_task_has_a_stack()
    {
        using var box = Box.With();
        box.Start(new Requests([]));
        var lines = Lines(box);

        Assert.All(lines, static line => Assert.Matches(Line(), line));
        Assert.Equal(Figures.Meminfo(box.Read("/proc/meminfo"))["VmallocUsed"] / 4, lines.Sum(static line => long.Parse(Line().Match(line).Groups["pages"].Value)));
        Assert.All(lines, static line => Assert.Equal(
            (long.Parse(Line().Match(line).Groups["pages"].Value) + 1) * 4096, long.Parse(Line().Match(line).Groups["bytes"].Value)));
        Assert.Equal(
            box.Machine.Processes.Count,
            lines.Count(static line => line.EndsWith("   20480 kernel_clone+0xbd/0x440 pages=4 vmalloc N0=4", StringComparison.Ordinal)));
        Assert.Contains(lines, static line => line.Contains(" vmalloc vpages N0=", StringComparison.Ordinal));
    }

    [Fact]
    public void Addresses_are_different_for_each_area_and_the_same_in_each_run()
    {
        using var box = Box.With();
        using var again = Box.With();
        var starts = Lines(box).Select(static line => line.Split('-')[0]).ToArray();

        Assert.Equal(starts.Length, starts.Distinct().Count());
        Assert.Equal(box.Read("/proc/vmallocinfo"), again.Read("/proc/vmallocinfo"));
    }

    [Fact]
    public void Areas_never_overlap_and_freed_places_are_used_again()
    {
        using var box = Box.With();
        for (var round = 0; round < 20; round++)
        {
            var tasks = Enumerable.Range(0, 3 + (round % 3)).Select(_ => box.Start(new Requests([], exits: round % 2 == 0), milliseconds: 20)).ToArray();
            box.Run(200);
            var last = 0UL;
            foreach (var area in box.Machine.Vmalloc.ByAddress)
            {
                Assert.True(area.Start >= last, $"{area.Start:x} lies before {last:x}");
                Assert.Equal(0UL, area.Pages.Length == 4 ? area.Start % 16384 : area.Start % 4096);
                last = area.Start + area.Bytes;
            }

            Assert.Equal(box.Machine.Vmalloc.Areas.Count, box.Machine.Vmalloc.ByAddress.Count);
        }

        var end = box.Machine.Vmalloc.ByAddress[^1].Start;
        var gone = box.Start(new Requests([], exits: true));
        Assert.False(box.Machine.Processes.TryGet(gone.Pid, out _));
        box.Start(new Requests([]), milliseconds: 20);
        Assert.InRange(box.Machine.Vmalloc.ByAddress[^1].Start, end, end + 32768);
    }

    private static string[] Lines(Box box) => box.Read("/proc/vmallocinfo").Split('\n', StringSplitOptions.RemoveEmptyEntries);

    [GeneratedRegex(@"^0x0{8}[0-9a-f]{8}-0x0{8}[0-9a-f]{8} (?=.{7} )(?<bytes> *\d+)( kernel_clone\+0xbd/0x440)? pages=(?<pages>\d+) vmalloc( vpages)?( N\d=\d+)+$")]
    private static partial Regex Line();
}
