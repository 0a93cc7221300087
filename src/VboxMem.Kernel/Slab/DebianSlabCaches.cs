// The slab caches of a Debian 13 box (Linux 6.12, cloud flavour) but for the kmalloc families: data only.
//
// Order    as slabinfo lists them: newest first.
// Sizes    what the creator asks for; SlabGeometry makes the size slabinfo shows out of it, alignment, constructor and RCU.
//          Where only the padded size is known (sockets, bio_post_read_ctx, …) the largest object that fits is given.
//          task_struct is 5696 bytes and the FPU state of the CPU: 512 without XSAVE, as on the captured machines; a CPU
//          with AVX has 832 (facts: physical memory, 7.4: 6528). mm_struct holds CPU masks that grow beyond 192 CPUs.
// Flags    H cache line, R reclaimable, A charged to cgroups, C constructor, U RCU-typesafe, F with a free pointer of its own.
// Numbers  populations are fitted to the captures: see SlabPopulation. Those of task_struct, signal_cache, sighand_cache and
//          cred include what the idle tasks have and the places that ended tasks left free in slabs still in use.

namespace VboxMem.Kernel.Slab;

internal static class DebianSlabCaches
{
    private const SlabFlags None = SlabFlags.None;
    private const SlabFlags H = SlabFlags.HwCacheAlign;
    private const SlabFlags R = SlabFlags.ReclaimAccount;
    private const SlabFlags A = SlabFlags.Account;
    private const SlabFlags C = SlabFlags.Constructor;
    private const SlabFlags U = SlabFlags.TypesafeByRcu;
    private const SlabFlags F = SlabFlags.OwnFreePointer;

    /// <summary>Caches of file systems, protocols and the block layer: those made after the msg_msg buckets.</summary>
    public static SlabCacheDescription[] AfterMessageBuckets() =>
    [
        Cache("fsverity_info", 264, R),
        Cache("fscrypt_inode_info", 120, R),
        Cache("MPTCPv6", 2168, H | A | U),
        Cache("request_sock_subflow_v6", 376, A | U),
        Cache("ip6-frags", 184, None),
        Cache("PINGv6", 1216, H | A),
        Cache("RAWv6", 1216, H | A, population: new(7)),
        Cache("UDPv6", 1344, H | A),
        Cache("tw_sock_TCPv6", 248, A | U),
        Cache("request_sock_TCPv6", 304, A | U),
        Cache("TCPv6", 2616, H | A | U),
        Cache("io_kiocb", 248, H | A | U),
        Cache("bio-256", 256, H | U, population: new(6)),
        Cache("mqueue_inode_cache", 944, H | A | C, population: new(4)),
        Cache("fuse_request", 152, None),
        Cache("fuse_inode", 864, H | R | A | C),
        Cache("jbd2_journal_head", 112, R | U),
        Cache("jbd2_revoke_table_s", 16, R),
        Cache("ext4_inode_cache", 1160, R | A | C),
        Cache("ext4_allocation_context", 168, R),
        Cache("ext4_prealloc_space", 112, R),
        Cache("ext4_io_end_vec", 32, None),
        Cache("ext4_io_end", 64, None),
        Cache("bio_post_read_ctx", 48, R, population: new(128)),
        Cache("pending_reservation", 32, R),
        Cache("extent_status", 40, R),
        Cache("mb_cache_entry", 56, R),
        Cache("kioctx", 576, H),
        Cache("userfaultfd_ctx_cache", 184, H | C),
        Cache("dnotify_struct", 32, A),
        Cache("posix_timers_cache", 256, A),
        Cache("ip4-frags", 200, None),
        Cache("MPTCP", 1976, H | A | U),
        Cache("request_sock_subflow_v4", 376, A | U),
        Cache("xfrm_dst", 320, H),
        Cache("xfrm_state", 832, H),
        Cache("ip_fib_trie", 48, A),
        Cache("ip_fib_alias", 56, A),
        Cache("PING", 1024, H | A),
        Cache("RAW", 1024, H | A, population: new(4)),
        Cache("tw_sock_TCP", 248, A | U),
        Cache("request_sock_TCP", 304, A | U),
        Cache("TCP", 2424, H | A | U),
        Cache("hugetlbfs_inode_cache", 632, A | C, population: new(6)),
        Cache("dquot", 256, H | R),
        Cache("bio-248", 248, H | U, population: new(24)),
        Cache("ep_head", 24, A),
        Cache("dax_cache", 776, H | R | A | C, population: new(10)),
        Cache("request_queue", 968, None),
        Cache("bio-192", 192, H | U, population: new(8)),
        Cache("biovec-max", 4096, H, population: new(60)),
        Cache("biovec-128", 2048, H, population: new(4)),
    ];

    /// <summary>Caches made between the memdup_user and the msg_msg buckets.</summary>
    public static SlabCacheDescription[] BetweenBuckets() =>
    [
        Cache("khugepaged_mm_slot", 40, None),
    ];

