// Settings under /sys/kernel/mm that no mechanism reads yet: kept and read back, with Linux's defaults and checks.
//
// Models   Linux 6.12 mm/swap_state.c (swap/vma_ra_enabled), mm/memory-tiers.c (numa/demotion_enabled), mm/mempolicy.c
//          (mempolicy/weighted_interleave; facts: physical memory, 8), mm/vmscan.c (lru_gen/min_ttl_ms, which the classic LRU that
//          the box runs never reads).

using System.Buffers.Text;

namespace VboxMem.Kernel.Sysctl;

public sealed class MmSettings
{
    private const byte DefaultWeight = 1;
    private const uint MillisecondsPerTick = 4;

    private readonly byte[] _interleaveWeights;

    public MmSettings(int nodes)
    {
        _interleaveWeights = new byte[nodes];
        _interleaveWeights.AsSpan().Fill(DefaultWeight);
    }

    private MmSettings(MmSettings other)
    {
        _interleaveWeights = (byte[])other._interleaveWeights.Clone();
        SwapReadaheadByArea = other.SwapReadaheadByArea;
        DemotionEnabled = other.DemotionEnabled;
        MinTtlMilliseconds = other.MinTtlMilliseconds;
        Ksm = other.Ksm.Clone();
    }

    /// <summary>swap/vma_ra_enabled: swap is read ahead by neighbouring addresses, not by neighbouring slots.</summary>
    public bool SwapReadaheadByArea { get; set; } = true;

    /// <summary>numa/demotion_enabled: reclaim may move pages to a slower node.</summary>
    public bool DemotionEnabled { get; set; }

    /// <summary>lru_gen/min_ttl_ms, in whole ticks.</summary>
    public uint MinTtlMilliseconds { get; private set; }

    /// <summary>The settings under ksm.</summary>
    public KsmSettings Ksm { get; } = new();

    /// <summary>mempolicy/weighted_interleave: pages a node gets in each round, 1 to 255.</summary>
    public ReadOnlySpan<byte> InterleaveWeights => _interleaveWeights;

    public MmSettings Clone() => new(this);

    /// <summary>Sets a node's weight from what was written; 0 or nothing is the default again.</summary>
    /// <returns>False where Linux answers EINVAL; nothing has changed then.</returns>
    public bool TrySetInterleaveWeight(int node, ReadOnlySpan<byte> text)
    {
        text = WithoutNewline(text);
        byte weight = 0;
        if (!text.IsEmpty && !(Utf8Parser.TryParse(text, out weight, out var length) && length == text.Length))
        {
            return false;
        }

        _interleaveWeights[node] = weight == 0 ? DefaultWeight : weight;
        return true;
    }

    /// <summary>Sets lru_gen/min_ttl_ms: a number in any of C's notations, rounded up to whole ticks.</summary>
    /// <returns>False where Linux answers EINVAL; nothing has changed then.</returns>
    public bool TrySetMinTtl(ReadOnlySpan<byte> text)
    {
        text = WithoutNewline(text);
        text = text is [(byte)'+', ..] ? text[1..] : text;
        if (text.IsEmpty || text.ContainsAny(" \t\n"u8) || !SysctlNumber.TryTake(ref text, out var number) || !text.IsEmpty
            || number < 0 || number > uint.MaxValue)
        {
            return false;
        }

        // What is more than a signed number of milliseconds is for ever, which is this many ticks.
        var milliseconds = number > int.MaxValue ? ((1UL << 62) - 2) * MillisecondsPerTick
            : ((ulong)number + MillisecondsPerTick - 1) / MillisecondsPerTick * MillisecondsPerTick;
        MinTtlMilliseconds = unchecked((uint)milliseconds);
        return true;
    }

    /// <summary>A truth value as the kernel reads one: y, t, 1, on; n, f, 0, off. Of other text only the first letter counts.</summary>
    public static bool TryParseBool(ReadOnlySpan<byte> text, out bool value)
    {
        value = false;
        switch (text.IsEmpty ? (byte)0 : (byte)(text[0] | 0x20))
        {
            case (byte)'y' or (byte)'t' or (byte)'1':
                value = true;
                return true;
            case (byte)'n' or (byte)'f' or (byte)'0':
                return true;
            case (byte)'o' when text.Length > 1:
                value = (text[1] | 0x20) == 'n';
                return value || (text[1] | 0x20) == 'f';
            default:
                return false;
        }
    }

    public void HashInto(StateHash hash)
    {
        hash.Add<byte>(_interleaveWeights);
        hash.Add(SwapReadaheadByArea);
        hash.Add(DemotionEnabled);
        hash.Add((long)MinTtlMilliseconds);
        Ksm.HashInto(hash);
    }

    private static ReadOnlySpan<byte> WithoutNewline(ReadOnlySpan<byte> text) => text is [.., (byte)'\n'] ? text[..^1] : text;
}
