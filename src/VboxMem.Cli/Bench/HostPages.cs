namespace VboxMem.Cli.Bench;

/// <summary>The host's own page allocator, as far as a program can reach it: first touch of anonymous memory, then giving it back.</summary>
internal sealed unsafe class HostPages
{
    private const nuint PageBytes = 4096;
    private const nuint HugePageBytes = 2 << 20;
    private const nuint RegionBytes = 256 << 20;
    private const int Rounds = 5;

    private readonly byte* _region;

    private HostPages(byte* region) => _region = region;

    /// <returns>Null where the host is not Linux or has no memory to spare.</returns>
    public static HostPages? TryCreate()
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        var address = HostKernel.Map(0, RegionBytes + HugePageBytes, HostKernel.ProtReadWrite, HostKernel.MapPrivateAnonymous, -1, 0);
        return address == -1 ? null : new HostPages((byte*)(((nuint)address + HugePageBytes - 1) & ~(HugePageBytes - 1)));
    }

    /// <summary>One page touched and given back, in nanoseconds; null when the host refuses the advice.</summary>
    public double? NanosecondsPerPage() => Measure(HostKernel.AdviceNoHugePage, PageBytes);

    /// <summary>The same for a transparent huge page. Where the host has none to give, single pages are what it measures.</summary>
    public double? NanosecondsPerHugePage() => Measure(HostKernel.AdviceHugePage, HugePageBytes);

    private double? Measure(int advice, nuint step)
    {
        if (HostKernel.Advise((nint)_region, RegionBytes, advice) != 0)
        {
            return null;
        }

        var best = double.MaxValue;
        for (var round = 0; round < Rounds; round++)
        {
            var start = BenchClock.Now;
            for (nuint offset = 0; offset < RegionBytes; offset += step)
            {
                _region[offset] = 1;
            }

            if (HostKernel.Advise((nint)_region, RegionBytes, HostKernel.AdviceDontNeed) != 0)
            {
                return null;
            }

            best = Math.Min(best, BenchClock.Since(start) / (RegionBytes / step));
        }

        return best;
    }
}
