namespace VboxMem.Cli.Bench;

/// <summary>What anonymous memory costs on the host's own kernel: touched, touched again, unmapped, forked; in small pages and in huge ones.</summary>
internal sealed unsafe class HostMemory
{
    private const nuint PageBytes = 4096;
    private const nuint HugePageBytes = 2 << 20;
    private const nuint RegionBytes = 256 << 20;
    private const nuint Pages = RegionBytes / PageBytes;
    private const int Rounds = 5;
    private const int TouchesAgain = 10;

    /// <summary>Nanoseconds a page, of the best round.</summary>
    public double FirstTouch { get; private set; } = double.MaxValue;

    public double TouchAgain { get; private set; } = double.MaxValue;

    public double Unmap { get; private set; } = double.MaxValue;

    /// <summary>Nanoseconds a page that the fork shares; what the fork of this process costs without them is taken off.</summary>
    public double? Fork { get; private set; }

    /// <summary>Nanoseconds a huge page; null where the host gives none.</summary>
    public double? HugeTouch { get; private set; }

    /// <returns>Null where the host is not Linux or has no memory to spare.</returns>
    public static HostMemory? TryMeasure()
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        var memory = new HostMemory();
        return memory.TryMeasureAll() ? memory : null;
    }

    private bool TryMeasureAll()
    {
        var fork = new HostFork();
        double? bare = null;
        double? loaded = null;
        for (var round = 0; round < Rounds; round++)
        {
            bare = Least(bare, fork.Nanoseconds());
            if (!TryMap(HostKernel.AdviceNoHugePage, out var region, out var mapping))
            {
                return false;
            }

            FirstTouch = Math.Min(FirstTouch, Touch(region, PageBytes) / Pages);
            var again = 0.0;
            for (var i = 0; i < TouchesAgain; i++)
            {
                again += Touch(region, PageBytes);
            }

            TouchAgain = Math.Min(TouchAgain, again / (Pages * TouchesAgain));
            loaded = Least(loaded, fork.Nanoseconds());
            var start = BenchClock.Now;
            HostKernel.Unmap(mapping, RegionBytes + HugePageBytes);
            Unmap = Math.Min(Unmap, BenchClock.Since(start) / Pages);
            MeasureHuge();
        }

        Fork = loaded > bare ? (loaded - bare) / Pages : null;
        return true;
    }

    private void MeasureHuge()
    {
        if (!TryMap(HostKernel.AdviceHugePage, out var region, out var mapping))
        {
            return;
        }

        var nanoseconds = Touch(region, HugePageBytes) / (RegionBytes / HugePageBytes);
        if (IsHuge(region))
        {
            HugeTouch = Least(HugeTouch, nanoseconds);
        }

        HostKernel.Unmap(mapping, RegionBytes + HugePageBytes);
    }

    /// <summary>One page of it was touched: are its neighbours in memory as well?</summary>
    private static bool IsHuge(byte* block)
    {
        var pages = stackalloc byte[(int)(HugePageBytes / PageBytes)];
        return HostKernel.InCore((nint)block, HugePageBytes, pages) == 0 && (pages[1] & 1) != 0;
    }

    private static bool TryMap(int advice, out byte* region, out nint mapping)
    {
        mapping = HostKernel.Map(0, RegionBytes + HugePageBytes, HostKernel.ProtReadWrite, HostKernel.MapPrivateAnonymous, -1, 0);
        region = (byte*)(((nuint)mapping + HugePageBytes - 1) & ~(HugePageBytes - 1));
        if (mapping == -1)
        {
            return false;
        }

        // A kernel without huge pages refuses either advice: small pages are what it has.
        return HostKernel.Advise((nint)region, RegionBytes, advice) == 0 || advice == HostKernel.AdviceNoHugePage || Give(mapping);
    }

    private static bool Give(nint mapping)
    {
        HostKernel.Unmap(mapping, RegionBytes + HugePageBytes);
        return false;
    }

    private static double Touch(byte* region, nuint step)
    {
        var start = BenchClock.Now;
        for (nuint offset = 0; offset < RegionBytes; offset += step)
        {
            region[offset] = 1;
        }

        return BenchClock.Since(start);
    }

    private static double? Least(double? best, double? now) => best is { } b && now is { } n ? Math.Min(b, n) : best ?? now;
}
