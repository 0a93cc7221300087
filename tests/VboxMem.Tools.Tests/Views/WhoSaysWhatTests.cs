// Goal: each program's statement is what that program's own formula gives; free's is what our free prints.

using System.Text;
using VboxMem.Tools.Free;
using VboxMem.Tools.Parsing;
using VboxMem.Tools.WhoSaysWhat;
using VboxMem.Testing;

namespace VboxMem.Tools.Tests.Views;

public sealed class WhoSaysWhatTests
{
    private const string Box =
        "MemTotal: 1000000 kB\nMemFree: 100000 kB\nMemAvailable: 250000 kB\nBuffers: 20000 kB\nCached: 200000 kB\nSwapCached: 5000 kB\n"
        + "Inactive(file): 120000 kB\nSwapTotal: 400000 kB\nSwapFree: 30000 kB\nAnonPages: 600000 kB\nShmem: 40000 kB\nSReclaimable: 30000 kB\n";

    [Theory]
    [InlineData("free 4.0", 750000, 250000, 370000)]
    [InlineData("free 3.3", 650000, 250000, 370000)]      // 1000000 - 100000 - 20000 - 200000 - 30000
    [InlineData("htop 3", 690000, 250000, 365000)]        // the same, and the shared 40000 again
    [InlineData("bottom", 750000, null, 370000)]
    [InlineData("kubelet", 705000, 295000, null)]         // 600000 + 200000 + 20000 + 5000 - 120000
    [InlineData("earlyoom", null, 250000, null)]
    [InlineData("systemd-oomd", 750000, null, 370000)]
    public void Each_program_reckons_in_its_own_way(string program, int? used, int? available, int? swapUsed)
    {
        var statement = Assert.Single(About(Box), statement => statement.Program == program);
        Assert.Equal(used, statement.Used?.Kilobytes);
        Assert.Equal(available, statement.Available?.Kilobytes);
        Assert.Equal(swapUsed, statement.SwapUsed?.Kilobytes);
    }

    [Theory]
    [InlineData("ram-1g")]
    [InlineData("ram-8g")]
    [InlineData("swapleak-60")]
    public void Free_says_what_our_free_says(string capture)
    {
        var meminfo = ProcTree.Capture(capture, "meminfo")!;
        var figures = MemoryFigures.From(Meminfo.Parse(Encoding.UTF8.GetBytes(meminfo)));
        var free = About(meminfo)[0];
        Assert.Equal((figures.Used, figures.Available, figures.SwapUsed), (free.Used!.Kilobytes, free.Available!.Kilobytes, free.SwapUsed!.Kilobytes));
    }

    [Fact]
    public void Available_above_the_total_counts_as_free()
    {
        var free = About("MemTotal: 1000 kB\nMemFree: 300 kB\nMemAvailable: 2000 kB\n")[0];
        Assert.Equal((700L, 300L), (free.Used!.Kilobytes, free.Available!.Kilobytes));
        Assert.True(free.Used.IsFallback);
    }

    [Theory]
    [InlineData(60_000, 30_000, "SIGTERM", "no")]      // 9.1 % of 660000, swap 7.5 % free
    [InlineData(30_000, 10_000, "SIGKILL", "yes")]
    [InlineData(30_000, 300_000, "nothing", "no")]     // swap is left
    public void Those_that_kill_say_when(int available, int swapFree, string earlyoom, string oomd)
    {
        var all = About(Box.Replace("MemAvailable: 250000", $"MemAvailable: {available}", StringComparison.Ordinal)
            .Replace("SwapFree: 30000", $"SwapFree: {swapFree}", StringComparison.Ordinal));
        Assert.EndsWith(": " + earlyoom, all[5].Verdict, StringComparison.Ordinal);
        Assert.EndsWith(": " + (available == 60_000 ? "yes" : oomd), all[6].Verdict, StringComparison.Ordinal);
    }

    [Fact]
    public void The_arithmetic_is_shown_and_right()
    {
        var outcome = Ours.Run(new MemoryTree { ["/proc/meminfo"] = Box }, ProcpsVersion.V4_0_4, ["who-says-what", "-k"]);
        Assert.Contains("= 1000000 - 100000 - 200000 - 30000 - 20000 + 40000 = 690000 kB", outcome.Out, StringComparison.Ordinal);
        Assert.Contains("= MemTotal - MemFree - Cached - SReclaimable - Buffers + Shmem", outcome.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("= MemTotal", Ours.Run(new MemoryTree { ["/proc/meminfo"] = Box }, ProcpsVersion.V4_0_4, ["who-says-what", "-q"]).Out, StringComparison.Ordinal);
    }

    private static IReadOnlyList<Statement> About(string meminfo) => Statements.About(Meminfo.Parse(Encoding.UTF8.GetBytes(meminfo)));
}