    /// <summary>Caches of the core kernel, made between the kmalloc families and the memdup_user buckets.</summary>
    public static SlabCacheDescription[] BeforeUserCopyBuckets() =>
    [
        Cache("user_namespace", 616, A),
        Cache("uid_cache", 128, H),
        Cache("iommu_iova_magazine", 1024, H, population: new(4)),
        Cache("iommu_iova", 40, H),
        Cache("sock_inode_cache", 768, H | R | A | C, population: new(12, PerCpu: 4)),
        Cache("skbuff_small_head", 640, H, population: new(0, Warm: WarmSlabs.BootCpu)),
        Cache("skbuff_head_cache", 232, H, population: new(0, Warm: WarmSlabs.BootCpu)),
        Cache("tracefs_inode_cache", 656, R | A | C, population: new(71, PerCpu: 19)),
        Cache("file_lease_cache", 160, None),
        Cache("file_lock_cache", 192, None, population: new(11)),
        Cache("fsnotify_mark_connector", 24, None, population: new(85)),
        Cache("buffer_head", 104, R),
        Cache("task_delay_info", 144, A),
        Cache("taskstats", 432, None),
        Cache("proc_dir_entry", 192, None, population: new(260, PerCpu: 7)),
        Cache("proc_inode_cache", 696, R | A | C, population: new(6, PerCpu: 4)),
        Cache("seq_file", 120, A, population: new(0, Warm: WarmSlabs.BootCpu)),
        Cache("sigqueue", 80, A, population: new(0, Warm: WarmSlabs.EveryCpu)),
        Cache("bdev_cache", 1592, H | R | A | C, population: new(5)),
        Cache("shmem_inode_cache", 752, A | C, population: new(137)),
        Cache("kernfs_node_cache", 136, None, population: new(11007, PerCpu: 157, PerNode: 42, PerMemoryBlock: 19)),
        Cache("mnt_cache", 336, H | A, population: new(11, PerNode: 16)),
        Cache("filp", 184, H | A | U | F, population: new(7, PerCpu: 7)),
        Cache("inode_cache", 624, R | A | C, population: new(176, PerCpu: 12)),
        Cache("dentry", 192, R | A, population: new(450, PerCpu: 6)),
        Cache("names_cache", 4096, H, population: new(0, Warm: WarmSlabs.EveryCpu)),
        Cache("net_namespace", 4480, A, align: 64),
        Cache("ima_iint_cache", 96, C),
        Cache("lsm_inode_cache", 88, None, population: new(419, PerCpu: 21)),
        Cache("uts_namespace", 432, A),
        Cache("nsproxy", 72, A, population: new(28)),
        Cache("vma_lock", 40, A, population: new(0, Owner: SlabOwner.MappedArea, Warm: WarmSlabs.EveryCpu)),
        Cache("vm_area_struct", 176, A, population: new(0, Owner: SlabOwner.MappedArea, Warm: WarmSlabs.EveryCpu)),
        Cache("files_cache", 704, H | A, population: new(0, Owner: SlabOwner.UserProcess, Warm: WarmSlabs.EveryCpu)),
        Cache("signal_cache", 1152, H | A, population: new(4, PerCpu: 15, Owner: SlabOwner.Process)),
        Cache("sighand_cache", 2080, H | A | C | U, population: new(4, PerCpu: 7, Owner: SlabOwner.Process)),
        Cache("task_struct", 6208, A, align: 64, population: new(21, PerCpu: 3, Owner: SlabOwner.Task)),
        Cache("cred", 184, H | A, population: new(10, PerCpu: 10, Owner: SlabOwner.Process)),
        Cache("anon_vma_chain", 64, A, population: new(0, Owner: SlabOwner.AnonymousArea, Warm: WarmSlabs.EveryCpu)),
        Cache("anon_vma", 96, A | C | U, population: new(0, Owner: SlabOwner.AnonymousArea, Warm: WarmSlabs.EveryCpu)),
        Cache("pid", 128, H | A, population: new(23, Owner: SlabOwner.Task)),
        Cache("Acpi-State", 80, None, population: new(128)),
        Cache("shared_policy_node", 48, None, population: new(352, PerCpu: 37)),
        Cache("numa_policy", 272, None, population: new(8)),
        Cache("perf_event", 1312, None, population: new(6)),
        Cache("trace_event_file", 96, None, population: new(1533)),
        Cache("ftrace_event_field", 56, None, population: new(4198)),
        Cache("pool_workqueue", 512, None, align: 512, population: new(26, PerCpu: 51)),
        Cache("maple_node", 256, None, align: 256, population: new(17, PerCpu: 24)),
        Cache("radix_tree_node", 576, R | C, population: new(256, PerCpu: 19)),
        Cache("task_group", 640, None, align: 64),
        Cache("mm_struct", 1360, H | A, population: new(0, Owner: SlabOwner.UserProcess, Warm: WarmSlabs.EveryCpu)),
        Cache("vmap_area", 72, None, population: new(776, PerCpu: 5, Owner: SlabOwner.Task)),
        Cache("kmalloc_buckets", 112, None, population: new(18)),
    ];

    /// <summary>The two caches that slab caches themselves are made of, the oldest of all.</summary>
    /// <param name="nodes">NUMA nodes: a cache points to one kmem_cache_node for each.</param>
    /// <param name="caches">All caches of the box, these two included.</param>
    public static SlabCacheDescription[] Bootstrap(int nodes, int caches) =>
    [
        Cache("kmem_cache_node", 64, H, population: new(13, PerNode: caches)),
        Cache("kmem_cache", 216 + 8 * nodes, H, population: new(caches)),
    ];

    private static SlabCacheDescription Cache(
        string name, int objectSize, SlabFlags flags, int align = 0, SlabPopulation population = default) =>
        new(name, objectSize, align, flags, population);
}
