// Sizes as people write them: a whole number and a unit, 512MiB, 8GiB, 64k, 2G, or plain bytes.
//
// Units    all are powers of 1024, in either spelling and any case: k KiB, M MiB, G GiB, T TiB.

using System.Globalization;

namespace VboxMem.Profiles;

/// <summary>What came of reading a size.</summary>
public enum ByteSizeReading
{
    Ok,

    /// <summary>Not a whole number with a known unit.</summary>
    Malformed,

    /// <summary>A size, but of 2^64 bytes or more.</summary>
    TooLarge,
}

/// <summary>Reads and writes sizes in bytes.</summary>
public static class ByteSize
{
    private static readonly (string Suffix, int Shift)[] Units =
        [("KiB", 10), ("K", 10), ("MiB", 20), ("M", 20), ("GiB", 30), ("G", 30), ("TiB", 40), ("T", 40)];

    /// <summary>Reads <paramref name="text"/>; blanks around it and before the unit do not matter.</summary>
    public static ByteSizeReading Read(string text, out ulong bytes)
    {
        bytes = 0;
        var digits = text.AsSpan().Trim(' ');
        var shift = 0;
        foreach (var unit in Units)
        {
            if (!digits.EndsWith(unit.Suffix, StringComparison.OrdinalIgnoreCase)) continue;
            shift = unit.Shift;
            digits = digits[..^unit.Suffix.Length].TrimEnd(' ');
            break;
        }

        if (digits.IsEmpty || digits.ContainsAnyExceptInRange('0', '9')) return ByteSizeReading.Malformed;
        if (!ulong.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var count) ||
            count > ulong.MaxValue >> shift)
            return ByteSizeReading.TooLarge;

        bytes = count << shift;
        return ByteSizeReading.Ok;
    }

    /// <summary>Writes a size with the largest unit that leaves a whole number: 2GiB, 1536MiB, 4097.</summary>
    public static string Format(ulong bytes)
    {
        (string, int)[] units = [("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10)];
        foreach (var (suffix, shift) in units)
        {
            if (bytes != 0 && bytes % (1UL << shift) == 0)
                return string.Create(CultureInfo.InvariantCulture, $"{bytes >> shift}{suffix}");
        }

        return bytes.ToString(CultureInfo.InvariantCulture);
    }
}
