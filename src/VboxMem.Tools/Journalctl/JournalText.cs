// journalctl's plain forms. Lines behind the first are indented to where its text begins. Before it is shown, a text loses its
// line feeds at the end and its escape sequences, and tabs become eight blanks; -a shows it as it is, up to its first NUL.

using System.Globalization;
using System.Text;
using VboxMem.Tools.Dmesg;

namespace VboxMem.Tools.Journalctl;

internal sealed class JournalText(TextWriter writer, JournalctlOptions options, DateTime boot, string? hostName, ProcpsVersion version)
{
    internal void Write(JournalEntry entry)
    {
        if (options.Form == JournalForm.Cat)
        {
            writer.Write(Encoding.UTF8.GetString(entry.Message.Span));
            writer.Write('\n');
            return;
        }

        var prefix = Prefix(entry);
        writer.Write(prefix);
        WriteText(entry.Message.Span, new string(' ', prefix.Length));
    }

    private string Prefix(JournalEntry entry)
    {
        var process = entry.ProcessId is { } id ? $"[{id}]" : "";
        var host = hostName is null ? "" : " " + hostName;
        return $"{Time(entry)}{host} {entry.Identifier ?? "unknown"}{process}: ";
    }

    private string Time(JournalEntry entry)
    {
        var at = boot.AddTicks((long)entry.Microseconds * TimeSpan.TicksPerMicrosecond);
        var micros = entry.Microseconds % 1_000_000;
        var zone = version == ProcpsVersion.V4_0_2 ? "+0000" : "+00:00";
        return options.Form switch
        {
            JournalForm.ShortMonotonic => $"[{DmesgText.Seconds(entry.Microseconds)}]",
            JournalForm.ShortFull => at.ToString("ddd yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) + " UTC",
            JournalForm.ShortIso => at.ToString("yyyy-MM-ddTHH:mm:ss", CultureInfo.InvariantCulture) + zone,
            JournalForm.ShortIsoPrecise => string.Create(CultureInfo.InvariantCulture, $"{at:yyyy-MM-ddTHH:mm:ss}.{micros:000000}{zone}"),
            JournalForm.ShortPrecise => string.Create(CultureInfo.InvariantCulture, $"{at:MMM dd HH:mm:ss}.{micros:000000}"),
            JournalForm.ShortUnix => string.Create(CultureInfo.InvariantCulture, $"{(at.Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerSecond}.{micros:000000}"),
            _ => at.ToString("MMM dd HH:mm:ss", CultureInfo.InvariantCulture),
        };
    }

    private void WriteText(ReadOnlySpan<byte> message, string indent)
    {
        if (options.All)
        {
            var end = message.IndexOf((byte)0);
            if (end >= 0) message = message[..end];
        }
        else
        {
            message = TerminalText.Strip(message);
            if (!TerminalText.IsPrintable(message))
            {
                writer.Write(string.Create(CultureInfo.InvariantCulture, $"[{message.Length}B blob data]\n"));
                return;
            }
        }

        var isFirst = true;
        foreach (var line in Encoding.UTF8.GetString(message).TrimEnd('\n').Split('\n'))
        {
            if (!isFirst) writer.Write(indent);
            isFirst = false;
            writer.Write(line);
            writer.Write('\n');
        }
    }
}
