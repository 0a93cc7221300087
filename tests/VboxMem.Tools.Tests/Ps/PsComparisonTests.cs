using VboxMem.Tools.Tests.Processes;

namespace VboxMem.Tools.Tests.Ps;

// Goal: whatever ps is asked, ours answers as the machine's own.
// Method: both run on hand-made trees, the real one as the tree's process 1; every byte and the exit code are compared.
// Not compared: names of columns that need what no tree has, device nodes, and the text of the usage.
public sealed class PsComparisonTests
{
    private const string Utf8 = "C.UTF-8";

    private static readonly string[] Formats =
    [
        "ps", "ps -e", "ps aux", "ps auxn", "ps axfn", "ps -ef", "ps -eF", "ps -eFP", "ps -el", "ps -ely", "ps -elf", "ps -elfy", "ps -elc",
        "ps -efc", "ps -ej", "ps -ejl", "ps -ejf", "ps -eP", "ps -eM", "ps -ec", "ps axj", "ps axl", "ps axs", "ps axv", "ps axX", "ps axuS",
        "ps axvS", "ps axeww", "ps axuc", "ps axc", "ps -eLf", "ps -eL", "ps -eLl", "ps -eT", "ps -eTl", "ps axm", "ps axmu", "ps -em",
        "ps -emo pid,tid,comm,rss,time,stat", "ps axH", "ps axHu", "ps axf", "ps axuf", "ps axjf", "ps -eH", "ps -efH", "ps -ejH", "ps --forest -e",
        "ps --forest -eo pid,comm,args", "ps -eo fname:20,pid --forest", "ps -e -o pid,ppid,user,uid,euser,group,tid,lwp,nlwp,comm",
        "ps -e -o cmd,args,ucmd", "ps -eo pcpu,%cpu,pmem,%mem,vsz,rss,rssize,sz,size,pss,uss",
        "ps -eo rops,maj_flt,min_flt,ni,pri,rtprio,cls,stat,state,s,wchan:20",
        "ps -eo time,cputime,cputimes,etime,etimes,lstart,start,start_time,tty", "ps -eo bsdstart,bsdtime,atime,times,start,stime",
        "ps -eo oom,oomadj,cgroup,drs,trs,vsize,sgi_p,psr", "ps -eo cgroup,cgname,pid", "ps -eo cuu,cuc,c,cp,util,pid",
        "ps -eo rbytes,rchars,rops,wbytes,wcbytes,wchars,wops",
        "ps -eo pri,opri,intpri,priority,pri_foo,pri_bar,pri_baz,pri_api,sched,policy,class,rtprio",
        "ps -eo blocked,caught,ignored,pending,tsig,sig,sigmask", "ps -eo sig_block,sig_catch,pid",
        "ps -eo ruid,suid,fuid,euid,rgid,egid,sgid,fgid,luid,ag_id,ag_nice",
        "ps -eo supgid,supgrp", "ps -eo supgid,pid", "ps -eo stackp,esp,eip,lim,size,m_size,m_trs,m_drs,trss,tsiz,dsiz",
        "ps -eo tty,tty4,tty8,tt,tname,longtname,tpgid,pgid,sid,sess", "ps -eo label,context,zone,pid", "ps -eo exe,pid", "ps -eo environ",
        "ps -eo f,flag,flags,thcount,ucomm,fname,lastcpu,cpuid", "ps -eo comm,pid", "ps -eo comm:3,pid", "ps -eo user:3,user:20,user:1",
        "ps -eo args:10,pid", "ps -eo wchan,wname,nwchan,wchan:3",
    ];

