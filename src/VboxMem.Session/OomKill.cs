using System.Globalization;
using System.Text;
using VboxMem.Kernel.Log;
using VboxMem.Kernel.Time;

namespace VboxMem.Session;

/// <summary>A process that was killed for want of memory, as the kernel's log tells it.</summary>
/// <param name="At">When.</param>
/// <param name="Pid">Its pid.</param>
/// <param name="Name">What it was called (comm).</param>
/// <param name="AnonKilobytes">Anonymous memory it had in RAM.</param>
/// <param name="OomScoreAdj">Its oom_score_adj.</param>
public sealed record OomKill(SimTime At, int Pid, string Name, long AnonKilobytes, int OomScoreAdj)
{
    /// <summary>Reads a record of the log.</summary>
    /// <returns>Null when it is not about a kill.</returns>
    public static OomKill? TryParse(in LogRecord record)
    {
        var rest = record.Text;
        if (record.Facility != LogFacility.Kernel || !TrySkip(ref rest, ": Killed process "u8))
        {
            return null;
        }

        var line = Encoding.UTF8.GetString(rest);
        var name = line.IndexOf(" (", StringComparison.Ordinal);
        var nameEnd = line.LastIndexOf(") total-vm:", StringComparison.Ordinal);
        if (name < 0 || nameEnd < name + 2 || !int.TryParse(line.AsSpan(0, name), NumberStyles.None, CultureInfo.InvariantCulture, out var pid))
        {
            return null;
        }

        return new OomKill(
            new SimTime((ulong)record.Nanoseconds), pid, line[(name + 2)..nameEnd],
            NumberBehind(line, "anon-rss:"), (int)NumberBehind(line, "oom_score_adj:"));
    }

    private static bool TrySkip(ref ReadOnlySpan<byte> text, ReadOnlySpan<byte> mark)
    {
        var found = text.IndexOf(mark);
        if (found < 0)
        {
            return false;
        }

        text = text[(found + mark.Length)..];
        return true;
    }

    /// <summary>The number behind a label; 0 where there is none.</summary>
    private static long NumberBehind(string line, string label)
    {
        var start = line.LastIndexOf(label, StringComparison.Ordinal);
        if (start < 0)
        {
            return 0;
        }

        start += label.Length;
        var end = start;
        while (end < line.Length && (char.IsAsciiDigit(line[end]) || (end == start && line[end] == '-')))
        {
            end++;
        }

        return long.TryParse(line.AsSpan(start, end - start), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value : 0;
    }
}
