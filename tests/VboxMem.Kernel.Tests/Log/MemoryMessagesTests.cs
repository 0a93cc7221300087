// Goal: the single lines read as captured from a real kernel (the segfault's, as documented of one).

using VboxMem.Kernel.Log;

namespace VboxMem.Kernel.Tests.Log;

public sealed class MemoryMessagesTests
{
    private readonly KernelLog _log = new();
    private readonly LogClock _clock = new(1_000_000_000);
    private readonly LogRateLimits _limits = new();

    // Captured: a program asked over and over, ten lines came within two milliseconds, and no eleventh.
    [Fact]
    public void A_refused_mapping_is_told_ten_times()
    {
        for (var refusal = 0; refusal < 12; refusal++)
            MemoryMessages.PrintNotEnoughMemory(_log, _clock, ref _limits.NotEnoughMemory, 158, "mmload", 1_027_608_576);

        var texts = _log.LeveledTexts();
        Assert.Equal(10, texts.Count);
        Assert.All(texts, static text => Assert.Equal(
            "<4>__vm_enough_memory: pid: 158, comm: mmload, bytes: 1027608576 not enough memory for the allocation", text));
    }

    [Fact]
    public void Suppressed_refusals_are_told_of_later()
    {
        for (var refusal = 0; refusal < 12; refusal++)
            MemoryMessages.PrintNotEnoughMemory(_log, _clock, ref _limits.NotEnoughMemory, 1, "a", 1);

        MemoryMessages.PrintNotEnoughMemory(_log, new LogClock(10_000_000_000), ref _limits.NotEnoughMemory, 1, "a", 1);

        Assert.Equal("__vm_enough_memory: 2 callbacks suppressed", _log.Texts()[10]);
        Assert.Equal(12, _log.Count);
    }

    [Theory]
    [InlineData(1, "<6>init (1): drop_caches: 1")]
    [InlineData(2, "<6>init (1): drop_caches: 2")]
    [InlineData(3, "<6>init (1): drop_caches: 3")]
    public void Dropping_caches_names_who_did_it(int value, string expected)
    {
        MemoryMessages.PrintDropCaches(_log, _clock, "init", 1, value);

        Assert.Equal([expected], _log.LeveledTexts());
    }

    [Theory]
    [InlineData(524284UL, "/dev/vdb", "", "<6>Adding 524284k swap on /dev/vdb.  Priority:-2 extents:1 across:524284k ")]
    [InlineData(2097148UL, "/dev/vda", "", "<6>Adding 2097148k swap on /dev/vda.  Priority:-2 extents:1 across:2097148k ")]
    [InlineData(204796UL, "/dev/zram0", "SS", "<6>Adding 204796k swap on /dev/zram0.  Priority:-2 extents:1 across:204796k SS")]
    public void A_swap_area_ends_in_its_flags_or_a_blank(ulong kilobytes, string path, string flags, string expected)
    {
        MemoryMessages.PrintSwapOn(_log, _clock, new SwapOnFacts(kilobytes, path, -2, 1, kilobytes, flags));

        Assert.Equal([expected], _log.LeveledTexts());
    }

    [Fact]
    public void A_segfault_tells_where_and_why()
    {
        var fault = new SegfaultFacts(
            "worker", 812, 0, 0x55d0_1234_5678, 0x7ffc_0000_1000, 6, new SegfaultMapping("worker", 0x5678, 0x55d0_1234_0000, 0x9000), new CpuPlace(3, 1, 0));

        MemoryMessages.PrintSegfault(_log, _clock, ref _limits.Shared, fault);
        MemoryMessages.PrintSegfault(_log, _clock, ref _limits.Shared, fault with { Pid = 1, Comm = "init", Address = 0xdead_0000, ErrorCode = 0x14, Mapping = null });

        Assert.Equal(
            [
                "<6>worker[812]: segfault at 0 ip 000055d012345678 sp 00007ffc00001000 error 6 in worker[5678,55d012340000+9000] likely on CPU 3 (core 1, socket 0)",
                "<0>init[1]: segfault at dead0000 ip 000055d012345678 sp 00007ffc00001000 error 14 likely on CPU 3 (core 1, socket 0)",
            ],
            _log.LeveledTexts());
    }

    [Fact]
    public void Segfaults_come_ten_at_a_time()
    {
        for (var fault = 0; fault < 11; fault++)
            MemoryMessages.PrintSegfault(_log, _clock, ref _limits.Shared, new SegfaultFacts("a", 2, 0, 0, 0, 4, null, default));

        Assert.Equal(10, _log.Count);
        Assert.Equal(1u, _limits.Shared.Missed);
    }
}
