// dmesg's lines. A message of several lines is one line and a rest: the rest is indented by what stood before the first
// line. A rest (or a message) of nothing is an empty line with nothing before it. With -p every line has its own prefix;
// empty lines are left out then, and a text ends at its first NUL.

using System.Globalization;
using System.Text;
using VboxMem.Tools.Formatting;
using VboxMem.Tools.Parsing;

namespace VboxMem.Tools.Dmesg;

internal sealed class DmesgText(TextWriter writer, DmesgOptions options, DateTime boot)
{
    private ulong _lastMicroseconds;
    private double? _delta;

    /// <summary>-e compares minute, hour and day of the year with those of the message before, and these are 0 at first.</summary>
    private (int Minute, int Hour, int DayOfYear) _lastMinute = (0, 0, 1);

    internal void Write(IReadOnlyList<KernelMessage> messages)
    {
        foreach (var message in messages) Write(message);
    }

    private void Write(KernelMessage message)
    {
        _delta = null;
        if (options.PrefixEveryLine && !message.Text.IsEmpty) WritePrefixed(message);
        else WriteIndented(message);
    }

    private void WriteIndented(KernelMessage message)
    {
        var rest = message.Text.Span;
        var prefix = rest.IsEmpty ? "" : Prefix(message);
        while (!rest.IsEmpty)
        {
            var end = rest.IndexOf((byte)'\n');
            writer.Write(prefix);
            WriteText(end < 0 ? rest : rest[..end]);
            writer.Write('\n');
            if (end < 0) return;
            rest = rest[(end + 1)..];
            prefix = new string(' ', prefix.Length);
        }

        writer.Write('\n');
    }

    private void WritePrefixed(KernelMessage message)
    {
        var rest = message.Text.Span;
        var end = rest.IndexOf((byte)0);
        if (end >= 0) rest = rest[..end];
        foreach (var line in rest.Split((byte)'\n'))
        {
            if (rest[line].IsEmpty) continue;
            writer.Write(Prefix(message));
            WriteText(rest[line]);
            writer.Write('\n');
        }
    }

    private string Prefix(KernelMessage message)
    {
        if (options.Raw) return $"<{Priority(message, options)}>[{Seconds(message.Microseconds)}] ";
        var decoded = options.Decode && FacilityLevel.HasName(message)
            ? $"{FacilityLevel.FacilityNames[message.Facility],-6}:{FacilityLevel.LevelNames[message.Level],-6}: "
            : "";
        return decoded + Time(message);
    }

    /// <summary>The number of -r and --json. 2.38.1 does not shift the facility; what it does not know is -1.</summary>
    internal static int Priority(KernelMessage message, DmesgOptions options)
    {
        if (!FacilityLevel.IsKnown(message)) return -1;
        return (options.ShiftsFacility ? message.Facility << 3 : message.Facility) | message.Level;
    }

    private string Time(KernelMessage message)
    {
        var at = boot.AddTicks((long)(message.Microseconds - message.Microseconds % 1_000_000) * TimeSpan.TicksPerMicrosecond);
        return options.Time switch
        {
            TimeForm.None => "",
            TimeForm.SinceBoot => $"[{Seconds(message.Microseconds)}] ",
            TimeForm.Delta => $"[<{Delta(message)}>] ",
            TimeForm.SinceBootAndDelta => $"[{Seconds(message.Microseconds)} <{Delta(message)}>] ",
            TimeForm.Date => $"[{Date(at)}] ",
            TimeForm.DateAndDelta => $"[{Date(at)} <{Delta(message)}>] ",
            TimeForm.Iso => string.Create(CultureInfo.InvariantCulture, $"{at:yyyy-MM-ddTHH:mm:ss},{message.Microseconds % 1_000_000:000000}+00:00 "),
            _ => Relative(message, at),
        };
    }

    private string Relative(KernelMessage message, DateTime at)
    {
        var delta = TakeDelta(message);
        var minute = (at.Minute, at.Hour, at.DayOfYear);
        var isNew = minute != _lastMinute;
        _lastMinute = minute;
        if (isNew) return string.Create(CultureInfo.InvariantCulture, $"[{at:MMM}{at.Day,2} {at:HH:mm}] ");
        var passed = (delta < 0 ? "" : "+") + CNumber.Fixed(delta, 6);
        return delta < 10 ? $"[  {passed}] " : $"[ {passed}] ";
    }

    /// <summary>Seconds since the message before, 12 wide; the same for all lines of a message.</summary>
    private string Delta(KernelMessage message) => CNumber.Fixed(_delta ??= TakeDelta(message), 6).PadLeft(12);

    /// <summary>Seconds since the message before. There is none before a message at 0.</summary>
    private double TakeDelta(KernelMessage message)
    {
        var delta = _lastMicroseconds == 0 ? 0 : unchecked((long)(message.Microseconds - _lastMicroseconds)) / 1e6;
        _lastMicroseconds = message.Microseconds;
        return delta;
    }

    internal static string Seconds(ulong microseconds) =>
        string.Create(CultureInfo.InvariantCulture, $"{microseconds / 1_000_000,5}.{microseconds % 1_000_000:000000}");

    private static string Date(DateTime at) =>
        string.Create(CultureInfo.InvariantCulture, $"{at:ddd MMM} {at.Day,2} {at:HH:mm:ss yyyy}");

    private void WriteText(ReadOnlySpan<byte> text)
    {
        if (!options.Escape)
        {
            writer.Write(Encoding.UTF8.GetString(text));
            return;
        }

        foreach (var value in text)
        {
            if (value is (>= 0x20 and < 0x7f) or (>= 0x09 and <= 0x0d)) writer.Write((char)value);
            else writer.Write(string.Create(CultureInfo.InvariantCulture, $"\\x{value:x2}"));
        }
    }
}
