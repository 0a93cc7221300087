// The journal of a run: what was done to the box by a person or a script, and marks that tell a replay where it has left the track.
//
// One JSON object a line, in the order of simulated time:
//
//   {"ns":12658260000,"trace":"9f0c…"}                                             a mark, every 30 s
//   {"ns":1802658260000,"trace":"51aa…","state":"c676…"}                            a mark with the whole state, every 30 min
//   {"ns":32658260000,"trace":"07de…","command":"swapoff -a","ended_ns":32910000000,"status":0}
//   {"ns":32658260000,"trace":"07de…","command":"sync","ended_ns":32910000000,"status":130,"interrupted":true}
//
// A command that had not ended when the run did has neither ended_ns nor a status.
//
// Invariants
//   J1  Moments never go back, and no command begins before the one in front of it has ended.
//   J2  Nothing in it comes from outside the simulation: the same run has the same journal.
//
// A trace costs so little that it can be made at every action. The console's README.md has figures.

using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using VboxMem.FileTree;
using VboxMem.Kernel.Time;

namespace VboxMem.Session.Journals;

public sealed class Journal
{
    public const string FileName = "journal.jsonl";

    private const int LargestFile = 256 << 20;

    internal static readonly JsonWriterOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly List<JournalEntry> _entries = [];
    private JournalEntry? _lastCommand;

    public IReadOnlyList<JournalEntry> Entries => _entries;

    /// <summary>Something is about to be done.</summary>
    public JournalEntry Begin(SimTime at, ulong trace, string command)
    {
        _lastCommand = new JournalEntry(at, trace, command);
        _entries.Add(_lastCommand);
        return _lastCommand;
    }

    /// <summary>Notes how the box is at a moment.</summary>
    public void Mark(SimTime at, ulong trace, ulong? state) => _entries.Add(new JournalEntry(at, trace, state: state));

    /// <summary>The mark of a moment; null: there is none.</summary>
    internal JournalEntry? MarkAt(SimTime moment)
    {
        for (var index = CountUpTo(moment) - 1; index >= 0 && _entries[index].At == moment; index--)
        {
            if (_entries[index].Command is null)
            {
                return _entries[index];
            }
        }

        return null;
    }

    /// <summary>Forgets what is later than a moment; a command that had not ended by then was interrupted at it.</summary>
    /// <param name="moment">The moment.</param>
    /// <param name="most">How many entries are kept at most.</param>
    /// <param name="wrong">An entry to forget besides; null: none.</param>
    internal void CutAfter(SimTime moment, int most, JournalEntry? wrong)
    {
        var kept = Math.Min(CountUpTo(moment), most);
        _entries.RemoveRange(kept, _entries.Count - kept);
        _entries.RemoveAll(entry => entry == wrong);
        _lastCommand = _entries.FindLast(static entry => entry.Command is not null);
        if (_lastCommand is { } last && (last.EndedAt is not { } ended || ended > moment))
        {
            last.End(moment, Console.BoxConsole.InterruptedStatus, isInterrupted: true);
        }
    }

    /// <summary>What it holds up to a moment. A command that ends later has not ended there.</summary>
    internal Journal UpTo(SimTime moment)
    {
        var copy = new Journal();
        foreach (var entry in _entries.TakeWhile(entry => entry.At <= moment))
        {
            copy._entries.Add(entry.EndedAt > moment ? new JournalEntry(entry.At, entry.Trace, entry.Command) : entry);
        }

        return copy;
    }

    public byte[] ToBytes()
    {
        using var buffer = new MemoryStream();
        foreach (var entry in _entries)
        {
            using (var writer = new Utf8JsonWriter(buffer, Compact))
            {
                Write(writer, entry);
            }

            buffer.WriteByte((byte)'\n');
        }

        return buffer.ToArray();
    }

