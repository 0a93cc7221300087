// Response times as a histogram: 32 steps to each power of two, so that a percentile is known to about 3 %.
//
//   value 0..63 --> a bucket each        larger --> 32 buckets for [2^n, 2^(n+1)), n = 6..63
//
// Units    nanoseconds.

using System.Numerics;

namespace VboxMem.Kernel.Net;

public sealed class ResponseTimes
{
    private const int StepBits = 5;
    private const int Steps = 1 << StepBits;
    private const int Exact = 2 * Steps;
    private const int Buckets = Exact + ((64 - StepBits - 1) * Steps);

    private readonly ulong[] _counts = new ulong[Buckets];

    /// <summary>Answers measured.</summary>
    public ulong Count { get; private set; }

    /// <summary>The longest time.</summary>
    public ulong MaxNanoseconds { get; private set; }

    /// <summary>The sum of all times.</summary>
    public ulong TotalNanoseconds { get; private set; }

    /// <summary>The time that so many in a thousand answers did not exceed: the upper end of its bucket, at most the longest time.</summary>
    /// <param name="perMille">1..1000.</param>
    /// <returns>0 when nothing was measured.</returns>
    public ulong PercentileNanoseconds(int perMille)
    {
        var rank = (ulong)(((UInt128)Count * (uint)perMille + 999) / 1000);
        var seen = 0UL;
        for (var bucket = 0; bucket < Buckets; bucket++)
        {
            seen += _counts[bucket];
            if (seen >= rank && rank > 0)
            {
                return Math.Min(EndOf(bucket), MaxNanoseconds);
            }
        }

        return 0;
    }

    internal void Record(ulong nanoseconds)
    {
        _counts[BucketOf(nanoseconds)]++;
        Count++;
        TotalNanoseconds += nanoseconds;
        MaxNanoseconds = Math.Max(MaxNanoseconds, nanoseconds);
    }

    internal ResponseTimes Clone()
    {
        var copy = new ResponseTimes { Count = Count, MaxNanoseconds = MaxNanoseconds, TotalNanoseconds = TotalNanoseconds };
        _counts.CopyTo(copy._counts, 0);
        return copy;
    }

    internal void HashInto(StateHash hash)
    {
        hash.Add(Count);
        hash.Add(MaxNanoseconds);
        hash.Add(TotalNanoseconds);
        hash.Add<ulong>(_counts);
    }

    private static int BucketOf(ulong value)
    {
        if (value < Exact)
        {
            return (int)value;
        }

        var shift = BitOperations.Log2(value) - StepBits;
        return (shift * Steps) + (int)(value >> shift);
    }

    private static ulong EndOf(int bucket)
    {
        if (bucket < Exact)
        {
            return (ulong)bucket;
        }

        var shift = (bucket / Steps) - 1;
        var step = (ulong)(bucket - (shift * Steps));
        return ((step + 1) << shift) - 1;
    }
}
