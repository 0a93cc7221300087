using System.Globalization;
using System.Text.Json;
using VboxMem.Kernel.Time;

namespace VboxMem.Session.Journals;

/// <summary>Reads one line of a journal.</summary>
internal static class JournalLine
{
    private const string Allowed = "allowed are ns, trace, state, command, ended_ns, status and interrupted";
    private const int HashDigits = 16;
    private const int LargestStatus = 255;

    /// <returns>Null where something is wrong.</returns>
    public static JournalEntry? TryRead(JsonElement root, out string problem)
    {
        problem = string.Empty;
        if (root.ValueKind != JsonValueKind.Object)
        {
            problem = "not a JSON object";
            return null;
        }

        ulong? at = null, trace = null, state = null, ended = null, status = null;
        string? command = null;
        var isInterrupted = false;
        foreach (var property in root.EnumerateObject())
        {
            var isRight = property.Name switch
            {
                "ns" => TryNumber(property.Value, ref at),
                "ended_ns" => TryNumber(property.Value, ref ended),
                "status" => TryNumber(property.Value, ref status) && status <= LargestStatus,
                "interrupted" => !isInterrupted && (isInterrupted = property.Value.ValueKind == JsonValueKind.True),
                "trace" => TryHash(property.Value, ref trace),
                "state" => TryHash(property.Value, ref state),
                "command" => command is null && property.Value.ValueKind == JsonValueKind.String && (command = property.Value.GetString()) is not null,
                _ => false,
            };
            if (!isRight)
            {
                problem = $"{new string([.. property.Name.Select(static letter => char.IsControl(letter) ? '?' : letter).Take(40)])}: {Allowed}, each once";
                return null;
            }
        }

        if (at is null || trace is null || (command is null && (ended ?? status) is not null) || (ended is null) != (status is null) || (isInterrupted && ended is null) || ended < at)
        {
            problem = at is null || trace is null ? $"no {(at is null ? "ns" : "trace")}: {Allowed}" : ended < at ? "ends before it begins" : "ended_ns and status go together, with a command, and interrupted with both";
            return null;
        }

        var entry = new JournalEntry(new SimTime(at.Value), trace.Value, command, state);
        if (ended is { } end)
        {
            entry.End(new SimTime(end), (int)status!.Value, isInterrupted);
        }

        return entry;
    }

    private static bool TryNumber(JsonElement value, ref ulong? number)
    {
        if (number is not null || value.ValueKind != JsonValueKind.Number || !value.TryGetUInt64(out var found))
        {
            return false;
        }

        number = found;
        return true;
    }

    private static bool TryHash(JsonElement value, ref ulong? hash)
    {
        if (hash is not null || value.ValueKind != JsonValueKind.String || value.GetString() is not { Length: HashDigits } digits
            || !ulong.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var found))
        {
            return false;
        }

        hash = found;
        return true;
    }
}
