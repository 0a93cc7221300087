using VboxMem.Kernel.Accounting;

namespace VboxMem.Kernel.Tests.Accounting;

public sealed class AvailableMemoryTests
{
    [Fact]
    public void Half_of_a_small_page_cache_counts_as_in_use() =>
        Assert.Equal(10_000 - 1_000 + 51, AvailableMemory.Pages(10_000, 1_000, 101, 0, lowWatermarkPages: 5_000));

    [Fact]
    public void Of_a_large_page_cache_only_the_low_watermarks_are_kept() =>
        Assert.Equal(10_000 - 1_000 + 95_000, AvailableMemory.Pages(10_000, 1_000, 100_000, 0, lowWatermarkPages: 5_000));

    [Fact]
    public void Reclaimable_kernel_memory_counts_by_itself() =>
        Assert.Equal(9_000 + 50 + 200, AvailableMemory.Pages(10_000, 1_000, 100, 400, lowWatermarkPages: 5_000));

    [Fact]
    public void A_machine_below_its_reserves_has_nothing_available() =>
        Assert.Equal(0, AvailableMemory.Pages(500, 1_000, 100, 0, lowWatermarkPages: 300));
}
