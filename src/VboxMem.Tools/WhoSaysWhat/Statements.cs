// How each program reckons memory out of one /proc/meminfo.
//
//   free 4.0            used = total - available                          since procps 4.0.0
//   free 3.3.10-3.3.17  used = total - free - buffers - cache             cache = Cached + SReclaimable
//   htop 3              used = the same, and adds Shmem, which it has taken off with Cached
//   bottom              used = total - available                          (sysinfo)
//   kubelet             working set = usage - inactive file; usage of the root control group = anon + file pages (cgroup v2)
//   earlyoom 1.7        available as a share of available + anonymous memory
//   systemd-oomd        used = total - available; acts when memory and swap are both short
//
// Units   kB.
// Departs what a program would find in /sys/fs/cgroup is taken from the lines of meminfo that count the same pages.

using VboxMem.Tools.Parsing;

namespace VboxMem.Tools.WhoSaysWhat;

/// <summary>All statements about one reading of meminfo.</summary>
public sealed class Statements
{
    private const decimal EarlyoomTermPercent = 10;
    private const decimal EarlyoomKillPercent = 5;
    private const decimal OomdLimitPercent = 90;

    private readonly Meminfo _meminfo;

    private Statements(Meminfo meminfo) => _meminfo = meminfo;

    public static IReadOnlyList<Statement> About(Meminfo meminfo)
    {
        ArgumentNullException.ThrowIfNull(meminfo);
        var all = new Statements(meminfo);
        return [all.Free4(), all.Free3(), all.Htop(), all.Bottom(), all.Kubelet(), all.Earlyoom(), all.Oomd()];
    }

    private Sum SwapUsed => new("swap used", [Plus("SwapTotal"), Minus("SwapFree")]);

    private Sum Available => new("available", [Plus("MemAvailable")]);

    private Sum UsedByAvailable => new("used", [Plus("MemTotal"), Minus("MemAvailable")]);

    private Sum UsedByFree => new("used", [Plus("MemTotal"), Minus("MemFree")], IsFallback: true);

    private Statement Free4()
    {
        // Above the total, or missing, available counts as free.
        var isUsable = Value("MemAvailable") is > 0 and var available && available <= Value("MemTotal");
        return new Statement(
            "free 4.0",
            isUsable ? UsedByAvailable : UsedByFree,
            isUsable ? Available : new Sum("available", [Plus("MemFree")], IsFallback: true),
            SwapUsed);
    }

    private Statement Free3()
    {
        var used = new Sum("used", [Plus("MemTotal"), Minus("MemFree"), Minus("Buffers"), Minus("Cached"), Minus("SReclaimable")]);
        return new Statement("free 3.3", used.Kilobytes < 0 ? UsedByFree : used, Available, SwapUsed);
    }

    private Statement Htop()
    {
        var used = new Sum("used", [Plus("MemTotal"), Minus("MemFree"), Minus("Cached"), Minus("SReclaimable"), Minus("Buffers")]);
        used = used.Kilobytes < 0 ? UsedByFree : used;
        return new Statement(
            "htop 3",
            used with { Terms = [.. used.Terms, Plus("Shmem")] },
            Available,
            new Sum("swap used", [Plus("SwapTotal"), Minus("SwapFree"), Minus("SwapCached")]));
    }

    private Statement Bottom() => new("bottom", UsedByAvailable, null, SwapUsed);

    private Statement Kubelet()
    {
        // Pages of files as cgroups count them: page cache, buffers and swap cache.
        Term[] file = [Plus("Cached"), Plus("Buffers"), Plus("SwapCached")];
        var used = new Sum("working set", [Plus("AnonPages"), .. file, Minus("Inactive(file)")]);
        var available = new Sum("available", [Plus("MemTotal"), .. used.Terms.Select(static term => term with { IsTaken = !term.IsTaken })]);
        return new Statement("kubelet", used, available, null, $"evicts below 100 MiB: {(available.Kilobytes < 100 << 10 ? "yes" : "no")}");
    }

    private Statement Earlyoom()
    {
        var memory = Percent(Value("MemAvailable"), Value("MemAvailable") + Value("AnonPages"));
        var swap = Value("SwapTotal") == 0 ? 0 : Percent(Value("SwapFree"), Value("SwapTotal"));
        var acts = memory <= EarlyoomKillPercent && swap <= EarlyoomKillPercent ? "SIGKILL"
            : memory <= EarlyoomTermPercent && swap <= EarlyoomTermPercent ? "SIGTERM" : "nothing";
        return new Statement("earlyoom", null, Available, null, FormattableString.Invariant(
            $"available is {memory:0.0} % of what programs can have, swap free {swap:0.0} %: {acts}"));
    }

    private Statement Oomd()
    {
        var memory = Percent(Value("MemTotal") - Math.Min(Value("MemAvailable"), Value("MemTotal")), Value("MemTotal"));
        var swap = Value("SwapTotal") == 0 ? 0 : Percent(Value("SwapTotal") - Math.Min(Value("SwapFree"), Value("SwapTotal")), Value("SwapTotal"));
        var kills = memory > OomdLimitPercent && swap > OomdLimitPercent;
        return new Statement("systemd-oomd", UsedByAvailable, null, SwapUsed, FormattableString.Invariant(
            $"memory used {memory:0.0} %, swap used {swap:0.0} %, kills for swap above 90 % of both: {(kills ? "yes" : "no")}"));
    }

    private static decimal Percent(ulong part, ulong whole) => whole == 0 ? 0 : 100m * part / whole;

    private ulong Value(string name) => _meminfo.Fields[System.Text.Encoding.UTF8.GetBytes(name)] ?? 0;

    private Term Plus(string name) => new(name, Value(name));

    private Term Minus(string name) => new(name, Value(name), IsTaken: true);
}
