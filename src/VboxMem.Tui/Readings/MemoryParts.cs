using VboxMem.Tools.Parsing;

namespace VboxMem.Tui.Readings;

/// <summary>All memory in parts that do not overlap, in kB; they add up to the total of meminfo.</summary>
internal readonly record struct MemoryParts(
    ulong Total, ulong Used, ulong Buffers, ulong Cache, ulong Shmem, ulong Slab, ulong Free)
{
    /// <summary>Used is what is none of the others: anonymous memory, page tables, stacks, what the kernel does not tell of.</summary>
    public static MemoryParts Of(Meminfo meminfo)
    {
        var total = meminfo.MemTotal ?? 0;
        var free = meminfo.MemFree ?? 0;
        var buffers = meminfo.Buffers ?? 0;
        var cached = meminfo.Cached ?? 0;
        var shmem = Math.Min(meminfo.Shmem ?? 0, cached);
        var slab = meminfo.Fields["Slab"u8] ?? 0;
        var others = free + buffers + cached + slab;
        return new MemoryParts(total, total > others ? total - others : 0, buffers, cached - shmem, shmem, slab, free);
    }
}
