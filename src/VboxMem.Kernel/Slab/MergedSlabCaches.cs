// Caches that Linux merges: created like another one of the same padded size and flags, they share its slabs and never show
// in slabinfo. The first creator's name is shown (facts: physical memory, 7.3 and 7.4).

namespace VboxMem.Kernel.Slab;

internal static class MergedSlabCaches
{
    /// <summary>The shown name, and the names merged into it.</summary>
    public static readonly (string Shown, string[] Hidden)[] All =
    [
        ("signal_cache", ["UDP", "UDP-Lite"]),
        ("PING", ["UNIX", "UNIX-STREAM"]),
        ("UDPv6", ["UDPLITEv6"]),
        ("pid", ["eventpoll_epi", "tcp_bind_bucket", "tcp_bind2_bucket", "fib6_node"]),
        ("anon_vma_chain", ["fs_cache", "eventpoll_pwq"]),
        ("maple_node", ["key_jar", "biovec-16", "sgpool-8"]),
        ("pool_workqueue", ["skbuff_fclone_cache", "sgpool-16"]),
        ("sigqueue", ["inotify_inode_mark", "fanotify_mark", "dnotify_mark"]),
        ("file_lock_cache", ["rtable", "skbuff_ext_cache", "aio_kiocb", "inet_peer"]),
        ("posix_timers_cache", ["ip6_dst_cache"]),
        ("iommu_iova_magazine", ["biovec-64", "sgpool-32"]),
        ("iommu_iova", ["jbd2_inode", "ksm_rmap_item"]),
        ("vmap_area", ["Acpi-Operand"]),
        ("ftrace_event_field", ["Acpi-Parse", "file_lock_ctx"]),
        ("biovec-max", ["sgpool-128"]),
        ("uid_cache", ["backing_aio"]),
        ("Acpi-State", ["kernfs_iattrs_cache", "audit_tree_mark"]),
    ];
}