    private static readonly string[] ColumnsAndKeys =
    [
        "ps -eo pid,ppid,comm --sort=-rss,pid", "ps -eo pid,rss,vsz --sort=rss", "ps -eo pid,rss --sort rss,-pid", "ps -eo pid,rss k-rss",
        "ps axk-pid", "ps aux --sort=-%cpu", "ps aux --sort -pcpu,user", "ps aux --sort=-%mem", "ps aux --sort=user", "ps aux --sort=-user,+pid",
        "ps aux --sort=comm", "ps aux --sort=args", "ps aux --sort=cmd", "ps aux --sort=start_time", "ps aux --sort=-start,pid", "ps aux --sort=time",
        "ps aux --sort=-cputime", "ps aux --sort=etime", "ps aux --sort=tty", "ps -eo pid --sort tty4", "ps -eo pid,tty4 --sort tty4",
        "ps -eo pid --sort vsize", "ps -eo pid,drs --sort vsize", "ps -eo pid --sort -vsz", "ps -eo pid --sort resident", "ps -eo pid --sort size",
        "ps -eo pid --sort stat", "ps -eo pid --sort s", "ps -eo pid --sort ni", "ps -eo pid --sort pri", "ps -eo pid --sort -psr",
        "ps -eo pid --sort class", "ps -eo pid --sort min_flt", "ps -eo pid --sort -maj_flt", "ps -eo pid --sort oom", "ps -eo pid --sort wchan",
        "ps -eo pid --sort cgroup", "ps -eo pid --sort supgid", "ps -eo pid --sort fgid", "ps -eo pid --sort pss", "ps -eo pid --sort ppid,-pid",
        "ps -eo pid --sort nlwp", "ps -eo pid --sort sess", "ps -eo pid --sort utime", "ps -eo pid --sort blocked", "ps -eo pid --sort nosuch",
        "ps -eo pid --sort pid,,rss", "ps -eo pid --sort pid,", "ps -eo pid --sort ,pid", "ps -eo pid --sort", "ps -eo pid --sort=", "ps -eo pid k",
        "ps ax --sort=pid --sort=rss", "ps axOr", "ps axO-r", "ps axO-vp", "ps axO-r-p", "ps axOvsz", "ps axOrss,vsz", "ps axOK", "ps axOrr",
        "ps axO+", "ps axfOP", "ps -eOrss", "ps -eO rss,vsz", "ps -eO rss -o pid", "ps -eo pid -O rss", "ps -eO nosuch", "ps -eo pid=,comm=",
        "ps -eo pid=PID,comm=NAME,rss", "ps -eo pid=ABCDEFGHIJ,comm", "ps -eo pid\u00b7ppid", "ps -eo pid,nice=NICE,tty=TERMINAL,comm",
        "ps -eo pid:3,ppid:10,comm", "ps -eo pid:0", "ps -eo pid:x", "ps -eo pid:", "ps -eo pid:5=FOO", "ps -eo nosuch", "ps -eo pid,nosuch,ppid",
        "ps -eo nosuch-with-a-name-that-is-very-long-and-longer-than-any-message-buffer-of-80-chars", "ps -eo pid,,ppid", "ps -eo ''", "ps -eo pid,",
        "ps -eo RUSAGE", "ps -eo RUSAGE:5", "ps -eo SCHED", "ps -eo THREAD", "ps -eo DefBSD", "ps -eo FD_l", "ps -eo HP_fl", "ps -eo %p\u00b7%c",
        "ps -eo %p%c%a", "ps -eo \u00b7%p-%U:%x|%z%t", "ps -eo %cpu", "ps -eo %mem", "ps -eo %cpu,pid", "ps -eo pid,%cpu", "ps -eo %mem,pid",
        "ps -eo %q", "ps -eo %", "ps -eo %p\u00b7%", "ps -eo %p%\u00b7c", "ps -eo %%p", "ps -eo pid,%c",
        "ps -eo %C\u00b7%G\u00b7%P\u00b7%U\u00b7%a\u00b7%g\u00b7%n\u00b7%p\u00b7%r\u00b7%t\u00b7%u\u00b7%x\u00b7%y\u00b7%z",
        "ps -eo pid -o ppid -o comm", "ps -e --format pid,comm", "ps -e --format=pid,comm", "ps -e --format:pid,comm", "ps -eo pid,comm --no-headers",
        "ps -eo pid,comm --noheader", "ps -eo pid,comm h", "ps -eo pid,comm --headers", "ps -eo pid,comm --headers --rows 10",
        "ps -eo pid --headers --no-headers", "ps axh --headers", "ps aux --cols 60", "ps aux --cols=20", "ps aux --width 10", "ps -ef --columns 100",
        "ps auxw --cols 100", "ps auxww --cols 100", "ps -ef --cols 0", "ps -ef --cols x", "ps -ef --cols", "ps axl --cols 80", "ps axs --cols 80",
        "ps axs --cols 200", "ps -eo pid,args,comm --cols 30", "ps -eo pid,args:200,comm --cols 80", "ps axf --cols 40", "ps axfww",
        "ps -eH --cols 30",
    ];

