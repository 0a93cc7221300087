using VboxMem.Tools.Parsing;

namespace VboxMem.Tui.Readings;

/// <summary>All memory in parts that do not overlap, in kB; they add up to the total of meminfo.</summary>
/// <remarks>None of them is what free calls used: that is the total less what is available, cache that cannot be dropped among it.</remarks>
internal readonly record struct MemoryParts(
    ulong Total, ulong Anonymous, ulong Buffers, ulong Cache, ulong Shmem, ulong Slab, ulong Rest, ulong Free)
{
    /// <summary>The rest is page tables, stacks, pages of the swap cache that nobody maps, and what the kernel has no line for.</summary>
    public static MemoryParts Of(Meminfo meminfo)
    {
        var total = meminfo.MemTotal ?? 0;
        var free = meminfo.MemFree ?? 0;
        var buffers = meminfo.Buffers ?? 0;
        var cached = meminfo.Cached ?? 0;
        var shmem = Math.Min(meminfo.Shmem ?? 0, cached);
        var slab = meminfo.Fields["Slab"u8] ?? 0;
        var others = free + buffers + cached + slab;
        var used = total > others ? total - others : 0;
        var anonymous = Math.Min(meminfo.Fields["AnonPages"u8] ?? 0, used);
        return new MemoryParts(total, anonymous, buffers, cached - shmem, shmem, slab, used - anonymous, free);
    }
}