    /// <summary>Reads a journal.</summary>
    /// <param name="file">The file.</param>
    /// <param name="problem">What is wrong with it: file, line, what; empty: nothing.</param>
    /// <returns>Null when it is none.</returns>
    public static Journal? TryRead(string file, out string problem)
    {
        try
        {
            if (new FileInfo(file).Length > LargestFile)
            {
                problem = $"{file}: larger than any journal";
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

    /// <summary>Reads a journal from bytes.</summary>
    /// <inheritdoc cref="TryRead"/>
    public static Journal? TryParse(string file, ReadOnlySpan<byte> content, out string problem) => TryParse(file, content, 1, out problem);

    /// <summary>Reads a journal that stands in a file behind something else.</summary>
    /// <param name="file">What messages call it.</param>
    /// <param name="content">Its lines.</param>
    /// <param name="firstLine">The number of the first of them.</param>
    /// <param name="problem">What is wrong with it: file, line, what; empty: nothing.</param>
    /// <returns>Null when it is none.</returns>
    internal static Journal? TryParse(string file, ReadOnlySpan<byte> content, int firstLine, out string problem)
    {
        var journal = new Journal();
        problem = string.Empty;
        for (var number = firstLine; !content.IsEmpty; number++)
        {
            var end = content.IndexOf((byte)'\n');
            var line = end < 0 ? content : content[..end];
            content = end < 0 ? [] : content[(end + 1)..];
            problem = end < 0 ? "the line does not end, so it may not be whole" : journal.ProblemOfNext(line);
            if (problem.Length > 0)
            {
                problem = string.Create(CultureInfo.InvariantCulture, $"{file}:{number}: {problem}");
                return null;
            }
        }

        return journal;
    }

    /// <summary>How many entries there are up to a moment.</summary>
    private int CountUpTo(SimTime moment)
    {
        var (low, high) = (0, _entries.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = _entries[middle].At <= moment ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

    private static void Write(Utf8JsonWriter writer, JournalEntry entry)
    {
        writer.WriteStartObject();
        writer.WriteNumber("ns", entry.At.Nanoseconds);
        writer.WriteString("trace", $"{entry.Trace:x16}");
        if (entry.State is { } state)
        {
            writer.WriteString("state", $"{state:x16}");
        }

        if (entry.Command is { } command)
        {
            writer.WriteString("command", command);
            if (entry.EndedAt is { } ended)
            {
                writer.WriteNumber("ended_ns", ended.Nanoseconds);
                writer.WriteNumber("status", entry.Status!.Value);
                if (entry.IsInterrupted)
                {
                    writer.WriteBoolean("interrupted", true);
                }
            }
        }

        writer.WriteEndObject();
    }

    /// <summary>Adds the entry of a line; says what is wrong with it, if anything.</summary>
    private string ProblemOfNext(ReadOnlySpan<byte> line)
    {
        JournalEntry? entry;
        try
        {
            var reader = new Utf8JsonReader(line);
            using var json = JsonDocument.ParseValue(ref reader);
            if (reader.BytesConsumed != line.Length && !line[(int)reader.BytesConsumed..].Trim(" \t\r"u8).IsEmpty)
            {
                return "more than one JSON value";
            }

            entry = JournalLine.TryRead(json.RootElement, out var problem);
            if (entry is null)
            {
                return problem;
            }
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            return "not JSON";
        }

        if (_entries.Count > 0 && entry.At < _entries[^1].At)
        {
            return $"goes back in time: {entry.At} follows {_entries[^1].At}";
        }

        var last = _lastCommand;
        if (entry.Command is not null && last is not null && (last.EndedAt is not { } ended || entry.At < ended))
        {
            return last.EndedAt is { } late ? $"begins at {entry.At}, before the command in front of it has ended at {late}" : "follows a command that has not ended";
        }

        if (entry.Command is { } command && Console.CommandChecks.ProblemOf(command, groups: null) is { } wrong && !Console.CommandChecks.CanChange(command))
        {
            return wrong;
        }

        _entries.Add(entry);
        _lastCommand = entry.Command is null ? last : entry;
        return string.Empty;
    }
}
