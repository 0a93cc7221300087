// Times and moments in ps's columns.
//
// Units   ticks of 1/100 s since boot in, text out; moments are in the time zone of the box, UTC.

using System.Globalization;

namespace VboxMem.Tools.Ps;

internal static class PsTimes
{
    private const long SecondsPerDay = 24 * 60 * 60;

    internal static string Of(PsField field, PsProcess process) => field switch
    {
        PsField.Elapsed => Elapsed((ulong)process.Elapsed),
        PsField.ElapsedSeconds => PsCells.Decimal((ulong)unchecked((uint)(ulong)process.Elapsed)),
        PsField.Time => Time((ulong)process.Time),
        PsField.TimeSeconds => PsCells.Decimal((ulong)process.Time),
        PsField.BsdTime => BsdTime(process),
        PsField.BsdStart => BsdStart(process),
        PsField.Start => Start(process),
        PsField.StartTime => StartTime(process),
        _ => Began(process).ToString("ddd MMM d HH:mm:ss yyyy", CultureInfo.InvariantCulture) is var text && text[9] == ' ' ? text.Insert(8, " ") : text,
    };

    private static string Elapsed(ulong seconds)
    {
        var (minutes, hours, days) = (seconds / 60 % 60, seconds / 3600 % 24, unchecked((uint)(seconds / SecondsPerDay)));
        var prefix = days > 0 ? string.Create(CultureInfo.InvariantCulture, $"{days}-{hours:00}:")
            : hours > 0 ? string.Create(CultureInfo.InvariantCulture, $"{hours:00}:") : "";
        return string.Create(CultureInfo.InvariantCulture, $"{prefix}{minutes:00}:{seconds % 60:00}");
    }

    private static string Time(ulong seconds)
    {
        var days = unchecked((uint)(seconds / SecondsPerDay));
        var prefix = days > 0 ? string.Create(CultureInfo.InvariantCulture, $"{days}-") : "";
        return string.Create(CultureInfo.InvariantCulture, $"{prefix}{seconds / 3600 % 24:00}:{seconds / 60 % 60:00}:{seconds % 60:00}");
    }

    private static string BsdTime(PsProcess process)
    {
        var ticks = process.System.Request.WithDeadChildren ? process.Record.Stat.AllTicks : process.Ticks;
        var seconds = unchecked((uint)(ticks / PsSystem.TicksPerSecond));
        return string.Create(CultureInfo.InvariantCulture, $"{seconds / 60,3}:{seconds % 60:00}");
    }

    private static long BeganSeconds(PsProcess process) =>
        unchecked((long)(process.System.BootTime + (process.Record.Stat.StartTicks / PsSystem.TicksPerSecond)));

    private static DateTime Began(PsProcess process) => Moment(BeganSeconds(process));

    /// <summary>Moments beyond the year 9999 are its end.</summary>
    private static DateTime Moment(long seconds)
    {
        const long most = 253_402_300_799;   // in whole numbers: as a double it is rounded up
        return DateTime.UnixEpoch.AddSeconds(Math.Clamp(seconds, 0, most));
    }

    /// <summary>Of the last 24 hours the time, else the day; six columns.</summary>
    private static string BsdStart(PsProcess process)
    {
        var began = Began(process);
        return process.System.Now - BeganSeconds(process) > SecondsPerDay
            ? began.ToString("MMM ", CultureInfo.InvariantCulture) + Day(began)
            : began.ToString(" HH:mm", CultureInfo.InvariantCulture);
    }

    private static string Day(DateTime moment) => moment.Day.ToString(CultureInfo.InvariantCulture).PadLeft(2);

    private static string Start(PsProcess process)
    {
        var began = Began(process);
        return unchecked((ulong)BeganSeconds(process) + SecondsPerDay > (ulong)process.System.Now)
            ? began.ToString("HH:mm:ss", CultureInfo.InvariantCulture)
            : began.ToString("  MMM dd", CultureInfo.InvariantCulture);
    }

    /// <summary>The time if today, the day if this year, else the year.</summary>
    private static string StartTime(PsProcess process)
    {
        var (began, now) = (Began(process), Moment(process.System.Now));
        var format = began.Year != now.Year ? "yyyy" : began.DayOfYear != now.DayOfYear ? "MMMdd" : "HH:mm";
        return began.ToString(format, CultureInfo.InvariantCulture);
    }
}
