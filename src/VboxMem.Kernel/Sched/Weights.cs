namespace VboxMem.Kernel.Sched;

/// <summary>What a nice value is worth: each step is about a tenth of CPU time against one neighbour (sched_prio_to_weight).</summary>
internal static class Weights
{
    public const ulong NiceZero = 1024;

    /// <summary>By nice value, from -20: 1024 at 0, a factor of about 1.25 from each to the next.</summary>
    private static ReadOnlySpan<uint> ByNice =>
    [
        88761, 71755, 56483, 46273, 36291, 29154, 23254, 18705, 14949, 11916,
        9548, 7620, 6100, 4904, 3906, 3121, 2501, 1991, 1586, 1277,
        1024, 820, 655, 526, 423, 335, 272, 215, 172, 137,
        110, 87, 70, 56, 45, 36, 29, 23, 18, 15,
    ];

    public static ulong Of(int nice) => ByNice[nice + 20];

    /// <summary>Run time as virtual runtime: what a nice-0 task would have run.</summary>
    public static ulong ToVirtual(ulong nanoseconds, int nice) => nanoseconds * NiceZero / ByNice[nice + 20];
}
