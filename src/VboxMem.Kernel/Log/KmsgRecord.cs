// A message as /dev/kmsg and /proc/kmsg show it, and one written to /dev/kmsg taken apart.
//
// Models   Linux 6.12 kernel/printk/printk.c: info_print_ext_header, msg_print_ext_body, record_print_text, devkmsg_write
//          (facts: virtual memory and tools, 6.6).

using System.Buffers;
using System.Buffers.Text;

namespace VboxMem.Kernel.Log;

/// <summary>The text forms of a message.</summary>
public static class KmsgRecord
{
    private const LogLevel DefaultUserLevel = LogLevel.Warning;

    /// <summary>One read of /dev/kmsg: <c>priority,sequence,microseconds,-;text\n</c>; control bytes, bytes above 126 and backslashes as <c>\xNN</c>.</summary>
    public static void Render(in LogRecord record, IBufferWriter<byte> output)
    {
        Number(record.Priority, (byte)',', output);
        Number((long)record.Sequence, (byte)',', output);
        Number(record.Nanoseconds / 1000, (byte)',', output);
        output.Write("-;"u8);
        foreach (var value in record.Text) WriteEscaped(value, output);
        output.Write("\n"u8);
    }

    /// <summary>The same message in /proc/kmsg: every line of it as <c>&lt;priority&gt;[seconds.micros] text\n</c>.</summary>
    public static void RenderSyslog(in LogRecord record, IBufferWriter<byte> output)
    {
        foreach (var range in record.Text.Split((byte)'\n'))
        {
            WriteSyslogPrefix(record, output);
            output.Write(record.Text[range]);
            output.Write("\n"u8);
        }
    }

    /// <summary>What a write to /dev/kmsg means: a leading <c>&lt;N&gt;</c> sets level N modulo 8 and facility N / 8, where 0 becomes user.</summary>
    /// <param name="written">The bytes of one write(2).</param>
    /// <param name="facility">User unless the prefix names another.</param>
    /// <param name="level">Warning unless the prefix says otherwise.</param>
    /// <returns>The text after the prefix.</returns>
    public static ReadOnlySpan<byte> ParseWrite(ReadOnlySpan<byte> written, out LogFacility facility, out LogLevel level)
    {
        facility = LogFacility.User;
        level = DefaultUserLevel;
        if (written is not [(byte)'<', ..]) return written;
        if (!Utf8Parser.TryParse(written[1..], out uint number, out var digits)) return written;
        if (written.Length <= digits + 1 || written[digits + 1] != (byte)'>') return written;

        level = (LogLevel)(number & 7);
        if (number >> 3 != 0) facility = (LogFacility)(number >> 3);
        return written[(digits + 2)..];
    }

    private static void WriteSyslogPrefix(in LogRecord record, IBufferWriter<byte> output)
    {
        var microseconds = record.Nanoseconds / 1000;
        output.Write("<"u8);
        Number(record.Priority, (byte)'>', output);
        output.Write("["u8);
        for (var width = 10_000L; width > Math.Max(microseconds / 1_000_000, 1); width /= 10) output.Write(" "u8);
        Number(microseconds / 1_000_000, (byte)'.', output);

        var span = output.GetSpan(6);
        Utf8Formatter.TryFormat(microseconds % 1_000_000, span, out var written, new StandardFormat('D', 6));
        output.Advance(written);
        output.Write("] "u8);
    }

    private static void Number(long value, byte end, IBufferWriter<byte> output)
    {
        var span = output.GetSpan(21);
        Utf8Formatter.TryFormat(value, span, out var written);
        span[written] = end;
        output.Advance(written + 1);
    }

    private static void WriteEscaped(byte value, IBufferWriter<byte> output)
    {
        var span = output.GetSpan(4);
        if (value is >= 0x20 and < 0x7f and not (byte)'\\')
        {
            span[0] = value;
            output.Advance(1);
            return;
        }

        span[0] = (byte)'\\';
        span[1] = (byte)'x';
        span[2] = HexDigit(value >> 4);
        span[3] = HexDigit(value & 15);
        output.Advance(4);
    }

    private static byte HexDigit(int value) => "0123456789abcdef"u8[value];
}
