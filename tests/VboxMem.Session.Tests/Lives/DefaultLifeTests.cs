// Goal: the default box tells its story: the cache fills, kswapd wakes and stops, what is cold goes to swap, callers stall, the leak is killed
// and started again, sshd survives; and it can go on like that. VBOXMEM_LIFE=10h lets it live ten hours instead of 23 minutes, three kills and a minute.

using System.Globalization;
using System.Text;
using VboxMem.FileTree;
using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Time;
using Xunit.Abstractions;

namespace VboxMem.Session.Tests.Lives;

[Collection(DefaultLifeCollection.Name)]
public sealed class DefaultLifeTests(DefaultLife life, ITestOutputHelper output)
{
    private const ulong MiB = 1 << 20;

    private double Seconds => life.Lasted.Nanoseconds / (double)SimTime.NanosecondsPerSecond;

    // Of the profile: what leaky leaks in a second, what it has besides (its working set, its image), when it starts, and how soon again.
    private const double LeakedKilobytesPerSecond = 6 << 10;
    private const double UnleakedKilobytes = 48 << 10;
    private const double FirstStartSeconds = 20;
    private const double RestartSeconds = 15;

    [Fact]
    public void It_lives_to_the_end_with_all_audits_clean()
    {
        Assert.False(life.Box.Machine.HasPanicked);
        Assert.True(life.InitLives);
        Assert.True(life.Audits >= 4, $"{life.Audits} audits");
        Assert.Empty(life.Box.Workload.Refusals);
    }

    [Fact]
    public void The_leak_is_killed_and_started_again_whenever_it_has_filled_memory_and_swap_and_nobody_else_is_killed()
    {
        var kills = life.Watch.Kills;
        var (ram, swap) = (life.Box.Machine.Nodes[0].ManagedPages * 4.0, life.Box.Machine.Swap.TotalPages * 4.0);
        var longest = RestartSeconds + ((ram + swap) / LeakedKilobytesPerSecond);
        Assert.True(kills.Count >= (int)((Seconds - FirstStartSeconds) / longest), $"{kills.Count} kills in {Seconds} s");
        Assert.All(kills, static kill => Assert.Equal(("leaky", 0), (kill.Name, kill.OomScoreAdj)));
        Assert.Equal(kills.Count, kills.Select(static kill => kill.Pid).Distinct().Count());

        // It has leaked what it has in RAM and what it has in swap, which is full by then: a part of it is others'. malloc's own is not leaked.
        Assert.All(kills.Zip(kills.Skip(1)), pair => Assert.InRange(
            (pair.Second.At.Nanoseconds - pair.First.At.Nanoseconds) / 1e9,
            RestartSeconds + (0.95 * (pair.Second.AnonKilobytes - UnleakedKilobytes) / LeakedKilobytesPerSecond),
            RestartSeconds + ((pair.Second.AnonKilobytes + swap) / LeakedKilobytesPerSecond)));
    }

    [Fact]
    public void The_sshd_of_the_start_is_there_at_the_end()
    {
        Assert.Single(life.SshdAtFirst);
        Assert.Equal(life.SshdAtFirst, life.SshdAtLast);
        Assert.Equal(-1000, life.Box.Machine.Processes[life.SshdAtLast[0]].OomScoreAdj);
    }

    [Fact]
    public void Cold_pages_go_to_swap_and_callers_stall_when_memory_is_short()
    {
        var events = life.Box.Machine.Events;
        Assert.True(life.Watch.MostSwapUsedPages > 200_000, "swap of 262 143 pages fills before the first kill");
        Assert.True(events[VmEvent.PSwpIn] > 0 && events[VmEvent.PSwpOut] > 200_000);
        Assert.True(events[VmEvent.AllocstallDma32] + events[VmEvent.AllocstallNormal] + events[VmEvent.AllocstallMovable] > 0);
        Assert.True(events[VmEvent.PgStealKswapd] > 20 * events[VmEvent.PgStealDirect], "most of it is kswapd's work");
        Assert.True(events[VmEvent.KswapdLowWmarkHitQuickly] + events[VmEvent.KswapdHighWmarkHitQuickly] > 0);
    }

    [Fact]
    public void It_is_as_busy_as_it_should_be()
    {
        Assert.True(life.TasksAtFirst >= 40, $"{life.TasksAtFirst} tasks");
        Assert.True(life.Box.Machine.ServiceTimes.TryGet("nginx", out var nginx));
        Assert.True(nginx.Count >= 300 * Seconds, $"{nginx.Count} requests");
        Assert.True(ReadBytesOf("nginx") >= 20 * MiB * Seconds, $"{ReadBytesOf("nginx") / MiB} MiB read");
    }

    [Fact]
    public void Visitors_wait_when_memory_is_short()
    {
        Assert.True(life.Box.Machine.ServiceTimes.TryGet("nginx", out var nginx));
        Assert.True(nginx.PercentileNanoseconds(500) < 1_000_000, "half of them are served from memory");
        Assert.InRange(nginx.PercentileNanoseconds(990), 10_000_000UL, 1_000_000_000UL);
    }

    [Fact]
    public void The_memory_it_takes_of_the_host_does_not_grow()
    {
        var half = life.HostBytes.Count / 2;
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{Seconds:0} s, {life.Watch.Kills.Count} kills, {life.Audits} audits; MiB live {Range(life.HostBytes.Take(half))}, then {Range(life.HostBytes.Skip(half))}; resident {Range(life.ResidentBytes.Take(half))}, then {Range(life.ResidentBytes.Skip(half))}"));
        // While it grows, the pieces that leaky has are remembered, here too; so what is compared are moments at which it has as many. Before the first
        // of them the cache has not seen all files yet, nor swap all slots.
        var settled = life.HostBytesAfterKills.Skip(1).ToList();
        Assert.True(settled.Count >= 2, $"{settled.Count} moments");
        var (first, second) = (settled.Take(settled.Count / 2).Max(), settled.Skip(settled.Count / 2).Max());
        Assert.True(second < first * 1.1, $"{first / 1024} kB, then {second / 1024} kB");
    }

    private static string Range(IEnumerable<long> bytes) =>
        string.Create(CultureInfo.InvariantCulture, $"{bytes.Min() >> 20}..{bytes.Max() >> 20}");

    private double ReadBytesOf(string group) => life.Box.Workload.Groups.MembersOf(group).Sum(pid =>
    {
        Assert.Equal(Errno.None, life.Box.Tree.TryRead($"/proc/{pid}/io", out var text));
        return double.Parse(Encoding.UTF8.GetString(text.Span).Split('\n')[0]["rchar: ".Length..], CultureInfo.InvariantCulture);
    });
}
