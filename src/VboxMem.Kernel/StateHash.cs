// A 64-bit fingerprint of a machine's state: two machines with the same hash have, for every practical purpose, the same
// state. It stands on no hash code of the runtime, so it is the same on every host and in every run.

using System.Numerics;
using System.Runtime.InteropServices;

namespace VboxMem.Kernel;

/// <summary>Accumulates words of state, in a fixed order, into one 64-bit value.</summary>
public sealed class StateHash
{
    private const ulong Multiplier = 0x9E37_79B9_7F4A_7C15;
    private ulong _value = 0x2545_F491_4F6C_DD1D;

    public ulong Value => _value;

    public void Add(ulong word) => _value = BitOperations.RotateLeft((_value ^ word) * Multiplier, 29) + word;

    public void Add(long word) => Add((ulong)word);

    public void Add(bool flag) => Add(flag ? 1UL : 0UL);

    public void Add(string text)
    {
        Add((ulong)text.Length);
        Add(MemoryMarshal.AsBytes(text.AsSpan()));
    }

    /// <summary>Adds every byte of a run of plain values.</summary>
    public void Add<T>(ReadOnlySpan<T> values)
        where T : unmanaged => Add(MemoryMarshal.AsBytes(values));

    public void Add(ReadOnlySpan<byte> bytes)
    {
        var words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (var word in words)
        {
            Add(word);
        }

        var tail = 0UL;
        foreach (var rest in bytes[(words.Length * sizeof(ulong))..])
        {
            tail = (tail << 8) | rest;
        }

        Add(tail ^ ((ulong)bytes.Length << 56));
    }
}
