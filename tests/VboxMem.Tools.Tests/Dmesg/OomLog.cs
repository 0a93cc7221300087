namespace VboxMem.Tools.Tests.Dmesg;

/// <summary>Records such as a kernel leaves when it runs out of memory; the text is that of Linux 6.12.</summary>
internal static class OomLog
{
    public const string Records =
        """
        5,0,0,-;Linux version 6.12.107+deb13-cloud-amd64 (debian-kernel@lists.debian.org) #1 SMP PREEMPT_DYNAMIC Debian 6.12.107-1
        6,1,0,-;Command line: BOOT_IMAGE=/boot/vmlinuz root=/dev/vda1 ro console=ttyS0
        6,45,53113,-;DMA zone: 4096 pages, LIFO batch:0
        7,46,61230,-;On node 0, zone DMA: 1 pages in unavailable ranges
        6,120,1203456,-;pci 0000:00:01.0: [8086:7000] type 00 class 0x060100
         SUBSYSTEM=pci
         DEVICE=+pci:0000:00:01.0
        30,130,2456789,-;systemd[1]: Hostname set to <vbox>.
        4,200,61234567,-;leaky invoked oom-killer: gfp_mask=0x140dca(GFP_HIGHUSER_MOVABLE|__GFP_COMP|__GFP_ZERO), order=0, oom_score_adj=0
        4,201,61234580,-;CPU: 1 UID: 1000 PID: 812 Comm: leaky Not tainted 6.12.107+deb13-cloud-amd64 #1  Debian 6.12.107-1
        4,202,61234666,-;Mem-Info:
        4,203,61234670,-;active_anon:120345 inactive_anon:100234 isolated_anon:0\x0a active_file:12 inactive_file:40 isolated_file:0\x0a unevictable:0 dirty:0 writeback:0\x0a free:5120 free_pcp:61 free_cma:0
        6,204,61234700,-;Tasks state (memory values in pages):
        6,205,61234701,-;[  pid  ]   uid  tgid total_vm      rss rss_anon rss_file rss_shmem pgtables_bytes swapents oom_score_adj name
        6,206,61234702,-;[    812]  1000   812   262400   220100   220000      100         0  1814528        0             0 leaky
        6,207,61234710,-;oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg=/,task=leaky,pid=812,uid=1000
        3,208,61234720,-;Out of memory: Killed process 812 (leaky) total-vm:1049600kB, anon-rss:880000kB, file-rss:400kB, shmem-rss:0kB, UID:1000 pgtables:1772kB oom_score_adj:0

        """;
}
