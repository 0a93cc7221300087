using System.Globalization;
using System.Text;
using VboxMem.Tools.Parsing;

namespace VboxMem.Tools.Dmesg;

/// <summary>util-linux's -J, byte for byte: laid out as its tables are, a text ends at its first NUL, and no message is no output.</summary>
internal static class DmesgJson
{
    internal static void Write(TextWriter writer, IReadOnlyList<KernelMessage> messages, DmesgOptions options)
    {
        var written = 0;
        foreach (var message in messages)
        {
            if (message.Text.IsEmpty) continue;
            writer.Write(written++ == 0 ? "{\n   \"dmesg\": [\n      {\n" : ",{\n");
            WriteMessage(writer, message, options);
            writer.Write("      }");
        }

        if (written > 0) writer.Write("\n   ]\n}\n");
    }

    private static void WriteMessage(TextWriter writer, KernelMessage message, DmesgOptions options)
    {
        if (FacilityLevel.HasName(message))
        {
            if (options.Decode)
            {
                writer.Write($"         \"fac\": \"{FacilityLevel.FacilityNames[message.Facility]}\",\n");
                writer.Write($"         \"pri\": \"{FacilityLevel.LevelNames[message.Level]}\",\n");
            }
            else
            {
                writer.Write(string.Create(CultureInfo.InvariantCulture, $"         \"pri\": {DmesgText.Priority(message, options)},\n"));
            }
        }

        writer.Write($"         \"time\": {DmesgText.Seconds(message.Microseconds)},\n         \"msg\": \"");
        WriteQuoted(writer, message.Text.Span);
        writer.Write("\"\n");
    }

    private static void WriteQuoted(TextWriter writer, ReadOnlySpan<byte> text)
    {
        var end = text.IndexOf((byte)0);
        foreach (var letter in Encoding.UTF8.GetString(end < 0 ? text : text[..end]))
        {
            switch (letter)
            {
                case '"' or '\\': writer.Write('\\'); writer.Write(letter); break;
                case '\b': writer.Write("\\b"); break;
                case '\t': writer.Write("\\t"); break;
                case '\n': writer.Write("\\n"); break;
                case '\f': writer.Write("\\f"); break;
                case '\r': writer.Write("\\r"); break;
                case < ' ': writer.Write(string.Create(CultureInfo.InvariantCulture, $"\\u{(int)letter:x4}")); break;
                default: writer.Write(letter); break;
            }
        }
    }
}
