// Goal: the process tools print of our dumps what the machine's own procps prints of them.
// Method: boot a box, let it live a while, dump it, let the dump's clock be the host's, compare byte for byte.

using System.Globalization;
using System.Text.RegularExpressions;
using VboxMem.Kernel.Time;
using VboxMem.Tools.Tests;

namespace VboxMem.Conformance.Tests.Tools;

public sealed class ProcessToolDumpTests
{
    private static readonly string[] _commands =
    [
        "ps", "ps aux", "ps -ef", "ps -eF", "ps -el", "ps -ely", "ps -ejH", "ps axf", "ps axj", "ps axl", "ps axs", "ps axv", "ps axX", "ps -eLf", "ps axm", "ps -eT",
        "ps aux --sort=-rss", "ps aux --sort -%mem,pid", "ps -eo pid,ppid,pgid,sid,tty,stat,wchan:20,comm", "ps -eo pid,pss,uss,rss,vsz,size,maj_flt,min_flt,oom,oomadj,args",
        "ps -eo pid,rbytes,wbytes,rops,wops,cgroup", "ps -eo user,ruser,group,rgroup,supgid,nlwp,ni,pri,rtprio,cls,psr,etime,time,lstart", "ps -C nginx u", "ps --ppid 1 -f",
        "pmap 1", "pmap -x 1", "pmap -X 1", "pmap -XX 1", "pmap -d 1", "pmap -p 1 2", "uptime", "uptime -p", "w", "w -sf",
        "top -bn1", "top -bn1 -c -w 200", "top -bn1 -H", "top -bn1 -o %MEM", "top -bn1 -o -TIME+ -S -E k", "top -bn1 -e m -E g -u root", "top -bn1 -o SWAP", "top -bn1 -i",
        "numastat", "numastat -m", "numastat -n", "numastat -cm",
    ];

    private static readonly string[] _smemCommands =
    [
        "smem", "smem -t -k", "smem -p", "smem -u -t", "smem -m", "smem -m -k -s pids", "smem -w", "smem -w -p -t", "smem -n -s rss -r", "smem -P nginx",
        "smem -c pid\u00b7name\u00b7maps\u00b7vss\u00b7swap", "smem -M libc", "smem -w -R 4G -k",
    ];

    [RealToolFact]
    public void The_default_box_as_booted() => Compare("default", SimTime.Zero);

    [RealToolFact]
    public void The_default_box_after_two_minutes() => Compare("default", SimTime.FromSeconds(120));

    [RealToolFact]
    public void The_tiny_box() => Compare("tiny", SimTime.FromSeconds(7));

    private static void Compare(string profile, SimTime duration)
    {
        using var dump = Dump(profile, duration);
        Comparison.OnProcesses(dump, "C", _commands);
        Comparison.OnSource(dump, _smemCommands);
    }

    private static ProcTree Dump(string profile, SimTime duration)
    {
        var dump = DumpedBox.Dump(profile, duration);
        BootedByTheHostsClock(dump);
        return dump;
    }

    /// <summary>START columns tell today from other days by the host's clock.</summary>
    private static void BootedByTheHostsClock(ProcTree dump)
    {
        var stat = Path.Combine(dump.Root, "proc/stat");
        var uptime = double.Parse(File.ReadAllText(Path.Combine(dump.Root, "proc/uptime")).Split(' ')[0], CultureInfo.InvariantCulture);
        var boot = DateTimeOffset.UtcNow.ToUnixTimeSeconds() - (long)uptime;
        File.WriteAllText(stat, Regex.Replace(File.ReadAllText(stat), @"btime \d+", string.Create(CultureInfo.InvariantCulture, $"btime {boot}")));
        dump.Add("etc/group", "root:x:0:\n");
    }
}
