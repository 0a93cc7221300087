// The kernel's log as lines: a message of several lines is several.
//
// An OOM report goes from its "invoked oom-killer" to the "Killed process" behind it; what other tasks say in between counts as part of
// it, as it does for who reads it.

using System.Buffers.Text;
using System.Text;
using VboxMem.Tools.Parsing;

namespace VboxMem.Tui.Readings;

/// <summary>A line of a message.</summary>
/// <param name="Message">Which message.</param>
/// <param name="Start">Where its bytes begin in the message's text.</param>
/// <param name="Length">How many.</param>
internal readonly record struct LogLine(int Message, int Start, int Length);

internal sealed class LogLines
{
    /// <summary>A report is not longer than this many messages: a table of all tasks, stacks and memory.</summary>
    private const int LongestReport = 20_000;

    private readonly IReadOnlyList<KernelMessage> _messages;
    private readonly List<LogLine> _lines;

    public LogLines(IReadOnlyList<KernelMessage> messages)
    {
        _messages = messages;
        _lines = new List<LogLine>(messages.Count);
        for (var i = 0; i < messages.Count; i++) AddLinesOf(i);
    }

    public int Count => _lines.Count;

    public LogLine this[int row] => _lines[row];

    private static ReadOnlySpan<byte> Invoked => " invoked oom-killer: "u8;

    private static ReadOnlySpan<byte> Killed => "Killed process "u8;

    private static ReadOnlySpan<byte> Reaped => "oom_reaper: reaped process "u8;

    public KernelMessage MessageOf(int row) => _messages[_lines[row].Message];

    public ReadOnlySpan<byte> BytesOf(int row) => MessageOf(row).Text.Span.Slice(_lines[row].Start, _lines[row].Length);

    public string TextOf(int row) => Encoding.UTF8.GetString(BytesOf(row));

    public bool IsKill(int row) => MessageOf(row).Facility == 0 && BytesOf(row).IndexOf(Killed) >= 0;

    /// <summary>The row of a message's line; the first row behind it when it is gone.</summary>
    /// <param name="sequence">The message's number.</param>
    /// <param name="start">Where the line begins in it.</param>
    public int Find(ulong sequence, int start)
    {
        var (low, high) = (0, _lines.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            var at = MessageOf(middle).Sequence;
            if (at < sequence || (at == sequence && _lines[middle].Start < start)) low = middle + 1;
            else high = middle;
        }

        return low;
    }

    /// <summary>Who was killed, and when, by the kill a line belongs to; null: it belongs to none.</summary>
    public (int Pid, TimeSpan At)? KillAt(int row)
    {
        if (MessageOf(row).Facility != 0) return null;
        if (PidBehind(BytesOf(row), Killed) is { } killed) return (killed, TimeOf(row));
        if (PidBehind(BytesOf(row), Reaped) is { } reaped) return KillOf(reaped, row) is { } kill ? (reaped, TimeOf(kill)) : (reaped, TimeOf(row));
        if (!IsInReport(row)) return null;
        for (var i = row + 1; i < Math.Min(_lines.Count, row + LongestReport); i++)
        {
            if (MessageOf(i).Facility == 0 && PidBehind(BytesOf(i), Killed) is { } pid) return (pid, TimeOf(i));
        }

        return null;
    }

    private static int? PidBehind(ReadOnlySpan<byte> text, ReadOnlySpan<byte> mark)
    {
        var at = text.IndexOf(mark);
        return at >= 0 && Utf8Parser.TryParse(text[(at + mark.Length)..], out int pid, out _) ? pid : null;
    }

    private int? KillOf(int pid, int row)
    {
        for (var i = row - 1; i >= Math.Max(row - LongestReport, 0); i--)
        {
            if (MessageOf(i).Facility == 0 && PidBehind(BytesOf(i), Killed) == pid) return i;
        }

        return null;
    }

    private bool IsInReport(int row)
    {
        for (var i = row; i >= Math.Max(row - LongestReport, 0); i--)
        {
            if (MessageOf(i).Facility != 0) continue;
            if (BytesOf(i).IndexOf(Invoked) >= 0) return true;
            if (BytesOf(i).IndexOf(Killed) >= 0) return false;
        }

        return false;
    }

    private TimeSpan TimeOf(int row) => TimeSpan.FromMicroseconds(MessageOf(row).Microseconds);

    private void AddLinesOf(int message)
    {
        var text = _messages[message].Text.Span;
        for (var start = 0; start <= text.Length;)
        {
            var length = text[start..].IndexOf((byte)'\n');
            if (length < 0) length = text.Length - start;
            _lines.Add(new LogLine(message, start, length));
            start += length + 1;
        }
    }
}
