// free's units: how a number of kB becomes text.
//
// Fixed units truncate. The human form takes the first of B, Ki, Mi, Gi, Ti, Pi (or B, K, M, G, T, P with --si) whose
// text is short enough, with one decimal if that fits, else truncated: 10188 kB is "9.9Mi" while 10189 kB, which
// would round to the too wide "10.0Mi", becomes "9Mi".
//
// Models  facts: virtual memory and tools, 7.1 (table of -h); the value passes through float32 before it is rounded.

using System.Globalization;
using VboxMem.Tools.Formatting;

namespace VboxMem.Tools.Free;

/// <summary>A unit of free's output.</summary>
/// <param name="Exponent">0 not asked for, 1 bytes, 2 kilo … 6 peta.</param>
/// <param name="PowersOf1000">Powers of 1000 instead of 1024.</param>
/// <param name="Human">The shortest of all units, chosen for each number; Exponent then does not count.</param>
internal readonly record struct SizeScale(int Exponent, bool PowersOf1000, bool Human)
{
    private const string Letters = "BKMGTP";

    internal string Format(long kilobytes)
    {
        var bytes = unchecked(kilobytes * 1024);
        if (Human) return FormatHuman(bytes);

        return Exponent switch
        {
            0 => Whole((long)(bytes / Power(1))),   // kilobytes of 1024, or of 1000 with --si
            1 => Whole(bytes),                      // bytes are bytes in either system
            _ => Whole((long)(bytes / Power(Exponent - 1))),
        };
    }

    private string FormatHuman(long bytes)
    {
        var text = Whole(bytes) + "B";
        if (text.Length <= 4) return text;

        var suffix = PowersOf1000 ? "" : "i";
        var widest = PowersOf1000 ? 4 : 5;
        for (var i = 1; i < Letters.Length; i++)
        {
            var scaled = bytes / Power(i);
            text = CNumber.Fixed((float)scaled, 1) + Letters[i] + suffix;
            if (text.Length <= widest) return text;
            text = Whole((long)scaled) + Letters[i] + suffix;
            if (text.Length <= widest) return text;
        }

        return text;   // more than 9999 Pi: nothing fits, the last attempt stands
    }

    private double Power(int exponent)
    {
        var power = 1.0;
        for (var i = 0; i < exponent; i++) power *= PowersOf1000 ? 1000.0 : 1024.0;
        return power;
    }

    private static string Whole(long value) => value.ToString(CultureInfo.InvariantCulture);
}
