// Goal: the heap is reserved whole, committed as it is used, never larger than it may be, and given back only when told to.

using VboxMem.Kernel.Sched;

namespace VboxMem.Workloads.Tests.Services;

public sealed class JavaTests : IDisposable
{
    private const ulong Mebibyte = ServiceBox.Mebibyte;
    private const ulong PagesOfMebibyte = Mebibyte / 4096;

    /// <summary>Stacks, code cache, metaspace and tables, at most.</summary>
    private const ulong OwnPages = 72 * PagesOfMebibyte;

    private static readonly ProgramParameters _parameters = new(
        SizeBytes: 96 * Mebibyte, WorkingSetBytes: 24 * Mebibyte, BytesPerSecond: 24 * Mebibyte);

    private readonly ServiceBox _box = new();

    public void Dispose() => _box.Dispose();

    [Fact]
    public void The_heap_is_reserved_whole_and_grows_to_its_size_and_no_further()
    {
        _box.Tune("overcommit_memory", "1");
        var java = _box.Start("jvm", _parameters);
        _box.Run(1.5);
        var early = _box.MemoryOf(java).RssAnonPages;
        Assert.InRange(_box.MemoryOf(java).TotalPages, 1300 * PagesOfMebibyte, 1700 * PagesOfMebibyte);
        _box.Run(60);
        var grown = _box.MemoryOf(java).RssAnonPages;
        _box.Run(60);

        Assert.True(early < grown);
        Assert.InRange(grown, 60 * PagesOfMebibyte, (96 * PagesOfMebibyte) + OwnPages);
        Assert.InRange(_box.MemoryOf(java).RssAnonPages, grown, (96 * PagesOfMebibyte) + OwnPages);
        Assert.True(_box.IsAlive(java));
    }

    [Fact]
    public void Only_what_is_committed_counts_as_promised()
    {
        var before = _box.Machine.Memory.CommittedPages;
        var java = _box.Start("jvm", _parameters with { SizeBytes = 400 * Mebibyte, BytesPerSecond = Mebibyte });
        _box.Run(3);

        Assert.True(_box.IsAlive(java));
        Assert.InRange(_box.Machine.Memory.CommittedPages - before, 0, (long)(140 * PagesOfMebibyte));
    }

    [Fact]
    public void After_full_collections_memory_goes_back_only_if_told_to()
    {
        using var other = new ServiceBox();
        var keeps = _box.Start("jvm", _parameters);
        var gives = other.Start("jvm", _parameters with { PartBytes = 4 * Mebibyte });
        var (drop, otherDrop) = (0UL, 0UL);
        var (most, otherMost) = (0UL, 0UL);
        for (var look = 0; look < 1000; look++)
        {
            _box.Run(0.3);
            other.Run(0.3);
            most = Math.Max(most, _box.MemoryOf(keeps).RssAnonPages);
            otherMost = Math.Max(otherMost, other.MemoryOf(gives).RssAnonPages);
            drop = Math.Max(drop, most - _box.MemoryOf(keeps).RssAnonPages);
            otherDrop = Math.Max(otherDrop, otherMost - other.MemoryOf(gives).RssAnonPages);
        }

        Assert.Equal(0UL, drop);
        Assert.InRange(otherDrop, 20 * PagesOfMebibyte, 64 * PagesOfMebibyte);
        other.Audit();
    }

    [Fact]
    public void Live_data_that_does_not_fit_is_an_OutOfMemoryError()
    {
        var java = _box.Start("jvm", _parameters with { WorkingSetBytes = 80 * Mebibyte });
        _box.Run(60);

        Assert.Empty(_box.Services);
        Assert.Equal(3, java.ExitCode);
    }

    [Fact]
    public void A_heap_that_may_not_grow_stays_as_large_as_it_is()
    {
        _box.Start("jvm", _parameters);
        var java = _box.Services.Single();
        _box.Run(4);
        _box.Tune("overcommit_memory", "2");
        _box.Tune("overcommit_kbytes", "4096");
        var promised = _box.Machine.Memory.CommittedPages;
        _box.Run(60);

        // Nothing more is promised: it has to live, or die, with what it has.
        Assert.InRange(_box.Machine.Memory.CommittedPages, 0, promised);
        Assert.True(_box.IsAlive(java) || java.ExitCode == 3);
    }
}
