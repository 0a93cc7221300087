// The flags of a page request in words, as the kernel log and the trace points write them: `GFP_KERNEL|__GFP_COMP`.
//
// Names are taken greedily in the order of one table, composite ones first: each that is wholly contained in what is left is
// written and taken away. Bits without a name follow as one hexadecimal number.
//
// Models   Linux 6.12 lib/vsprintf.c %pGg with the names of trace/events/mmflags.h (facts: physical memory, 4.5; reclaim, 9.4).

using System.Globalization;
using System.Text;

namespace VboxMem.Kernel.Physical;

/// <summary>Writes <see cref="GfpFlags"/> as Linux prints them.</summary>
public static class GfpText
{
    /// <summary>Room for any combination of flags.</summary>
    public const int MaxLength = 512;

    private static readonly (GfpFlags Flags, string Name)[] _names =
    [
        (GfpFlags.TransHuge, "GFP_TRANSHUGE"),
        (GfpFlags.TransHugeLight, "GFP_TRANSHUGE_LIGHT"),
        (GfpFlags.HighUserMovable, "GFP_HIGHUSER_MOVABLE"),
        (GfpFlags.HighUser, "GFP_HIGHUSER"),
        (GfpFlags.User, "GFP_USER"),
        (GfpFlags.KernelAccount, "GFP_KERNEL_ACCOUNT"),
        (GfpFlags.Kernel, "GFP_KERNEL"),
        (GfpFlags.NoFs, "GFP_NOFS"),
        (GfpFlags.Atomic, "GFP_ATOMIC"),
        (GfpFlags.NoIo, "GFP_NOIO"),
        (GfpFlags.NoWait, "GFP_NOWAIT"),
        (GfpFlags.Dma, "GFP_DMA"),
        (GfpFlags.HighMem, "__GFP_HIGHMEM"),
        (GfpFlags.Dma32, "GFP_DMA32"),
        (GfpFlags.High, "__GFP_HIGH"),
        (GfpFlags.Io, "__GFP_IO"),
        (GfpFlags.Fs, "__GFP_FS"),
        (GfpFlags.NoWarn, "__GFP_NOWARN"),
        (GfpFlags.RetryMayFail, "__GFP_RETRY_MAYFAIL"),
        (GfpFlags.NoFail, "__GFP_NOFAIL"),
        (GfpFlags.NoRetry, "__GFP_NORETRY"),
        (GfpFlags.Compound, "__GFP_COMP"),
        (GfpFlags.Zero, "__GFP_ZERO"),
        (GfpFlags.NoMemAlloc, "__GFP_NOMEMALLOC"),
        (GfpFlags.MemAlloc, "__GFP_MEMALLOC"),
        (GfpFlags.HardWall, "__GFP_HARDWALL"),
        (GfpFlags.ThisNode, "__GFP_THISNODE"),
        (GfpFlags.Reclaimable, "__GFP_RECLAIMABLE"),
        (GfpFlags.Movable, "__GFP_MOVABLE"),
        (GfpFlags.Account, "__GFP_ACCOUNT"),
        (GfpFlags.Write, "__GFP_WRITE"),
        (GfpFlags.Reclaim, "__GFP_RECLAIM"),
        (GfpFlags.DirectReclaim, "__GFP_DIRECT_RECLAIM"),
        (GfpFlags.KswapdReclaim, "__GFP_KSWAPD_RECLAIM"),
    ];

    /// <summary>Writes the names, joined by bars; nothing for no flags.</summary>
    /// <returns>False when the span is too short; what it holds then is unspecified.</returns>
    public static bool TryFormat(GfpFlags flags, Span<char> text, out int written)
    {
        written = 0;
        for (var place = 0; flags != GfpFlags.None;)
        {
            var name = TakeName(ref flags, ref place);
            if (name is null)
            {
                if (!text[written..].TryWrite(CultureInfo.InvariantCulture, $"0x{(uint)flags:x}", out var digits)) return false;
                written += digits;
                return true;
            }

            if (!name.TryCopyTo(text[written..])) return false;
            written += name.Length;
            if (flags == GfpFlags.None) return true;
            if (written == text.Length) return false;
            text[written++] = '|';
        }

        return true;
    }

    /// <summary>The same in UTF-8.</summary>
    public static bool TryFormat(GfpFlags flags, Span<byte> utf8, out int written)
    {
        Span<char> text = stackalloc char[MaxLength];
        written = 0;
        return TryFormat(flags, text, out var length) && Encoding.UTF8.TryGetBytes(text[..length], utf8, out written);
    }

    /// <summary>The flags as number and words, as log lines have them: <c>0xcc0(GFP_KERNEL)</c>.</summary>
    public static string Describe(GfpFlags flags)
    {
        Span<char> text = stackalloc char[MaxLength];
        Invariant.Holds(TryFormat(flags, text, out var length));
        return $"0x{(uint)flags:x}({text[..length]})";
    }

    // The next name of the table that what is left contains, taken away from it; null when only nameless bits are left.
    private static string? TakeName(ref GfpFlags flags, ref int place)
    {
        while (place < _names.Length)
        {
            var (mask, name) = _names[place++];
            if ((flags & mask) != mask) continue;

            flags &= ~mask;
            return name;
        }

        return null;
    }
}
