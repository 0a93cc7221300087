using System.Globalization;
using VboxMem.Tools.Options;
using VboxMem.Tools.Parsing;

namespace VboxMem.Tools.Dmesg;

/// <summary>Names of facilities and levels, and lists of them as bits.</summary>
internal static class FacilityLevel
{
    internal const uint Kernel = 1;

    internal static readonly string[] FacilityNames =
        ["kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp"];

    internal static readonly string[] LevelNames = ["emerg", "alert", "crit", "err", "warn", "notice", "info", "debug"];

    internal static uint UserSpace => (1u << FacilityNames.Length) - 1 & ~Kernel;

    /// <summary>Whether dmesg knows the facility: it takes 12, which has no name, for known, and nothing beyond.</summary>
    internal static bool IsKnown(KernelMessage message) => message.Facility <= FacilityNames.Length;

    internal static bool HasName(KernelMessage message) => message.Facility < FacilityNames.Length;

    internal static uint ParseFacilities(string list)
    {
        uint bits = 0;
        foreach (var name in CommaList.Split(list)) bits |= 1u << Find(FacilityNames, name, "facility");
        return bits;
    }

    /// <param name="list">Names or numbers.</param>
    /// <param name="ranges">Whether <c>err+</c> is err and what is worse, and <c>+err</c> err and what is less.</param>
    internal static uint ParseLevels(string list, bool ranges)
    {
        uint bits = 0;
        foreach (var name in CommaList.Split(list))
        {
            if (ranges && name.Length > 1 && name[^1] == '+') bits |= (2u << ParseLevel(name[..^1])) - 1;
            else if (ranges && name.Length > 1 && name[0] == '+') bits |= 0xffu << ParseLevel(name[1..]) & 0xff;
            else bits |= 1u << ParseLevel(name);
        }

        return bits;
    }

    internal static int ParseLevel(string name) => Find(LevelNames, name, "level");

    private static int Find(string[] names, string name, string what)
    {
        var place = Array.FindIndex(names, known => known.Equals(name, StringComparison.OrdinalIgnoreCase));
        if (place < 0 && int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number < names.Length) place = number;
        return place >= 0 ? place : throw new ToolException($"unknown {what} '{name}'");
    }
}
