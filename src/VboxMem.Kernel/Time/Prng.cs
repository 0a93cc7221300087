// Chance inside the box: xoshiro256** (Blackman and Vigna), seeded through SplitMix64. Each consumer has a stream of its
// own, derived from the machine's seed, the consumer's name and an instance number, so that one more draw here moves
// nothing there.

using System.Numerics;

namespace VboxMem.Kernel.Time;

/// <summary>A seeded generator: a plain value, copied with whatever holds it.</summary>
public struct Prng
{
    private ulong _s0;
    private ulong _s1;
    private ulong _s2;
    private ulong _s3;

    public Prng(ulong seed, string stream, uint instance = 0)
    {
        // FNV-1a over the name keeps the derivation independent of the runtime's own hash codes.
        var mixed = 0xCBF2_9CE4_8422_2325UL;
        foreach (var letter in stream)
        {
            mixed = (mixed ^ letter) * 0x0000_0100_0000_01B3;
        }

        this = new Prng(seed ^ mixed ^ ((ulong)instance * 0xD6E8_FEB8_6659_FD93));
    }

    private Prng(ulong state)
    {
        _s0 = SplitMix(ref state);
        _s1 = SplitMix(ref state);
        _s2 = SplitMix(ref state);
        _s3 = SplitMix(ref state);
    }

    /// <summary>A generator in a given state: what its published outputs are stated for.</summary>
    internal static Prng FromState(ulong s0, ulong s1, ulong s2, ulong s3) => new() { _s0 = s0, _s1 = s1, _s2 = s2, _s3 = s3 };

    public ulong NextUInt64()
    {
        var result = BitOperations.RotateLeft(_s1 * 5, 7) * 9;
        var shifted = _s1 << 17;
        _s2 ^= _s0;
        _s3 ^= _s1;
        _s1 ^= _s2;
        _s0 ^= _s3;
        _s2 ^= shifted;
        _s3 = BitOperations.RotateLeft(_s3, 45);
        return result;
    }

    /// <summary>A generator for somebody new, at the price of one draw: what it draws then moves nothing here.</summary>
    public Prng Split() => new(NextUInt64());

    /// <summary>A number in [0, <paramref name="bound"/>), without bias worth naming (64-bit multiply-shift).</summary>
    public ulong NextBelow(ulong bound)
    {
        Invariant.Holds(bound > 0);
        return Math.BigMul(NextUInt64(), bound, out _);
    }

    public readonly void HashInto(StateHash hash)
    {
        hash.Add(_s0);
        hash.Add(_s1);
        hash.Add(_s2);
        hash.Add(_s3);
    }

    private static ulong SplitMix(ref ulong state)
    {
        state += 0x9E37_79B9_7F4A_7C15;
        var z = state;
        z = (z ^ (z >> 30)) * 0xBF58_476D_1CE4_E5B9;
        z = (z ^ (z >> 27)) * 0x94D0_49BB_1331_11EB;
        return z ^ (z >> 31);
    }
}
