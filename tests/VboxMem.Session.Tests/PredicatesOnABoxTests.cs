// Goal: what predicates name is what the box has: every line of its meminfo and vmstat, its zones, its processes, its response times.

using System.Text;
using VboxMem.FileTree;
using VboxMem.Kernel.Time;
using VboxMem.Profiles;
using VboxMem.Tools.Parsing;
using VboxMem.Tools.Predicates;

namespace VboxMem.Session.Tests;

public sealed class PredicatesOnABoxTests : IDisposable
{
    private readonly Box _box;

    public PredicatesOnABoxTests()
    {
        const string Json = """
            { "machine": { "ram": "256MiB", "cpus": 2, "disks": [ { "size": "1GiB" } ], "mounts": [ { "path": "/", "disk": "vda" } ] },
              "groups": [ { "name": "web", "program": "nginx", "size": "16MiB", "requests": 200, "workers": 1, "connections": 4 } ] }
            """;
        var result = ProfileLoader.LoadJson(Encoding.UTF8.GetBytes(Json), "test.json", "test", [], new Dictionary<string, string>());
        Assert.Equal([], result.Errors);
        _box = Box.Boot(result.Profile!);
        _box.RunFor(SimTime.FromSeconds(5));
    }

    public void Dispose() => _box.Dispose();

    [Fact]
    public void Every_line_of_its_meminfo_and_vmstat_can_be_named()
    {
        var meminfo = Read("/proc/meminfo").Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => "meminfo." + line.Split(':')[0]);
        var vmstat = Read("/proc/vmstat").Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => "vmstat." + line.Split(' ')[0]);
        var names = meminfo.Concat(vmstat).ToArray();
        Assert.True(names.Length > 200, $"{names.Length} names");
        Assert.All(names, name => Assert.Equal(Truth.True, Look(name + " >= 0").Truth));
    }

    [Theory]
    [InlineData("meminfo.MemTotal > 200MiB and meminfo.MemTotal < 256MiB")]
    [InlineData("zone.DMA32.free >= zone.DMA32.low and zone.DMA32.managed > 50000pages and zone.Normal.present == 0")]
    [InlineData("pressure.io.some.avg10 >= 0 and pressure.cpu.full.total == 0 and pressure.memory.some.avg300 < 100%")]
    [InlineData("loadavg.15 >= 0 and loadavg.tasks > 1 and swaps.areas == 0")]
    [InlineData("uptime > 7s and uptime < 9s")]
    [InlineData("alive(nginx) or alive(web)")]
    [InlineData("not killed(web)")]
    [InlineData("web.count > 500 and web.count < 1500 and web.p50 > 0 and web.p50 <= web.p90 and web.p90 <= web.p99 and web.p99 <= web.max")]
    public void It_is_seen_as_it_is(string text) => Assert.Equal((Truth.True, ""), (Look(text).Truth, Look(text).Reason));

    [Fact]
    public void Response_times_are_a_file_of_debugfs_that_only_root_reaches()
    {
        const string Services = "/sys/kernel/debug/vbox/services";
        Assert.StartsWith("name                   count         p50         p90         p99         max\nweb              ", Read(Services), StringComparison.Ordinal);
        var web = Assert.Single(ServiceTimes.Parse(Encoding.UTF8.GetBytes(Read(Services))));
        Assert.True(_box.Machine.ServiceTimes.TryGet("web", out var times));
        Assert.Equal((times.Count, (times.MaxNanoseconds + 999) / 1000), (web.Count, web.Max));
        Assert.Equal((times.PercentileNanoseconds(990) + 999) / 1000, web.P99);

        Assert.Equal(Errno.None, _box.Tree.TryStat("/sys/kernel/debug", out var mount));
        Assert.Equal(Convert.ToInt32("700", 8), mount.Mode);
        Assert.Equal(Errno.EINVAL, _box.Tree.TryWrite(Services, "0"u8));
    }

    private PredicateOutcome Look(string text)
    {
        var predicate = Predicate.TryParse(text, out var problem);
        Assert.True(predicate is not null, problem);
        return new PredicateEvaluator(predicate).Evaluate(_box.Tree);
    }

    private string Read(string path)
    {
        Assert.Equal(Errno.None, _box.Tree.TryRead(path, out var text));
        return Encoding.UTF8.GetString(text.Span);
    }
}
