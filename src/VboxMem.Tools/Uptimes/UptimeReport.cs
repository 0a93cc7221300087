// How long the system is up, how loaded it is, and the line that uptime, w and top begin with.
//
// Models  procps-ng 4.0.2 and 4.0.4; facts: virtual memory and tools, 7.7. 4.0.2 says "0 user", and -p of it counts a full minute
//         as none, and 60 minutes and 24 hours where an hour and a day are exactly full; 4.0.4 has "0 users", and shows an exactly full
//         minute as 0 min.
// Departs there are no users: they come from utmp or systemd-logind, which a tree has not. The time is the box's clock; where a tree
//         has none, its boot time and uptime together.

using System.Globalization;
using System.Text.Json;
using VboxMem.FileTree;
using VboxMem.Tools.Parsing;

namespace VboxMem.Tools.Uptimes;

/// <summary>uptime's model.</summary>
/// <param name="Now">The moment of the reading.</param>
/// <param name="Centiseconds">Since boot.</param>
/// <param name="Load">Averages in hundredths.</param>
public sealed record UptimeReport(DateTime Now, ulong Centiseconds, LoadAverages Load)
{
    private const ulong Minute = 60;
    private const ulong Hour = 60 * Minute;
    private const ulong Day = 24 * Hour;
    private const ulong Week = 7 * Day;
    private const ulong Year = 365 * Day;
    private const ulong Decade = 10 * Year;

    /// <exception cref="ToolException">uptime cannot be read, or a file is malformed.</exception>
    public static UptimeReport Read(ToolContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var uptime = ToolSession.Load<Uptime>(context, Uptime.Path, Uptime.Parse, errno =>
            errno == Errno.None ? "Cannot get system uptime" : $"Cannot get system uptime: {errno.Describe()}");
        var hasLoad = context.Tree.TryRead(LoadAverages.Path, out var content) == Errno.None && !content.IsEmpty;
        return new UptimeReport(NowOf(context, uptime), uptime.Centiseconds, hasLoad ? LoadAverages.Parse(content.Span) : default);
    }

    private static DateTime NowOf(ToolContext context, Uptime uptime)
    {
        if (context.Clock is { } clock) return clock.Now;
        var hasStat = context.Tree.TryRead(Stat.Path, out var content) == Errno.None;
        var boot = hasStat ? Stat.Parse(content.Span).BootTime ?? 0 : 0;
        const ulong most = 253_402_300_799;   // in whole numbers: as a double the end of the year 9999 is rounded up
        return DateTime.UnixEpoch.AddSeconds(Math.Min(boot + (uptime.Centiseconds / 100), most));
    }

    /// <summary>The line, without its end.</summary>
    public string Line(ProcpsVersion version)
    {
        var text = string.Create(CultureInfo.InvariantCulture, $" {Now:HH:mm:ss} up ");
        var seconds = Centiseconds / 100;
        var (days, hours, minutes) = version == ProcpsVersion.V4_0_2
            ? (seconds / Day, seconds / Hour % 24, seconds / Minute % 60)
            : Split(Centiseconds);
        if (days > 0) text += string.Create(CultureInfo.InvariantCulture, $"{days} {(days != 1 ? "days" : "day")}, ");
        text += hours > 0
            ? string.Create(CultureInfo.InvariantCulture, $"{hours,2}:{minutes:00}, ")
            : string.Create(CultureInfo.InvariantCulture, $"{minutes} min, ");
        text += version == ProcpsVersion.V4_0_2 ? " 0 user, " : " 0 users, ";
        return text + $" load average: {Hundredths(Load.Load1)}, {Hundredths(Load.Load5)}, {Hundredths(Load.Load15)}";
    }

    /// <summary>Days, hours and minutes, where an amount that is exactly full is left to the smaller unit.</summary>
    private static (ulong Days, ulong Hours, ulong Minutes) Split(ulong centiseconds)
    {
        var days = TakeUnit(ref centiseconds, Day);
        var hours = TakeUnit(ref centiseconds, Hour);
        return (days, hours, TakeUnit(ref centiseconds, Minute));
    }

    private static ulong TakeUnit(ref ulong centiseconds, ulong seconds)
    {
        if (centiseconds <= seconds * 100) return 0;
        var units = centiseconds / 100 / seconds;
        centiseconds -= units * seconds * 100;
        return units;
    }

    private static string Hundredths(ulong value) => string.Create(CultureInfo.InvariantCulture, $"{value / 100}.{value % 100:00}");

    /// <summary>In words, such as <c>up 1 week, 1 day, 2 hours, 26 minutes</c>.</summary>
    public string Pretty(ProcpsVersion version)
    {
        var rest = Centiseconds;
        var parts = new List<string>();
        foreach (var (seconds, unit) in (ReadOnlySpan<(ulong, string)>)[(Decade, "decade"), (Year, "year"), (Week, "week"), (Day, "day"), (Hour, "hour")])
        {
            if (TakeUnit(ref rest, seconds) is var count and > 0) parts.Add(Counted(count, unit));
        }

        var minutes = TakeUnit(ref rest, Minute);
        var isLessThanOne = version == ProcpsVersion.V4_0_2 ? rest < Minute * 100 : rest <= Minute * 100;
        if (minutes > 0 || isLessThanOne) parts.Add(minutes == 0 ? "0 minutes" : Counted(minutes, "minute"));
        return "up " + string.Join(", ", parts);
    }

    private static string Counted(ulong count, string unit) =>
        string.Create(CultureInfo.InvariantCulture, $"{count} {unit}{(count > 1 ? "s" : "")}");

    /// <summary>When it was booted.</summary>
    public string Since => Now.AddSeconds(-(double)Math.Min(Centiseconds / 100, (ulong)(Now.Ticks / TimeSpan.TicksPerSecond)))
        .ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    internal static void WriteJson(Utf8JsonWriter json, UptimeReport report)
    {
        json.WriteStartObject();
        json.WriteString("now", report.Now.ToString("yyyy-MM-ddTHH:mm:ss", CultureInfo.InvariantCulture));
        json.WriteNumber("uptimeSeconds", report.Centiseconds / 100m);
        json.WriteNumber("users", 0);
        json.WriteNumber("load1", report.Load.Load1 / 100m);
        json.WriteNumber("load5", report.Load.Load5 / 100m);
        json.WriteNumber("load15", report.Load.Load15 / 100m);
        json.WriteEndObject();
    }
}