    private static readonly string[] Selections =
    [
        "ps -p 1", "ps -p 5,3,1", "ps -p 63,20", "ps -p 63\u00b720", "ps -p 63 -p 20", "ps -p 99", "ps -p 0", "ps -p -5", "ps -p x", "ps -p 1x",
        "ps -p 0x14", "ps -p 024", "ps -p 4294967297", "ps -p 99999999999999999999", "ps -p", "ps -p ''", "ps -p ,1", "ps -p 1,", "ps -p 1,,2",
        "ps p 20", "ps p20", "ps 20", "ps 20 21", "ps 20,21", "ps 20 +34 -34", "ps -34", "ps +34", "ps 20 x", "ps x 20", "ps aux 20", "ps -q 63,20",
        "ps -q 20,63", "ps q 20", "ps --quick-pid 20", "ps -q 20 -q 21", "ps -q 20 -p 21", "ps -q 20 --forest", "ps -q 20 --sort pid", "ps -q 20 -N",
        "ps -q 63 -L", "ps -q 64 -L", "ps -q 64", "ps -q 99", "ps -q", "ps --pid 20", "ps --pid=20", "ps --pid", "ps --ppid 20", "ps --ppid 1",
        "ps -C bash", "ps -C bash,vim", "ps -C fifteen-chars-xyz", "ps -C fifteen-chars-x", "ps -C fifteen-chars-", "ps -C fifteen-chars-xQQ",
        "ps -C kworker/0:1H-kblockd", "ps -C kworker/0:1H-kb", "ps -C a)", "ps -C nosuch", "ps -C", "ps -u root", "ps -u 1000",
        "ps -u somebody,longusername", "ps -u nobodyhere", "ps -u 4294967295", "ps -u 4294967294", "ps -u 99999999999999", "ps -N -u nobodyhere",
        "ps -u nobodyhere -N", "ps -U somebody", "ps -U 1000", "ps U somebody", "ps --user 1000", "ps --User 1000", "ps --user nosuch", "ps -G grp",
        "ps -G 1000", "ps -G nosuch", "ps -g grp", "ps -g 34", "ps -g 34,grp", "ps -g nosuch", "ps --group grp", "ps --Group grp", "ps -s 34",
        "ps --sid 34", "ps --sid", "ps -t pts/0", "ps -t tty1", "ps -t S0", "ps -t 0", "ps -t ttyS0,pts/0", "ps -t /dev/tty1", "ps -t /dev/nosuch",
        "ps -t -", "ps -t ?", "ps -t nosuch", "ps t pts/0", "ps t", "ps T", "ps --tty tty1", "ps tpts/0", "ps a", "ps x", "ps g", "ps ax", "ps ag",
        "ps xg", "ps axg", "ps -a", "ps -d", "ps -ad", "ps -A", "ps -N -p 1", "ps --deselect -p 1", "ps -N", "ps -N -e", "ps -e -N", "ps r", "ps ar",
        "ps axr", "ps -er", "ps -e r", "ps -aux", "ps -auxf", "ps -ax", "ps -axf", "ps -ef f", "ps -a x", "ps a -x", "ps -x", "ps -a a", "ps -d x",
        "ps -aux --sort pid", "ps -am", "ps m", "ps -m", "ps axm", "ps -axm", "ps M", "ps -eLT", "ps -eL m", "ps -eLmo pid", "ps H", "ps H m",
        "ps m -m", "ps -em m", "ps -eL f", "ps -eLH", "ps -efL --sort pid", "ps axH --sort -tid", "ps -eT --sort tid", "ps -eLf -p 63", "ps -Lp 63",
        "ps -Lfp 63", "ps -mp 63", "ps mp 63", "ps -mLp 63", "ps -mTp 63", "ps -LFp 63", "ps -Tp 63 -o pid,spid", "ps -L u -e", "ps -T j -e",
        "ps -eL l", "ps -V", "ps V", "ps --version", "ps -V -e", "ps --version x", "ps Lx", "ps -y", "ps -ey", "ps -ely", "ps -ecl", "ps -ecf",
        "ps -eZ", "ps axZ", "ps -eM u", "ps --context -e", "ps -ef u", "ps u l", "ps -f u", "ps -l u", "ps axul", "ps u -j -e", "ps l -j -e",
        "ps s -j -e", "ps l -y -e", "ps l -c -e", "ps l -P -e", "ps u -o pid", "ps -o pid -f", "ps -o pid -j", "ps -eS", "ps axS",
        "ps axuS --cumulative", "ps --cumulative=1", "ps --forest=1", "ps --deselect=x", "ps --no-headers=1", "ps --headers=3", "ps --nosuch",
        "ps --averyveryverylongoption", "ps --forest-x", "ps --Pid 1", "ps --", "ps ---", "ps -", "ps ''", "ps -e ''", "ps -e-f", "ps e-f", "ps -eJ",
        "ps -z", "ps z", "ps W", "ps C", "ps -e -- x", "ps --rows 0 -e", "ps --rows x", "ps --lines", "ps axe", "ps eaxww", "ps -eo args e", "ps c",
        "ps axcu", "ps -ec", "ps n", "ps axn -l", "ps axln", "ps -eln", "ps w", "ps axww", "ps -ww -e", "ps -w -w -e", "ps k pid", "ps kpid ax",
        "ps -k pid", "ps o pid", "ps opid,comm x", "ps O", "ps axO", "ps axo pid,comm", "ps -eo pid,comm f", "ps f -eo pid,args",
        "ps -H -eo comm,pid", "ps -eH --sort -pid", "ps axf --sort -rss", "ps axf k comm", "ps -p 48,49,50 f", "ps -C child,grandchild f",
        "ps -p 24 -o args,comm", "ps -eo pid --sort -lstart", "ps -eo pid,label --sort label",
        "ps -elP", "ps -eljP", "ps -elLjF", "ps -eLlj", "ps -efjL", "ps -eFj", "ps -eFl", "ps -eFly", "ps -eFc", "ps -ePM",
    ];

