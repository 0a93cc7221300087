using VboxMem.Tools.Parsing;

namespace VboxMem.Tools.Zoneinfo;

/// <summary>Where a zone's free pages stand against its marks.</summary>
public enum ZoneLevel
{
    NoMemory,
    BelowMin,
    BelowLow,
    BelowHigh,
    AboveHigh,
}

public static class ZoneLevels
{
    /// <summary>The level of a zone; the marks of the file have the boost in them.</summary>
    /// <remarks>For requests that could use a higher zone the kernel adds the zone's protection to the mark; that is not in here.</remarks>
    public static ZoneLevel LevelOf(this ZoneInfo zone)
    {
        ArgumentNullException.ThrowIfNull(zone);
        var free = zone["free"] ?? 0;
        return zone["managed"] is not > 0 ? ZoneLevel.NoMemory
            : free < zone["min"] ? ZoneLevel.BelowMin
            : free < zone["low"] ? ZoneLevel.BelowLow
            : free < zone["high"] ? ZoneLevel.BelowHigh
            : ZoneLevel.AboveHigh;
    }

    internal static string Describe(this ZoneLevel level) => level switch
    {
        ZoneLevel.NoMemory => "no memory",
        ZoneLevel.BelowMin => "below min: allocations reclaim for themselves",
        ZoneLevel.BelowLow => "below low: kswapd reclaims",
        ZoneLevel.BelowHigh => "below high: kswapd goes on, if it is awake",
        _ => "above high",
    };
}
