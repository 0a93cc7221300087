using System.Diagnostics;
using System.Runtime.InteropServices;

namespace VboxMem.Cli;

/// <summary>The host's own page allocator, as far as a program can reach it: first touch of anonymous memory, then giving it back.</summary>
internal sealed unsafe partial class HostPages
{
    private const nuint PageBytes = 4096;
    private const nuint HugePageBytes = 2 << 20;
    private const nuint RegionBytes = 256 << 20;
    private const int Rounds = 5;
    private const int ProtReadWrite = 3;
    private const int MapPrivateAnonymous = 0x22;
    private const int DontNeed = 4;
    private const int HugePage = 14;
    private const int NoHugePage = 15;

    private readonly byte* _region;

    private HostPages(byte* region) => _region = region;

    /// <returns>Null where the host is not Linux or has no memory to spare.</returns>
    public static HostPages? TryCreate()
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        var address = Map(0, RegionBytes + HugePageBytes, ProtReadWrite, MapPrivateAnonymous, -1, 0);
        return address == -1 ? null : new HostPages((byte*)(((nuint)address + HugePageBytes - 1) & ~(HugePageBytes - 1)));
    }

    /// <summary>One page touched and given back, in nanoseconds; null when the host refuses the advice.</summary>
    public double? NanosecondsPerPage() => Measure(NoHugePage, PageBytes);

    /// <summary>The same for a transparent huge page. Where the host has none to give, single pages are what it measures.</summary>
    public double? NanosecondsPerHugePage() => Measure(HugePage, HugePageBytes);

    private double? Measure(int advice, nuint step)
    {
        if (Advise((nint)_region, RegionBytes, advice) != 0)
        {
            return null;
        }

        var best = double.MaxValue;
        for (var round = 0; round < Rounds; round++)
        {
            var start = Stopwatch.GetTimestamp();
            for (nuint offset = 0; offset < RegionBytes; offset += step)
            {
                _region[offset] = 1;
            }

            if (Advise((nint)_region, RegionBytes, DontNeed) != 0)
            {
                return null;
            }

            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalNanoseconds / (RegionBytes / step));
        }

        return best;
    }

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial nint Map(nint address, nuint length, int protection, int flags, int descriptor, nint offset);

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(nint address, nuint length, int advice);
}
