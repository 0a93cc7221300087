using System.Text;
using System.Text.Json;
using VboxMem.Tools.Parsing;

namespace VboxMem.Tools.Journalctl;

/// <summary>An entry of the journal.</summary>
/// <param name="Priority">0 is the worst, 7 is for debugging.</param>
/// <param name="Facility">0 is the kernel.</param>
/// <param name="Microseconds">Since boot.</param>
/// <param name="Identifier">Who wrote it; null when it does not say.</param>
/// <param name="ProcessId">As written behind the identifier; null when it is not.</param>
/// <param name="Message">Its bytes.</param>
public sealed record JournalEntry(
    int Priority, int Facility, ulong Microseconds, string? Identifier, string? ProcessId, ReadOnlyMemory<byte> Message)
{
    internal static JournalEntry From(KernelMessage message)
    {
        if (message.Facility == 0) return new JournalEntry(message.Level, 0, message.Microseconds, "kernel", null, message.Text);
        var text = message.Text;
        var (identifier, processId) = TakeIdentifier(ref text);
        return new JournalEntry(message.Level, message.Facility, message.Microseconds, identifier, processId, text);
    }

    /// <summary>Takes <c>name:</c> or <c>name[pid]:</c> off the beginning, with the blanks before and the one behind it.</summary>
    private static (string? Identifier, string? ProcessId) TakeIdentifier(ref ReadOnlyMemory<byte> text)
    {
        var blanks = " \t\n\r"u8;
        var start = text.Span.IndexOfAnyExcept(blanks);
        if (start < 0) return default;
        var word = text.Span[start..];
        var length = word.IndexOfAny(blanks);
        if (length < 0) length = word.Length;
        word = word[..length];
        if (word[^1] != (byte)':') return default;

        word = word[..^1];
        var bracket = word.EndsWith("]"u8) ? word.LastIndexOf((byte)'[') : -1;
        var identifier = Encoding.UTF8.GetString(bracket < 0 ? word : word[..bracket]);
        var processId = bracket < 0 ? null : Encoding.UTF8.GetString(word[(bracket + 1)..^1]);
        var end = start + length;
        text = text[(end < text.Length ? end + 1 : end)..];
        return (identifier, processId);
    }

    internal static void WriteJson(Utf8JsonWriter json, IReadOnlyList<JournalEntry> entries)
    {
        json.WriteStartObject();
        json.WriteStartArray("entries");
        foreach (var entry in entries)
        {
            json.WriteStartObject();
            json.WriteNumber("priority", entry.Priority);
            json.WriteNumber("facility", entry.Facility);
            json.WriteNumber("microsecondsSinceBoot", entry.Microseconds);
            if (entry.Identifier is { } identifier) json.WriteString("identifier", identifier);
            if (entry.ProcessId is { } processId) json.WriteString("processId", processId);
            json.WriteString("message", Encoding.UTF8.GetString(entry.Message.Span));
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
