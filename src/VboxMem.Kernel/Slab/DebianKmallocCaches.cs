// The kmalloc families and buckets of the box as cache descriptions: data only.
//
// Numbers  populations are fitted to the captures: see SlabPopulation.

namespace VboxMem.Kernel.Slab;

internal static class DebianKmallocCaches
{
    // In the order of slabinfo: the two odd sizes are made first and so come last.
    private static readonly int[] Sizes = [8192, 4096, 2048, 1024, 512, 256, 128, 64, 32, 16, 8, 192, 96];

    public static IEnumerable<SlabCacheDescription> MessageBuckets() =>
        Family("msg_msg-", SlabFlags.Account, isBucket: true, static _ => default);

    public static IEnumerable<SlabCacheDescription> UserCopyBuckets() =>
        Family("memdup_user-", SlabFlags.None, isBucket: true, static size => size <= 16 ? new(0, Warm: WarmSlabs.BootCpu) : default);

    public static IEnumerable<SlabCacheDescription> Families() =>
    [
        .. Family("kmalloc-cg-", SlabFlags.Account, isBucket: false, AccountedPopulation),
        .. Family("dma-kmalloc-", SlabFlags.CacheDma, isBucket: false, static _ => default),
        .. Family("kmalloc-rcl-", SlabFlags.ReclaimAccount, isBucket: false, static _ => default),
        .. Family("kmalloc-", SlabFlags.None, isBucket: false, NormalPopulation),
    ];

    // Power-of-two kmalloc objects are naturally aligned; the odd sizes to the power of two in them. Buckets ask for nothing.
    private static IEnumerable<SlabCacheDescription> Family(
        string prefix, SlabFlags flags, bool isBucket, Func<int, SlabPopulation> population)
    {
        foreach (var size in Sizes)
        {
            var suffix = size < 1024 ? $"{size}" : $"{size / 1024}k";
            yield return new SlabCacheDescription(prefix + suffix, size, isBucket ? 0 : size & -size, flags, population(size));
        }
    }

    private static SlabPopulation NormalPopulation(int size) => size switch
    {
        8 => new(1216, PerCpu: 160),
        16 => new(732, PerCpu: 32, PerMemoryBlock: 5),
        32 => new(2110, PerCpu: 33),
        64 => new(1178, PerCpu: 19),
        96 => new(2384, PerCpu: 30, PerNode: 12),
        128 => new(315, PerCpu: 10, PerNode: 46),
        192 => new(311, PerCpu: 10, PerNode: 8),
        256 => new(396, PerCpu: 18, PerNode: 11, PerMemoryBlock: 1),
        512 => new(274, PerCpu: 8, PerNode: 4),
        1024 => new(222, PerCpu: 21, PerMemoryBlock: 1),
        2048 => new(243, PerCpu: 6),
        4096 => new(307, PerCpu: 3),
        _ => new(9, PerCpu: 2),
    };

    private static SlabPopulation AccountedPopulation(int size) => size switch
    {
        8 => new(180, PerCpu: 180),
        16 => new(62, PerCpu: 33, PerNode: 81),
        32 => new(60, PerCpu: 40),
        64 => new(30, PerCpu: 20),
        96 => new(63),
        128 => new(8, PerCpu: 12),
        192 => new(26, PerCpu: 8),
        256 => new(8, PerCpu: 4, PerNode: 2),
        512 => new(9, PerCpu: 5, PerNode: 1),
        1024 => new(1, PerCpu: 3, PerNode: 7),
        2048 => new(20),
        4096 => new(6, PerCpu: 1, PerNode: 1),
        _ => default,
    };
}
