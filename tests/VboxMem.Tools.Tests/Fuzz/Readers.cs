namespace VboxMem.Tools.Tests.Fuzz;

/// <summary>
/// All that reads a tree. A tool that is not in the table is run without arguments and with --json; what more of it reads other files
/// needs a line here.
/// </summary>
internal static class Readers
{
    private static readonly Dictionary<string, string[]> _tools = new()
    {
        ["buddyinfo"] = ["", "--json"],
        ["dmesg"] = ["", "-T", "-H", "-x", "-J", "-r", "-p", "-d", "-t -l err,warn", "--time-format iso"],
        ["free"] = ["-hwltv", "-b", "--json", "-s 1 -c 2", "--si -h"],
        ["journalctl"] = ["-k", "-k -a -o short-iso", "-k -o short-full", "-k -g oom", "-k --json", "-k -o short-monotonic -n 3", "-k -r -o cat"],
        ["numastat"] = ["", "-m", "-n", "-cm", "-p 20 -m", "-vs -p 20", "-czm", "--json", "-p app"],
        ["sar"] = ["", "-u ALL -P ALL 0", "-P ALL 1 2", "-B -W 1 2", "-r ALL -S 0", "-q ALL 1 2", "-q PSI 0", "--json -P ALL -u -r -q ALL 1 2", "-h -r -S -P 0 1 1"],
        ["pmap"] = ["20", "-x 20", "-X 20", "-XX 20 1", "-d 20 21", "-A 0,7ffcffff 20", "-p 20", "--json 20"],
        ["ps"] =
        [
            "", "aux", "-ef", "axlf", "axs", "axv", "axX", "-eLf", "axm", "-efH", "-eo args,comm:20,cgroup,wchan,exe,environ", "axeww", "-eo pid,pss,uss,rss,vsz,pcpu,pmem,cuu,c --sort=-pss", "--json -e",
            "-eo rbytes,wbytes,rops,luid,ag_id,ag_nice,oom,oomadj,label", "-eo lstart,start,etime,time,bsdtime,stime,times,etimes", "-eo user,group,supgid,supgrp,fuser,ruser,tty,tpgid,sess,stat,policy,cls,rtprio,pri",
            "-eLo tid,comm,blocked,caught,ignored,pending,psr,nlwp,drs,trs,size,m_size,esp,eip --json", "-q 20,63 -o args", "-C systemd -u root -t pts/0 -N",
            "--filter rss>1M\u00b7or\u00b7pss<=uss\u00b7and\u00b7user!=root\u00b7or\u00b7wchan~wait\u00b7or\u00b7oom_score>=0 --json", "-eL --filter shr<swap\u00b7or\u00b7cpu>0\u00b7or\u00b7mem>=0\u00b7or\u00b7elapsed>1s\u00b7or\u00b7bash",
        ],
        ["slabtop"] = ["-o", "-o -s c", "-o --json"],
        ["smem"] = ["", "-m", "-u", "-w", "-tkp -s pss -r", "-P systemd -c pid\u00b7user\u00b7name\u00b7command\u00b7maps\u00b7pss", "--json", "-M stack -m -t"],
        ["swapon"] = ["--show", "-s", "--raw --bytes", "--show=NAME,SIZE,PRIO", "--json"],
        ["sysctl"] = ["-a", "vm.swappiness", "-n kernel.hostname", "-a --json", "-w vm.swappiness=7", "vm.lowmem_reserve_ratio"],
        ["top"] = ["-b -n 2", "-b -c -n 1 -w 200", "-b -H -n 1", "-b -n 2 -i -o %MEM", "-b -n 1 -p 20,21 -e m -E g", "-b -n 1 -u root", "-b -n 2 --json"],
        ["uptime"] = ["", "-p", "-s", "--json"],
        ["vmstat"] = ["-w", "-a 1 2", "-s", "-m", "-d", "-D", "-f", "-p sda1", "-p sda1 1 2", "--json", "-s --json", "-m --json", "-d --json", "-w -t 1 3", "-d 1 2"],
        ["vmtouch"] = ["/", "-v /srv", "-m 64k /srv/a", "--json /srv"],
        ["w"] = ["", "-s", "--json"],
        ["who-says-what"] = ["", "-k", "-q", "--json"],
        ["zoneinfo"] = ["", "-a", "-p", "--json"],
    };

    private static readonly string[] _predicates =
    [
        "meminfo.MemAvailable > 200MiB and not killed(leaky) or meminfo.MemFree/s < -5MiB/s", "vmstat.pgpgin/s == 0 or vmstat.nr_free_pages < vmstat.nr_inactive_anon / 3 + 10000", "zone.0.DMA32.free >= zone.DMA.low * 120% + zone.DMA32.managed",
        "pressure.memory.some.avg10 < 5 and pressure.io.full.total/s < 5% and pressure.cpu.some.avg300 > 1", "alive(systemd) and rss(systemd)/s < 1.5MiB/s and swap(\"a) b (c\") == 0 or killed(vim)",
        "(nginx.p99 - 1h30m)/2 < -50ms or nginx.count/s > 3 or nginx.max == nginx.p50", "loadavg.1 * 3 > loadavg.15 or loadavg.running/s >= 1 and loadavg.tasks > 4", "swaps.used/s > 0 and swaps.vda.free < swaps.size or swaps.areas == 2 or swaps.vda.priority < 0",
    ];

    public static IReadOnlyList<Reader> All { get; } =
    [
        .. ToolRegistry.All.SelectMany(static tool => _tools.GetValueOrDefault(tool.Key, ["", "--json"])
            .Select(line => new Reader(tool.Key, [.. line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(static word => word.Replace('\u00b7', ' '))]))),
        .. _predicates.Select(static text => new Reader(Reader.Predicate, [text])),
    ];
}
