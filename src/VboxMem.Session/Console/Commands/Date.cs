// date: the box's clock.
//
// Models   GNU coreutils 9.7 in the C locale; of a format %a %A %b %B %c %d %D %e %F %H %I %j %k %l %m %M %n %N %p %R %s %S %t %T %y %Y %Z %%.

using System.Globalization;
using System.Text;

namespace VboxMem.Session.Console.Commands;

internal static class Date
{
    private const string Usual = "%a %b %e %H:%M:%S %Z %Y";

    public static ConsoleCommand Command { get; } = new("date") { Run = Run, Check = static check => FormatOf(check.Arguments, out var problem) is null ? $"date: {problem}" : null };

    private static int Run(CommandCall call)
    {
        var format = FormatOf(call.Arguments, out var problem) ?? throw new CommandException(problem);
        if (call.Host.Clock is not { } clock)
        {
            throw new CommandException("this file tree has no clock");
        }

        call.Print(Format(format, clock.Now, clock.ZoneName) + "\n");
        return 0;
    }

    private static string? FormatOf(IReadOnlyList<string> arguments, out string problem)
    {
        var format = Usual;
        problem = string.Empty;
        foreach (var argument in arguments)
        {
            if (argument is "-u" or "--utc")
            {
                continue;   // the box's zone is UTC
            }

            if (!argument.StartsWith('+'))
            {
                problem = argument.StartsWith('-') ? $"unrecognized option '{argument}'\nTry 'date --help' for more information." : $"invalid date '{argument}'";
                return null;
            }

            format = argument[1..];
        }

        for (var at = 0; at + 1 < format.Length; at++)
        {
            if (format[at] == '%' && Field(format[++at], DateTime.UnixEpoch, "UTC") is null)
            {
                problem = $"the format %{format[at]} is not known here";
                return null;
            }
        }

        return format;
    }

    private static string Format(string format, DateTime now, string zone)
    {
        var text = new StringBuilder();
        for (var at = 0; at < format.Length; at++)
        {
            text.Append(format[at] == '%' && at + 1 < format.Length ? Field(format[++at], now, zone) : format[at].ToString());
        }

        return text.ToString();
    }

    private static string? Field(char letter, DateTime now, string zone) => letter switch
    {
        'a' => now.ToString("ddd", CultureInfo.InvariantCulture),
        'A' => now.ToString("dddd", CultureInfo.InvariantCulture),
        'b' => now.ToString("MMM", CultureInfo.InvariantCulture),
        'B' => now.ToString("MMMM", CultureInfo.InvariantCulture),
        'c' => Format("%a %b %e %H:%M:%S %Y", now, zone),
        'd' => now.ToString("dd", CultureInfo.InvariantCulture),
        'D' => Format("%m/%d/%y", now, zone),
        'e' => Padded(now.Day),
        'F' => Format("%Y-%m-%d", now, zone),
        'H' => now.ToString("HH", CultureInfo.InvariantCulture),
        'I' => now.ToString("hh", CultureInfo.InvariantCulture),
        'j' => now.DayOfYear.ToString("000", CultureInfo.InvariantCulture),
        'k' => Padded(now.Hour),
        'l' => Padded(((now.Hour + 11) % 12) + 1),
        'm' => now.ToString("MM", CultureInfo.InvariantCulture),
        'M' => now.ToString("mm", CultureInfo.InvariantCulture),
        'n' => "\n",
        'N' => (now.Ticks % TimeSpan.TicksPerSecond * 100).ToString("000000000", CultureInfo.InvariantCulture),
        'p' => now.Hour < 12 ? "AM" : "PM",
        'R' => Format("%H:%M", now, zone),
        's' => ((now - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerSecond).ToString(CultureInfo.InvariantCulture),
        'S' => now.ToString("ss", CultureInfo.InvariantCulture),
        't' => "\t",
        'T' => Format("%H:%M:%S", now, zone),
        'y' => now.ToString("yy", CultureInfo.InvariantCulture),
        'Y' => now.Year.ToString(CultureInfo.InvariantCulture),
        'Z' => zone,
        '%' => "%",
        _ => null,
    };

    private static string Padded(int number) => number.ToString(CultureInfo.InvariantCulture).PadLeft(2);
}
