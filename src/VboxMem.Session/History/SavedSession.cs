// A session in one file, with all that it takes to do it again: a line with the record of the run, as in run.json but on one line, then the
// lines of the journal.
//
//   {"vbox_mem_session":1,"version":"0.5.0","seed":7,"simulated_nanoseconds":62658260000,"state_hash":"c676…","profile":{…}}
//   {"ns":32658260000,"trace":"07de…","command":"swapoff -a","ended_ns":32910000000,"status":0}
//
// It holds the line that the session was on in the end, as if it had never been on another. No wall-clock figure stands in it.

using System.Text;
using System.Text.Json;
using VboxMem.FileTree;
using VboxMem.Profiles;
using VboxMem.Session.Journals;

namespace VboxMem.Session.History;

/// <summary>A session as a file holds it.</summary>
/// <param name="Record">What it was and what it came to.</param>
/// <param name="Journal">What was done in it.</param>
public sealed record SavedSession(RunRecord Record, Journal Journal)
{
    private const int LargestFile = 256 << 20;
    private const int Format = 1;
    private const string FormatKey = "vbox_mem_session";

    private static ReadOnlySpan<byte> Beginning => "{\"vbox_mem_session\":"u8;

    /// <summary>Whether a file begins as saved sessions do; what follows may be damaged. False where it cannot be read.</summary>
    public static bool IsSavedSession(string file)
    {
        try
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read);
            var start = new byte[Beginning.Length];
            return stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) == start.Length && Beginning.SequenceEqual(start);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Reads a saved session.</summary>
    /// <param name="file">The file.</param>
    /// <param name="problem">What is wrong with it, in one line; empty: nothing.</param>
    /// <returns>Null when it is none.</returns>
    public static SavedSession? TryRead(string file, out string problem)
    {
        try
        {
            if (new FileInfo(file).Length > LargestFile)
            {
                problem = $"{file}: larger than any session";
                return null;
            }

            return TryParse(file, File.ReadAllBytes(file), out problem);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            problem = $"{file}: {HostError.Describe(error)}";
            return null;
        }
    }

    /// <summary>Reads a saved session from bytes.</summary>
    /// <inheritdoc cref="TryRead"/>
    public static SavedSession? TryParse(string file, byte[] content, out string problem)
    {
        var end = Array.IndexOf(content, (byte)'\n');
        if (end < 0 || !content.AsSpan().StartsWith(Beginning))
        {
            problem = $"{file}: not a saved session: its first line begins with {{\"{FormatKey}\":{Format},\"version\":";
            return null;
        }

        if (RunRecord.TryParse(file, content.AsMemory(0, end), out problem) is not { } record)
        {
            return null;
        }

        using (var first = JsonDocument.Parse(content.AsMemory(0, end)))
        {
            if (first.RootElement.GetProperty(FormatKey) is not { ValueKind: JsonValueKind.Number } format || !format.TryGetInt32(out var number) || number != Format)
            {
                problem = $"{file}: a session of another format than {Format}, which this vbox-mem reads";
                return null;
            }
        }

        if (Journal.TryParse(file, content.AsSpan(end + 1), firstLine: 2, out problem) is not { } journal)
        {
            return null;
        }

        problem = journal.Entries.FirstOrDefault(entry => entry.At > record.Reached || entry.EndedAt > record.Reached) is { } late
            ? $"{file}: what begins at {late.At} is not over at the end of the session, {record.Reached}"
            : string.Empty;
        return problem.Length > 0 ? null : new SavedSession(record, journal);
    }

    /// <summary>Its profile.</summary>
    /// <param name="file">What messages call the file.</param>
    /// <param name="problems">What is wrong with it, a line each.</param>
    /// <returns>Null where something is wrong.</returns>
    public Profile? TryLoadProfile(string file, out IReadOnlyList<string> problems)
    {
        var loaded = ProfileLoader.LoadJson(Encoding.UTF8.GetBytes(Record.ProfileJson), file, "session", [], new Dictionary<string, string>());
        problems = loaded.Errors;
        return loaded.Profile;
    }

    public byte[] ToBytes()
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, Journal.Compact))
        {
            writer.WriteStartObject();
            writer.WriteNumber(FormatKey, Format);
            Record.WriteTo(writer);
            writer.WriteEndObject();
        }

        buffer.WriteByte((byte)'\n');
        buffer.Write(Journal.ToBytes());
        return buffer.ToArray();
    }

    /// <summary>Writes it to a file beside its place and renames that, so that nobody ever sees half of one.</summary>
    /// <exception cref="OutputException">It cannot be written.</exception>
    public void Write(string file)
    {
        var place = Path.GetFullPath(file);
        var partial = Path.Combine(Path.GetDirectoryName(place)!, $".{Path.GetFileName(place)}.partial-{Environment.ProcessId}");
        try
        {
            File.WriteAllBytes(partial, ToBytes());
            File.Move(partial, place, overwrite: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            TryDelete(partial);
            throw new OutputException($"{file}: {HostError.Describe(error)}");
        }
    }

    private static void TryDelete(string partial)
    {
        try
        {
            File.Delete(partial);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // What is left is beside the point: the first failure is told.
        }
    }
}
