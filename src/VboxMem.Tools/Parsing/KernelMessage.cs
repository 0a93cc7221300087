// The records of /dev/kmsg, as a dump of them lies in a tree: one behind the other,
//     priority,sequence,microseconds,flags[,more];text
// with \xNN for what is no printable ASCII, and, behind some, lines " KEY=value" about the device a message is of.
//
// Units   time is microseconds since boot; priority is facility * 8 + level.

using System.Buffers.Text;

namespace VboxMem.Tools.Parsing;

/// <summary>A message of the kernel's log.</summary>
/// <param name="Facility">0 is the kernel itself.</param>
/// <param name="Level">0 is the end of the world, 7 is for debugging.</param>
/// <param name="Sequence">Counts messages since boot.</param>
/// <param name="Microseconds">Since boot.</param>
/// <param name="Text">Its bytes, escapes undone; may hold any byte, line feeds among them.</param>
public sealed record KernelMessage(int Facility, int Level, ulong Sequence, ulong Microseconds, ReadOnlyMemory<byte> Text)
{
    public const string Path = "/dev/kmsg";

    /// <summary>A hundred years; beyond it a file is damaged rather than old.</summary>
    private const ulong LongestUptimeMicroseconds = 100UL * 366 * 86_400 * 1_000_000;

    /// <exception cref="ProcFormatException">A line is no record.</exception>
    public static IReadOnlyList<KernelMessage> ParseAll(ReadOnlySpan<byte> text, string path = Path)
    {
        var messages = new List<KernelMessage>();
        var reader = new LineReader(text, path);
        while (reader.TryNextLine())
        {
            if (reader.Rest[0] == (byte)' ')
            {
                if (messages.Count == 0) throw reader.Malformed("a line about a device stands before the first record");
                continue;
            }

            messages.Add(TakeRecord(ref reader));
        }

        return messages;
    }

    private static KernelMessage TakeRecord(ref LineReader reader)
    {
        var head = reader.TakeUpTo((byte)';');
        var priority = reader.Number(TakeField(ref head), "the priority");
        if (priority > 1023) throw reader.Malformed($"the priority is {priority}, allowed are 0 to 1023");
        var sequence = reader.Number(TakeField(ref head), "the sequence number");
        var time = reader.Number(TakeField(ref head), "the time");
        if (time > LongestUptimeMicroseconds) throw reader.Malformed($"the time is {time} us, more than a hundred years after boot");
        if (head.IsEmpty) throw reader.Malformed("the flags are missing before the \";\"");
        return new KernelMessage((int)(priority >> 3), (int)(priority & 7), sequence, time, Unescape(reader.Rest));
    }

    private static ReadOnlySpan<byte> TakeField(ref ReadOnlySpan<byte> head)
    {
        var comma = head.IndexOf((byte)',');
        var field = comma < 0 ? head : head[..comma];
        head = comma < 0 ? [] : head[(comma + 1)..];
        return field;
    }

    private static byte[] Unescape(ReadOnlySpan<byte> text)
    {
        var plain = new List<byte>(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == (byte)'\\' && i + 3 < text.Length && text[i + 1] == (byte)'x'
                && Utf8Parser.TryParse(text.Slice(i + 2, 2), out byte value, out var digits, 'x') && digits == 2)
            {
                plain.Add(value);
                i += 3;
            }
            else
            {
                plain.Add(text[i]);
            }
        }

        return [.. plain];
    }
}
