namespace VboxMem.Kernel.Virtual;

/// <summary>The sums over a descriptor's areas (vm_stat_account), moved whenever an area comes, goes, or changes its flags.</summary>
/// <remarks>mm/mmap.c: vm_stat_account, is_exec_mapping, is_stack_mapping, is_data_mapping (facts: virtual memory, 5).</remarks>
internal static class AreaAccounting
{
    private const VmaFlags DataMask = VmaFlags.Write | VmaFlags.Shared | VmaFlags.GrowsDown;
    private const VmaFlags ExecutableMask = VmaFlags.Execute | VmaFlags.Write | VmaFlags.GrowsDown;

    public static void Add(MemoryDescriptor mm, VmaFlags flags, ulong pages) => Move(mm, flags, pages);

    /// <summary>Raises the stored peak first.</summary>
    public static void Remove(MemoryDescriptor mm, VmaFlags flags, ulong pages)
    {
        mm.PeakPages = Math.Max(mm.PeakPages, mm.TotalPages);
        Move(mm, flags, 0UL - pages);
    }

    private static void Move(MemoryDescriptor mm, VmaFlags flags, ulong delta)
    {
        mm.TotalPages += delta;
        if ((flags & ExecutableMask) == VmaFlags.Execute)
        {
            mm.ExecutablePages += delta;
        }
        else if ((flags & VmaFlags.GrowsDown) != 0)
        {
            mm.StackPages += delta;
        }
        else if ((flags & DataMask) == VmaFlags.Write)
        {
            mm.DataPages += delta;
        }

        if ((flags & VmaFlags.Locked) != 0)
        {
            mm.LockedPages += delta;
        }
    }
}
