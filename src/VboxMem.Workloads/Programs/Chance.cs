// Distributions over the integers, without floating point: results are the same on every machine.

using System.Numerics;
using VboxMem.Kernel.Time;

namespace VboxMem.Workloads.Programs;

public static class Chance
{
    private const int FractionBits = 32;

    /// <summary>ln 2 in 32 bits behind the point.</summary>
    private const ulong Ln2 = 2_977_044_472;

    /// <summary>A value of the exponential distribution.</summary>
    /// <param name="random">The stream.</param>
    /// <param name="mean">Its mean.</param>
    public static ulong Exponential(ref Prng random, ulong mean)
    {
        var draw = random.NextUInt64() | 1;
        return (ulong)((UInt128)mean * MinusLn(draw) >> FractionBits);
    }

    /// <summary>A value that strays from an average by at most so many percent, evenly.</summary>
    public static ulong Around(ref Prng random, ulong average, uint percent)
    {
        var reach = (ulong)((UInt128)average * percent / 100);
        return reach == 0 ? average : average - reach + random.NextBelow((2 * reach) + 1);
    }

    /// <summary>-ln(draw / 2^64), in 32 bits behind the point: -log2 by repeated squaring, times ln 2.</summary>
    private static ulong MinusLn(ulong draw)
    {
        var whole = BitOperations.LeadingZeroCount(draw);
        var mantissa = draw << whole;   // 1.0 to just under 2.0, with 63 bits behind the point
        var log = 0UL;
        for (var bit = 0; bit < FractionBits; bit++)
        {
            var high = Math.BigMul(mantissa, mantissa, out var low);   // 2 bits before the point, 126 behind
            var isTwo = high >> 63;   // as likely as not: a branch would be mispredicted half the time
            log = (log << 1) | isTwo;
            mantissa = (high << (int)(isTwo ^ 1)) | ((isTwo ^ 1) & (low >> 63));
        }

        // draw = mantissa * 2^(63 - whole), so -log2(draw / 2^64) = whole + 1 - log2(mantissa).
        var minusLog2 = ((ulong)(whole + 1) << FractionBits) - log;
        return (ulong)((UInt128)minusLog2 * Ln2 >> FractionBits);
    }
}
