using System.Numerics;

namespace VboxMem.Kernel.Physical;

/// <summary>The dentry and inode hash tables, which boot sizes by RAM (facts: physical memory, 1.3).</summary>
/// <param name="DentryBuckets">Entries of 8 bytes.</param>
/// <param name="InodeBuckets">Entries of 8 bytes.</param>
public readonly record struct HashTableSizes(ulong DentryBuckets, ulong InodeBuckets)
{
    private const uint BytesPerBucket = 8;
    private const ulong PagesPerMebibyte = 256;

    public ulong DentryBytes => DentryBuckets * BytesPerBucket;

    public ulong InodeBytes => InodeBuckets * BytesPerBucket;

    public uint Pages => (uint)((DentryBytes + InodeBytes) / PageGeometry.PageBytes);

    /// <summary>By the RAM that is left when descriptors and kernel image are placed.</summary>
    internal static HashTableSizes For(Memblock memblock)
    {
        var taken = memblock.ReservedFor(BootPurpose.PageDescriptors, BootPurpose.KernelImage, BootPurpose.KernelInit);
        var pages = (memblock.PresentPages - taken + PagesPerMebibyte - 1) & ~(PagesPerMebibyte - 1);
        var extraShift = 0;
        for (var adapt = 1UL << 24; adapt < pages; adapt <<= 2)
        {
            extraShift++;   // beyond 64 GiB the tables grow with the square root only
        }

        return new HashTableSizes(
            BitOperations.RoundUpToPowerOf2(pages >> (1 + extraShift)), BitOperations.RoundUpToPowerOf2(pages >> (2 + extraShift)));
    }
}