    private static readonly string[] Forests =
    [
        "ps -eH --sort -pid", "ps -eH --sort pid,-rss", "ps axf --sort -rss", "ps axf k comm", "ps axf k start_time", "ps axf k ppid",
        "ps axf k ppid,pid", "ps axf k -ppid", "ps -e --forest --sort -ppid,pid", "ps -t ?",
    ];

    private static readonly string[] OfMany =
    [
        "ps", "ps aux", "ps -ef", "ps -el", "ps axf", "ps -eH", "ps aux --sort=-rss", "ps aux --sort=-%cpu,pid", "ps -eo pid,ppid,comm --sort ppid,-start_time",
        "ps -eo pid,user,rss,vsz,args --sort user,-rss", "ps axl --cols 100", "ps -u somebody", "ps r", "ps -eF --headers --rows 40", "ps --ppid 1003 -f",
    ];

    [RealToolFact]
    public void Every_format_looks_the_same_on_odd_processes()
    {
        using var tree = ProcessTrees.Odd();
        Comparison.OnProcesses(tree, Utf8, Formats);
        Comparison.OnProcesses(tree, Utf8, "ps -eo ruser,suser,fuser,euser,rgroup,egroup,sgroup,fgroup",
            "ps -p 60 -o user,ruser,pid,supgid,vsz,stat,blocked");   // in C 4.0.2 falls over
        Comparison.OnProcesses(tree, "C", Formats);
    }

    [RealToolFact]
    public void Columns_keys_and_widths_are_understood_and_refused_the_same()
    {
        using var tree = ProcessTrees.Odd();
        Comparison.OnProcesses(tree, Utf8, ColumnsAndKeys);
    }

    [RealToolFact]
    public void Selections_and_mixtures_of_styles_are_understood_and_refused_the_same()
    {
        using var tree = ProcessTrees.Odd();
        Comparison.OnProcesses(tree, "C", Selections);
    }

    [RealToolFact]
    public void Forests_look_the_same_in_every_order()
    {
        using var tree = ProcessTrees.Odd();
        Comparison.OnProcesses(tree, "C", Forests);
    }

    [RealToolFact]
    public void A_thousand_processes_look_the_same()
    {
        using var tree = ProcessTrees.Thousand();
        Comparison.OnProcesses(tree, "C", OfMany);
    }

    [RealToolFact]
    public void The_widest_pids_look_the_same()
    {
        using var tree = ProcessTrees.Bare("4194304");
        new ATask(4194303, "last") { CommandLine = ATask.Bytes("last\0") }.AddTo(tree);
        Comparison.OnProcesses(tree, "C", "ps aux", "ps -ef", "ps -ejH", "ps axj", "ps -eo pid,tid,sid", "ps -eLf");
    }

    [RealToolFact]
    public void Without_files_of_the_system_the_same_is_printed()
    {
        using var tree = ProcessTrees.Bare().Remove("proc/sys/kernel/pid_max").Remove("etc/group");
        Comparison.OnProcesses(tree, "C", "ps aux", "ps -ef", "ps -eo pid,comm");
    }

    [RealToolFact]
    public void Versions_are_printed_the_same()
    {
        using var tree = ProcessTrees.Bare();
        Comparison.OnProcesses(tree, "C", "ps -V", "ps V", "ps --version", "ps -V x", "ps xV");
    }
}
