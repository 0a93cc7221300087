// Terminals by device number, without /dev before the name.
//
// Models  procps-ng 4.0.2 and 4.0.4 (dev_to_tty): consoles, serial lines, pseudo terminals and the classic drivers.
// Departs whether there is a device node is not asked: a tree shows no device numbers. So a terminal has its name even where the real
//         program prints "?" for want of a node; and the rarest majors are not known by name.

using System.Globalization;

namespace VboxMem.Tools.Processes;

/// <summary>Names of terminals.</summary>
public static class TerminalNames
{
    private const string NoTerminal = "?";
    private const uint FirstSerialMinor = 64;
    private const uint FirstPseudoMajor = 136;
    private const uint LastPseudoMajor = 143;
    private const uint ConsoleMajor = 4;

    /// <summary>Such as <c>tty1</c>, <c>ttyS0</c> or <c>pts/3</c>; <c>?</c> for none or an unknown one.</summary>
    public static string Name(int device)
    {
        var (major, minor) = Split(device);
        return (device, major) switch
        {
            (0, _) => NoTerminal,
            (_, ConsoleMajor) when minor < FirstSerialMinor => Numbered("tty", minor),
            (_, ConsoleMajor) => Numbered("ttyS", minor - FirstSerialMinor),
            (_, 5) when minor == 0 => "tty",
            (_, 5) when minor == 1 => "console",
            (_, >= FirstPseudoMajor and <= LastPseudoMajor) => Numbered("pts/", minor + ((major - FirstPseudoMajor) << 8)),
            (_, 166) => Numbered("ttyACM", minor),
            (_, 188) => Numbered("ttyUSB", minor),
            (_, 229) => Numbered("hvc", minor),
            _ => NoTerminal,
        };
    }

    /// <summary>The short form of four columns: <c>1</c>, <c>S0</c>, <c>3</c>.</summary>
    public static string ShortName(int device)
    {
        var name = Name(device);
        if (name.Length > 3 && name.StartsWith("tty", StringComparison.Ordinal)) name = name[3..];
        if (name.Length > 4 && name.StartsWith("pts/", StringComparison.Ordinal)) name = name[4..];
        return name;
    }

    /// <summary>The device number of a name without <c>/dev/</c>.</summary>
    internal static bool TryFind(string name, out int device)
    {
        device = name switch
        {
            "console" => Join(5, 1),
            "tty" => Join(5, 0),
            _ when TryNumber(name, "tty", out var minor) && minor < FirstSerialMinor => Join(ConsoleMajor, minor),
            _ when TryNumber(name, "ttyS", out var minor) && minor < 256 - FirstSerialMinor => Join(ConsoleMajor, minor + FirstSerialMinor),
            _ when TryNumber(name, "pts/", out var minor) && minor < 256 * (LastPseudoMajor - FirstPseudoMajor + 1) =>
                Join(FirstPseudoMajor + (minor >> 8), minor & 0xff),
            _ when TryNumber(name, "ttyACM", out var minor) => Join(166, minor),
            _ when TryNumber(name, "ttyUSB", out var minor) => Join(188, minor),
            _ when TryNumber(name, "hvc", out var minor) => Join(229, minor),
            _ => 0,
        };
        return device != 0;
    }

    private static bool TryNumber(string name, string prefix, out uint number)
    {
        number = 0;
        return name.StartsWith(prefix, StringComparison.Ordinal)
            && uint.TryParse(name.AsSpan(prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out number) && number < 4096;
    }

    /// <summary>A device number as stat has it: 8 bits of minor, 12 of major, the rest of minor above.</summary>
    private static (uint Major, uint Minor) Split(int device)
    {
        var bits = unchecked((uint)device);
        return ((bits >> 8) & 0xfff, (bits & 0xff) | ((bits & 0xfff0_0000) >> 12));
    }

    private static int Join(uint major, uint minor) => unchecked((int)((major << 8) | (minor & 0xff) | ((minor & 0xfff00) << 12)));

    private static string Numbered(string prefix, uint number) => string.Create(CultureInfo.InvariantCulture, $"{prefix}{number}");
}
